// SPDX-License-Identifier: GPL-2.0
/*
 * One image of a chain.
 *
 * To open it, its first and last bytes are read, and its index: of that only
 * where the runs are stays in memory. Nothing in it is trusted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"

#define END_BYTES	(sizeof(struct kcr_rec_head) + sizeof(struct kcr_img_end))

/* link_id() - an id as text, in a buffer of LINK_ID bytes */
const char *link_id(char *text, const __u8 id[16])
{
	int i;

	for (i = 0; i < 16; i++)
		sprintf(text + 2 * i, "%02x", id[i]);
	return text;
}

/**
 * link_fail() - an image is not as it should be
 * @l: the image
 * @error: negative errno
 * @why: in words
 * @v: told of it
 *
 * Returns -1.
 */
int link_fail(const struct link *l, int error, const char *why, struct verdict *v)
{
	return fail(v, image_error_class(error), -error, "%s: %s", l->name, why);
}

/* link_read() - access_read() with a verdict */
int link_read(struct link *l, uint64_t offset, void *p, size_t len, struct verdict *v)
{
	int r = access_read(&l->access, offset, p, len);

	return r ? link_fail(l, r, l->access.fault.why, v) : 0;
}

static int add_run(struct link *l, const struct link_run *run, struct verdict *v)
{
	size_t room = l->room ? 2 * l->room : 256;
	struct link_run *runs;

	if (l->nr == LINK_RUNS_MAX)
		return link_fail(l, -EBADMSG, "has more runs of pages than any may have", v);
	if (l->nr == l->room) {
		runs = realloc(l->runs, room * sizeof(*runs));
		if (!runs)
			return link_fail(l, -ENOMEM, "not enough memory", v);
		l->runs = runs;
		l->room = room;
	}
	l->runs[l->nr++] = *run;
	l->pages += run->count;
	if (!link_run_is_earlier(run))
		l->own += run->count;
	return 0;
}

/* Is it where pages may be? */
static int check_run(struct link *l, const struct link_run *run, struct verdict *v)
{
	uint64_t bytes = (uint64_t)run->count * KCR_PARSE_PAGE_SIZE;

	if (link_run_is_earlier(run)) {
		if (!link_is_increment(l))
			return link_fail(l, -EBADMSG, "tells of pages of an image before it, and has none", v);
		return 0;
	}
	if (run->offset > l->access.size || bytes > l->access.size - run->offset)
		return link_fail(l, -EBADMSG, "index of pages tells of pages that are not there", v);
	return 0;
}

/* @p is @len bytes of payload, that is at @offset in the image. */
static int take_index(struct link *l, const uint8_t *p, uint64_t len, uint64_t offset,
		      struct verdict *v)
{
	const struct kcr_img_index_run *entry;
	const char *why;
	int n;

	for (; len; len -= n, p += n, offset += n) {
		entry = (const void *)p;
		n = kcr_parse_index_run(entry, len, &why);
		if (n < 0)
			return link_fail(l, n, why, v);

		struct link_run run = {
			.number = l->pages,
			.offset = le64_to_cpu(entry->offset),
			.hashes = offset + sizeof(*entry),
			.addr = le64_to_cpu(entry->addr),
			.mm = le32_to_cpu(entry->mm),
			.count = le32_to_cpu(entry->count),
		};

		if (run.offset && (check_run(l, &run, v) < 0 || add_run(l, &run, v) < 0))
			return -1;
	}
	return 0;
}

static int read_rec_head(struct link *l, uint64_t offset, uint32_t kind,
			 struct kcr_rec_head *head, struct verdict *v)
{
	const char *why;
	int r;

	if (link_read(l, offset, head, sizeof(*head), v) < 0)
		return -1;
	r = kcr_parse_rec(head, offset, &why);
	if (r < 0)
		return link_fail(l, r, why, v);
	if (le32_to_cpu(head->kind) != kind || !kcr_parse_known(head))
		return link_fail(l, -EBADMSG, "index of pages is not where the image's end tells", v);
	return 0;
}

