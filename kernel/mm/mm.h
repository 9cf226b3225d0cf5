/* SPDX-License-Identifier: GPL-2.0 */
/* The address space, as checkpoint.c and restart.c drive it. */
#ifndef _KCR_MM_H
#define _KCR_MM_H

#include "kcr.h"

/* checkpoint: before, while, and after everything is parked */
int kcr_mm_snapshot_prepare(struct kcr_ctx *ctx);
int kcr_mm_refuse(struct kcr_ctx *ctx, struct kcr_process *p);
int kcr_mm_snapshot_begin(struct kcr_ctx *ctx);
int kcr_mm_snapshot_end(struct kcr_ctx *ctx, int ret);
void kcr_mm_snapshot_take(struct kcr_ctx *ctx);
void kcr_mm_put(struct kcr_ctx *ctx);		/* kcr_process.mm of all */
/* checkpoint: pages of the snapshots (dropped as they go), or of kcr_process.mm */
int kcr_mm_write(struct kcr_ctx *ctx);
void kcr_mm_drop(struct kcr_ctx *ctx);		/* any time, more than once */
/* checkpoint: from the snapshots until they are written; at any time, from anywhere */
void kcr_extra_begin(struct kcr_ctx *ctx);
void kcr_extra_end(struct kcr_ctx *ctx);
u64 kcr_extra(struct kcr_ctx *ctx);

/* vma.c: of a program that runs: what it has mapped at or after @addr, which moves on */
struct file *kcr_mm_next_file(struct mm_struct *mm, unsigned long *addr);

/* early.c: checkpoint, shared memory while the program runs; at the cut; and then */
int kcr_early_begin(struct kcr_ctx *ctx);
void kcr_early_look(struct kcr_ctx *ctx);
void kcr_early_end(struct kcr_ctx *ctx);

/* restart, in a leader: empties the address space it was born with */
int kcr_mm_begin(struct kcr_ctx *ctx, struct kcr_process *p);
/* restart, in a leader: one KCR_KIND_PAGES, or a part of it */
struct kcr_shared_run;
int kcr_mm_page_run(struct kcr_process *p, const struct kcr_img_pages *run,
		    struct page **pages, struct kcr_shared_run *shared);
/* of the references that it took to write to pages */
void kcr_pages_done(struct page **pages, long count);
/* restart, in a leader: all of its pages are there */
int kcr_mm_pages_end(struct kcr_process *p);
/* a copy, in a leader: its template's pages, shared, or copied run by run */
int kcr_mm_share(struct kcr_process *p, struct mm_struct *from);
int kcr_mm_copy_run(struct kcr_process *p, struct mm_struct *from,
		    const struct kcr_img_pages *run);
/* restart, in a leader: pages that are not from the stream */
int kcr_mm_fill(struct kcr_ctx *ctx, unsigned long addr, unsigned int count,
		const void *data);

/*
 * Memory that has an inode and no path (memfd, shared anonymous): saved once,
 * with its contents. Restored it is an open file.
 */
bool kcr_file_is_shmem(struct file *file);	/* on a tmpfs, of whatever mount */
bool kcr_file_is_memfd(struct file *file);	/* KCR_KIND_MEMFD saves it */
bool kcr_inode_is_hugetlb(const struct inode *inode);	/* on a hugetlbfs, of whatever mount */
bool kcr_file_is_hugetlb(struct file *file);	/* KCR_KIND_MEMFD, too, of huge pages */
/* For what is in other records: System V segments, files of a mounted hugetlbfs. */
unsigned int kcr_hugetlb_shift(struct inode *inode);
unsigned int kcr_hugetlb_fs_shift(struct super_block *sb);
int kcr_hugetlb_set_size(struct kcr_ctx *ctx, const struct path *path, loff_t size);
bool kcr_hugetlb_reserved(struct inode *inode);
int kcr_shmem_refuse(struct kcr_ctx *ctx, struct inode *inode);
int kcr_shmem_pages_save(struct kcr_ctx *ctx, struct inode *inode, u32 id, loff_t size);
int kcr_shmem_replace(struct kcr_ctx *ctx, struct file *to, struct file *from);

/* module */
int kcr_mm_init(void);
void kcr_mm_exit(void);

#endif /* _KCR_MM_H */
