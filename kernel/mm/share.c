// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a copy: from the process that it is a copy of, which stands still.
 *
 * A copy has made its mappings as every restart does, with its own files. Those of
 * private memory are then filled as fork() fills a child's: the pages are the same,
 * and whoever writes to one gets another. fork() itself would duplicate all of the
 * memory, for a child; here it is one mapping after the other, for a process that
 * is made already.
 *
 * Where the mappings differ, or sharing would change what they are, pages are copied:
 * shared memory, which each copy has for itself; what is mapped of it privately; huge
 * pages of a pool, which a write could find empty; locked memory, which must not
 * fault; and a mapping that other flags have cut in other pieces by now.
 */
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "arch/arch.h"
#include "compat/mm.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/mm.h"

#define NOT_SHARED	(VM_MAYSHARE | VM_HUGETLB | VM_LOCKED | VM_SPECIAL | VM_UFFD_MISSING | \
			 VM_UFFD_WP | VM_UFFD_MINOR)

static const struct address_space *mapping_of(const struct vm_area_struct *vma)
{
	return vma->vm_file ? vma->vm_file->f_mapping : NULL;
}

/* Page tables of one then are right for the other. */
static bool may_share(const struct vm_area_struct *to, const struct vm_area_struct *from)
{
	return from && to->vm_start == from->vm_start && to->vm_end == from->vm_end &&
	       to->vm_pgoff == from->vm_pgoff && mapping_of(to) == mapping_of(from) &&
	       !((to->vm_flags | from->vm_flags) & NOT_SHARED) && !to->anon_vma &&
	       pgprot_val(to->vm_page_prot) == pgprot_val(from->vm_page_prot);
}

static int share(struct kcr_process *p, struct vm_area_struct *to, struct vm_area_struct *from)
{
	int ret;

	kcr_vma_start_write(to);
	kcr_vma_start_write(from);
	ret = kcr_call(anon_vma_fork)(to, from) ?: kcr_call(copy_page_range)(to, from);
	return ret ?: kcr_inherit_add(p, to->vm_start, to->vm_end);
}

static int share_all(struct kcr_process *p, struct mm_struct *from)
{
	VMA_ITERATOR(vmi, current->mm, 0);
	struct vm_area_struct *vma, *theirs;
	int ret = 0;

	for_each_vma(vmi, vma) {
		theirs = vma_lookup(from, vma->vm_start);
		if (may_share(vma, theirs))
			ret = share(p, vma, theirs);
		if (ret || fatal_signal_pending(current))
			break;
	}
	return ret;
}

/**
 * kcr_mm_share() - have the same pages as another process
 * @p: the process; current is its leader, and its mappings are there, empty
 * @from: the other one's memory; nobody runs in it
 *
 * What is shared is in @p->kept afterwards.
 */
int kcr_mm_share(struct kcr_process *p, struct mm_struct *from)
{
	int ret;

	if (mmap_write_lock_killable(from))
		return -EINTR;
	mmap_write_lock_nested(current->mm, SINGLE_DEPTH_NESTING);
	ret = share_all(p, from);
	/* Its pages must not be written to any more. */
	kcr_arch_mm_flush(from);
	mmap_write_unlock(current->mm);
	mmap_write_unlock(from);
	if (ret)
		return kcr_fail(p->ctx, KCR_CLASS_ENVIRONMENT, ret,
				"memory can't be shared with the first copy (errno %d)", -ret);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Copying */

static int get_pages(struct kcr_ctx *ctx, struct mm_struct *from, unsigned long addr,
		     unsigned int count, struct page **pages)
{
	long got;

	mmap_read_lock(from);
	got = kcr_gup_remote(from, addr, count, FOLL_FORCE, pages, NULL);
	mmap_read_unlock(from);
	if (got == count)
		return 0;
	release_pages(pages, max(got, 0l));
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, got < 0 ? got : -EFAULT,
			"page %lx of the first copy can't be read (errno %ld)", addr,
			got < 0 ? -got : EFAULT);
}

static int copy_batch(struct kcr_ctx *ctx, struct mm_struct *from, unsigned long addr,
		      unsigned int count)
{
	struct page *pages[KCR_READ_BATCH];
	int ret = get_pages(ctx, from, addr, count, pages);

	if (ret)
		return ret;
	ret = kcr_mm_copy(ctx, addr, pages, count);
	release_pages(pages, count);
	return ret;
}

static int copy_range(struct kcr_ctx *ctx, struct mm_struct *from, unsigned long addr,
		      unsigned long end)
{
	unsigned long n;
	int ret = 0;

	for (; addr < end && !ret; addr += n << PAGE_SHIFT) {
		n = min((end - addr) >> PAGE_SHIFT, (unsigned long)KCR_READ_BATCH);
		ret = fatal_signal_pending(current) ? -EINTR : copy_batch(ctx, from, addr, n);
		cond_resched();
	}
	return ret;
}

/* What of a run is not shared. */
static int copy_rest(struct kcr_process *p, struct mm_struct *from, unsigned long addr,
		     unsigned long end)
{
	unsigned long until;
	int ret = 0;

	for (; addr < end && !ret; addr = until) {
		bool shared = kcr_inherit_at(p, addr, &until);

		until = min(until, end);
		if (!shared)
			ret = copy_range(p->ctx, from, addr, until);
	}
	return ret;
}

static int copy_own(struct kcr_process *p, struct mm_struct *from,
		    const struct kcr_img_pages *run)
{
	unsigned long addr = le64_to_cpu(run->addr);
	bool huge = le32_to_cpu(run->flags) & KCR_PAGES_HUGE;
	int ret;

	/* See fill.c. */
	if (huge)
		clear_bit(MMF_DISABLE_THP, &current->mm->flags);
	ret = copy_rest(p, from, addr, addr + ((u64)le32_to_cpu(run->count) << PAGE_SHIFT));
	if (huge)
		set_bit(MMF_DISABLE_THP, &current->mm->flags);
	return ret;
}

/**
 * kcr_mm_copy_run() - a run of pages that another process has
 * @p: the process, after kcr_mm_share()
 * @from: the other one's memory
 * @run: has been restored there
 *
 * Return: 0, KCR_PAGES_OTHERS or a negative errno.
 */
int kcr_mm_copy_run(struct kcr_process *p, struct mm_struct *from,
		    const struct kcr_img_pages *run)
{
	int ret;

	if (p->mm_id && le32_to_cpu(run->mm) == p->mm_id)
		return copy_own(p, from, run);
	if (kcr_rec_find(p->ctx, le32_to_cpu(run->mm), KCR_KIND_MM))
		return KCR_PAGES_OTHERS;
	ret = kcr_shmem_page_run(p->ctx, run);
	return ret == KCR_PAGES_SKIP ? 0 : ret;
}
