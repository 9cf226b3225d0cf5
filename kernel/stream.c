// SPDX-License-Identifier: GPL-2.0
/*
 * Writing the image.
 *
 * Records are put together in a list of chunks. While the program is stopped
 * nothing else happens, so that the pause does not depend on the reader; the
 * limit on the chunks is the limit on what is copied while stopped. Later
 * (ctx->direct) chunks are written as they fill, and pages go to the image
 * without being copied.
 */
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "base.h"
#include "compat/uio.h"
#include "image/parse.h"
#include "kcr.h"
#include "reader.h"
#include "stream.h"

#define KCR_CHUNK_SIZE	(256u << 10)

/* kcr_write_failed() - say why @ret bytes were written, and not all */
int kcr_write_failed(struct kcr_ctx *ctx, ssize_t ret)
{
	if (kcr_cancelled(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	switch (ret) {
	case -ERESTARTSYS:
	case -EINTR:
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR,
				"interrupted while writing the image");
	case -EPIPE:
		return kcr_fail(ctx, KCR_CLASS_IO, -EPIPE,
				"the reader of the image has gone away");
	case -ENOSPC:
	case -EDQUOT:
		return kcr_fail(ctx, KCR_CLASS_IO, ret,
				"no space left to write the image");
	default:
		return kcr_fail(ctx, KCR_CLASS_IO, ret ?: -EIO,
				"writing the image failed (errno %zd)", -ret);
	}
}

/* Consumes @iter; 9p does not advance it, so the return value is what counts. */
static int write_iter(struct kcr_ctx *ctx, struct iov_iter *iter)
{
	struct iov_iter left;
	loff_t pos = ctx->image->f_pos;
	ssize_t ret;

	while (iov_iter_count(iter)) {
		left = *iter;
		ret = kcr_vfs_iter_write(ctx->image, &left, &pos);
		if ((ret == -ERESTARTSYS || ret == -EINTR) && !kcr_interrupted(ctx))
			continue;
		if (ret <= 0 || kcr_cancelled(ctx))
			return kcr_write_failed(ctx, ret);
		iov_iter_advance(iter, ret);
		ctx->image->f_pos = pos;
		WRITE_ONCE(ctx->written, ctx->written + ret);
		cond_resched();
	}
	return 0;
}

static int write_chunk(struct kcr_ctx *ctx, struct kcr_chunk *chunk)
{
	struct kvec vec = { .iov_base = chunk->data, .iov_len = chunk->used };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, chunk->used);
	return write_iter(ctx, &iter);
}

static void chunk_free(struct kcr_ctx *ctx, struct kcr_chunk *chunk)
{
	list_del(&chunk->node);
	ctx->buffered -= chunk->size;
	kvfree(chunk->data);
	kfree(chunk);
}

/**
 * kcr_stream_flush() - write all that is buffered
 * @ctx: the operation, with ctx->direct
 *
 * Without an image (a check) the bytes are only counted. Return: 0 or what
 * writing returned.
 */
int kcr_stream_flush(struct kcr_ctx *ctx)
{
	struct kcr_chunk *chunk, *next;
	int ret = 0;

	list_for_each_entry_safe(chunk, next, &ctx->chunks, node) {
		if (ctx->image)
			ret = write_chunk(ctx, chunk);
		if (ret)
			return ret;
		chunk_free(ctx, chunk);
	}
	return 0;
}

/* kcr_too_much() - kcr_fail() for what would be copied; returns -EFBIG */
int kcr_too_much(struct kcr_ctx *ctx)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EFBIG,
			"more than %zu MB would have to be copied (module parameter max_buffer_mb)",
			ctx->buffer_limit >> 20);
}

static struct kcr_chunk *chunk_add(struct kcr_ctx *ctx)
{
	struct kcr_chunk *chunk;

	if (!ctx->direct && ctx->buffered + KCR_CHUNK_SIZE > ctx->buffer_limit) {
		kcr_too_much(ctx);
		return NULL;
	}
	chunk = kzalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (chunk)
		chunk->data = kvmalloc(KCR_CHUNK_SIZE, KCR_GFP_COPY);
	if (!chunk || !chunk->data) {
		kfree(chunk);
		kcr_nomem(ctx);
		return NULL;
	}
	chunk->size = KCR_CHUNK_SIZE;
	list_add_tail(&chunk->node, &ctx->chunks);
	ctx->buffered += chunk->size;
	return chunk;
}

