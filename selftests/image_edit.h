/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An image taken apart into its records, to be changed and put together again
 * with everything right that is not meant to be wrong: checksums, offsets,
 * alignment and totals.
 */
#ifndef KCR_IMAGE_EDIT_H
#define KCR_IMAGE_EDIT_H

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "kcr_harness.h"
#include "../uapi/kcr_image.h"

#define PAGE	4096u

/**
 * struct rec - a record
 * @head: its head; what follows from the record's place is put in by emit()
 * @len: bytes at @data
 * @data: payload, of a run of pages without what aligns it
 */
struct rec {
	struct kcr_rec_head head;
	size_t len;
	uint8_t *data;
};

struct image {
	struct kcr_image_head head;
	size_t n;
	struct rec *rec;
};

/**
 * struct bytes - an image as it is written
 */
struct bytes {
	uint8_t *data;
	size_t len;
};

static inline uint32_t crc32_of(uint32_t crc, const void *data, size_t len)
{
	static uint32_t table[256];
	const uint8_t *p = data;
	unsigned int i, k;

	for (i = 0; !table[255] && i < 256; i++) {
		table[i] = i;
		for (k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	crc = ~crc;
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

static inline uint32_t kind_of(const struct rec *rec)
{
	return le32toh(rec->head.kind);
}

static inline bool is_run(const struct rec *rec)
{
	const struct kcr_img_pages *run = (void *)rec->data;

	return kind_of(rec) == KCR_KIND_PAGES && rec->len >= sizeof(*run) &&
	       !(le32toh(run->flags) & KCR_PAGES_NO_BYTES);
}

static inline uint8_t *room(size_t len)
{
	uint8_t *p = calloc(1, len + 8);

	ASSERT_TRUE(p);
	return p;
}

/* Without the bytes that align the pages. */
static inline void drop_pad(struct rec *rec)
{
	struct kcr_img_pages *run = (void *)rec->data;
	size_t pad;

	if (!is_run(rec))
		return;
	pad = le32toh(run->pad);
	ASSERT_LE(sizeof(*run) + pad, rec->len);
	rec->len -= pad;
	memmove(run + 1, (uint8_t *)(run + 1) + pad, rec->len - sizeof(*run));
	run->pad = 0;
}

static inline struct image take_apart(struct bytes b)
{
	struct image img = { 0 };
	size_t off = sizeof(img.head);

	ASSERT_LE(off, b.len);
	memcpy(&img.head, b.data, off);
	while (off < b.len) {
		struct rec rec;

		ASSERT_LE(off + sizeof(rec.head), b.len);
		memcpy(&rec.head, b.data + off, sizeof(rec.head));
		off += sizeof(rec.head);
		rec.len = le64toh(rec.head.len);
		ASSERT_LE(off + rec.len, b.len);
		rec.data = room(rec.len);
		memcpy(rec.data, b.data + off, rec.len);
		off += (rec.len + 7) & ~(size_t)7;
		drop_pad(&rec);
		img.rec = realloc(img.rec, (img.n + 1) * sizeof(rec));
		ASSERT_TRUE(img.rec);
		img.rec[img.n++] = rec;
	}
	return img;
}

static inline struct image copy_of(const struct image *from)
{
	struct image img = *from;
	size_t i;

	img.rec = (void *)room(img.n * sizeof(*img.rec));
	for (i = 0; i < img.n; i++) {
		img.rec[i] = from->rec[i];
		img.rec[i].data = room(img.rec[i].len);
		memcpy(img.rec[i].data, from->rec[i].data, img.rec[i].len);
	}
	return img;
}

static inline void free_image(struct image *img)
{
	size_t i;

	for (i = 0; i < img->n; i++)
		free(img->rec[i].data);
	free(img->rec);
}

/* Bytes that have to stand before the pages of a run whose head is at @off. */
static inline size_t pad_of(const struct rec *rec, size_t off)
{
	size_t first = off + sizeof(rec->head) + sizeof(struct kcr_img_pages);

	return is_run(rec) ? -first % PAGE : 0;
}

/* As version 2 of the record has it: the hash of each page, not its bytes. */
static inline uint32_t crc_of_run(const struct rec *rec, const uint8_t *payload, size_t pad)
{
	size_t at = sizeof(struct kcr_img_pages) + pad, end = rec->len + pad;
	uint32_t crc = crc32_of(0, payload, at);

	for (; at + PAGE <= end; at += PAGE) {
		uint64_t hash = htole64(XXH64(payload + at, PAGE, 0));

		crc = crc32_of(crc, &hash, sizeof(hash));
	}
	return crc32_of(crc, payload + at, end - at);
}

static inline uint32_t crc_of_rec(const struct rec *rec, const uint8_t *payload, size_t pad)
{
	if (is_run(rec) && le16toh(rec->head.version) >= 2)
		return crc_of_run(rec, payload, pad);
	return crc32_of(0, payload, rec->len + pad);
}

static inline void emit_rec(uint8_t *to, struct rec *rec, size_t off)
{
	struct kcr_img_pages *run = (void *)rec->data;
	size_t begin = is_run(rec) ? sizeof(*run) : rec->len, pad = pad_of(rec, off);
	uint8_t *payload = to + sizeof(rec->head);
	struct kcr_rec_head head = rec->head;

	if (is_run(rec))
		run->pad = htole32(pad);
	memcpy(payload, rec->data, begin);
	memcpy(payload + begin + pad, rec->data + begin, rec->len - begin);
	head.len = htole64(rec->len + pad);
	head.offset = htole64(off);
	head.crc = htole32(crc_of_rec(rec, payload, pad));
	head.head_crc = 0;
	head.head_crc = htole32(crc32_of(0, &head, sizeof(head)));
	memcpy(to, &head, sizeof(head));
}

/* What the end tells, unless that is what was changed. */
static inline void fill_end(struct rec *rec, size_t off, size_t records, size_t pages,
		     size_t index)
{
	struct kcr_img_end *end = (void *)rec->data;

	if (kind_of(rec) != KCR_KIND_END || rec->len != sizeof(*end))
		return;
	end->total = htole64(off + sizeof(rec->head) + sizeof(*end));
	end->records = htole64(records);
	end->pages = htole64(pages);
	end->index = htole64(index);
}

/* A part of the index names the one before it; returns what the end is to name. */
static inline size_t fill_index(struct rec *rec, size_t off, size_t before)
{
	struct kcr_img_index *part = (void *)rec->data;

	if (kind_of(rec) != KCR_KIND_INDEX)
		return before;
	if (le16toh(rec->head.version) < 2)
		return before ? before : off;
	if (rec->len >= sizeof(*part))
		part->before = htole64(before);
	return off;
}

/**
 * put_together() - an image of changed records, to be freed
 * @img: the records
 * @end: whether the end's totals shall be right
 */
static inline struct bytes put_together(struct image *img, bool end)
{
	size_t i, off = sizeof(img->head), pages = 0, index = 0;
	struct bytes b = { .len = off };

	for (i = 0; i < img->n; i++)
		b.len += sizeof(img->rec->head) + img->rec[i].len + PAGE + 8;
	b.data = room(b.len);
	img->head.crc = 0;
	img->head.crc = htole32(crc32_of(0, &img->head, sizeof(img->head)));
	memcpy(b.data, &img->head, sizeof(img->head));
	for (i = 0; i < img->n; i++) {
		struct rec *rec = &img->rec[i];

		if (end)
			fill_end(rec, off, i + 1, pages, index);
		index = end ? fill_index(rec, off, index) : index;
		if (is_run(rec))
			pages += le32toh(((struct kcr_img_pages *)rec->data)->count);
		emit_rec(b.data + off, rec, off);
		off += sizeof(rec->head) + rec->len + pad_of(rec, off);
		off = (off + 7) & ~(size_t)7;
	}
	b.len = off;
	return b;
}

/* The first record of a kind; the test fails if there is none. */
static inline struct rec *rec_of(struct image *img, enum kcr_kind kind)
{
	size_t i;

	for (i = 0; i < img->n; i++)
		if (kind_of(&img->rec[i]) == kind)
			return &img->rec[i];
	kcr_fail(true, __FILE__, __LINE__, "the image has no record of kind %d", kind);
	return NULL;
}

#endif
