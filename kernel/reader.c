// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the image.
 *
 * Everything up to the first run of pages is kept in memory, so that all of it
 * can be checked before anything is made; pages are handed on as they come.
 * Structure and checksums are looked at here (image/parse.c), what a payload
 * says is looked at by the kind's handler.
 */
#include <linux/fs.h>
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xxhash.h>

#include "compat/uio.h"
#include "image/parse.h"
#include "kcr.h"
#include "reader.h"

#define KCR_RECS_MAX	(256u << 20)	/* bytes of records kept in memory */

static int read_error(struct kcr_ctx *ctx, ssize_t ret)
{
	if (kcr_cancelled(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	if (!ret)
		return kcr_bad_image(ctx, "the image ends early, at byte %llu",
				     ctx->offset);
	if (ret == -ERESTARTSYS || ret == -EINTR)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR,
				"interrupted while reading the image");
	return kcr_fail(ctx, KCR_CLASS_IO, ret,
			"reading the image failed (errno %zd)", -ret);
}

/* kernel_read() warns of a file that has read() beside read_iter(): /dev/zero. */
static ssize_t read_some(struct kcr_ctx *ctx, void *buf, size_t len, loff_t *pos)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	return vfs_iter_read(ctx->image, &iter, pos, 0);
}

static int read_all(struct kcr_ctx *ctx, void *buf, size_t len)
{
	loff_t pos = ctx->image->f_pos;
	ssize_t ret;

	while (len) {
		ret = read_some(ctx, buf, min_t(size_t, len, SZ_1M), &pos);
		if ((ret == -ERESTARTSYS || ret == -EINTR) && !kcr_interrupted(ctx))
			continue;
		if (ret <= 0 || kcr_cancelled(ctx))
			return read_error(ctx, ret);
		ctx->image->f_pos = pos;
		ctx->offset += ret;
		WRITE_ONCE(ctx->written, ctx->offset);
		buf += ret;
		len -= ret;
	}
	return 0;
}

static int bad_structure(struct kcr_ctx *ctx, int err, const char *why)
{
	return kcr_fail(ctx, KCR_CLASS_IMAGE, err, "byte %llu of the image: %s",
			ctx->offset, why);
}

/* kcr_read_head() - the first bytes; sets ctx->head */
int kcr_read_head(struct kcr_ctx *ctx)
{
	const char *why;
	int ret = read_all(ctx, &ctx->head, sizeof(ctx->head));

	if (ret)
		return ret;
	ret = kcr_parse_head(&ctx->head, &why);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, ret, "%s", why);
	if (le32_to_cpu(ctx->head.flags) & KCR_IMAGE_INCREMENT)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EOPNOTSUPP,
				"increments can't be restarted yet");
	return 0;
}

/* The envelope of the next record, into ctx->next. */
static int read_rec_head(struct kcr_ctx *ctx)
{
	u64 offset = ctx->offset;
	const char *why;
	int ret = read_all(ctx, &ctx->next, sizeof(ctx->next));

	if (ret)
		return ret;
	ret = kcr_parse_rec(&ctx->next, offset, &why);
	if (ret)
		return bad_structure(ctx, ret, why);
	ctx->records++;
	return 0;
}

/* Payload and padding of ctx->next, checked. */
static int read_payload(struct kcr_ctx *ctx, void *buf)
{
	size_t len = le64_to_cpu(ctx->next.len);
	const char *why;
	int ret = read_all(ctx, buf, kcr_parse_padded(len));

	if (ret)
		return ret;
	ret = kcr_parse_payload(&ctx->next, kcr_payload_crc(&ctx->next, buf), &why);
	return ret ? bad_structure(ctx, ret, why) : 0;
}

