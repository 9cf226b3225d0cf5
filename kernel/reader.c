// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the image.
 *
 * Everything up to the first run of pages is kept in memory, so that all of it
 * can be checked before anything is made; what follows is page_reader.c's.
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

#include "compat/uio.h"
#include "image/parse.h"
#include "kcr.h"
#include "lazy/lazy.h"
#include "made.h"
#include "reader.h"


static int read_error(struct kcr_ctx *ctx, ssize_t ret, u64 offset)
{
	if (kcr_cancelled(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	if (!ret)
		return kcr_bad_image(ctx, "the image ends early, at byte %llu",
				     offset);
	if (ret == -ERESTARTSYS || ret == -EINTR)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR,
				"interrupted while reading the image");
	return kcr_fail(ctx, KCR_CLASS_IO, ret,
			"reading the image failed (errno %zd)", -ret);
}

/*
 * 9p does not advance an iterator, so the return value is what counts; and
 * kernel_read() warns of a file that has read() beside read_iter(): /dev/zero.
 */
static ssize_t read_some(struct kcr_ctx *ctx, struct iov_iter *iter, loff_t *pos)
{
	if (ctx->lazy)
		return kcr_lazy_read(ctx, iter);
	return vfs_iter_read(ctx->image, iter, pos, 0);
}

/* Both @pos, in the file, and @offset, in the image, go on. */
static int read_all(struct kcr_ctx *ctx, struct iov_iter *iter, loff_t *pos, u64 *offset)
{
	struct iov_iter left;
	ssize_t ret;

	while (iov_iter_count(iter)) {
		left = *iter;
		iov_iter_truncate(&left, SZ_1M);
		ret = read_some(ctx, &left, pos);
		if ((ret == -ERESTARTSYS || ret == -EINTR) && !kcr_interrupted(ctx))
			continue;
		if (ret <= 0 || kcr_cancelled(ctx))
			return read_error(ctx, ret, *offset);
		iov_iter_advance(iter, ret);
		*offset += ret;
	}
	return 0;
}

/**
 * kcr_read_iter() - the next bytes of the image
 * @ctx: the operation
 * @iter: where they go; all of it is filled
 */
int kcr_read_iter(struct kcr_ctx *ctx, struct iov_iter *iter)
{
	int ret = read_all(ctx, iter, &ctx->image->f_pos, &ctx->offset);

	WRITE_ONCE(ctx->written, ctx->offset);
	return ret;
}

/**
 * kcr_read_at() - bytes of an image in a file, while others read there
 * @ctx: the operation, which is not lazy
 * @iter: where they go; all of it is filled
 * @pos: of the first, in the file
 * @offset: the same, in the image
 */
int kcr_read_at(struct kcr_ctx *ctx, struct iov_iter *iter, loff_t pos, u64 offset)
{
	return read_all(ctx, iter, &pos, &offset);
}

/* kcr_read_bytes() - the next @len bytes of the image */
int kcr_read_bytes(struct kcr_ctx *ctx, void *buf, size_t len)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	return kcr_read_iter(ctx, &iter);
}

/* kcr_read_past() - the next @len bytes of the image are not needed, or read by others */
void kcr_read_past(struct kcr_ctx *ctx, u64 len)
{
	ctx->offset += len;
	WRITE_ONCE(ctx->written, ctx->offset);
}

/* kcr_bad_structure() - it does not look as an image does */
int kcr_bad_structure(struct kcr_ctx *ctx, int err, const char *why)
{
	return kcr_fail(ctx, KCR_CLASS_IMAGE, err, "byte %llu of the image: %s",
			ctx->offset, why);
}

/* kcr_read_head() - the first bytes; sets ctx->head */
int kcr_read_head(struct kcr_ctx *ctx)
{
	const char *why;
	int ret = kcr_read_bytes(ctx, &ctx->head, sizeof(ctx->head));

	if (ret)
		return ret;
	ret = kcr_parse_head(&ctx->head, &why);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, ret, "%s", why);
	if (le32_to_cpu(ctx->head.flags) & KCR_IMAGE_INCREMENT && !ctx->lazy)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EOPNOTSUPP,
				"it is an increment: it needs the image before it, see ckptmerge");
	return 0;
}

/* kcr_read_rec_head() - the envelope of the next record, into ctx->next */
int kcr_read_rec_head(struct kcr_ctx *ctx)
{
	u64 offset = ctx->offset;
	const char *why;
	int ret = kcr_read_bytes(ctx, &ctx->next, sizeof(ctx->next));

	if (ret)
		return ret;
	ret = kcr_parse_rec(&ctx->next, offset, &why);
	if (ret)
		return kcr_bad_structure(ctx, ret, why);
	ctx->records++;
	return 0;
}

/* kcr_read_payload() - payload and padding of ctx->next, checked */
int kcr_read_payload(struct kcr_ctx *ctx, void *buf)
{
	size_t len = le64_to_cpu(ctx->next.len);
	const char *why;
	int ret = kcr_read_bytes(ctx, buf, kcr_parse_padded(len));

	if (ret)
		return ret;
	ret = kcr_parse_payload(&ctx->next, kcr_payload_crc(&ctx->next, buf), &why);
	return ret ? kcr_bad_structure(ctx, ret, why) : 0;
}

static int keep_rec(struct kcr_ctx *ctx)
{
	size_t len = le64_to_cpu(ctx->next.len);
	struct kcr_rec *rec;
	int ret;

	ctx->recs_bytes += kcr_rec_room(len);
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
	ret = kcr_read_payload(ctx, rec->data);
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
		ret = kcr_read_rec_head(ctx);
		if (ret)
			return ret;
		if (!kcr_rec_is_kept(le32_to_cpu(ctx->next.kind)))
			return index_recs(ctx, count);
		ret = keep_rec(ctx);
		if (ret)
			return ret;
	}
}

/**
 * kcr_recs_copy() - the records that another restart has read
 * @ctx: the operation
 * @from: the other one
 */
int kcr_recs_copy(struct kcr_ctx *ctx, const struct kcr_ctx *from)
{
	const struct kcr_rec *rec;
	size_t count = 0, size;
	struct kcr_rec *copy;

	list_for_each_entry(rec, &from->recs, node) {
		size = struct_size(rec, data, kcr_parse_padded(rec->len));
		copy = kvmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!copy)
			return kcr_nomem(ctx);
		memcpy(copy, rec, size);
		copy->process = NULL;
		INIT_HLIST_NODE(&copy->hash);
		INIT_LIST_HEAD(&copy->owned);
		list_add_tail(&copy->node, &ctx->recs);
		count++;
		cond_resched();
	}
	return index_recs(ctx, count);
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
	kcr_feed_drop(ctx);
	kcr_page_reader_drop(ctx);
}
