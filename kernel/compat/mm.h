/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_MM_H
#define _KCR_COMPAT_MM_H

#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/version.h>

#include "ksym.h"

/* Flags that came later: nothing to look at before. All go with 6.1. */
#ifndef VM_SHADOW_STACK			/* 6.6, 54007f818206 */
#define VM_SHADOW_STACK	VM_NONE
#endif
#ifndef VM_ALLOW_ANY_UNCACHED		/* 6.9, 5c656fcdd6c6 */
#define VM_ALLOW_ANY_UNCACHED VM_NONE
#endif
#ifndef VM_SEALED			/* 6.10, 8be7258aad44 */
#define VM_SEALED	VM_NONE
#endif
#ifndef VM_DROPPABLE			/* 6.11, 9651fcedf7b9 */
#define VM_DROPPABLE	VM_NONE
#endif
#ifndef MMF_HAS_MDWE_MASK		/* 6.3, b507808ebce2 */
#define MMF_HAS_MDWE_MASK 0ul
#endif
#ifdef MMF_HAS_MDWE_NO_INHERIT		/* 6.7, 24e41bf8a6b4 */
#define KCR_MMF_MDWE_NO_INHERIT (1ul << MMF_HAS_MDWE_NO_INHERIT)
#else
#define KCR_MMF_MDWE_NO_INHERIT 0ul
#endif
#ifndef MMF_VM_MERGE_ANY_MASK		/* 6.4, d7597f59d1d3 */
#define MMF_VM_MERGE_ANY_MASK 0ul
#endif
#ifndef PR_SET_MEMORY_MERGE		/* 6.4, d7597f59d1d3 */
#define PR_SET_MEMORY_MERGE 67
#endif
#ifndef PR_SET_MDWE			/* 6.3, b507808ebce2 */
#define PR_SET_MDWE	65
#define PR_MDWE_REFUSE_EXEC_GAIN (1ul << 0)
#endif
#ifndef PR_MDWE_NO_INHERIT		/* 6.7, 24e41bf8a6b4 */
#define PR_MDWE_NO_INHERIT (1ul << 1)
#endif

/*
 * The name of anonymous memory, where the kernel has names. Since 6.2 (d09e8ca6cb93)
 * shared memory may have one; before, other mappings had something else in its
 * place. Goes with 6.1.
 */
static inline bool kcr_vma_is_named(const struct vm_area_struct *vma)
{
#if defined(CONFIG_ANON_VMA_NAME) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return vma->anon_name;
#elif defined(CONFIG_ANON_VMA_NAME)
	return !vma->vm_file && vma->anon_name;
#else
	return false;
#endif
}

/* 6.3 (bc292ab00f6c): vm_flags is changed through functions. Goes with 6.1. */
static inline void kcr_vma_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static inline void kcr_vma_clear(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/* 6.5 (ca5e863233e8) took away the argument for VMAs. Goes with 6.1. */
static inline long kcr_gup_remote(struct mm_struct *mm, unsigned long addr,
				  unsigned long count, unsigned int flags,
				  struct page **pages, int *locked)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return get_user_pages_remote(mm, addr, count, flags, pages, locked);
#else
	return get_user_pages_remote(mm, addr, count, flags, pages, NULL, locked);
#endif
}

/*
 * Maps a new anonymous page at @addr, where no page may be, and takes the
 * reference over. 6.5 and 6.7 changed how it is told. Goes with 6.1.
 */
static inline int kcr_install_page(struct vm_area_struct *vma, pmd_t *pmd,
				   unsigned long addr, struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return kcr_call(mfill_atomic_install_pte)(pmd, vma, addr, page, true, 0);
#else
	return kcr_call(mfill_atomic_install_pte)(vma->vm_mm, pmd, vma, addr, page, true,
						  false);
#endif
}

/* 6.3 (e9adcfecf572) replaced zap_page_range(). Goes with 6.1. */
static inline void kcr_zap(struct vm_area_struct *vma, unsigned long addr,
			   unsigned long len)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	zap_page_range_single(vma, addr, len, NULL);
#else
	zap_page_range(vma, addr, len);
#endif
}

/* 6.4 (5e31275cc997): page faults know of a mapping's own lock. Goes with 6.1. */
static inline void kcr_vma_start_write(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	vma_start_write(vma);
#endif
}

/* 6.5 (49b0638502da): a walk says how it is locked. Goes with 6.1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define KCR_WALK_RDLOCK		.walk_lock = PGWALK_RDLOCK,
#else
#define KCR_WALK_RDLOCK
#endif

/*
 * 6.10 (529ce23a764f): a flag tells where mmap() begins to search; before, it
 * was a pointer to one of two functions. Goes with 6.1.
 */
static inline void kcr_mm_set_legacy_layout(struct mm_struct *mm, bool legacy)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	if (legacy)
		clear_bit(MMF_TOPDOWN, &mm->flags);
	else
		set_bit(MMF_TOPDOWN, &mm->flags);
#else
	mm->get_unmapped_area = legacy ?
		static_call_query(kcr_sc_arch_get_unmapped_area) :
		static_call_query(kcr_sc_arch_get_unmapped_area_topdown);
#endif
}

#endif /* _KCR_COMPAT_MM_H */
