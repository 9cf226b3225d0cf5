// SPDX-License-Identifier: GPL-2.0
/*
 * The kept snapshot: a page that the program still shares with the snapshot of the
 * last image has not changed since.
 *
 * Nobody writes to a snapshot, so what it has at an address stays what it was at its
 * cut; and so does that of the checkpoint that is under way. If both have the same page
 * at an address at one time, they have the same there. That is all: it does not depend
 * on who has written, through which mapping, and what was moved, given back and taken
 * again meanwhile, nor on whether somebody else watches the program's memory, as
 * soft-dirty bits and a userfaultfd do. A page that has moved in memory, was merged or
 * swapped out for one of the two only is another one here: it costs a hash.
 *
 * What it costs: each page that the program rewrites exists twice until the next image
 * (reclaim gives that up, see pressure.c), and its first write copies it. Of a huge
 * page the program gets the part that it writes to as a small one.
 *
 * Kept are pages that fork() shares. One that the kernel may write to behind the page
 * tables is copied by fork() while it is pinned; asynchronous I/O on old kernels does
 * not pin, so nothing is kept of a program that has ever set it up.
 */
#include <linux/mm.h>
#include <linux/pagewalk.h>

#include "compat/mm.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/track.h"
#include "mm/window.h"

static struct kcr_snapshot *find(struct kcr_tracking *t, const struct kcr_process *p)
{
	struct kcr_snapshot *s;

	list_for_each_entry(s, &t->snapshots, node)
		if (s->tgid == p->tgid)
			return s;
	return NULL;
}

/* The window holds its pages; here they are only compared, while they are mapped. */
static void compare(struct kcr_window *w, unsigned long addr, const struct page *page)
{
	unsigned int slot = (addr - w->base) >> PAGE_SHIFT;

	if (w->pages[slot] == page)
		__set_bit(slot, w->unchanged);
}

static int compare_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pte_t entry = ptep_get(pte);

	if (pte_present(entry))
		compare(walk->private, addr, pte_page(entry));
	return 0;
}

static int compare_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	spinlock_t *ptl;
	pmd_t entry = READ_ONCE(*pmd);

	if (pmd_present(entry) && !pmd_trans_huge(entry))
		return 0;
	ptl = pmd_lock(walk->mm, pmd);
	entry = *pmd;
	if (pmd_present(entry) && pmd_trans_huge(entry))
		for (; addr < next; addr += PAGE_SIZE)
			compare(walk->private, addr,
				pmd_page(entry) + ((addr & ~PMD_MASK) >> PAGE_SHIFT));
	/* One on its way to another place is no table either. */
	if (pmd_trans_huge(entry) || is_swap_pmd(entry))
		walk->action = ACTION_CONTINUE;
	spin_unlock(ptl);
	return 0;
}

static const struct mm_walk_ops compare_ops = {
	.pmd_entry	= compare_pmd,
	.pte_entry	= compare_pte,
	KCR_WALK_RDLOCK
};

static void snapshot_unchanged(struct kcr_tracking *t, struct kcr_process *p,
			       struct kcr_window *w)
{
	struct kcr_snapshot *s = find(t, p);

	if (!s)
		return;
	mmap_read_lock(s->mm);
	kcr_call(walk_page_range)(s->mm, w->base, w->base + PMD_SIZE, &compare_ops, w);
	mmap_read_unlock(s->mm);
}

static void snapshot_written(struct kcr_tracking *t, struct kcr_process *p, struct kcr_window *w)
{
	struct kcr_snapshot *s = find(t, p);

	if (s)
		kcr_window_drop(s->mm, w);
}

/* Whatever was dropped of it for want of memory is found in it no more. */
static void snapshot_keep(struct kcr_tracking *t, struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p) {
		if (!p->snapshot || p->snapshot->unsure)
			continue;
		p->snapshot->tgid = p->tgid;
		list_add_tail(&p->snapshot->node, &t->snapshots);
		p->snapshot = NULL;
	}
}

static void snapshot_drop(struct kcr_tracking *t)
{
	struct kcr_snapshot *s, *next;

	list_for_each_entry_safe(s, next, &t->snapshots, node) {
		list_del(&s->node);
		kcr_snapshot_free(s);
	}
}

const struct kcr_tracker kcr_track_snapshot = {
	.how		= KCR_TRACK_SNAPSHOT,
	.keeps		= true,
	.unchanged	= snapshot_unchanged,
	.written	= snapshot_written,
	.keep		= snapshot_keep,
	.drop		= snapshot_drop,
};
