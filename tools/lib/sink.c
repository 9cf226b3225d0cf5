// SPDX-License-Identifier: GPL-2.0
/*
 * An image that is being written, as the module writes it: the same records, runs
 * of pages that begin at a multiple of the page size, index and end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink.h"

#define SINK_ROOM	(256u << 10)
#define INDEX_PART	(256u << 10)	/* of 64 MB of pages */

static const uint8_t zeros[KCR_PARSE_PAGE_SIZE];

static int no_memory(struct sink *s)
{
	return fail(s->v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
}

/* In the words that the module has for the same. */
static int fail_write(struct sink *s, int error)
{
	switch (error) {
	case EPIPE:
		return fail(s->v, KCR_CLASS_IO, error, "the reader of the image has gone away");
	case ENOSPC:
	case EDQUOT:
		return fail(s->v, KCR_CLASS_IO, error, "no space left to write the image");
	default:
		return fail(s->v, KCR_CLASS_IO, error, "writing the image failed: %s",
			    strerror(error));
	}
}

static int write_all(struct sink *s, const uint8_t *p, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(s->fd, p, len);
		if (n < 0 && errno == EINTR && s->v->class == KCR_CLASS_OK)
			continue;
		if (n < 0)
			return fail_write(s, errno);
		p += n;
		len -= n;
		if (s->written)
			*s->written += n;
	}
	return 0;
}

static int flush(struct sink *s)
{
	size_t used = s->used;

	s->used = 0;
	return write_all(s, s->buf, used);
}

static int put(struct sink *s, const void *p, size_t len)
{
	s->offset += len;
	if (s->used + len > SINK_ROOM && flush(s) < 0)
		return -1;
	if (len > SINK_ROOM / 2)
		return flush(s) < 0 ? -1 : write_all(s, p, len);
	memcpy(s->buf + s->used, p, len);
	s->used += len;
	return 0;
}

static int put_padding(struct sink *s, uint64_t len)
{
	return put(s, zeros, kcr_parse_padded(len) - len);
}

/**
 * sink_open() - begin to write
 * @s: filled in; to be closed, also after a failure
 * @fd: where to
 * @v: told of every failure
 */
int sink_open(struct sink *s, int fd, struct verdict *v)
{
	*s = (struct sink){ .fd = fd, .v = v, .buf = malloc(SINK_ROOM) };
	return s->buf ? 0 : no_memory(s);
}

/* sink_head() - the first bytes, whose checksum is made here */
int sink_head(struct sink *s, const struct kcr_image_head *head)
{
	struct kcr_image_head copy = *head;

	copy.crc = cpu_to_le32(kcr_image_head_crc(&copy));
	return put(s, &copy, sizeof(copy));
}

static int put_rec_head(struct sink *s, struct kcr_rec_head *head)
{
	head->offset = cpu_to_le64(s->offset);
	head->head_crc = cpu_to_le32(kcr_rec_head_crc(head));
	s->records++;
	return put(s, head, sizeof(*head));
}

/**
 * sink_rec() - a record
 * @s: where to
 * @like: its head, with the right length and checksum of the payload
 * @payload: all of it
 */
int sink_rec(struct sink *s, const struct kcr_rec_head *like, const void *payload)
{
	struct kcr_rec_head head = *like;
	uint64_t len = le64_to_cpu(head.len);

	if (put_rec_head(s, &head) < 0 || put(s, payload, len) < 0)
		return -1;
	return put_padding(s, len);
}

static int own_rec(struct sink *s, uint32_t kind, uint16_t version, const void *payload,
		   size_t len)
{
	struct kcr_rec_head head = {
		.kind = cpu_to_le32(kind),
		.version = cpu_to_le16(version),
		.flags = cpu_to_le16(KCR_REC_CRITICAL),
		.len = cpu_to_le64(len),
		.crc = cpu_to_le32(kcr_crc32(0, payload, len)),
	};

	return sink_rec(s, &head, payload);
}

static int add_index(struct sink *s, const void *p, size_t len)
{
	uint8_t *index = s->index;

	if (s->index_len + len > s->index_room) {
		index = realloc(index, 2 * (s->index_len + len));
		if (!index)
			return no_memory(s);
		s->index = index;
		s->index_room = 2 * (s->index_len + len);
	}
	memcpy(index + s->index_len, p, len);
	s->index_len += len;
	return 0;
}

