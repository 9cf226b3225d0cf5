// SPDX-License-Identifier: GPL-2.0
/*
 * Images made by hand, in memory.
 */
#include <stdlib.h>

#include "../../tools/lib/verify.h"
#include "build.h"

static void *grow(void *p, size_t len)
{
	p = realloc(p, len);
	if (!p)
		abort();
	return p;
}

static void put(struct build *b, const void *p, size_t len)
{
	if (b->len + len > b->room) {
		b->room = 2 * (b->len + len);
		b->data = grow(b->data, b->room);
	}
	if (p)
		memcpy(b->data + b->len, p, len);
	else
		memset(b->data + b->len, 0, len);
	b->len += len;
}

void build_seal_head(struct build *b)
{
	struct kcr_image_head *head = (void *)b->data;

	head->crc = cpu_to_le32(kcr_image_head_crc(head));
}

void build_begin(struct build *b)
{
	struct kcr_image_head head = {
		.magic = { 0x89, 'K', 'C', 'R', '\r', '\n', 0x1a, '\n' },
		.version = cpu_to_le16(KCR_IMAGE_VERSION),
		.arch = cpu_to_le16(KCR_ARCH_X86_64),
		.page_shift = cpu_to_le16(KCR_PARSE_PAGE_SHIFT),
		.id = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	};

	memset(b, 0, sizeof(*b));
	put(b, &head, sizeof(head));
	build_seal_head(b);
}

/* The payload may have been changed, but not its length. */
void build_seal_rec(struct build *b, size_t offset)
{
	struct kcr_rec_head *rec = (void *)(b->data + offset);

	rec->crc = cpu_to_le32(kcr_payload_crc(rec, rec + 1));
	rec->head_crc = cpu_to_le32(kcr_rec_head_crc(rec));
}

static size_t begin_rec(struct build *b, uint32_t kind, uint16_t flags)
{
	struct kcr_rec_head rec = {
		.kind = cpu_to_le32(kind),
		.version = cpu_to_le16(1),
		.flags = cpu_to_le16(flags),
		.offset = cpu_to_le64(b->len),
	};
	size_t offset = b->len;

	put(b, &rec, sizeof(rec));
	b->records++;
	return offset;
}

static struct kcr_rec_head *end_rec(struct build *b, size_t offset)
{
	struct kcr_rec_head *rec = (void *)(b->data + offset);
	size_t len = b->len - offset - sizeof(*rec);

	rec->len = cpu_to_le64(len);
	put(b, NULL, kcr_parse_padded(len) - len);
	build_seal_rec(b, offset);
	return (void *)(b->data + offset);
}

void build_rec(struct build *b, uint32_t kind, uint32_t id, uint32_t owner,
	       const void *payload, size_t len)
{
	size_t offset = begin_rec(b, kind, KCR_REC_CRITICAL);
	struct kcr_rec_head *rec;

	put(b, payload, len);
	rec = end_rec(b, offset);
	rec->id = cpu_to_le32(id);
	rec->owner = cpu_to_le32(owner);
	build_seal_rec(b, offset);
}

void build_rec_flags(struct build *b, uint32_t kind, uint16_t version,
		     uint16_t flags, const void *payload, size_t len)
{
	size_t offset = begin_rec(b, kind, flags);
	struct kcr_rec_head *rec;

	put(b, payload, len);
	rec = end_rec(b, offset);
	rec->version = cpu_to_le16(version);
	build_seal_rec(b, offset);
}

static void put_index(struct build *b, const void *p, size_t len)
{
	b->index = grow(b->index, b->index_len + len);
	memcpy(b->index + b->index_len, p, len);
	b->index_len += len;
}

static void end_part(struct build *b)
{
	struct kcr_img_index *part = (void *)b->index;
	uint64_t at = b->len;

	if (!b->index_len)
		return;
	if (b->part)
		part->before = cpu_to_le64(b->part_at);
	build_rec_flags(b, KCR_KIND_INDEX, b->part ? 2 : 1, KCR_REC_CRITICAL, b->index,
			b->index_len);
	b->part_at = at;
	b->index_len = 0;
	b->part_runs = 0;
}

static void begin_run(struct build *b)
{
	struct kcr_img_index part = { 0 };

	if (!b->part)
		return;
	if (b->part_runs == b->part)
		end_part(b);
	if (!b->part_runs++)
		put_index(b, &part, sizeof(part));
}

