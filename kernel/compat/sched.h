/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SCHED_H
#define _KCR_COMPAT_SCHED_H

#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/version.h>

/*
 * 6.3 (ee3e3ac05c26) added task_struct.rseq_len; before, struct rseq had 32
 * bytes and no other length could be registered. Goes with 6.1.
 */
#define KCR_RSEQ_LEN_ORIG	32

static inline u32 kcr_rseq_len(const struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return task->rseq ? task->rseq_len : 0;
#else
	return task->rseq ? KCR_RSEQ_LEN_ORIG : 0;
#endif
}

static inline void kcr_rseq_set(struct task_struct *task, u64 addr, u32 len, u32 sig)
{
	task->rseq = (struct rseq __user *)(uintptr_t)addr;
	task->rseq_sig = sig;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	task->rseq_len = len;
#endif
	if (addr)
		rseq_set_notify_resume(task);
}

/*
 * 6.12 (857b158dc5e8) lets a thread of the fair class ask for a slice of its
 * own; before, there is none. Goes with 6.1.
 */
static inline u64 kcr_sched_slice(const struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return task->se.custom_slice ? task->se.slice : 0;
#else
	return 0;
#endif
}

#endif /* _KCR_COMPAT_SCHED_H */
