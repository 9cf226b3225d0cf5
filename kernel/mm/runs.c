// SPDX-License-Identifier: GPL-2.0
/*
 * Sorting a window of pages into runs: pages that follow one another make one
 * record; pages of zeros cost nothing where zeros are what a new mapping has.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base.h"
#include "kcr.h"
#include "mm/internal.h"
#include "stream.h"

/* What a run's pages have in common: their sort, or where else they are. */
#define SORT_PARENT	(KCR_PAGE_DATA + 1u)
#define SORT_UNCHANGED	(KCR_PAGE_DATA + 2u)

static unsigned int sort_of(const struct kcr_page_window *w, unsigned int i)
{
	if (w->parents && test_bit(i, w->parents))
		return SORT_PARENT;
	if (w->unchanged && test_bit(i, w->unchanged))
		return SORT_UNCHANGED;
	return w->sums->sort[i];
}

static int write_run(struct kcr_ctx *ctx, const struct kcr_page_window *w, unsigned int first,
		     unsigned int count)
{
	u64 addr = w->addr + ((u64)first << PAGE_SHIFT);

	switch (sort_of(w, first)) {
	case KCR_PAGE_NONE:
		return 0;
	case KCR_PAGE_ZERO:
		WRITE_ONCE(ctx->pages_zero, ctx->pages_zero + count);
		return w->explicit_zeros ?
		       kcr_write_no_pages(ctx, w->id, addr, KCR_PAGES_ZERO, count) : 0;
	case SORT_PARENT:
		return kcr_write_no_pages(ctx, w->id, addr, KCR_PAGES_PARENT, count);
	case SORT_UNCHANGED:
		return kcr_write_unchanged(ctx, w->id, addr, w->flags, count, w->first + first);
	default:
		return kcr_write_pages(ctx, w->id, addr, w->flags, w->pages + first, count,
				       w->sums->hash[first]);
	}
}

/* The page after the run that begins at @first. */
static unsigned int run_end(const struct kcr_page_window *w, unsigned int first)
{
	unsigned int sort = sort_of(w, first), i = first + 1;

	if (!w->parents && !w->unchanged) {
		const u8 *other = memchr_inv(w->sums->sort + i, sort, KCR_PAGES_MAX - i);

		return other ? other - w->sums->sort : KCR_PAGES_MAX;
	}
	while (i < KCR_PAGES_MAX && sort_of(w, i) == sort)
		i++;
	return i;
}

/**
 * kcr_write_window() - write the pages of a window
 * @ctx: the operation
 * @w: the window; what is to be known of its pages is known
 */
int kcr_write_window(struct kcr_ctx *ctx, const struct kcr_page_window *w)
{
	unsigned int first, end;
	int ret = 0;

	for (first = 0; first < KCR_PAGES_MAX && !ret; first = end) {
		end = run_end(w, first);
		ret = write_run(ctx, w, first, end - first);
	}
	return ret;
}

/* kcr_write_window_now() - the same of one whose pages nobody has looked at */
int kcr_write_window_now(struct kcr_ctx *ctx, struct kcr_page_window *w)
{
	struct kcr_page_sums *sums = kvmalloc(sizeof(*sums), GFP_KERNEL);
	int ret;

	if (!sums)
		return kcr_nomem(ctx);
	kcr_sums_begin(sums, w->pages, w->parents);
	kcr_sums_end(sums);
	w->sums = sums;
	ret = kcr_write_window(ctx, w);
	kvfree(sums);
	return ret;
}
