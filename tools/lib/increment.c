// SPDX-License-Identifier: GPL-2.0
/*
 * What the user wants of an increment: checkpoint --parent.
 */
#include <errno.h>
#include <inttypes.h>

#include "increment.h"

/**
 * increment_choose() - take an option of the user's
 * @i: filled in
 * @name: of a file: the first one is it, others are where it finds what it needs
 */
int increment_choose(struct increment *i, const char *name)
{
	if (i->parent)
		return parents_name(&i->chain.parents, name);
	i->parent = name;
	return 0;
}

/**
 * increment_open() - make a request one for an increment, if the user wants that
 * @i: the user's choice; to be closed
 * @request: the request
 * @v: told of a failure
 *
 * Whatever is wrong with the image before is said before a program is stopped.
 */
int increment_open(struct increment *i, struct kcr_checkpoint *request, struct verdict *v)
{
	int r;

	i->base.fd = -1;
	if (!i->parent)
		return 0;
	r = chain_open_file(&i->chain, i->parent, v);
	if (!r)
		r = base_make(&i->base, &i->chain, v);
	if (!r && !i->base.runs)
		r = fail(v, KCR_CLASS_IMAGE, EINVAL,
			 "%s holds no pages: there can be no increment to it", i->parent);
	if (!r)
		base_fill(&i->base, request);
	chain_close(&i->chain);
	return r;
}

void increment_close(struct increment *i)
{
	base_close(&i->base);
}

/* increment_emit() - the image that it is an increment to */
void increment_emit(const struct increment *i, struct emit *e)
{
	if (i->base.runs)
		emit_bytes(e, "parent", i->base.id, sizeof(i->base.id));
	else
		emit_null(e, "parent");
}

/* increment_say() - the same, for people; @same: pages that are left to it */
void increment_say(const struct increment *i, uint64_t same)
{
	char id[LINK_ID];

	if (i->base.runs)
		say("an increment to %s, image %s: %" PRIu64 " pages are the same as there",
		    i->parent, link_id(id, i->base.id), same);
}
