// SPDX-License-Identifier: GPL-2.0
/*
 * The index of an image that lies in a regular file: where its pages are, and
 * their hashes. It is read before all else, and kept while pages are to come.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "image/parse.h"
#include "kcr.h"
#include "lazy/internal.h"

#define INDEX_MAX	(1ull << 30)	/* bytes, of all images: of 250 GB */

/**
 * struct index_block - payload of a KCR_KIND_INDEX record
 * @node: in lazy_index.blocks, in the order of the image
 * @len: bytes at @data
 * @skip: of those, before the first run
 * @data: structures kcr_img_index_run, each with its hashes
 */
struct index_block {
	struct list_head node;
	size_t len, skip;
	u8 data[] __aligned(8);
};

/* The end of an image. */
struct tail {
	struct kcr_rec_head head;
	struct kcr_img_end end;
};

static int read_at(struct kcr_ctx *ctx, const struct lazy_image *img, u64 offset, void *buf,
		   size_t len)
{
	int ret = lazy_image_bytes(ctx->lazy, img, offset, buf, len);

	return ret ? lazy_image_failed(ctx, ret, offset) : 0;
}

static int bad(struct kcr_ctx *ctx, int err, u64 offset, const char *why)
{
	return kcr_fail(ctx, KCR_CLASS_IMAGE, err, "byte %llu of the image: %s", offset, why);
}

/* Sets @end, and where its record is. */
static int read_end(struct kcr_ctx *ctx, const struct lazy_image *img, struct kcr_img_end *end,
		    u64 *offset)
{
	struct tail tail;
	const char *why;
	int ret;

	if (img->size < sizeof(tail))
		return kcr_bad_image(ctx, "the image has no end");
	*offset = img->size - sizeof(tail);
	ret = read_at(ctx, img, *offset, &tail, sizeof(tail));
	if (ret)
		return ret;
	ret = kcr_parse_rec(&tail.head, *offset, &why) ?:
	      kcr_parse_payload(&tail.head, kcr_payload_crc(&tail.head, &tail.end), &why);
	if (ret)
		return bad(ctx, ret, *offset, why);
	if (le32_to_cpu(tail.head.kind) != KCR_KIND_END ||
	    le64_to_cpu(tail.head.len) != sizeof(*end))
		return kcr_bad_image(ctx, "the image does not end with its end");
	*end = tail.end;
	return 0;
}

/* Of a record before the end. */
static int read_head(struct kcr_ctx *ctx, const struct lazy_image *img, u64 offset, u64 end,
		     struct kcr_rec_head *head)
{
	const char *why;
	int ret = read_at(ctx, img, offset, head, sizeof(*head));

	if (ret)
		return ret;
	ret = kcr_parse_rec(head, offset, &why);
	if (ret)
		return bad(ctx, ret, offset, why);
	if (offset > end || end - offset < sizeof(*head) ||
	    le64_to_cpu(head->len) > end - offset - sizeof(*head))
		return kcr_bad_image(ctx, "a record that is longer than the image");
	return 0;
}

static bool is_index(const struct kcr_rec_head *head, unsigned int version)
{
	return le32_to_cpu(head->kind) == KCR_KIND_INDEX &&
	       le16_to_cpu(head->version) == version;
}

/* @skip bytes of it stand before the first run; it goes to @where in the list. */
static struct index_block *read_block(struct kcr_ctx *ctx, struct lazy_image *img,
				      const struct kcr_rec_head *head, size_t skip,
				      struct list_head *where)
{
	size_t len = le64_to_cpu(head->len), padded = kcr_parse_padded(len);
	u64 offset = le64_to_cpu(head->offset) + sizeof(*head);
	struct index_block *b;
	const char *why;
	int ret;

	ctx->lazy->index_bytes += len;
	if (len < skip || ctx->lazy->index_bytes > INDEX_MAX) {
		kcr_bad_image(ctx, "an index of more than %llu MB, or a part without a beginning",
			      INDEX_MAX >> 20);
		return NULL;
	}
	b = kvmalloc(struct_size(b, data, padded), GFP_KERNEL_ACCOUNT);
	if (!b) {
		kcr_nomem(ctx);
		return NULL;
	}
	b->len = len;
	b->skip = skip;
	list_add(&b->node, where);
	if (read_at(ctx, img, offset, b->data, padded))
		return NULL;
	ret = kcr_parse_payload(head, kcr_payload_crc(head, b->data), &why);
	if (ret)
		bad(ctx, ret, offset, why);
	return ret ? NULL : b;
}

/* Version 1: all that stands between the first part and the end. */
static int read_forward(struct kcr_ctx *ctx, struct lazy_image *img, u64 offset, u64 end)
{
	struct kcr_rec_head head;
	int ret = 0;

	while (!ret && offset < end) {
		ret = read_head(ctx, img, offset, end, &head);
		if (!ret && is_index(&head, 1) &&
		    !read_block(ctx, img, &head, 0, img->index.blocks.prev))
			ret = -EBADMSG;
		if (!ret)
			offset += sizeof(head) + kcr_parse_padded(le64_to_cpu(head.len));
		cond_resched();
	}
	return ret;
}

