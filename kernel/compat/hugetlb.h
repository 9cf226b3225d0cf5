/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_HUGETLB_H
#define _KCR_COMPAT_HUGETLB_H

#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/version.h>

#ifdef CONFIG_HUGETLB_PAGE

/* 6.11 (e6c0c03245b5): where the entry is. Goes with 6.1. */
static inline pte_t kcr_huge_ptep_get(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	return huge_ptep_get(mm, addr, pte);
#else
	return huge_ptep_get(pte);
#endif
}

/*
 * 6.7 (a08c7193e4f1): the page cache counts huge pages as any others; before, it
 * counted them in their own size. Goes with 6.1.
 */
static inline unsigned long kcr_hugetlb_to_cache(pgoff_t index, unsigned int order)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return index;
#else
	return index >> order;
#endif
}

static inline pgoff_t kcr_hugetlb_from_cache(unsigned long i, unsigned int order)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return round_down(i, 1ul << order);
#else
	return (pgoff_t)i << order;
#endif
}

/* 6.8 (600f111ef51d): another name. Goes with 6.1. */
static inline struct resv_map *kcr_hugetlb_resv(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return inode->i_data.i_private_data;
#else
	return inode->i_data.private_data;
#endif
}

#endif /* CONFIG_HUGETLB_PAGE */

#endif /* _KCR_COMPAT_HUGETLB_H */