static int keep_rec(struct kcr_ctx *ctx)
{
	size_t len = le64_to_cpu(ctx->next.len);
	struct kcr_rec *rec;
	int ret;

	ctx->recs_bytes += sizeof(*rec) + kcr_parse_padded(len);
	if (ctx->recs_bytes > KCR_RECS_MAX)
		return kcr_bad_image(ctx, "more than %u MB of records before the pages",
				     KCR_RECS_MAX >> 20);
	rec = kvmalloc(struct_size(rec, data, kcr_parse_padded(len)), GFP_KERNEL_ACCOUNT);
	if (!rec)
		return kcr_nomem(ctx);
	rec->kind = le32_to_cpu(ctx->next.kind);
	rec->version = le16_to_cpu(ctx->next.version);
	rec->id = le32_to_cpu(ctx->next.id);
	rec->owner = le32_to_cpu(ctx->next.owner);
	rec->process = NULL;
	rec->len = len;
	INIT_HLIST_NODE(&rec->hash);
	INIT_LIST_HEAD(&rec->owned);
	list_add_tail(&rec->node, &ctx->recs);
	ret = read_payload(ctx, rec->data);
	if (ret)
		return ret;
	if (kcr_parse_known(&ctx->next))
		return 0;
	list_del(&rec->node);	/* not critical: skipped */
	kvfree(rec);
	return 0;
}

/* Finding records: there may be millions, and each may name another. */

static struct hlist_head *rec_bucket(struct kcr_ctx *ctx, u32 id, u32 kind)
{
	u32 hash = jhash_2words(id, kind, ctx->rec_seed);

	return &ctx->rec_hash[hash & ((1u << ctx->rec_bits) - 1)];
}

/* kcr_rec_find() - the first record of that id and kind, or NULL */
struct kcr_rec *kcr_rec_find(struct kcr_ctx *ctx, u32 id, enum kcr_kind kind)
{
	struct kcr_rec *rec;

	if (!id)
		return NULL;
	hlist_for_each_entry(rec, rec_bucket(ctx, id, kind), hash)
		if (rec->id == id && rec->kind == kind)
			return rec;
	return NULL;
}

/* Only the first of its id and kind is found: others would be in the way. */
static void index_by_id(struct kcr_ctx *ctx, struct kcr_rec *rec)
{
	if (rec->id && !kcr_rec_find(ctx, rec->id, rec->kind))
		hlist_add_head(&rec->hash, rec_bucket(ctx, rec->id, rec->kind));
}

/* An owner that is not there is for the check to tell. */
static void index_by_owner(struct kcr_ctx *ctx, struct kcr_rec *rec)
{
	struct kcr_rec *owner = kcr_rec_find(ctx, rec->owner, KCR_KIND_THREAD) ?:
				kcr_rec_find(ctx, rec->owner, KCR_KIND_PROCESS);

	if (owner && rec->kind != KCR_KIND_PROCESS && rec->kind != KCR_KIND_THREAD)
		list_add_tail(&rec->owned, &owner->owned);
}

static int index_recs(struct kcr_ctx *ctx, size_t count)
{
	struct kcr_rec *rec;

	ctx->rec_bits = order_base_2(count + 1);
	ctx->rec_seed = get_random_u32();
	ctx->rec_hash = kvcalloc(1u << ctx->rec_bits, sizeof(*ctx->rec_hash),
				 GFP_KERNEL_ACCOUNT);
	if (!ctx->rec_hash)
		return kcr_nomem(ctx);
	list_for_each_entry(rec, &ctx->recs, node) {
		index_by_id(ctx, rec);
		cond_resched();
	}
	list_for_each_entry(rec, &ctx->recs, node) {
		index_by_owner(ctx, rec);
		cond_resched();
	}
	return 0;
}

/**
 * kcr_read_recs() - all records up to the first pages or the end
 * @ctx: the operation; its image has been read up to the first record
 *
 * ctx->recs gets the records, ctx->next the envelope that stopped it.
 */
int kcr_read_recs(struct kcr_ctx *ctx)
{
	size_t count;
	int ret;

	for (count = 0;; count++) {
		ret = read_rec_head(ctx);
		if (ret)
			return ret;
		switch (le32_to_cpu(ctx->next.kind)) {
		case KCR_KIND_PAGES:
		case KCR_KIND_INDEX:
		case KCR_KIND_END:
			return index_recs(ctx, count);
		}
		ret = keep_rec(ctx);
		if (ret)
			return ret;
	}
}

static int check_page_run(struct kcr_ctx *ctx)
{
	const struct kcr_img_pages *run = ctx->pages_buf;
	size_t len = le64_to_cpu(ctx->next.len);
	const char *why;
	int ret;

	if (kcr_parse_padded(len) > KCR_PAGES_BUF)
		return kcr_bad_image(ctx, "a run of %zu bytes of pages", len);
	ret = read_payload(ctx, ctx->pages_buf);
	if (ret)
		return ret;
	ret = kcr_parse_pages(run, le64_to_cpu(ctx->next.offset), len, &why);
	if (ret)
		return bad_structure(ctx, ret, why);
	if (!(le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES))
		WRITE_ONCE(ctx->pages, ctx->pages + le32_to_cpu(run->count));
	return 0;
}

