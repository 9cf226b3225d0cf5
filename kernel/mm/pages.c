// SPDX-License-Identifier: GPL-2.0
/*
 * The program's own pages, from its snapshot or, while it stays stopped, from
 * its memory into the image.
 *
 * Page tables are walked in windows of 2 MB. References are taken under the
 * page table's lock; then, without any lock, the window is written, and dropped
 * from the snapshot, so that the program no longer pays for a copy when it
 * writes there. What was copied before is written in between: runs of pages are
 * in the order of their addresses. Only anonymous pages are written: what else a private mapping
 * shows is in its file. Pages that the program has given up with MADV_FREE, and
 * not written to since, are left out: it finds zeros there, as it would if the
 * kernel had taken them.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat/hugetlb.h"
#include "compat/mm.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/mm.h"

#define WINDOW_SIZE	((unsigned long)KCR_PAGES_MAX << PAGE_SHIFT)

static_assert(KCR_PAGES_MAX << PAGE_SHIFT == PMD_SIZE);

/**
 * struct window - 2 MB of an address space
 * @base: first address, a multiple of its size
 * @begun: something was found, and @base is set
 * @huge: it is one transparent huge page
 * @next: where the walk went on after it, to be walked next
 * @pages: with a reference each, NULL: none
 * @away: pages that must be fetched (swap, migration)
 * @same: in the parent's window: pages that the child has too
 */
struct window {
	unsigned long base, next;
	bool begun, huge;
	struct page *pages[KCR_PAGES_MAX];
	DECLARE_BITMAP(away, KCR_PAGES_MAX);
	DECLARE_BITMAP(same, KCR_PAGES_MAX);
};

/* The part of a mapping that may hold pages of its own. */
struct span {
	unsigned long start, end;
	bool file;
	bool counted;	/* all of it, as pages that the file holds */
};

/* Walk */

/* Is @addr in the window? The first address that asks decides where that is. */
static bool in_window(struct window *w, unsigned long addr)
{
	if (!w->begun) {
		w->begun = true;
		w->base = addr & ~(WINDOW_SIZE - 1);
	}
	if (addr - w->base < WINDOW_SIZE)
		return true;
	w->next = addr;
	return false;
}

static unsigned int slot_of(struct window *w, unsigned long addr)
{
	return (addr - w->base) >> PAGE_SHIFT;
}

static void take(struct window *w, unsigned long addr, struct page *page)
{
	get_page(page);
	w->pages[slot_of(w, addr)] = page;
}

static bool given_up(struct page *page, bool dirty)
{
	struct folio *folio = page_folio(page);

	return !dirty && !folio_test_swapbacked(folio) && !folio_test_dirty(folio);
}

static int take_pte(pte_t *pte, unsigned long addr, unsigned long next,
		    struct mm_walk *walk)
{
	struct window *w = walk->private;
	pte_t entry = ptep_get(pte);
	struct page *page;

	if (pte_none(entry))
		return 0;
	if (!pte_present(entry)) {
		if (!in_window(w, addr))
			return 1;
		__set_bit(slot_of(w, addr), w->away);
		return 0;
	}
	if (pte_special(entry))
		return 0;	/* the page of zeros */
	page = pte_page(entry);
	if (!PageAnon(page))
		return 0;	/* in the file */
	if (given_up(page, pte_dirty(entry)))
		return 0;
	if (!in_window(w, addr))
		return 1;
	take(w, addr, page);
	return 0;
}

/* With the lock held, so that it is one page, and huge. */
static int take_huge(struct window *w, pmd_t pmd, unsigned long addr, unsigned long next)
{
	struct page *head;

	if (pmd_present(pmd)) {
		head = pmd_page(pmd);
		if (!PageAnon(head))
			return 0;	/* of a file, or the huge page of zeros */
		if (given_up(head, pmd_dirty(pmd)))
			return 0;
		if (!in_window(w, addr))
			return 1;
		w->huge = true;
		for (; addr < next; addr += PAGE_SIZE)
			take(w, addr, head + ((addr & ~PMD_MASK) >> PAGE_SHIFT));
		return 0;
	}
	if (!in_window(w, addr))
		return 1;
	for (; addr < next; addr += PAGE_SIZE)
		__set_bit(slot_of(w, addr), w->away);
	return 0;
}

static int take_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
		    struct mm_walk *walk)
{
	spinlock_t *ptl;
	pmd_t entry;
	int ret = 0;

	cond_resched();
	entry = READ_ONCE(*pmd);
	if (pmd_present(entry) && !pmd_trans_huge(entry))
		return 0;

	ptl = pmd_lock(walk->mm, pmd);
	entry = *pmd;
	if (pmd_trans_huge(entry) || is_swap_pmd(entry)) {
		ret = take_huge(walk->private, entry, addr, next);
		walk->action = ACTION_CONTINUE;
	}
	spin_unlock(ptl);
	return ret;
}