/* The runs that are in no part of the index yet. */
static int put_index(struct sink *s)
{
	struct kcr_img_index *part = (void *)s->index;
	uint64_t at = s->offset;

	if (!s->index_len)
		return 0;
	part->before = cpu_to_le64(s->index_at);
	if (own_rec(s, KCR_KIND_INDEX, 2, s->index, s->index_len) < 0)
		return -1;
	s->index_at = at;
	s->index_len = 0;
	return 0;
}

/* As the module does it: a part ends between two runs. */
static int begin_run(struct sink *s)
{
	return s->index_len >= INDEX_PART ? put_index(s) : 0;
}

static int add_index_run(struct sink *s, const struct kcr_img_pages *run, uint64_t offset)
{
	struct kcr_img_index_run entry = {
		.mm = run->mm,
		.count = run->count,
		.addr = run->addr,
		.offset = cpu_to_le64(offset),
	};
	struct kcr_img_index part = { 0 };

	if (!s->index_len && add_index(s, &part, sizeof(part)) < 0)
		return -1;
	return add_index(s, &entry, sizeof(entry));
}

static uint32_t pages_crc(const struct kcr_img_pages *run, const uint8_t *hashes)
{
	uint32_t i, crc = kcr_crc32(0, run, sizeof(*run));

	crc = kcr_crc32(crc, zeros, le32_to_cpu(run->pad));
	for (i = 0; i < le32_to_cpu(run->count); i++)
		crc = kcr_crc32(crc, hashes + i * KCR_HASH_LEN, sizeof(uint64_t));
	return crc;
}

/**
 * sink_pages() - a run of pages
 * @s: where to
 * @like: the run; the rest is made here
 * @pages: their bytes
 * @hashes: as the index has them
 */
int sink_pages(struct sink *s, const struct kcr_img_pages *like, const uint8_t *pages,
	       const uint8_t *hashes)
{
	uint32_t pad, count = le32_to_cpu(like->count);
	size_t bytes = (size_t)count * KCR_PARSE_PAGE_SIZE;
	struct kcr_img_pages run = *like;
	struct kcr_rec_head head = {
		.kind = cpu_to_le32(KCR_KIND_PAGES),
		.version = cpu_to_le16(2),
		.flags = cpu_to_le16(KCR_REC_CRITICAL),
	};
	uint64_t first;

	if (begin_run(s) < 0)
		return -1;
	first = s->offset + sizeof(head) + sizeof(run);
	pad = -first % KCR_PARSE_PAGE_SIZE;
	head.len = cpu_to_le64(sizeof(run) + pad + bytes);
	run.pad = cpu_to_le32(pad);
	head.crc = cpu_to_le32(pages_crc(&run, hashes));
	s->pages += count;
	if (put_rec_head(s, &head) < 0 || put(s, &run, sizeof(run)) < 0 || put(s, zeros, pad) < 0 ||
	    put(s, pages, bytes) < 0 || add_index_run(s, &run, first + pad) < 0)
		return -1;
	return add_index(s, hashes, count * KCR_HASH_LEN);
}

/* sink_no_pages() - a run without bytes */
int sink_no_pages(struct sink *s, const struct kcr_rec_head *like,
		  const struct kcr_img_pages *run)
{
	return begin_run(s) < 0 || sink_rec(s, like, run) < 0 ? -1 : add_index_run(s, run, 0);
}

/**
 * sink_end() - the index and the end; then all of it is written
 * @s: where to
 * @like: what was counted of pages without bytes
 */
int sink_end(struct sink *s, const struct kcr_img_end *like)
{
	struct kcr_img_end end = *like;

	if (put_index(s) < 0)
		return -1;
	end.total = cpu_to_le64(s->offset + sizeof(struct kcr_rec_head) + sizeof(end));
	end.records = cpu_to_le64(s->records + 1);
	end.pages = cpu_to_le64(s->pages);
	end.index = cpu_to_le64(s->index_at);
	return own_rec(s, KCR_KIND_END, 1, &end, sizeof(end)) < 0 ? -1 : flush(s);
}

void sink_close(struct sink *s)
{
	free(s->buf);
	free(s->index);
	s->buf = NULL;
	s->index = NULL;
}