static void index_run(struct build *b, const struct kcr_img_pages *run,
		      uint64_t offset, const uint8_t *pages)
{
	struct kcr_img_index_run entry = {
		.mm = run->mm,
		.count = run->count,
		.addr = run->addr,
		.offset = cpu_to_le64(offset),
	};
	uint8_t hash[KCR_HASH_LEN];
	uint32_t i;

	put_index(b, &entry, sizeof(entry));
	for (i = 0; pages && i < le32_to_cpu(run->count); i++) {
		page_hash(pages + (size_t)i * BUILD_PAGE, hash);
		put_index(b, hash, sizeof(hash));
	}
}

void build_pages(struct build *b, uint32_t mm, uint64_t addr, uint32_t count,
		 const void *pages)
{
	struct kcr_img_pages run = {
		.mm = cpu_to_le32(mm),
		.count = cpu_to_le32(count),
		.addr = cpu_to_le64(addr),
	};
	size_t offset;
	uint32_t pad;

	begin_run(b);
	offset = begin_rec(b, KCR_KIND_PAGES, KCR_REC_CRITICAL);
	pad = b->unaligned ? 0 : -(b->len + sizeof(run)) % BUILD_PAGE;
	run.pad = cpu_to_le32(pad);
	put(b, &run, sizeof(run));
	put(b, NULL, pad);
	index_run(b, &run, b->len, pages);
	put(b, pages, (size_t)count * BUILD_PAGE);
	/* Of both versions, whose checksums differ: in turn. */
	((struct kcr_rec_head *)(b->data + offset))->version = cpu_to_le16(1 + b->runs++ % 2);
	end_rec(b, offset);
	b->pages += count;
}

/* Runs of 512 pages each: noise and text in turn. */
void build_runs(struct build *b, uint32_t mm, uint64_t addr, unsigned int runs)
{
	static uint64_t pages[512 * BUILD_PAGE / 8];
	uint64_t noise = 88172645463325252;
	unsigned int run;
	size_t i;

	for (run = 0; run < runs; run++, addr += sizeof(pages)) {
		for (i = 0; i < sizeof(pages) / 8; i++) {
			noise ^= noise << 13;
			noise ^= noise >> 7;
			noise ^= noise << 17;
			pages[i] = run & 1 ? i / 8 : noise;
		}
		build_pages(b, mm, addr, 512, pages);
	}
}

void build_zeros(struct build *b, uint32_t mm, uint64_t addr, uint32_t count)
{
	struct kcr_img_pages run = {
		.mm = cpu_to_le32(mm),
		.count = cpu_to_le32(count),
		.addr = cpu_to_le64(addr),
		.flags = cpu_to_le32(KCR_PAGES_ZERO),
	};

	begin_run(b);
	build_rec(b, KCR_KIND_PAGES, 0, 0, &run, sizeof(run));
	index_run(b, &run, 0, NULL);
}

/* Pages of the image before this one, from number @first on. */
void build_earlier(struct build *b, uint32_t mm, uint64_t addr, uint32_t count,
		   uint64_t first)
{
	struct kcr_img_pages_earlier run = {
		.run = {
			.mm = cpu_to_le32(mm),
			.count = cpu_to_le32(count),
			.addr = cpu_to_le64(addr),
			.flags = cpu_to_le32(KCR_PAGES_EARLIER),
		},
		.first = cpu_to_le64(first),
	};

	begin_run(b);
	build_rec(b, KCR_KIND_PAGES, 0, 0, &run, sizeof(run));
	index_run(b, &run.run, KCR_INDEX_EARLIER + first, NULL);
}

/* An image is @id all over; an increment to @parent, if that is not 0. */
void build_ids(struct build *b, uint8_t id, uint8_t parent)
{
	struct kcr_image_head *head = (void *)b->data;

	memset(head->id, id, sizeof(head->id));
	memset(head->parent, parent, sizeof(head->parent));
	head->flags = cpu_to_le32(parent ? KCR_IMAGE_INCREMENT : 0);
	build_seal_head(b);
}

void build_end(struct build *b)
{
	struct kcr_img_end end = { .pages = cpu_to_le64(b->pages) };

	end_part(b);
	end.index = cpu_to_le64(b->part_at);
	end.total = cpu_to_le64(b->len + sizeof(struct kcr_rec_head) + sizeof(end));
	end.records = cpu_to_le64(b->records + 1);
	build_rec(b, KCR_KIND_END, 0, 0, &end, sizeof(end));
}

void build_free(struct build *b)
{
	free(b->data);
	free(b->index);
	memset(b, 0, sizeof(*b));
}
