// SPDX-License-Identifier: GPL-2.0
/*
 * Looking at every byte of an image.
 *
 * A part of the index comes after the pages that it tells of, so it is made again
 * while they pass by, and compared then: 16 bytes for each page of 4096.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "verify.h"

/* A record that others may refer to. */
struct seen {
	uint32_t id;
	uint32_t kind;
};

/**
 * struct verify - what is remembered
 * @seen: tree of struct seen
 * @index: the index as it should be
 * @len: bytes of it
 * @room: bytes that there is room for
 * @compared: bytes of it that were compared
 */
struct verify {
	void *seen;
	uint8_t *index;
	size_t len;
	size_t room;
	size_t compared;
};

struct verify *verify_new(void)
{
	return calloc(1, sizeof(struct verify));
}

void verify_free(struct verify *v)
{
	if (!v)
		return;
	tdestroy(v->seen, free);
	free(v->index);
	free(v);
}

/**
 * page_hash() - hash of a page, as the index has it
 * @page: KCR_PARSE_PAGE_SIZE bytes
 * @hash: where to
 */
void page_hash(const void *page, uint8_t hash[KCR_HASH_LEN])
{
	uint64_t h[2] = {
		htole64(XXH64(page, KCR_PARSE_PAGE_SIZE, 0)),
		htole64(XXH64(page, KCR_PARSE_PAGE_SIZE, KCR_HASH_SEED)),
	};

	memcpy(hash, h, KCR_HASH_LEN);
}

static int bad(struct image *img, const char *why)
{
	return image_fail(img, -EBADMSG, "byte %llu of the image: %s",
			  (unsigned long long)img->rec.offset, why);
}

static int by_id(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct seen *find_seen(const struct verify *v, uint32_t id)
{
	struct seen key = { .id = id };
	struct seen **found = tfind(&key, &v->seen, by_id);

	return found ? *found : NULL;
}

static int add_seen(struct image *img)
{
	struct seen *seen = malloc(sizeof(*seen));

	if (!seen)
		return image_fail(img, -ENOMEM, "not enough memory");
	seen->id = img->rec.id;
	seen->kind = img->rec.kind;
	if (tsearch(seen, &img->verify->seen, by_id))
		return 0;
	free(seen);
	return image_fail(img, -ENOMEM, "not enough memory");
}

/**
 * verify_rec() - is what this record refers to there, and its own id new?
 * @img: its head has been read
 */
int verify_rec(struct image *img)
{
	const struct seen *owner;

	if (img->rec.owner) {
		owner = find_seen(img->verify, img->rec.owner);
		if (!owner || (owner->kind != KCR_KIND_THREAD &&
			       owner->kind != KCR_KIND_PROCESS))
			return bad(img, "record belongs to a process or thread that is not there");
	}
	if (!img->rec.id)
		return 0;
	if (find_seen(img->verify, img->rec.id))
		return bad(img, "record has the id of an earlier one");
	return add_seen(img);
}

static int append(struct image *img, const void *p, size_t len)
{
	struct verify *v = img->verify;
	uint8_t *index;

	if (v->len + len > v->room) {
		index = realloc(v->index, 2 * (v->len + len));
		if (!index)
			return image_fail(img, -ENOMEM, "not enough memory");
		v->index = index;
		v->room = 2 * (v->len + len);
	}
	memcpy(v->index + v->len, p, len);
	v->len += len;
	return 0;
}

/**
 * verify_run() - a run of pages begins
 * @img: the image
 * @earlier: looked at by kcr_parse_pages(); with @first only if it has that
 */
int verify_run(struct image *img, const struct kcr_img_pages_earlier *earlier)
{
	const struct kcr_img_pages *run = &earlier->run;
	struct kcr_img_index_run entry = {
		.mm = run->mm,
		.count = run->count,
		.addr = run->addr,
	};

	if (!find_seen(img->verify, le32_to_cpu(run->mm)))
		return bad(img, "run of pages belongs to a record that is not there");
	if (le32_to_cpu(run->flags) & KCR_PAGES_EARLIER)
		entry.offset = cpu_to_le64(KCR_INDEX_EARLIER + le64_to_cpu(earlier->first));
	else if (!(le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES))
		entry.offset = cpu_to_le64(img->sum.offset + le32_to_cpu(run->pad));
	return append(img, &entry, sizeof(entry));
}

/**
 * verify_pages() - pages pass by
 * @img: the image
 * @pages: the bytes
 * @len: of them, whole pages
 */
int verify_pages(struct image *img, const void *pages, size_t len)
{
	const uint8_t *p = pages;
	uint8_t hash[KCR_HASH_LEN];
	int r = 0;

	for (; len && !r; len -= KCR_PARSE_PAGE_SIZE) {
		page_hash(p, hash);
		r = append(img, hash, sizeof(hash));
		p += KCR_PARSE_PAGE_SIZE;
	}
	return r;
}

static int compare_run(struct image *img, const uint8_t *p, int len)
{
	struct verify *v = img->verify;
	const uint8_t *expected = v->index + v->compared;

	if ((size_t)len > v->len - v->compared)
		return bad(img, "index of pages tells of pages that are not there");
	if (memcmp(p, expected, sizeof(struct kcr_img_index_run)))
		return bad(img, "index of pages tells of other pages than there are");
	if (memcmp(p, expected, len))
		return bad(img, "a page has another hash than its index tells");
	v->compared += len;
	return 0;
}

/* All that was there so far has been told of: no need to keep it. */
static void forget(struct verify *v)
{
	if (v->compared == v->len)
		v->compared = v->len = 0;
}

/**
 * verify_index() - does the index tell what was there?
 * @img: a part of it has been read
 * @first: where in it the runs begin
 */
int verify_index(struct image *img, size_t first)
{
	const uint8_t *p = (const uint8_t *)img->rec.data + first;
	uint64_t left = img->rec.len - first;
	const char *why;
	int n, r;

	for (; left; left -= n, p += n) {
		n = kcr_parse_index_run((const void *)p, left, &why);
		if (n < 0)
			return bad(img, why);
		r = compare_run(img, p, n);
		if (r < 0)
			return r;
	}
	forget(img->verify);
	return 0;
}

/**
 * verify_end() - was that all?
 * @img: its end has been read
 */
int verify_end(struct image *img)
{
	const struct verify *v = img->verify;
	int r;

	if (img->sum.index && v->compared != v->len)
		return bad(img, "index of pages does not tell of all pages");
	r = image_more(img);
	return r > 0 ? bad(img, "something follows the end of the image") : r;
}
