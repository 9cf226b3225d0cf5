// SPDX-License-Identifier: GPL-2.0
/*
 * The program's own pages, from its snapshot or, while it stays stopped, from
 * its memory into the image.
 *
 * They are found in windows of 2 MB (window.c). Without any lock one is
 * written, while other processors look at the next one (page_hash.c). Then it is
 * dropped from the snapshot, so that the program no longer pays for a copy when
 * it writes there. What was copied before is written in between: runs of pages are
 * in the order of their addresses.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "kcr.h"
#include "mm/internal.h"
#include "mm/mm.h"
#include "mm/track.h"
#include "mm/window.h"

/* Has somebody a reason that this ends? */
static int stopped(struct kcr_ctx *ctx, struct kcr_process *p)
{
	if (p->snapshot && READ_ONCE(p->snapshot->pressure.dropped))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ENOMEM,
				"memory ran short, and the snapshot was given up so that nothing gets killed; the program is unharmed");
	if (kcr_cancelled(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	if (fatal_signal_pending(current))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "killed");
	return 0;
}

static unsigned int window_count(struct kcr_window *w)
{
	unsigned int i, n = 0;

	for (i = 0; i < KCR_PAGES_MAX; i++)
		n += !!w->pages[i];
	return n;
}

/* Its own as long as it is parked, though a snapshot of that may be under way. */
static struct mm_struct *mm_of(struct kcr_process *p)
{
	p = p->memory;
	if (p->mm)
		return p->mm;
	return p->snapshot ? p->snapshot->mm : NULL;
}

/* Which pages of the window has the parent at the same addresses? */
static void find_parents(struct kcr_process *p, struct kcr_window *w, struct kcr_window *parents)
{
	struct mm_struct *mm = p->parent ? mm_of(p->parent) : NULL;
	unsigned int i;

	w->any_same = false;
	bitmap_zero(w->same, KCR_PAGES_MAX);
	if (!mm || !p->nr_kept)
		return;
	kcr_window_same(mm, parents, w);
	for (i = 0; i < KCR_PAGES_MAX; i++) {
		if (!w->pages[i] || w->pages[i] != parents->pages[i] ||
		    !kcr_inherit_kept(p, w->base + ((unsigned long)i << PAGE_SHIFT)))
			continue;
		__set_bit(i, w->same);
		w->any_same = true;
	}
	kcr_window_put(parents);
}

static const unsigned long *same_of(const struct kcr_window *w)
{
	return w->any_same ? w->same : NULL;
}

static const unsigned long *unchanged_of(const struct kcr_window *w)
{
	return bitmap_empty(w->unchanged, KCR_PAGES_MAX) ? NULL : w->unchanged;
}

/* The next window, whose pages are being looked at then. */
static int window_next(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w,
		       unsigned long addr, struct kcr_window *parents)
{
	int ret = kcr_window_fill(ctx, mm_of(p), w, addr, false);

	if (ret || !w->begun)
		return ret;
	find_parents(p, w, parents);
	ret = kcr_track_window(ctx, p, w);
	bitmap_or(w->skip, w->same, w->unchanged, KCR_PAGES_MAX);
	if (!ret)
		kcr_sums_begin(&w->sums, w->pages, w->skip);
	return ret;
}

static int window_write(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w)
{
	int ret = stopped(ctx, p);

	if (!w->begun)
		return ret;
	kcr_sums_end(&w->sums);
	if (w->span.counted)
		ctx->pages_file -= window_count(w);
	if (!ret)
		ret = kcr_write_window(ctx, &(struct kcr_page_window) {
			.id = p->mm_id,
			.addr = w->base,
			.flags = w->huge ? KCR_PAGES_HUGE : 0,
			.explicit_zeros = w->span.file,
			.pages = w->pages,
			.parents = same_of(w),
			.unchanged = unchanged_of(w),
			.first = w->first,
			.sums = &w->sums,
		});
	/* First, so that the program need not copy what is its own again. */
	kcr_window_put(w);
	if (!ret)
		kcr_track_written(ctx, p, w);
	if (!ret && p->snapshot && !p->children && !kcr_track_keeps(ctx))
		kcr_window_drop(p->snapshot->mm, w);
	return ret;
}

/* What was copied of its own, below an address. */
static int write_own(struct kcr_ctx *ctx, struct kcr_process *p, unsigned long end)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_copy *c, *next;
	int ret = 0;

	list_for_each_entry_safe(c, next, &data->own, node) {
		if (c->id != p->mm_id || c->addr >= end)
			break;
		ret = stopped(ctx, p) ?: kcr_copy_write(ctx, c);
		if (ret)
			break;
		kcr_copy_drop(c);
		cond_resched();
	}
	return ret;
}