/* Another process's stays, and is what that begins with. */
static int read_page_run(struct kcr_ctx *ctx, kcr_page_run_t page_run)
{
	const struct kcr_img_pages *run = ctx->pages_buf;
	size_t len = le64_to_cpu(ctx->next.len);
	size_t skip;
	int ret = ctx->pages_kept ? 0 : check_page_run(ctx);

	if (ret || !page_run)
		return ret;
	skip = sizeof(*run) + le32_to_cpu(run->pad);
	if (le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES)
		ret = page_run(ctx, run, NULL, 0);
	else
		ret = page_run(ctx, run, ctx->pages_buf + skip, len - skip);
	ctx->pages_kept = ret == KCR_PAGES_OTHERS;
	return ret;
}

static int read_end(struct kcr_ctx *ctx, const void *buf)
{
	struct kcr_parse_sum sum = {
		.offset = le64_to_cpu(ctx->next.offset),
		.records = ctx->records,
		.pages = ctx->pages,
		.index = ctx->index_offset,
	};
	const char *why;
	int ret;

	if (le64_to_cpu(ctx->next.len) != sizeof(struct kcr_img_end))
		return kcr_bad_image(ctx, "the end record has a wrong length");
	ret = kcr_parse_end(buf, &sum, &why);
	return ret ? bad_structure(ctx, ret, why) : 0;
}

/* One record of the second part. */
static int read_one(struct kcr_ctx *ctx, kcr_page_run_t page_run)
{
	int ret;

	switch (le32_to_cpu(ctx->next.kind)) {
	case KCR_KIND_PAGES:
		return read_page_run(ctx, page_run);
	case KCR_KIND_INDEX:
		if (!ctx->index_offset)
			ctx->index_offset = le64_to_cpu(ctx->next.offset);
		fallthrough;
	case KCR_KIND_PAD:
		return read_payload(ctx, ctx->pages_buf);
	case KCR_KIND_END:
		ctx->pages_done = true;
		ret = read_payload(ctx, ctx->pages_buf);
		return ret ?: read_end(ctx, ctx->pages_buf);
	default:
		if (kcr_parse_known(&ctx->next))
			return kcr_bad_image(ctx, "a %s record after the pages",
					     kcr_ops_find(le32_to_cpu(ctx->next.kind))->name);
		return read_payload(ctx, ctx->pages_buf);
	}
}

/**
 * kcr_read_pages() - pages, up to the end or those of another process
 * @ctx: the operation, after kcr_read_recs()
 * @page_run: is handed each run of pages; NULL: they are only checked. Data is
 *	NULL for a run of zeros
 *
 * The index is only checksummed: pages are checked by their record's checksum.
 *
 * Return: 0 at the end, KCR_PAGES_OTHERS if @page_run has said so: the run is
 * handed to the next caller's; or a negative errno.
 */
int kcr_read_pages(struct kcr_ctx *ctx, kcr_page_run_t page_run)
{
	int ret;

	BUILD_BUG_ON(KCR_PAGES_BUF > KCR_REC_MAX);
	if (!ctx->pages_buf)
		ctx->pages_buf = kvmalloc(KCR_REC_MAX + KCR_REC_ALIGN, GFP_KERNEL);
	if (!ctx->pages_buf)
		return kcr_nomem(ctx);
	while (!ctx->pages_done) {
		ret = read_one(ctx, page_run);
		if (ret)
			return ret;
		if (!ctx->pages_done)
			ret = read_rec_head(ctx);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/* kcr_reader_drop() - free the records */
void kcr_reader_drop(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec, *next;

	list_for_each_entry_safe(rec, next, &ctx->recs, node)
		kvfree(rec);
	INIT_LIST_HEAD(&ctx->recs);
	kvfree(ctx->rec_hash);
	ctx->rec_hash = NULL;
	kvfree(ctx->pages_buf);
	ctx->pages_buf = NULL;
}
