// SPDX-License-Identifier: GPL-2.0
/*
 * A chain of images.
 *
 * When it is open, every number of a page that an image tells is one that the
 * image before it has. So a page is found in as many steps as there are links,
 * and what was found is looked at before it is used: by its hash in the index of
 * the image that it was read from.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "verify.h"

static int check_new(const struct chain *c, const struct link *l, struct verdict *v)
{
	char why[64 + LINK_ID], id[LINK_ID];
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (!memcmp(c->links[i]->head.id, l->head.id, sizeof(l->head.id))) {
			snprintf(why, sizeof(why), "image %s is an increment to itself",
				 link_id(id, l->head.id));
			return link_fail(l, -EBADMSG, why, v);
		}
	if (c->nr == CHAIN_MAX)
		return link_fail(l, -EBADMSG, "has more increments after it than any may have", v);
	return 0;
}

/* Does the image before it have all the pages that it tells to be there? */
static int check_numbers(const struct link *l, const struct link *before, struct verdict *v)
{
	uint64_t first;
	size_t i;

	for (i = 0; i < l->nr; i++) {
		if (!link_run_is_earlier(&l->runs[i]))
			continue;
		first = l->runs[i].offset & ~KCR_INDEX_EARLIER;
		if (first > before->pages || l->runs[i].count > before->pages - first)
			return link_fail(l, -EBADMSG,
					 "tells of a page that the image before it has not", v);
	}
	return 0;
}

/* Takes @l over. */
static int add_link(struct chain *c, struct link *l, struct verdict *v)
{
	int r = check_new(c, l, v);

	if (!r && c->nr)
		r = check_numbers(c->links[c->nr - 1], l, v);
	if (r < 0)
		link_free(l);
	else
		c->links[c->nr++] = l;
	return r;
}

static int add_parents(struct chain *c, struct verdict *v)
{
	struct link *l;

	while (link_is_increment(c->links[c->nr - 1])) {
		l = parents_find(&c->parents, c->links[c->nr - 1], v);
		if (!l || add_link(c, l, v) < 0)
			return -1;
	}
	return 0;
}

/**
 * chain_open() - open an image and all that it needs
 * @c: with the caller's @parents; to be closed, also after a failure
 * @fd: the newest image, from its position on; stays the caller's
 * @name: of it
 * @v: told of a failure
 */
int chain_open(struct chain *c, int fd, const char *name, struct verdict *v)
{
	struct link *l = link_open(fd, name, v);

	if (!c->parents.hint)
		c->parents.hint = "with --parent";
	if (!l || add_link(c, l, v) < 0)
		return -1;
	return add_parents(c, v);
}

/* chain_open_file() - the same with the name of a file */
int chain_open_file(struct chain *c, const char *name, struct verdict *v)
{
	int fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC), r;

	if (fd < 0)
		return fail_file(v, errno, "open", name);
	r = chain_open(c, fd, name, v);
	close(fd);
	return r;
}

/**
 * chain_find() - where are the bytes of some pages?
 * @c: the chain
 * @number: of the first, in the newest image
 * @count: of them, at least 1
 * @place: filled in; it may tell of fewer
 * @v: told of a failure
 */
int chain_find(const struct chain *c, uint64_t number, uint32_t count,
	       struct chain_place *place, struct verdict *v)
{
	const struct link_run *run;
	struct link *l;
	uint64_t in;
	size_t i;

	for (i = 0; i < c->nr; i++) {
		l = c->links[i];
		if (number >= l->pages)
			break;
		run = link_find(l, number);
		in = number - run->number;
		count = count < run->count - in ? count : run->count - in;
		if (!link_run_is_earlier(run)) {
			*place = (struct chain_place){
				.link = l,
				.offset = run->offset + in * KCR_PARSE_PAGE_SIZE,
				.hashes = run->hashes + in * KCR_HASH_LEN,
				.count = count,
			};
			return 0;
		}
		number = (run->offset & ~KCR_INDEX_EARLIER) + in;
	}
	return fail(v, KCR_CLASS_IMAGE, EBADMSG, "%s: has no page %llu", c->links[0]->name,
		    (unsigned long long)number);
}

static int check_pages(const struct chain_place *at, const uint8_t *pages,
		       const uint8_t *hashes, struct verdict *v)
{
	uint8_t hash[KCR_HASH_LEN];
	char why[96];
	uint32_t i;

	for (i = 0; i < at->count; i++) {
		page_hash(pages + (size_t)i * KCR_PARSE_PAGE_SIZE, hash);
		if (!memcmp(hash, hashes + (size_t)i * KCR_HASH_LEN, KCR_HASH_LEN))
			continue;
		snprintf(why, sizeof(why),
			 "byte %llu of the image: a page has another hash than its index tells",
			 (unsigned long long)at->offset + (uint64_t)i * KCR_PARSE_PAGE_SIZE);
		return link_fail(at->link, -EBADMSG, why, v);
	}
	return 0;
}

/**
 * chain_pages() - the bytes of some pages of the newest image
 * @c: the chain
 * @number: of the first
 * @count: of them
 * @pages: where to
 * @hashes: where to put their hashes, KCR_HASH_LEN bytes each
 * @v: told of a failure
 *
 * They are what the index says of the image that they were read from.
 */
int chain_pages(const struct chain *c, uint64_t number, uint32_t count, uint8_t *pages,
		uint8_t *hashes, struct verdict *v)
{
	struct chain_place at;

	for (; count; count -= at.count) {
		if (chain_find(c, number, count, &at, v) < 0 ||
		    link_read(at.link, at.hashes, hashes, at.count * KCR_HASH_LEN, v) < 0 ||
		    link_read(at.link, at.offset, pages,
			      (size_t)at.count * KCR_PARSE_PAGE_SIZE, v) < 0 ||
		    check_pages(&at, pages, hashes, v) < 0)
			return -1;
		number += at.count;
		hashes += at.count * KCR_HASH_LEN;
		pages += (size_t)at.count * KCR_PARSE_PAGE_SIZE;
	}
	return 0;
}

/* chain_hashes() - only the hashes, which are taken from the index */
int chain_hashes(const struct chain *c, uint64_t number, uint32_t count, uint8_t *hashes,
		 struct verdict *v)
{
	struct chain_place at;

	for (; count; count -= at.count) {
		if (chain_find(c, number, count, &at, v) < 0 ||
		    link_read(at.link, at.hashes, hashes, at.count * KCR_HASH_LEN, v) < 0)
			return -1;
		number += at.count;
		hashes += at.count * KCR_HASH_LEN;
	}
	return 0;
}

void chain_close(struct chain *c)
{
	while (c->nr)
		link_free(c->links[--c->nr]);
	parents_close(&c->parents);
}