static struct kcr_chunk *chunk_last(struct kcr_ctx *ctx, size_t room)
{
	struct kcr_chunk *chunk;

	if (!list_empty(&ctx->chunks)) {
		chunk = list_last_entry(&ctx->chunks, struct kcr_chunk, node);
		if (chunk->size - chunk->used >= room)
			return chunk;
	}
	return chunk_add(ctx);
}

static int append(struct kcr_ctx *ctx, const void *data, size_t len)
{
	while (len) {
		struct kcr_chunk *chunk = chunk_last(ctx, 1);
		size_t n;

		if (!chunk)
			return ctx->error ?: -ENOMEM;
		n = min(len, chunk->size - chunk->used);
		if (data)
			memcpy(chunk->data + chunk->used, data, n);
		else
			memset(chunk->data + chunk->used, 0, n);
		chunk->used += n;
		ctx->offset += n;
		len -= n;
		if (data)
			data += n;
	}
	return 0;
}

/**
 * kcr_rec_begin() - begin a record
 * @ctx: the operation; no record is open
 * @kind: its kind
 * @version: layout of its payload
 * @id: by which later records refer to it, or 0
 * @owner: id of its thread, or 0
 */
int kcr_rec_begin(struct kcr_ctx *ctx, enum kcr_kind kind, u16 version, u32 id,
		  u32 owner)
{
	struct kcr_chunk *chunk = chunk_last(ctx, sizeof(struct kcr_rec_head));
	struct kcr_rec_head *head;

	if (!chunk)
		return ctx->error ?: -ENOMEM;
	if (WARN_ON_ONCE(ctx->open_rec))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EINVAL,
				"a record was begun inside another");

	head = (void *)chunk->data + chunk->used;
	*head = (struct kcr_rec_head) {
		.kind = cpu_to_le32(kind),
		.version = cpu_to_le16(version),
		.flags = cpu_to_le16(kind == KCR_KIND_PAD ? 0 : KCR_REC_CRITICAL),
		.id = cpu_to_le32(id),
		.owner = cpu_to_le32(owner),
		.offset = cpu_to_le64(ctx->offset),
	};
	chunk->used += sizeof(*head);
	ctx->offset += sizeof(*head);
	ctx->open_rec = head;
	ctx->open_crc = 0;
	ctx->open_len = 0;
	return 0;
}

/* kcr_rec_put() - more payload; NULL @data means zero bytes */
int kcr_rec_put(struct kcr_ctx *ctx, const void *data, size_t len)
{
	static const u8 zeros[64];
	size_t n;
	int ret = 0;

	if (data) {
		ctx->open_crc = kcr_crc32(ctx->open_crc, data, len);
		ctx->open_len += len;
		return append(ctx, data, len);
	}
	for (; len && !ret; len -= n) {
		n = min(len, sizeof(zeros));
		ret = kcr_rec_put(ctx, zeros, n);
	}
	return ret;
}

static void rec_seal(struct kcr_ctx *ctx, struct kcr_rec_head *head)
{
	head->len = cpu_to_le64(ctx->open_len);
	head->crc = cpu_to_le32(ctx->open_crc);
	head->head_crc = cpu_to_le32(kcr_rec_head_crc(head));
	ctx->open_rec = NULL;
	ctx->records++;
}

/* An image that no restart could read is none. */
static int count_kept(struct kcr_ctx *ctx, u32 kind, u64 len)
{
	if (!kcr_rec_is_kept(kind))
		return 0;
	ctx->recs_bytes += kcr_rec_room(len);
	if (ctx->recs_bytes <= KCR_RECS_MAX)
		return 0;
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EFBIG,
			"records and contents of files take more than %u MB, which no restart could hold",
			KCR_RECS_MAX >> 20);
}

/* kcr_rec_end() - the record is complete */
int kcr_rec_end(struct kcr_ctx *ctx)
{
	u32 kind = le32_to_cpu(ctx->open_rec->kind);
	u64 len = ctx->open_len;
	int ret;

	rec_seal(ctx, ctx->open_rec);
	ret = count_kept(ctx, kind, len) ?: append(ctx, NULL, kcr_parse_padded(len) - len);
	if (!ret && ctx->direct && ctx->buffered >= KCR_CHUNK_SIZE)
		ret = kcr_stream_flush(ctx);
	return ret;
}

