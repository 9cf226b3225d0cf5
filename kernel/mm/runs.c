// SPDX-License-Identifier: GPL-2.0
/*
 * Sorting a window of pages into runs: pages that follow one another make one
 * record; pages of zeros cost nothing where zeros are what a new mapping has.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "kcr.h"
#include "mm/internal.h"

enum sort { SORT_NONE, SORT_ZERO, SORT_DATA, SORT_PARENT };

static enum sort sort_of(struct page *page)
{
	enum sort sort;
	void *p;

	if (!page)
		return SORT_NONE;
	p = kmap_local_page(page);
	sort = memchr_inv(p, 0, PAGE_SIZE) ? SORT_DATA : SORT_ZERO;
	kunmap_local(p);
	return sort;
}

static int write_run(struct kcr_ctx *ctx, enum sort sort, u32 id, u64 addr, u32 flags,
		     struct page **pages, unsigned int count, bool explicit_zeros)
{
	switch (sort) {
	case SORT_NONE:
		return 0;
	case SORT_ZERO:
		WRITE_ONCE(ctx->pages_zero, ctx->pages_zero + count);
		return explicit_zeros ?
		       kcr_write_no_pages(ctx, id, addr, KCR_PAGES_ZERO, count) : 0;
	case SORT_PARENT:
		return kcr_write_no_pages(ctx, id, addr, KCR_PAGES_PARENT, count);
	default:
		return kcr_write_pages(ctx, id, addr, flags, pages, count);
	}
}

/**
 * kcr_write_window() - write the pages of a window
 * @ctx: the operation
 * @id: of the address space or shared object
 * @addr: of the first slot of @pages
 * @flags: KCR_PAGES_HUGE or 0
 * @pages: NULL where there is none
 * @count: slots, up to KCR_PAGES_MAX
 * @explicit_zeros: a file would show something else where there are zeros
 * @parents: bits of those that are the parent process's too; NULL: none
 */
int kcr_write_window(struct kcr_ctx *ctx, u32 id, u64 addr, u32 flags,
		     struct page **pages, unsigned int count, bool explicit_zeros,
		     const unsigned long *parents)
{
	enum sort sort = SORT_NONE, next;
	unsigned int first = 0, i;
	int ret;

	for (i = 0; i < count; i++) {
		next = parents && test_bit(i, parents) ? SORT_PARENT : sort_of(pages[i]);
		if (next == sort)
			continue;
		ret = write_run(ctx, sort, id, addr + ((u64)first << PAGE_SHIFT), flags,
				pages + first, i - first, explicit_zeros);
		if (ret)
			return ret;
		sort = next;
		first = i;
	}
	return write_run(ctx, sort, id, addr + ((u64)first << PAGE_SHIFT), flags,
			 pages + first, count - first, explicit_zeros);
}