static int read_payload(struct link *l, const struct kcr_rec_head *head, void *p,
			struct verdict *v)
{
	uint64_t offset = le64_to_cpu(head->offset) + sizeof(*head);
	uint64_t len = le64_to_cpu(head->len);
	const char *why;
	int r;

	if (link_read(l, offset, p, len, v) < 0)
		return -1;
	r = kcr_parse_payload(head, kcr_crc32(0, p, len), &why);
	return r < 0 ? link_fail(l, r, why, v) : 0;
}

/* The payload of a part of the index, to be freed. */
static uint8_t *read_part(struct link *l, const struct kcr_rec_head *head, struct verdict *v)
{
	uint64_t len = le64_to_cpu(head->len);
	uint8_t *p;

	if (len > l->access.size) {
		link_fail(l, -EBADMSG, "index of pages is cut short", v);
		return NULL;
	}
	p = malloc(len);
	if (!p)
		link_fail(l, -ENOMEM, "not enough memory", v);
	else if (!read_payload(l, head, p, v))
		return p;
	free(p);
	return NULL;
}

static int take_part(struct link *l, const struct kcr_rec_head *head, __u64 *last,
		     struct verdict *v)
{
	uint64_t len = le64_to_cpu(head->len);
	uint8_t *p = read_part(l, head, v);
	const char *why;
	int n;

	if (!p)
		return -1;
	n = kcr_parse_index(head, p, last, &why);
	if (n < 0)
		n = link_fail(l, n, why, v);
	else
		n = take_index(l, p + n, len - n, le64_to_cpu(head->offset) + sizeof(*head) + n, v);
	free(p);
	return n;
}

/* Version 1: they follow one another. */
static int read_series(struct link *l, uint64_t end, struct verdict *v)
{
	uint64_t at = le64_to_cpu(l->end.index);
	struct kcr_rec_head head;
	__u64 last = 0;

	while (at < end) {
		if (read_rec_head(l, at, KCR_KIND_INDEX, &head, v) < 0 ||
		    take_part(l, &head, &last, v) < 0)
			return -1;
		at += sizeof(head) + kcr_parse_padded(le64_to_cpu(head.len));
	}
	return 0;
}

/**
 * struct parts - of an index
 * @at: where they are, the last one first
 * @nr: how many
 */
struct parts {
	uint64_t *at;
	size_t nr;
};

static int add_part(struct link *l, struct parts *parts, uint64_t at, struct verdict *v)
{
	uint64_t *more = reallocarray(parts->at, parts->nr + 1, sizeof(*more));

	if (!more)
		return link_fail(l, -ENOMEM, "not enough memory", v);
	parts->at = more;
	parts->at[parts->nr++] = at;
	return 0;
}

/* Each names the one before it. */
static int find_parts(struct link *l, struct parts *parts, struct verdict *v)
{
	uint64_t at = le64_to_cpu(l->end.index), before;
	struct kcr_img_index part;
	struct kcr_rec_head head;

	for (; at; at = before) {
		if (add_part(l, parts, at, v) < 0 ||
		    read_rec_head(l, at, KCR_KIND_INDEX, &head, v) < 0 ||
		    link_read(l, at + sizeof(head), &part, sizeof(part), v) < 0)
			return -1;
		before = le64_to_cpu(part.before);
		if (le16_to_cpu(head.version) < 2 || before >= at)
			return link_fail(l, -EBADMSG, "part of the index does not follow the one before it", v);
	}
	return 0;
}

static int read_parts(struct link *l, struct verdict *v)
{
	struct parts parts = { 0 };
	int r = find_parts(l, &parts, v);
	struct kcr_rec_head head;
	__u64 last = 0;

	while (!r && parts.nr--) {
		r = read_rec_head(l, parts.at[parts.nr], KCR_KIND_INDEX, &head, v);
		if (!r)
			r = take_part(l, &head, &last, v);
	}
	free(parts.at);
	return r;
}