/* kcr_write_rec() - a whole record whose payload is at hand */
int kcr_write_rec(struct kcr_ctx *ctx, enum kcr_kind kind, u16 version, u32 id,
		  u32 owner, const void *data, size_t len)
{
	int ret = kcr_rec_begin(ctx, kind, version, id, owner);

	if (ret)
		return ret;
	ret = kcr_rec_put(ctx, data, len);
	if (ret) {
		ctx->open_rec = NULL;
		return ret;
	}
	return kcr_rec_end(ctx);
}

static int write_bvecs(struct kcr_ctx *ctx, struct page **pages, unsigned int count)
{
	struct bio_vec *vec;
	struct iov_iter iter;
	unsigned int i;
	int ret;

	vec = kvmalloc_array(count, sizeof(*vec), GFP_KERNEL);
	if (!vec)
		return kcr_nomem(ctx);
	for (i = 0; i < count; i++)
		vec[i] = (struct bio_vec) { .bv_page = pages[i], .bv_len = PAGE_SIZE };
	iov_iter_bvec(&iter, ITER_SOURCE, vec, count, (size_t)count << PAGE_SHIFT);
	ret = kcr_write_direct(ctx, &iter) ?: write_iter(ctx, &iter);
	kvfree(vec);
	if (!ret)
		ctx->offset += (u64)count << PAGE_SHIFT;
	return ret;
}

static int append_pages(struct kcr_ctx *ctx, struct page **pages, unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		void *p = kmap_local_page(pages[i]);

		ret = append(ctx, p, PAGE_SIZE);
		kunmap_local(p);
	}
	return ret;
}

/* In an increment runs are short, and room before each would cost as much as they. */
static u32 pad_before(struct kcr_ctx *ctx)
{
	u64 first = ctx->offset + sizeof(struct kcr_rec_head) +
		    sizeof(struct kcr_img_pages);

	return ctx->base ? 0 : PAGE_ALIGN(first) - first;
}

/**
 * kcr_write_hashed() - write a run of pages
 * @ctx: the operation; no record is open
 * @mm: id of the address space or shared object
 * @addr: of the first page there
 * @flags: KCR_PAGES_HUGE or 0
 * @pages: their contents don't change until this returns
 * @count: 1 to KCR_PAGES_MAX
 * @hash: of each, KCR_HASH_LEN bytes
 */
int kcr_write_hashed(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		     struct page **pages, unsigned int count, const u8 *hash)
{
	struct kcr_index_run *index = kcr_index_add(ctx, mm, addr, count, count);
	struct kcr_img_pages run = {
		.mm = cpu_to_le32(mm),
		.count = cpu_to_le32(count),
		.addr = cpu_to_le64(addr),
		.flags = cpu_to_le32(flags),
	};
	unsigned int i;
	int ret;

	if (!index)
		return ctx->error;
	run.pad = cpu_to_le32(pad_before(ctx));
	ret = kcr_rec_begin(ctx, KCR_KIND_PAGES, 2, 0, 0) ?:
	      kcr_rec_put(ctx, &run, sizeof(run)) ?:
	      kcr_rec_put(ctx, NULL, le32_to_cpu(run.pad));
	if (ret)
		return ret;
	index->run.offset = cpu_to_le64(ctx->offset);

	memcpy(index->hash, hash, count * KCR_HASH_LEN);
	for (i = 0; i < count; i++)	/* the first half of each, as kcr_pages_crc() has it */
		ctx->open_crc = kcr_crc32(ctx->open_crc, index->hash[i], sizeof(__le64));
	ctx->open_len += (u64)count << PAGE_SHIFT;
	rec_seal(ctx, ctx->open_rec);
	WRITE_ONCE(ctx->pages, ctx->pages + count);

	if (!ctx->direct || !ctx->image)
		return append_pages(ctx, pages, count);
	return kcr_stream_flush(ctx) ?: write_bvecs(ctx, pages, count);
}

