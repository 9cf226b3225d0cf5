// SPDX-License-Identifier: GPL-2.0
/*
 * The image that an increment is made to, as far as the module needs to know it:
 * where its pages were, and their hashes.
 *
 * Both come in a file that the tool has made. The places are kept, 32 bytes for
 * up to 2 MB of memory; hashes are read as they are asked for, so that what we take does
 * not grow with the memory of the program as they would. A page is looked for
 * only at its own address. Whether it is the same is told by its hash alone: a
 * file that lies makes a wrong image, of the liar's own program.
 *
 * It is read while the program runs, but with KCR_CKPT_HOLD. A file that may keep
 * us waiting (FUSE) keeps its owner's own program waiting.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "base.h"

#define READ_RUNS	(SZ_64K / sizeof(struct kcr_base_run))

/**
 * struct kcr_base - the pages of an earlier image
 * @file: runs, then hashes
 * @id: the image's
 * @nr_runs: of @runs
 * @runs: sorted by type, nr and addr; they don't overlap
 * @hashes: where in @file they begin
 * @nr_pages: how many there are
 * @shared: ids of the shared memory in the image that is written, in its order
 * @nr_shared: of them
 * @owner: id whose type and number are in @type and @nr, 0 for none
 * @type: KCR_BASE_*
 * @nr: process id, or index in @shared
 * @hash: room for those of a run
 */
struct kcr_base {
	struct file *file;
	u8 id[16];
	u32 nr_runs;
	struct kcr_base_run *runs;
	loff_t hashes;
	u64 nr_pages;
	u32 *shared;
	u32 nr_shared;
	u32 owner;
	u32 type;
	u32 nr;
	u8 hash[KCR_PAGES_MAX][KCR_HASH_LEN];
};

static int bad_base(struct kcr_ctx *ctx, const char *why)
{
	return kcr_fail(ctx, KCR_CLASS_USAGE, -EINVAL, "the image before this one: %s", why);
}

static int read_at(struct kcr_ctx *ctx, void *to, size_t len, loff_t at)
{
	struct kcr_base *base = ctx->base;
	ssize_t ret;

	while (len) {
		ret = kernel_read(base->file, to, len, &at);
		if (ret < 0)
			return kcr_fail(ctx, KCR_CLASS_IO, ret,
					"the hashes of the image before this one can't be read (errno %zd)",
					-ret);
		if (!ret)
			return bad_base(ctx, "its hashes end early");
		to += ret;
		len -= ret;
	}
	return 0;
}

static int compare(const struct kcr_base_run *a, const struct kcr_base_run *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->nr != b->nr)
		return a->nr < b->nr ? -1 : 1;
	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static u64 end_of(const struct kcr_base_run *run)
{
	return run->addr + ((u64)run->count << PAGE_SHIFT);
}

static bool run_good(const struct kcr_base *base, const struct kcr_base_run *run)
{
	u64 last, end;

	if (!run->count || run->reserved || offset_in_page(run->addr) ||
	    check_add_overflow(run->addr, (u64)run->count << PAGE_SHIFT, &end) ||
	    check_add_overflow(run->first, (u64)run->count, &last))
		return false;
	if (last > base->nr_pages)
		return false;
	return run == base->runs || compare(run - 1, run) < 0;
}

/* Of one owner, that is; of another one anything may follow. */
static bool runs_overlap(const struct kcr_base_run *a, const struct kcr_base_run *b)
{
	return a->type == b->type && a->nr == b->nr && end_of(a) > b->addr;
}

static int check_runs(struct kcr_ctx *ctx)
{
	struct kcr_base *base = ctx->base;
	u32 i;

	for (i = 0; i < base->nr_runs; i++) {
		if (!run_good(base, &base->runs[i]) ||
		    (i && runs_overlap(&base->runs[i - 1], &base->runs[i])))
			return bad_base(ctx, "its runs make no sense");
		cond_resched();
	}
	return 0;
}