static int read_index(struct link *l, uint64_t end, struct verdict *v)
{
	uint64_t at = le64_to_cpu(l->end.index);
	struct kcr_rec_head head;

	if (!at || at >= end)
		return 0;
	if (read_rec_head(l, at, KCR_KIND_INDEX, &head, v) < 0)
		return -1;
	return le16_to_cpu(head.version) < 2 ? read_series(l, end, v) : read_parts(l, v);
}

/* What was counted while the index was read must be what the end tells. */
static int check_end(struct link *l, uint64_t offset, struct verdict *v)
{
	struct kcr_parse_sum sum = {
		.offset = offset,
		.records = le64_to_cpu(l->end.records),
		.pages = l->own,
		.index = le64_to_cpu(l->end.index),
	};
	const char *why;
	int r = kcr_parse_end(&l->end, &sum, &why);

	return r < 0 ? link_fail(l, r, why, v) : 0;
}

static int read_table(struct link *l, struct verdict *v)
{
	uint64_t end = l->access.size - END_BYTES;
	struct kcr_rec_head head;

	if (l->access.size < END_BYTES)
		return link_fail(l, -EBADMSG, "the image ends early", v);
	if (link_read(l, end, &head, sizeof(head), v) < 0)
		return -1;
	if (le32_to_cpu(head.kind) != KCR_KIND_END || end % KCR_REC_ALIGN)
		return link_fail(l, -EBADMSG,
				 "the image ends early, or something follows its end", v);
	if (read_rec_head(l, end, KCR_KIND_END, &head, v) < 0 ||
	    read_payload(l, &head, &l->end, v) < 0 || read_index(l, end, v) < 0)
		return -1;
	return check_end(l, end, v);
}

static int read_head(struct access *a, struct kcr_image_head *head)
{
	const char *why;
	int r = access_read(a, 0, head, sizeof(*head));

	if (r)
		return r;
	r = kcr_parse_head(head, &why);
	return r < 0 ? fault_set(&a->fault, r, "%s", why) : 0;
}

/**
 * link_read_head() - look only at the first bytes of an image
 * @fd: a file
 * @head: where to
 * @fault: told of a failure
 */
int link_read_head(int fd, struct kcr_image_head *head, struct fault *fault)
{
	struct access a;
	int r = access_open(&a, fd);

	if (!r)
		r = read_head(&a, head);
	if (r)
		fault_set(fault, r, "%s", a.fault.why);
	access_close(&a);
	return r;
}

static int open_all(struct link *l, struct verdict *v)
{
	int r = access_open(&l->access, l->fd);

	if (!r)
		r = read_head(&l->access, &l->head);
	if (r)
		return link_fail(l, r, l->access.fault.why, v);
	if (fstat(l->fd, &l->st))
		return link_fail(l, -errno, strerror(errno), v);
	return read_table(l, v);
}

/**
 * link_open() - open an image as a link of a chain
 * @fd: a file; it stays the caller's
 * @name: of it
 * @v: told of a failure
 */
struct link *link_open(int fd, const char *name, struct verdict *v)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l) {
		fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
		return NULL;
	}
	l->name = strdup(name);
	l->fd = fcntl(fd, F_DUPFD_CLOEXEC, LINK_FD);
	if (!l->name || l->fd < 0)
		fail_file(v, errno, "open", name);
	else if (!open_all(l, v))
		return l;
	link_free(l);
	return NULL;
}

/**
 * link_find() - the run that a page is in
 * @l: the image
 * @number: of the page, less than @l->pages
 */
const struct link_run *link_find(const struct link *l, uint64_t number)
{
	size_t low = 0, high = l->nr, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (l->runs[middle].number <= number)
			low = middle;
		else
			high = middle;
	}
	return &l->runs[low];
}

void link_free(struct link *l)
{
	if (!l)
		return;
	access_close(&l->access);
	if (l->fd >= 0)
		close(l->fd);
	free(l->runs);
	free(l->name);
	free(l);
}