#ifdef CONFIG_HUGETLB_PAGE
/* Of hugetlbfs; the window is within one. */
static int take_hugetlb(pte_t *pte, unsigned long hmask, unsigned long addr,
			unsigned long next, struct mm_walk *walk)
{
	struct window *w = walk->private;
	spinlock_t *ptl = huge_pte_lock(hstate_vma(walk->vma), walk->mm, pte);
	pte_t entry = kcr_huge_ptep_get(walk->mm, addr & hmask, pte);
	struct page *head = pte_present(entry) ? pte_page(entry) : NULL;
	int ret = 0;

	if (!huge_pte_none(entry) && !(head && !PageAnon(head))) {
		ret = !in_window(w, addr);
		for (; !ret && addr < next; addr += PAGE_SIZE) {
			/* The next part of one of 1 GB. */
			if (!in_window(w, addr))
				ret = 1;
			else if (head)
				take(w, addr, head + ((addr & ~hmask) >> PAGE_SHIFT));
			else
				__set_bit(slot_of(w, addr), w->away);
		}
	}
	spin_unlock(ptl);
	return ret;
}
#endif

static const struct mm_walk_ops window_ops = {
#ifdef CONFIG_HUGETLB_PAGE
	.hugetlb_entry	= take_hugetlb,
#endif
	.pmd_entry	= take_pmd,
	.pte_entry	= take_pte,
	KCR_WALK_RDLOCK
};

static void window_begin(struct window *w, unsigned long end)
{
	w->begun = false;
	w->huge = false;
	w->next = end;
	bitmap_zero(w->away, KCR_PAGES_MAX);
}

static void window_put(struct window *w)
{
	unsigned int i;

	for (i = 0; i < KCR_PAGES_MAX; i++) {
		if (w->pages[i])
			put_page(w->pages[i]);
		w->pages[i] = NULL;
	}
}

static int page_failed(struct kcr_ctx *ctx, unsigned long addr, long err)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			"page %lx can't be read (errno %ld)", addr, -err);
}

/* Pages that are swapped out, or on their way to another place in memory. */
static int fetch_away(struct kcr_ctx *ctx, struct mm_struct *mm, struct window *w)
{
	unsigned int i;
	long ret;

	for_each_set_bit(i, w->away, KCR_PAGES_MAX) {
		unsigned long addr = w->base + ((unsigned long)i << PAGE_SHIFT);

		ret = kcr_gup_remote(mm, addr, 1, FOLL_FORCE, &w->pages[i], NULL);
		if (ret == 1 && PageAnon(w->pages[i]))
			continue;
		if (ret != 1)
			return page_failed(ctx, addr, ret < 0 ? ret : -EFAULT);
		put_page(w->pages[i]);	/* of the file again */
		w->pages[i] = NULL;
	}
	return 0;
}

/* Mappings */

/* Pages of shared mappings stand with their object, others have none. */
static bool has_pages(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_MIXEDMAP)) &&
	       vma->anon_vma;
}

/* The next mapping with pages; @huge: of hugetlbfs. */
static bool range_find(struct mm_struct *mm, unsigned long addr, bool huge, struct span *r)
{
	VMA_ITERATOR(vmi, mm, addr);
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma) {
		if (!has_pages(vma) || (huge && !(vma->vm_flags & VM_HUGETLB)))
			continue;
		r->start = max(addr, vma->vm_start);
		r->end = vma->vm_end;
		r->file = !vma_is_anonymous(vma);
		r->counted = r->file && !(vma->vm_flags & VM_HUGETLB);
		return true;
	}
	return false;
}

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

/* Fill the next window at or after @addr; the walk's end is in w->next. */
static int window_fill(struct kcr_ctx *ctx, struct mm_struct *mm, struct window *w,
		       struct span *r, unsigned long addr, bool huge)
{
	int ret = 0;

	w->begun = false;
	mmap_read_lock(mm);
	if (range_find(mm, addr, huge, r)) {
		window_begin(w, r->end);
		ret = kcr_call(walk_page_range)(mm, r->start, r->end, &window_ops, w);
		if (ret >= 0 && w->begun)
			ret = fetch_away(ctx, mm, w);
	} else {
		r->end = 0;
	}
	mmap_read_unlock(mm);
	return ret < 0 ? ret : 0;
}

static void window_drop(struct mm_struct *mm, struct window *w, struct span *r)
{
	unsigned long start = max(w->base, r->start);
	unsigned long end = min(w->base + WINDOW_SIZE, r->end);
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, start);
	if (vma && vma->vm_start <= start && vma->vm_end >= end)
		kcr_zap(vma, start, end - start);
	mmap_read_unlock(mm);
}

static unsigned int window_count(struct window *w)
{
	unsigned int i, n = 0;

	for (i = 0; i < KCR_PAGES_MAX; i++)
		n += !!w->pages[i];
	return n;
}

static struct mm_struct *mm_of(struct kcr_process *p)
{
	p = p->memory;
	return p->snapshot ? p->snapshot->mm : p->mm;
}