static int read_runs(struct kcr_ctx *ctx)
{
	struct kcr_base *base = ctx->base;
	loff_t size = i_size_read(file_inode(base->file));
	u32 i, n;
	int ret = 0;

	base->hashes = (loff_t)base->nr_runs * sizeof(*base->runs);
	if (size < base->hashes)
		return bad_base(ctx, "its runs end early");
	base->nr_pages = (size - base->hashes) / KCR_HASH_LEN;
	base->runs = kvmalloc_array(base->nr_runs, sizeof(*base->runs), GFP_KERNEL_ACCOUNT);
	if (!base->runs)
		return kcr_nomem(ctx);
	for (i = 0; i < base->nr_runs && !ret; i += n) {
		n = min_t(u32, base->nr_runs - i, READ_RUNS);
		ret = read_at(ctx, base->runs + i, n * sizeof(*base->runs),
			      (loff_t)i * sizeof(*base->runs));
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}

/**
 * kcr_base_set() - an increment is to be made
 * @ctx: a checkpoint
 * @ck: what the caller has asked for
 *
 * Return: 0, also if it is none; -EBADF, -EINVAL, -EFBIG (more than max_buffer_mb) or
 * another negative errno.
 */
int kcr_base_set(struct kcr_ctx *ctx, const struct kcr_checkpoint *ck)
{
	struct kcr_base *base;

	if (!ck->base_runs)
		return ck->base_fd || memchr_inv(ck->base_id, 0, sizeof(ck->base_id)) ?
		       -EINVAL : 0;
	if (ck->base_runs > KCR_BASE_RUNS_MAX)
		return -EINVAL;
	if (ck->base_runs * sizeof(*base->runs) > ctx->buffer_limit)
		return -EFBIG;
	base = kvzalloc(sizeof(*base), GFP_KERNEL_ACCOUNT);
	if (!base)
		return -ENOMEM;
	ctx->base = base;
	base->nr_runs = ck->base_runs;
	memcpy(base->id, ck->base_id, sizeof(base->id));
	base->file = fget(ck->base_fd);
	if (!base->file || !(base->file->f_mode & FMODE_READ))
		return -EBADF;
	if (!S_ISREG(file_inode(base->file)->i_mode))
		return -EINVAL;
	return read_runs(ctx) ?: check_runs(ctx);
}

/**
 * kcr_base_note() - memory that is shared is saved: it goes by its place among its like
 * @ctx: the operation
 * @id: of its record
 */
int kcr_base_note(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_base *base = ctx->base;
	u32 *more;

	if (!base)
		return 0;
	more = krealloc_array(base->shared, base->nr_shared + 1, sizeof(*more),
			      GFP_KERNEL_ACCOUNT);
	if (!more)
		return kcr_nomem(ctx);
	more[base->nr_shared++] = id;
	base->shared = more;
	return 0;
}

static bool find_process(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_base *base = ctx->base;
	struct kcr_process *p;

	kcr_for_each_process(ctx, p) {
		if (p->mm_id != id)
			continue;
		base->type = KCR_BASE_PROCESS;
		base->nr = p->tgid;
		return true;
	}
	return false;
}

static bool find_shared(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_base *base = ctx->base;
	u32 i;

	for (i = 0; i < base->nr_shared; i++) {
		if (base->shared[i] != id)
			continue;
		base->type = KCR_BASE_SHARED;
		base->nr = i;
		return true;
	}
	return false;
}

/* Runs of pages come one owner after the other. */
static bool find_owner(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_base *base = ctx->base;

	if (base->owner != id)
		base->owner = find_process(ctx, id) || find_shared(ctx, id) ? id : 0;
	return base->owner;
}

/* The first of this owner that ends behind an address; the end if there is none. */
static u32 first_run(const struct kcr_base *base, u64 addr)
{
	struct kcr_base_run key = { .type = base->type, .nr = base->nr, .addr = addr };
	u32 low = 0, high = base->nr_runs;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (compare(&base->runs[mid], &key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	/* The one before begins there, or earlier, and may reach there. */
	if (low && runs_overlap(&base->runs[low - 1], &key))
		low--;
	return low;
}

/* The pages that one run has of those asked for. */
static int compare_run(struct kcr_ctx *ctx, const struct kcr_base_run *run, u64 addr,
		       unsigned int count, const u8 *hash, u64 *first)
{
	struct kcr_base *base = ctx->base;
	u64 start = max(run->addr, addr);
	u64 end = min(end_of(run), addr + ((u64)count << PAGE_SHIFT));
	unsigned int i, at = (start - addr) >> PAGE_SHIFT, n = (end - start) >> PAGE_SHIFT;
	u64 number = run->first + ((start - run->addr) >> PAGE_SHIFT);
	int ret = hash ? read_at(ctx, base->hash, n * KCR_HASH_LEN,
				 base->hashes + number * KCR_HASH_LEN) : 0;

	if (ret)
		return ret;
	for (i = 0; i < n; i++)
		if (!hash || !memcmp(base->hash[i], hash + (at + i) * KCR_HASH_LEN,
				     KCR_HASH_LEN))
			first[at + i] = number + i;
	return 0;
}

/**
 * kcr_base_find() - which of these pages has the earlier image too?
 * @ctx: the operation, of an increment
 * @id: of the address space or shared object
 * @addr: of the first page there
 * @count: 1 to KCR_PAGES_MAX
 * @hash: their hashes, KCR_HASH_LEN bytes each; NULL: whatever they hold
 * @first: set, for each, to its number in that image, or to KCR_BASE_NONE
 *
 * Return: 0, or a negative errno with a sentence.
 */
int kcr_base_find(struct kcr_ctx *ctx, u32 id, u64 addr, unsigned int count,
		  const u8 *hash, u64 *first)
{
	struct kcr_base *base = ctx->base;
	u64 end = addr + ((u64)count << PAGE_SHIFT);
	unsigned int i;
	int ret = 0;
	u32 r;

	for (i = 0; i < count; i++)
		first[i] = KCR_BASE_NONE;
	if (!find_owner(ctx, id))
		return 0;
	for (r = first_run(base, addr); r < base->nr_runs && !ret; r++) {
		const struct kcr_base_run *run = &base->runs[r];

		if (run->type != base->type || run->nr != base->nr || run->addr >= end)
			break;
		ret = compare_run(ctx, run, addr, count, hash, first);
	}
	return ret;
}

/* kcr_base_head() - what the first bytes of an increment tell */
void kcr_base_head(const struct kcr_ctx *ctx, struct kcr_image_head *head)
{
	if (!ctx->base)
		return;
	head->flags |= cpu_to_le32(KCR_IMAGE_INCREMENT);
	memcpy(head->parent, ctx->base->id, sizeof(head->parent));
}

/* kcr_base_drop() - any time, more than once */
void kcr_base_drop(struct kcr_ctx *ctx)
{
	struct kcr_base *base = ctx->base;

	if (!base)
		return;
	ctx->base = NULL;
	if (base->file)
		fput(base->file);
	kvfree(base->runs);
	kfree(base->shared);
	kvfree(base);
}