/**
 * kcr_write_pages() - write a run of pages, or what has changed of it
 * @ctx: the operation; no record is open
 * @mm: id of the address space or shared object
 * @addr: of the first page there
 * @flags: KCR_PAGES_HUGE or 0
 * @pages: their contents don't change until this returns
 * @count: 1 to KCR_PAGES_MAX
 * @hash: of each, KCR_HASH_LEN bytes
 */
int kcr_write_pages(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		    struct page **pages, unsigned int count, const u8 *hash)
{
	if (ctx->base)
		return kcr_write_changes(ctx, mm, addr, flags, pages, count, hash);
	return kcr_write_hashed(ctx, mm, addr, flags, pages, count, hash);
}

/**
 * kcr_write_earlier() - a run of pages that the earlier image has too
 * @ctx: the operation, of an increment; no record is open
 * @mm: id of the address space or shared object
 * @addr: of the first page there
 * @flags: KCR_PAGES_HUGE or 0
 * @count: pages
 * @first: number of the first in that image
 */
int kcr_write_earlier(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags, unsigned int count,
		      u64 first)
{
	struct kcr_index_run *index = kcr_index_add(ctx, mm, addr, count, 0);
	struct kcr_img_pages_earlier run = {
		.run.mm = cpu_to_le32(mm),
		.run.count = cpu_to_le32(count),
		.run.addr = cpu_to_le64(addr),
		.run.flags = cpu_to_le32(flags | KCR_PAGES_EARLIER),
		.first = cpu_to_le64(first),
	};

	if (!index)
		return ctx->error;
	index->run.offset = cpu_to_le64(KCR_INDEX_EARLIER | first);
	WRITE_ONCE(ctx->pages_earlier, ctx->pages_earlier + count);
	return kcr_write_rec(ctx, KCR_KIND_PAGES, 1, 0, 0, &run, sizeof(run));
}

/**
 * kcr_write_no_pages() - a run of pages that needs no bytes
 * @ctx: the operation
 * @mm: id of the address space
 * @addr: of the first page
 * @flags: KCR_PAGES_ZERO where a file has something else, or KCR_PAGES_PARENT
 * @count: pages
 */
int kcr_write_no_pages(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags, unsigned int count)
{
	struct kcr_img_pages run = {
		.mm = cpu_to_le32(mm),
		.count = cpu_to_le32(count),
		.addr = cpu_to_le64(addr),
		.flags = cpu_to_le32(flags),
	};

	if (!kcr_index_add(ctx, mm, addr, count, 0))
		return ctx->error;
	return kcr_write_rec(ctx, KCR_KIND_PAGES, 1, 0, 0, &run, sizeof(run));
}

/* kcr_write_head() - the first bytes of the image */
int kcr_write_head(struct kcr_ctx *ctx)
{
	struct kcr_image_head *head = &ctx->head;

	*head = (struct kcr_image_head) {
		.magic = KCR_IMAGE_MAGIC,
		.version = cpu_to_le16(KCR_IMAGE_VERSION),
		.arch = cpu_to_le16(KCR_ARCH_X86_64),
		.page_shift = cpu_to_le16(PAGE_SHIFT),
	};
	generate_random_uuid(head->id);
	kcr_base_head(ctx, head);
	head->crc = cpu_to_le32(kcr_image_head_crc(head));
	return append(ctx, head, sizeof(*head));
}

/* kcr_write_end() - index and end record; then everything is flushed */
int kcr_write_end(struct kcr_ctx *ctx)
{
	int ret = kcr_index_write(ctx);
	struct kcr_img_end end = {
		.total = cpu_to_le64(ctx->offset + sizeof(struct kcr_rec_head) +
				     sizeof(end)),
		.records = cpu_to_le64(ctx->records + 1),
		.pages = cpu_to_le64(ctx->pages),
		.pages_zero = cpu_to_le64(ctx->pages_zero),
		.pages_file = cpu_to_le64(ctx->pages_file),
		.index = cpu_to_le64(ctx->index_offset),
	};

	return ret ?: kcr_write_rec(ctx, KCR_KIND_END, 1, 0, 0, &end, sizeof(end)) ?:
	       kcr_stream_flush(ctx);
}

/* kcr_stream_drop() - free buffer and index */
void kcr_stream_drop(struct kcr_ctx *ctx)
{
	struct kcr_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &ctx->chunks, node)
		chunk_free(ctx, chunk);
	kcr_index_drop(ctx);
}
