// SPDX-License-Identifier: GPL-2.0
/*
 * The index of the pages in an image that is written: where they are, and their
 * hashes.
 *
 * It is written in parts, between runs of pages, so that what it takes of memory
 * does not grow with the program's.
 */
#include <linux/sizes.h>
#include <linux/slab.h>

#include "kcr.h"
#include "stream.h"

#define PART_BYTES	SZ_256K	/* of 64 MB of pages */

static_assert(sizeof(struct kcr_img_index) + PART_BYTES + sizeof(struct kcr_img_index_run) +
	      KCR_PAGES_MAX * KCR_HASH_LEN <= KCR_REC_MAX);

static int put_run(struct kcr_ctx *ctx, const struct kcr_index_run *r)
{
	return kcr_rec_put(ctx, &r->run, sizeof(r->run)) ?:
	       kcr_rec_put(ctx, r->hash, r->count * KCR_HASH_LEN);
}

/* kcr_index_write() - those runs that are in no part yet; no record is open */
int kcr_index_write(struct kcr_ctx *ctx)
{
	struct kcr_img_index part = { .before = cpu_to_le64(ctx->index_offset) };
	u64 offset = ctx->offset;
	struct kcr_index_run *r;
	int ret;

	if (list_empty(&ctx->index))
		return 0;
	ret = kcr_rec_begin(ctx, KCR_KIND_INDEX, 2, 0, 0) ?:
	      kcr_rec_put(ctx, &part, sizeof(part));
	list_for_each_entry(r, &ctx->index, node)
		ret = ret ?: put_run(ctx, r);
	if (ret)
		return ret;
	ctx->index_offset = offset;
	kcr_index_drop(ctx);
	return kcr_rec_end(ctx);
}

/**
 * kcr_index_add() - a run of pages that is to be written now
 * @ctx: the operation; no record is open
 * @mm: id of the address space or shared object
 * @addr: of the first page there
 * @count: pages
 * @hashes: of them those that will have a hash: all or none
 *
 * Return: the run, whose offset and hashes are put in by the caller, or NULL, after
 * a sentence.
 */
struct kcr_index_run *kcr_index_add(struct kcr_ctx *ctx, u32 mm, u64 addr, unsigned int count,
				    unsigned int hashes)
{
	struct kcr_index_run *r;

	if (ctx->index_bytes >= PART_BYTES && kcr_index_write(ctx))
		return NULL;
	r = kvzalloc(struct_size(r, hash, hashes), GFP_KERNEL);
	if (!r) {
		kcr_nomem(ctx);
		return NULL;
	}
	r->run.mm = cpu_to_le32(mm);
	r->run.count = cpu_to_le32(count);
	r->run.addr = cpu_to_le64(addr);
	r->count = hashes;
	list_add_tail(&r->node, &ctx->index);
	ctx->index_bytes += sizeof(r->run) + hashes * KCR_HASH_LEN;
	return r;
}

/* kcr_index_drop() - free what is in no part, or has been written */
void kcr_index_drop(struct kcr_ctx *ctx)
{
	struct kcr_index_run *r, *next;

	list_for_each_entry_safe(r, next, &ctx->index, node)
		kvfree(r);
	INIT_LIST_HEAD(&ctx->index);
	ctx->index_bytes = 0;
}
