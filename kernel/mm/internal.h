/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kernel/mm share. */
#ifndef _KCR_MM_INTERNAL_H
#define _KCR_MM_INTERNAL_H

#include <linux/mm.h>

#include "kcr.h"
#include "mm/pressure.h"
#include <uapi/image/mempolicy.h>

/**
 * struct kcr_vma_flags - what of a mapping's flags is another while it is duplicated
 * @start: first address of the mapping
 * @flags: VM_DONTCOPY, VM_WIPEONFORK
 */
struct kcr_vma_flags {
	unsigned long start, flags;
};

/**
 * struct kcr_snapshot - a duplicate of a process's memory
 * @mm: the duplicate, once it is there
 * @from: what it is a duplicate of, while everything is parked
 * @flags: of the mappings of @from, while they have others; in ascending order
 * @nr_flags: how many
 * @swapped: they have others now
 * @donor: the task that hands it over, until it has been waited for
 * @pressure: drops it when memory runs out
 * @unsure: the kernel may write to @from where that does not copy a page
 * @node: in kcr_tracking.snapshots, when it is kept
 * @tgid: then: of the process
 */
struct kcr_snapshot {
	struct mm_struct *mm, *from;
	struct kcr_vma_flags *flags;
	int nr_flags;
	bool swapped;
	pid_t donor;
	struct kcr_pressure pressure;
	bool unsure;
	struct list_head node;
	pid_t tgid;
};

/**
 * struct kcr_copy - a window of pages that were copied
 * @node: in a list of struct kcr_mm_data, in the order in which they are written
 * @id: of the address space or shared object
 * @addr: of the first page, a multiple of the window's size
 * @all: of pages that hold zeros it is said that they are there
 * @parent: all of it is as the parent process has it, and was not copied
 * @pages: with a reference each, NULL where there is none
 */
struct kcr_copy {
	struct list_head node;
	u32 id;
	u64 addr;
	bool all, parent;
	struct page *pages[KCR_PAGES_MAX];
};

/**
 * struct kcr_mm_data - ctx->mm_data
 * @copies: checkpoint: shared pages as they were at the cut, struct kcr_copy
 * @own: checkpoint: huge pages of processes' own, likewise, in the order of those
 * @shmems: checkpoint: shared objects to read while everything stays parked
 * @early: checkpoint: objects whose pages were copied while the program was running
 * @copied: bytes of copies
 * @donation: checkpoint: who makes the snapshots, until they are made
 */
struct kcr_mm_data {
	struct list_head copies, own;
	struct list_head shmems, early;
	size_t copied;
	struct kcr_donation *donation;
};

struct kcr_mm_data *kcr_mm_data(struct kcr_ctx *ctx);

/* snapshot.c */
void kcr_snapshot_free(struct kcr_snapshot *s);
void kcr_snapshot_drop(struct kcr_process *p);
void kcr_snapshots_wait(struct kcr_ctx *ctx);
void kcr_donation_end(struct kcr_mm_data *data);
unsigned long kcr_vma_flags(const struct kcr_process *p, const struct vm_area_struct *vma);

/* vma.c */
bool kcr_vma_refused(const struct vm_area_struct *vma);

/* copies.c */
struct kcr_copy *kcr_copy_window(struct kcr_ctx *ctx, struct list_head *list, u32 id, u64 addr);
int kcr_copy_page(struct kcr_ctx *ctx, struct list_head *list, u32 id, u64 addr,
		  struct page *page, bool all);
int kcr_copy_again(struct kcr_ctx *ctx, struct page **copy, struct page *page);
int kcr_copy_failed(struct kcr_ctx *ctx, int err);
void kcr_copy_forget(struct kcr_mm_data *data, struct page **copy);
int kcr_copy_write(struct kcr_ctx *ctx, struct kcr_copy *c);
void kcr_copy_empty(struct kcr_copy *c);
void kcr_copy_drop(struct kcr_copy *c);
void kcr_copies_drop(struct list_head *list);

/* early.c */
int kcr_early_save(struct kcr_ctx *ctx, struct inode *inode, u32 id, pgoff_t end);

/* shmem.c */
int kcr_shmem_write(struct kcr_ctx *ctx, struct kcr_mm_data *data);
void kcr_shmem_drop(struct kcr_mm_data *data);
struct page *kcr_shmem_page_next(struct inode *inode, pgoff_t *index);
struct page *kcr_shmem_page_below(struct inode *inode, pgoff_t *index, pgoff_t end);
int kcr_shmem_page_failed(struct kcr_ctx *ctx, struct page *page);
int kcr_memfd_check(struct kcr_ctx *ctx, const char *name, u32 mode);
int kcr_memory_seal(struct kcr_ctx *ctx, struct file *file, unsigned int *now, u32 seals);

