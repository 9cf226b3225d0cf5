// SPDX-License-Identifier: GPL-2.0
/*
 * A chain of images: what its links are, the oldest first.
 */
#include <inttypes.h>
#include <string.h>

#include "../../uapi/image/host.h"
#include "../lib/emit.h"
#include "../lib/text.h"
#include "chain.h"
#include "show.h"

/* When it was made, 0 if it does not tell; with @verify, all of it is looked at. */
static int read_link(struct link *l, bool verify, uint64_t *made, struct verdict *v)
{
	const struct kcr_img_host *host;
	struct image img;
	bool more = true;

	*made = 0;
	access_rewind(&l->access);
	image_open_source(&img, &l->access.source, verify);
	while (more && image_next(&img) > 0) {
		if (img.rec.known && img.rec.kind == KCR_KIND_HOST) {
			host = img.rec.data;
			*made = le64_to_cpu(host->realtime_ns);
		}
		more = verify || (!*made && img.rec.kind != KCR_KIND_PAGES);
	}
	if (img.error)
		link_fail(l, img.error, img.why, v);
	image_close(&img);
	return img.error;
}

static void emit_link(struct emit *e, const struct link *l, uint64_t made)
{
	emit_begin(e, NULL);
	emit_string(e, "image", l->name);
	emit_bytes(e, "id", l->head.id, sizeof(l->head.id));
	if (link_is_increment(l))
		emit_bytes(e, "parent", l->head.parent, sizeof(l->head.parent));
	else
		emit_null(e, "parent");
	emit_u64(e, "realtime_ns", made);
	emit_u64(e, "bytes", access_bytes(&l->access));
	emit_u64(e, "pages", l->own);
	emit_u64(e, "pages_earlier", l->pages - l->own);
	emit_end(e);
}

static void print_link(const struct link *l, uint64_t made)
{
	char id[LINK_ID], bytes[TEXT_NUMBER];

	text_print(stdout, l->name, strlen(l->name));
	printf("\n  image %s, %s", link_id(id, l->head.id),
	       link_is_increment(l) ? "an increment" : "full");
	if (made) {
		fputs(", ", stdout);
		show_time(made);
	}
	printf("\n  %s: %" PRIu64 " pages of its own, %" PRIu64 " that are earlier\n",
	       text_bytes(bytes, access_bytes(&l->access)), l->own, l->pages - l->own);
}

static int show_links(struct info_chain *c, struct emit *e, struct verdict *v)
{
	size_t i = c->chain.nr;
	uint64_t made;
	int r = 0;

	while (i-- && !r) {
		r = read_link(c->chain.links[i], c->verify, &made, v);
		if (c->json)
			emit_link(e, c->chain.links[i], made);
		else
			print_link(c->chain.links[i], made);
	}
	return r;
}

static void show_json(struct info_chain *c, int r, struct verdict *v)
{
	struct emit e = { .file = stdout, .json = true };

	emit_begin(&e, NULL);
	emit_begin_list(&e, "chain");
	if (!r)
		r = show_links(c, &e, v);
	emit_end(&e);
	emit_bool(&e, "verified", c->verify && !r);
	emit_string(&e, "class", class_name(v->class));
	emit_string(&e, "message", v->text ? v->text : "");
	emit_end(&e);
}

/**
 * info_chain() - tell what an image and those that it needs are
 * @c: what the user wants
 * @fd: the image
 * @name: of it
 * @v: told of a failure
 */
void info_chain(struct info_chain *c, int fd, const char *name, struct verdict *v)
{
	int r = chain_open(&c->chain, fd, name, v);

	if (c->json)
		show_json(c, r, v);
	else if (!r && !show_links(c, NULL, v) && c->verify)
		printf("\nVerified   every checksum and every page of all of them is right\n");
	chain_close(&c->chain);
}
