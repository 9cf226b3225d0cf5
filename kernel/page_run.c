// SPDX-License-Identifier: GPL-2.0
/*
 * A run of pages that several read at once, each some of it.
 *
 * To read is to copy, and to make the memory for it; one processor does that no faster
 * than it can. An image in a file can be read anywhere: the reader passes a run by,
 * and whoever has time for a part reads it, and works out its hashes. Who comes
 * last looks at the checksum of all: until the commit nobody sees the pages.
 */
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "compat/uio.h"
#include "image/parse.h"
#include "kcr.h"
#include "reader.h"

#define RUN_MIN	32u	/* pages that are worth it */

/**
 * struct kcr_shared_run - a run that several read
 * @refs: one for each part that is to be read, and one for who has made it
 * @ctx: the operation
 * @rec: head of its record
 * @pos: of its first page, in the file
 * @offset: the same, in the image
 * @crc: checksum of what stands before the pages
 * @count: of pages
 * @left: those that have not been read
 * @hash: the first half of each one's hash, as kcr_pages_crc() has it
 */
struct kcr_shared_run {
	refcount_t refs;
	struct kcr_ctx *ctx;
	struct kcr_rec_head rec;
	loff_t pos;
	u64 offset;
	u32 crc;
	unsigned int count;
	atomic_t left;
	__le64 hash[];
};

static bool can_share(struct kcr_ctx *ctx)
{
	return S_ISREG(file_inode(ctx->image)->i_mode) && ctx->image->f_mode & FMODE_PREAD &&
	       !ctx->lazy && le16_to_cpu(ctx->next.version) >= 2 && ctx->run_left >= RUN_MIN;
}

/**
 * kcr_run_share() - have the run that was handed over read by several
 * @ctx: the operation
 *
 * Return: the run, of whose pages kcr_read_run() has none any more; NULL: it is to
 * be read with that.
 */
struct kcr_shared_run *kcr_run_share(struct kcr_ctx *ctx)
{
	u64 bytes = (u64)ctx->run_left << PAGE_SHIFT;
	struct kcr_shared_run *run;

	if (!can_share(ctx))
		return NULL;
	run = kmalloc(struct_size(run, hash, ctx->run_left), GFP_KERNEL | __GFP_NOWARN);
	if (!run)
		return NULL;
	refcount_set(&run->refs, 1);
	run->ctx = ctx;
	run->rec = ctx->next;
	run->pos = ctx->image->f_pos;
	run->offset = ctx->offset;
	run->crc = ctx->run_crc;
	run->count = ctx->run_left;
	atomic_set(&run->left, run->count);

	ctx->run_left = 0;
	ctx->run_shared = true;
	ctx->image->f_pos += bytes;
	kcr_read_past(ctx, bytes);
	return run;
}

static int look_at_sum(struct kcr_shared_run *run)
{
	const char *why;
	int ret = kcr_parse_payload(&run->rec,
				    kcr_crc32(run->crc, run->hash, run->count * sizeof(*run->hash)),
				    &why);

	if (!ret)
		return 0;
	return kcr_fail(run->ctx, KCR_CLASS_IMAGE, ret, "byte %llu of the image: %s",
			run->offset + ((u64)run->count << PAGE_SHIFT), why);
}

/**
 * kcr_run_read() - read some pages of a run
 * @run: the run
 * @first: the first of them, counted in the run
 * @pages: where they go; nobody else knows them yet
 * @count: 1 to KCR_READ_MAX; nobody else reads these
 *
 * Return: 0; whoever is last to read gets -EBADMSG if one of them is damaged.
 */
int kcr_run_read(struct kcr_shared_run *run, unsigned int first, struct page **pages,
		 unsigned int count)
{
	struct bio_vec *vec = kmalloc_array(count, sizeof(*vec), GFP_KERNEL);
	u64 skip = (u64)first << PAGE_SHIFT;
	struct iov_iter iter;
	unsigned int i;
	int ret;

	if (!vec)
		return kcr_nomem(run->ctx);
	for (i = 0; i < count; i++)
		vec[i] = (struct bio_vec) { .bv_page = pages[i], .bv_len = PAGE_SIZE };
	iov_iter_bvec(&iter, ITER_DEST, vec, count, (size_t)count << PAGE_SHIFT);
	ret = kcr_read_at(run->ctx, &iter, run->pos + skip, run->offset + skip);
	kfree(vec);
	if (ret)
		return ret;
	for (i = 0; i < count; i++) {
		void *p = kmap_local_page(pages[i]);

		run->hash[first + i] = cpu_to_le64(kcr_xxh64(p, PAGE_SIZE));
		kunmap_local(p);
	}
	return atomic_sub_return(count, &run->left) ? 0 : look_at_sum(run);
}

/* kcr_run_get() - a part of it will be read later */
struct kcr_shared_run *kcr_run_get(struct kcr_shared_run *run)
{
	if (run)
		refcount_inc(&run->refs);
	return run;
}

/* kcr_run_put() - that part has been, or never will be; NULL is fine */
void kcr_run_put(struct kcr_shared_run *run)
{
	if (run && refcount_dec_and_test(&run->refs))
		kfree(run);
}
