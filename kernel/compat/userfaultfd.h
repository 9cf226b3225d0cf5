/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_USERFAULTFD_H
#define _KCR_COMPAT_USERFAULTFD_H

#include <linux/fs.h>
#include <linux/refcount.h>
#include <linux/seqlock.h>
#include <linux/userfaultfd_k.h>
#include <linux/version.h>
#include <linux/wait.h>

/*
 * 6.9 (867a43a34ff8) has the structure in a header; before, it was private to
 * fs/userfaultfd.c, as it stands here. Whoever uses it compares @mm with what was
 * just made, so that another layout is seen. Goes with 6.1.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
struct userfaultfd_ctx {
	wait_queue_head_t fault_pending_wqh;
	wait_queue_head_t fault_wqh;
	wait_queue_head_t fd_wqh;
	wait_queue_head_t event_wqh;
	seqcount_spinlock_t refile_seq;
	refcount_t refcount;
	unsigned int flags;
	unsigned int features;
	bool released;
	atomic_t mmap_changing;
	struct mm_struct *mm;
};
#endif

/* Whose memory a userfaultfd watches; it is held as long as @file is. */
static inline struct mm_struct *kcr_uffd_mm(const struct file *file)
{
	return ((struct userfaultfd_ctx *)file->private_data)->mm;
}

/* Has something happened to that memory which nobody has read of yet? */
static inline bool kcr_uffd_changing(const struct file *file)
{
	return atomic_read(&((struct userfaultfd_ctx *)file->private_data)->mmap_changing);
}

#endif /* _KCR_COMPAT_USERFAULTFD_H */
