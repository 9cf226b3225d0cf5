// SPDX-License-Identifier: GPL-2.0
/*
 * Writing only what an earlier image does not have.
 *
 * All pages are hashed, as for every image; so one that has been written to, and
 * is what it was again, costs nothing. Runs are cut where pages that have changed
 * follow others: a single one of a transparent huge page is 4 KB in the image.
 */
#include <linux/slab.h>

#include "base.h"
#include "stream.h"

/* One run of pages while it is compared. */
struct changes {
	u8 hash[KCR_PAGES_MAX][KCR_HASH_LEN];
	u64 first[KCR_PAGES_MAX];
};

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

static int write_cut(struct kcr_ctx *ctx, struct changes *c, u32 mm, u64 addr, u32 flags,
		     struct page **pages, unsigned int count)
{
	unsigned int i, n;
	int ret;

	for (i = 0; i < count; i += n) {
		u64 at = addr + ((u64)i << PAGE_SHIFT);

		n = alike(&c->first[i], count - i);
		if (c->first[i] == KCR_BASE_NONE)
			ret = kcr_write_hashed(ctx, mm, at, flags, pages + i, n, c->hash[i]);
		else
			ret = kcr_write_earlier(ctx, mm, at, flags, n, c->first[i]);
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
 */
int kcr_write_changes(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		      struct page **pages, unsigned int count)
{
	struct changes *c = kvmalloc(sizeof(*c), GFP_KERNEL);
	int ret;

	if (!c)
		return kcr_nomem(ctx);
	kcr_hash_pages(pages, count, c->hash[0]);
	ret = kcr_base_find(ctx, mm, addr, count, c->hash[0], c->first) ?:
	      write_cut(ctx, c, mm, addr, flags, pages, count);
	kvfree(c);
	return ret;
}
