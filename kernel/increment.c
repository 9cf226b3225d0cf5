// SPDX-License-Identifier: GPL-2.0
/*
 * Writing only what an earlier image does not have.
 *
 * All pages are hashed, as for every image, but for those of which a tracker knows
 * that they are as they were; so one that has been written to, and is what it was
 * again, costs nothing. Runs are cut where pages that have changed
 * follow others: a single one of a transparent huge page is 4 KB in the image.
 */
#include <linux/slab.h>

#include "base.h"
#include "stream.h"

/* How many pages, from one on, make one run? */
static unsigned int alike(const u64 *first, unsigned int left)
{
	unsigned int n;

	for (n = 1; n < left; n++) {
		if (first[0] == KCR_BASE_NONE && first[n] != KCR_BASE_NONE)
			break;
		if (first[0] != KCR_BASE_NONE && first[n] != first[0] + n)
			break;
	}
	return n;
}

static int write_cut(struct kcr_ctx *ctx, const u64 *first, u32 mm, u64 addr, u32 flags,
		     struct page **pages, unsigned int count, const u8 *hash)
{
	unsigned int i, n;
	int ret;

	for (i = 0; i < count; i += n) {
		u64 at = addr + ((u64)i << PAGE_SHIFT);

		n = alike(first + i, count - i);
		if (first[i] == KCR_BASE_NONE)
			ret = kcr_write_hashed(ctx, mm, at, flags, pages + i, n,
					       hash + i * KCR_HASH_LEN);
		else
			ret = kcr_write_earlier(ctx, mm, at, flags, n, first[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * kcr_write_changes() - write those of a run of pages that have changed
 * @ctx: the operation, of an increment; no record is open
 * @mm: id of the address space or shared object
 * @addr: of the first page there
 * @flags: KCR_PAGES_HUGE or 0
 * @pages: their contents don't change until this returns
 * @count: 1 to KCR_PAGES_MAX
 * @hash: of each, KCR_HASH_LEN bytes
 */
int kcr_write_changes(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		      struct page **pages, unsigned int count, const u8 *hash)
{
	u64 *first = kvmalloc_array(count, sizeof(*first), GFP_KERNEL);
	int ret;

	if (!first)
		return kcr_nomem(ctx);
	ret = kcr_base_find(ctx, mm, addr, count, hash, first) ?:
	      write_cut(ctx, first, mm, addr, flags, pages, count, hash);
	kvfree(first);
	return ret;
}

/**
 * kcr_write_unchanged() - pages that surely are in the earlier image, too
 * @ctx: the operation, of an increment; no record is open
 * @mm: id of the address space
 * @addr: of the first page there
 * @flags: KCR_PAGES_HUGE or 0
 * @count: 1 to KCR_PAGES_MAX
 * @first: of each its number in that image
 */
int kcr_write_unchanged(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags, unsigned int count,
			const u64 *first)
{
	return write_cut(ctx, first, mm, addr, flags, NULL, count, NULL);
}