/* shmem_fill.c */
int kcr_shmem_page_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run);

/* hugetlb.c */
u32 kcr_hugetlb_seals(struct inode *inode);
void kcr_hugetlb_vma(const struct vm_area_struct *vma, u32 *flags, bool *lost);
struct page *kcr_hugetlb_page_next(struct inode *inode, pgoff_t *index);
int kcr_hugetlb_few(struct kcr_ctx *ctx, struct inode *inode, long err);
int kcr_hugetlb_unmapped(struct kcr_ctx *ctx, struct inode *inode, unsigned long len, long err);
struct page *kcr_hugetlb_page(struct kcr_ctx *ctx, struct file *file, pgoff_t index);

/* fill.c */
int kcr_mm_copy(struct kcr_ctx *ctx, unsigned long addr, struct page **from,
		unsigned int count);

/* pages.c */
int kcr_mm_copy_huge(struct kcr_ctx *ctx);

/* mlock.c */
int kcr_mlock_refuse(struct kcr_ctx *ctx, struct mm_struct *mm);
int kcr_mlock_check(struct kcr_ctx *ctx, struct kcr_process *p, u64 bytes);
int kcr_mlock_check_future(struct kcr_ctx *ctx);
int kcr_mlock_restore(struct kcr_ctx *ctx, unsigned long start, unsigned long len, u32 flags);
int kcr_mlock_future(struct kcr_ctx *ctx, u32 flags);

/* mempolicy.c */
void kcr_mempolicy_encode(const struct mempolicy *pol, struct kcr_img_mempolicy *img);
int kcr_mempolicy_check(struct kcr_ctx *ctx, const struct kcr_img_mempolicy *img);
int kcr_mempolicy_bind(struct kcr_ctx *ctx, unsigned long start, unsigned long len,
		       const struct kcr_img_mempolicy *img);
int kcr_mempolicy_ranges(struct kcr_ctx *ctx, struct inode *inode,
			 struct kcr_img_mempolicy_range **ranges, unsigned int *count);
int kcr_mempolicy_check_ranges(struct kcr_ctx *ctx,
			       const struct kcr_img_mempolicy_range *ranges, unsigned int count);
int kcr_mempolicy_bind_ranges(struct kcr_ctx *ctx, struct file *file,
			      const struct kcr_img_mempolicy_range *ranges, unsigned int count);

/* runs.c: sort a window of pages into runs and write them */

/**
 * struct kcr_page_window - KCR_PAGES_MAX pages that are to be written
 * @id: of the address space or shared object
 * @addr: of the first
 * @flags: KCR_PAGES_HUGE or 0
 * @explicit_zeros: a file would show something else where there are zeros
 * @pages: NULL where there is none
 * @parents: bits of those that are the parent process's too; NULL: none
 * @unchanged: bits of those that the image before has too; NULL: none
 * @first: of those, their numbers in that image
 * @sums: what is known of the others
 */
struct kcr_page_window {
	u32 id;
	u64 addr;
	u32 flags;
	bool explicit_zeros;
	struct page **pages;
	const unsigned long *parents, *unchanged;
	const u64 *first;
	const struct kcr_page_sums *sums;
};

int kcr_write_window(struct kcr_ctx *ctx, const struct kcr_page_window *w);
int kcr_write_window_now(struct kcr_ctx *ctx, struct kcr_page_window *w);

/* inherit.c: what comes from the parent process, or in a copy from its template */
int kcr_inherit_add(struct kcr_process *p, unsigned long start, unsigned long end);
bool kcr_inherit_at(const struct kcr_process *p, unsigned long addr, unsigned long *until);
int kcr_inherit_save(struct kcr_process *p, unsigned long start, u32 *flags);
bool kcr_inherit_kept(struct kcr_process *p, unsigned long addr);
int kcr_inherit_check(struct kcr_ctx *ctx, const struct kcr_rec *rec);
int kcr_inherit_begin(struct kcr_process *p);
int kcr_inherit_pass(struct kcr_process *p, unsigned long addr, unsigned long next);
bool kcr_inherit_covers(struct kcr_process *p, unsigned int first, unsigned long addr,
			unsigned long end);

#endif /* _KCR_MM_INTERNAL_H */
