// SPDX-License-Identifier: GPL-2.0
/*
 * The pages that a process has of its own, 2 MB of addresses at a time.
 *
 * Page tables are walked, and references taken under the page table's lock. Only
 * anonymous pages count: what else a private mapping shows is in its file. Pages
 * that the program has given up with MADV_FREE, and not written to since, are
 * left out: it finds zeros there, as it would if the kernel had taken them.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>

#include "compat/hugetlb.h"
#include "compat/mm.h"
#include "ksym.h"
#include "mm/window.h"

#define WINDOW_SIZE	((unsigned long)KCR_PAGES_MAX << PAGE_SHIFT)

static_assert(KCR_PAGES_MAX << PAGE_SHIFT == PMD_SIZE);

/* Is @addr in the window? The first address that asks decides where that is. */
static bool in_window(struct kcr_window *w, unsigned long addr)
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

static unsigned int slot_of(struct kcr_window *w, unsigned long addr)
{
	return (addr - w->base) >> PAGE_SHIFT;
}

/* @folio: of @page; the page table's lock is held */
static void take(struct kcr_window *w, unsigned long addr, struct page *page,
		 struct folio *folio)
{
	folio_get(folio);
	w->pages[slot_of(w, addr)] = page;
}

static bool given_up(struct folio *folio, bool dirty)
{
	return !dirty && !folio_test_swapbacked(folio) && !folio_test_dirty(folio);
}

static int take_pte(pte_t *pte, unsigned long addr, unsigned long next,
		    struct mm_walk *walk)
{
	struct kcr_window *w = walk->private;
	pte_t entry = ptep_get(pte);
	struct folio *folio;

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
	folio = page_folio(pte_page(entry));
	if (!folio_test_anon(folio))
		return 0;	/* in the file */
	if (given_up(folio, pte_dirty(entry)))
		return 0;
	if (!in_window(w, addr))
		return 1;
	take(w, addr, pte_page(entry), folio);
	return 0;
}

/* With the lock held, so that it is one page, and huge. */
static int take_huge(struct kcr_window *w, pmd_t pmd, unsigned long addr, unsigned long next)
{
	struct folio *folio;

	if (pmd_present(pmd)) {
		folio = page_folio(pmd_page(pmd));
		if (!folio_test_anon(folio))
			return 0;	/* of a file, or the huge page of zeros */
		if (given_up(folio, pmd_dirty(pmd)))
			return 0;
		if (!in_window(w, addr))
			return 1;
		w->huge = true;
		for (; addr < next; addr += PAGE_SIZE)
			take(w, addr, pmd_page(pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT), folio);
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
	struct kcr_window *w = walk->private;
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
				take(w, addr, head + ((addr & ~hmask) >> PAGE_SHIFT),
				     page_folio(head));
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

static void window_begin(struct kcr_window *w, unsigned long end)
{
	w->begun = false;
	w->huge = false;
	w->next = end;
	bitmap_zero(w->away, KCR_PAGES_MAX);
}

/* kcr_window_put() - let go of its pages; more than once is fine */
void kcr_window_put(struct kcr_window *w)
{
	unsigned int i;

	kcr_sums_end(&w->sums);
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
static int fetch_away(struct kcr_ctx *ctx, struct mm_struct *mm, struct kcr_window *w)
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

/* Pages of shared mappings stand with their object, others have none. */
static bool has_pages(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_MIXEDMAP)) &&
	       vma->anon_vma;
}

/* The next mapping with pages; @huge: of hugetlbfs. */
static bool span_find(struct mm_struct *mm, unsigned long addr, bool huge, struct kcr_span *r)
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

/**
 * kcr_window_fill() - find the next pages of a process's own
 * @ctx: the operation
 * @mm: the memory
 * @w: the window; its @span ends at 0 if there is nothing any more, and it is not
 *	@begun if there was nothing in that part of the mapping
 * @addr: where to begin: 0, or @next of the window before
 * @huge: only those of hugetlbfs
 */
int kcr_window_fill(struct kcr_ctx *ctx, struct mm_struct *mm, struct kcr_window *w,
		       unsigned long addr, bool huge)
{
	struct kcr_span *r = &w->span;
	int ret = 0;

	w->begun = false;
	mmap_read_lock(mm);
	if (span_find(mm, addr, huge, r)) {
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

/* kcr_window_drop() - what was in it is no longer in @mm, the snapshot that it is from */
void kcr_window_drop(struct mm_struct *mm, struct kcr_window *w)
{
	unsigned long start = max(w->base, w->span.start);
	unsigned long end = min(w->base + WINDOW_SIZE, w->span.end);
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, start);
	if (vma && vma->vm_start <= start && vma->vm_end >= end)
		kcr_zap(vma, start, end - start);
	mmap_read_unlock(mm);
}

/* kcr_window_same() - what is in @mm at the addresses of another window */
void kcr_window_same(struct mm_struct *mm, struct kcr_window *w, const struct kcr_window *as)
{
	window_begin(w, as->base + WINDOW_SIZE);
	w->begun = true;
	w->base = as->base;
	mmap_read_lock(mm);
	kcr_call(walk_page_range)(mm, w->base, w->base + WINDOW_SIZE, &window_ops, w);
	mmap_read_unlock(mm);
}

/* kcr_mm_has_huge() - has it pages of hugetlbfs of its own? */
bool kcr_mm_has_huge(struct mm_struct *mm)
{
	struct kcr_span span;
	bool found;

	mmap_read_lock(mm);
	found = span_find(mm, 0, true, &span);
	mmap_read_unlock(mm);
	return found;
}