/* Which pages of the window has the parent at the same addresses? */
static bool find_parents(struct kcr_process *p, struct window *w, struct window *parents)
{
	struct mm_struct *mm = p->parent ? mm_of(p->parent) : NULL;
	bool any = false;
	unsigned int i;

	bitmap_zero(parents->same, KCR_PAGES_MAX);
	if (!mm || !p->nr_kept)
		return false;
	window_begin(parents, w->base + WINDOW_SIZE);
	parents->begun = true;
	parents->base = w->base;
	mmap_read_lock(mm);
	kcr_call(walk_page_range)(mm, w->base, w->base + WINDOW_SIZE, &window_ops, parents);
	mmap_read_unlock(mm);
	for (i = 0; i < KCR_PAGES_MAX; i++) {
		if (!w->pages[i] || w->pages[i] != parents->pages[i] ||
		    !kcr_inherit_kept(p, w->base + ((unsigned long)i << PAGE_SHIFT)))
			continue;
		__set_bit(i, parents->same);
		any = true;
	}
	window_put(parents);
	return any;
}

static int window_write(struct kcr_ctx *ctx, struct kcr_process *p, struct window *w,
			struct span *r)
{
	bool any = w->begun && find_parents(p, w, w + 1);
	int ret = stopped(ctx, p);

	if (!w->begun)
		return ret;
	if (r->counted)
		ctx->pages_file -= window_count(w);
	if (!ret)
		ret = kcr_write_window(ctx, p->mm_id, w->base,
				       w->huge ? KCR_PAGES_HUGE : 0, w->pages,
				       KCR_PAGES_MAX, r->file, any ? w[1].same : NULL);
	/* First, so that the program need not copy what is its own again. */
	window_put(w);
	if (!ret && p->snapshot && !p->children)
		window_drop(p->snapshot->mm, w, r);
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

static int write_windows(struct kcr_ctx *ctx, struct kcr_process *p, struct window *w)
{
	struct mm_struct *mm = mm_of(p);
	unsigned long addr = 0;
	struct span r;
	int ret;

	do {
		ret = window_fill(ctx, mm, w, &r, addr, false) ?:
		      write_own(ctx, p, w->begun ? w->base : 0) ?:
		      window_write(ctx, p, w, &r);
		addr = w->next;
		cond_resched();
	} while (!ret && r.end);
	window_put(w);
	return ret ?: write_own(ctx, p, TASK_SIZE);
}

/* Huge pages, while everything is parked: see hugetlb.c */

static int window_copy(struct kcr_ctx *ctx, struct kcr_process *p, struct window *w)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_copy *c;
	unsigned int i;
	int ret = 0;

	if (find_parents(p, w, w + 1) && bitmap_full(w[1].same, KCR_PAGES_MAX)) {
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

static int copy_huge(struct kcr_ctx *ctx, struct kcr_process *p, struct window *w)
{
	unsigned long addr = 0;
	struct span r;
	int ret;

	do {
		ret = window_fill(ctx, p->mm, w, &r, addr, true);
		if (!ret && w->begun)
			ret = window_copy(ctx, p, w);
		window_put(w);
		addr = w->next;
		cond_resched();
	} while (!ret && r.end);
	p->kept_at = 0;		/* for the next who asks */
	return ret;
}

static bool has_huge(struct mm_struct *mm)
{
	struct span r;
	bool found;

	mmap_read_lock(mm);
	found = range_find(mm, 0, true, &r);
	mmap_read_unlock(mm);
	return found;
}

/**
 * kcr_mm_copy_huge() - copy the processes' own pages of hugetlbfs
 * @ctx: the operation; everything is parked, and there is no snapshot yet
 */
int kcr_mm_copy_huge(struct kcr_ctx *ctx)
{
	struct window *w = NULL;
	struct kcr_process *p;
	int ret = 0;

	kcr_for_each_process(ctx, p) {
		if (ret)
			break;
		if (!p->mm || p->memory != p || !has_huge(p->mm))
			continue;
		if (!w)
			w = kvcalloc(2, sizeof(*w), GFP_KERNEL);	/* and the parent's */
		ret = w ? copy_huge(ctx, p, w) : kcr_nomem(ctx);
	}
	kvfree(w);
	return ret;
}

/* A snapshot stays until the children's pages have been compared with it. */
static void count_children(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->parent && p->mm_id)
			p->parent->memory->children++;
}

static void process_done(struct kcr_process *p)
{
	p->pages_written = true;
	if (!p->children)
		kcr_snapshot_drop(p);
	p = p->parent ? p->parent->memory : NULL;
	if (p && !--p->children && p->pages_written)
		kcr_snapshot_drop(p);
}

/* kcr_mm_write() - all pages; those of a snapshot are dropped as they go */
int kcr_mm_write(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	struct window *w = kvcalloc(2, sizeof(*w), GFP_KERNEL);	/* and the parent's */
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
	kcr_donation_end(data);
	kcr_for_each_process(ctx, p)
		kcr_snapshot_drop(p);
	kcr_shmem_drop(data);
	ctx->mm_data = NULL;
	kfree(data);
}