/* Since then: each part names the one before it. */
static int read_backward(struct kcr_ctx *ctx, struct lazy_image *img, u64 offset, u64 end)
{
	struct kcr_rec_head head;
	struct index_block *b;
	int ret;

	while (offset) {
		ret = read_head(ctx, img, offset, end, &head);
		if (ret)
			return ret;
		if (!is_index(&head, 2))
			return kcr_bad_image(ctx, "byte %llu is no part of the index", offset);
		b = read_block(ctx, img, &head, sizeof(struct kcr_img_index), &img->index.blocks);
		if (!b)
			return -EBADMSG;
		end = offset;
		offset = le64_to_cpu(((struct kcr_img_index *)b->data)->before);
		cond_resched();
	}
	return 0;
}

static int read_blocks(struct kcr_ctx *ctx, struct lazy_image *img, u64 offset, u64 end)
{
	struct kcr_rec_head head;
	int ret = read_head(ctx, img, offset, end, &head);

	if (ret)
		return ret;
	return is_index(&head, 1) ? read_forward(ctx, img, offset, end) :
				    read_backward(ctx, img, offset, end);
}

static void run_set(struct lazy_run *r, const struct kcr_img_index_run *run, u64 *pages)
{
	bool bytes = run->offset && !(le64_to_cpu(run->offset) & KCR_INDEX_EARLIER);

	*r = (struct lazy_run) {
		.first = *pages,
		.offset = le64_to_cpu(run->offset),
		.addr = le64_to_cpu(run->addr),
		.hash = bytes ? (const u8 *)(run + 1) : NULL,
		.mm = le32_to_cpu(run->mm),
		.count = le32_to_cpu(run->count),
	};
	if (r->offset)
		*pages += r->count;
}

/* Is it where bytes of the image may be? */
static bool run_is_inside(const struct lazy_image *img, const struct lazy_run *r)
{
	u64 bytes = (u64)r->count << PAGE_SHIFT;

	return !r->hash || (bytes <= img->size && r->offset <= img->size - bytes);
}

/* With @runs it fills them in, without it counts them. */
static int walk(struct kcr_ctx *ctx, struct lazy_image *img, struct lazy_run *runs)
{
	struct lazy_index *index = &img->index;
	struct index_block *b;
	const char *why;
	u64 pages = 0;
	size_t at, n = 0;
	int bytes;

	list_for_each_entry(b, &index->blocks, node) {
		for (at = b->skip; at < b->len; at += bytes, n++) {
			const void *run = b->data + at;

			bytes = kcr_parse_index_run(run, b->len - at, &why);
			if (bytes < 0)
				return kcr_bad_image(ctx, "%s", why);
			if (!runs)
				continue;
			run_set(&runs[n], run, &pages);
			if (!run_is_inside(img, &runs[n]))
				return kcr_bad_image(ctx, "the index tells of pages that are not there");
		}
		cond_resched();
	}
	index->nr = n;
	index->pages = pages;
	return 0;
}

/**
 * lazy_index_read() - read the index
 * @ctx: the operation
 * @img: the image; gets it, and is closed whether this fails or not
 */
int lazy_index_read(struct kcr_ctx *ctx, struct lazy_image *img)
{
	struct lazy_index *index = &img->index;
	struct kcr_img_end end;
	u64 offset;
	int ret = read_end(ctx, img, &end, &offset);

	if (ret)
		return ret;
	if (!end.index && end.pages)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EOPNOTSUPP,
				"the image has no index of its pages, and can't be restarted lazily");
	if (end.index)
		ret = read_blocks(ctx, img, le64_to_cpu(end.index), offset);
	ret = ret ?: walk(ctx, img, NULL);
	if (ret || !index->nr)
		return ret;
	index->runs = kvmalloc_array(index->nr, sizeof(*index->runs), GFP_KERNEL_ACCOUNT);
	return index->runs ? walk(ctx, img, index->runs) : kcr_nomem(ctx);
}

/**
 * lazy_index_next() - what the index tells of a run
 * @index: it
 * @run: the next one of the image
 * @offset: of its first page there
 *
 * Return: NULL if that is something else.
 */
const struct lazy_run *lazy_index_next(struct lazy_index *index, const struct kcr_img_pages *run,
				       u64 offset)
{
	const struct lazy_run *r;

	if (index->next == index->nr)
		return NULL;
	r = &index->runs[index->next++];
	if (r->mm != le32_to_cpu(run->mm) || r->addr != le64_to_cpu(run->addr) ||
	    r->count != le32_to_cpu(run->count))
		return NULL;
	if (!r->offset != !!(le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES))
		return NULL;
	return !r->hash || r->offset == offset ? r : NULL;
}

/* lazy_index_find() - the run that has a page; it is in one */
const struct lazy_run *lazy_index_find(const struct lazy_index *index, u64 page)
{
	size_t low = 0, high = index->nr, mid;

	/* Of those that begin there all but the last have no bytes. */
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (index->runs[mid].first <= page)
			low = mid;
		else
			high = mid;
	}
	return &index->runs[low];
}

/* lazy_index_drop() - free what it took */
void lazy_index_drop(struct lazy_index *index)
{
	struct index_block *b, *next;

	list_for_each_entry_safe(b, next, &index->blocks, node)
		kvfree(b);
	INIT_LIST_HEAD(&index->blocks);
	kvfree(index->runs);
	index->runs = NULL;
	index->nr = 0;
}