static int write_windows(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w)
{
	struct kcr_window *now = w, *next = w + 1, *parents = w + 2;
	int ret = window_next(ctx, p, now, 0, parents);

	while (!ret && now->span.end) {
		ret = window_next(ctx, p, next, now->next, parents) ?:
		      write_own(ctx, p, now->begun ? now->base : 0) ?:
		      window_write(ctx, p, now);
		swap(now, next);
		cond_resched();
	}
	kcr_window_put(now);
	kcr_window_put(next);
	return ret ?: write_own(ctx, p, TASK_SIZE);
}

/* Huge pages, while everything is parked: see hugetlb.c */

static int window_copy(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w,
		       struct kcr_window *parents)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_copy *c;
	unsigned int i;
	int ret = 0;

	find_parents(p, w, parents);
	if (bitmap_full(w->same, KCR_PAGES_MAX)) {
		c = kcr_copy_window(ctx, &data->own, p->mm_id, w->base);
		if (!c)
			return -ENOMEM;
		c->parent = true;
		return 0;
	}
	for (i = 0; i < KCR_PAGES_MAX && !ret; i++)
		if (w->pages[i])
			ret = kcr_copy_page(ctx, &data->own, p->mm_id,
					    w->base + ((u64)i << PAGE_SHIFT), w->pages[i], true);
	return ret;
}

static int copy_huge(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w)
{
	unsigned long addr = 0;
	int ret;

	do {
		ret = kcr_window_fill(ctx, p->mm, w, addr, true);
		if (!ret && w->begun)
			ret = window_copy(ctx, p, w, w + 1);
		kcr_window_put(w);
		addr = w->next;
		cond_resched();
	} while (!ret && w->span.end);
	p->kept_at = 0;		/* for the next who asks */
	return ret;
}

/**
 * kcr_mm_copy_huge() - copy the processes' own pages of hugetlbfs
 * @ctx: the operation; everything is parked, and the records are written
 */
int kcr_mm_copy_huge(struct kcr_ctx *ctx)
{
	struct kcr_window *w = NULL;
	struct kcr_process *p;
	int ret = 0;

	kcr_for_each_process(ctx, p) {
		if (ret)
			break;
		if (!p->mm || p->memory != p || !kcr_mm_has_huge(p->mm))
			continue;
		if (!w)
			w = kvcalloc(2, sizeof(*w), GFP_KERNEL);	/* and the parent's */
		ret = w ? copy_huge(ctx, p, w) : kcr_nomem(ctx);
	}
	kvfree(w);
	return ret;
}

/* A snapshot stays until the children's pages have been compared with it, or longer. */
static void count_children(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->parent && p->mm_id)
			p->parent->memory->children++;
}

static void process_done(struct kcr_process *p)
{
	bool keeps = kcr_track_keeps(p->ctx);

	p->pages_written = true;
	if (!p->children && !keeps)
		kcr_snapshot_drop(p);
	p = p->parent ? p->parent->memory : NULL;
	if (p && !--p->children && p->pages_written && !keeps)
		kcr_snapshot_drop(p);
}

/* kcr_mm_write() - all pages; those of a snapshot are dropped as they go */
int kcr_mm_write(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	struct kcr_window *w = kvcalloc(3, sizeof(*w), GFP_KERNEL);	/* the next, and the parent's */
	struct kcr_process *p;
	int ret;

	if (!w || !data) {
		kvfree(w);
		return kcr_nomem(ctx);
	}
	count_children(ctx);
	ret = kcr_shmem_write(ctx, data);
	kcr_for_each_process(ctx, p) {
		if (ret)
			break;
		if (!p->mm_id)
			continue;
		ret = write_windows(ctx, p, w);
		process_done(p);
	}
	kvfree(w);
	return ret;
}

/* kcr_mm_put() - let go of the processes' own memory; more than once is fine */
void kcr_mm_put(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p) {
		if (p->mm)
			mmput(p->mm);
		p->mm = NULL;
	}
}

/* kcr_mm_drop() - snapshot and copies go; any time, more than once */
void kcr_mm_drop(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_process *p;

	if (!data)
		return;
	kcr_extra_end(ctx);
	kcr_early_end(ctx);
	kcr_donation_end(data);
	kcr_for_each_process(ctx, p)
		kcr_snapshot_drop(p);
	kcr_shmem_drop(data);
	ctx->mm_data = NULL;
	kfree(data);
}
