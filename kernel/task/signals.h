/* SPDX-License-Identifier: GPL-2.0 */
/* What the records of signals have in common. */
#ifndef _KCR_SIGNALS_H
#define _KCR_SIGNALS_H

#include <linux/sched/signal.h>

#include "kcr.h"
#include "ksym.h"
#include <uapi/image/siginfo.h>

static inline __le64 kcr_sigset_encode(const sigset_t *set)
{
	BUILD_BUG_ON(_NSIG != KCR_SIGNALS || _NSIG_WORDS != 1);
	return cpu_to_le64(set->sig[0]);
}

/* SIGKILL and SIGSTOP can't be blocked, whatever an image says. */
static inline sigset_t kcr_sigset_decode(__le64 img)
{
	sigset_t set = { .sig = { le64_to_cpu(img) } };

	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	return set;
}

/*
 * A parked thread can be killed at any time, and is without handlers then:
 * NULL. Unlocked with spin_unlock_irqrestore(&sighand->siglock, flags).
 */
static inline struct sighand_struct *kcr_sighand_lock(struct task_struct *task,
						      unsigned long *flags)
{
	struct sighand_struct *sighand = kcr_call(__lock_task_sighand)(task, flags);

	(void)__cond_lock(&sighand->siglock, sighand);
	return sighand;
}

/* Our own handlers can't go away. */
static inline spinlock_t *kcr_own_siglock(void)
{
	return &rcu_dereference_protected(current->sighand, 1)->siglock;
}

static inline int kcr_sighand_gone(struct kcr_ctx *ctx)
{
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it was killed");
}

struct kcr_itimers;

/**
 * struct kcr_sigqueue - a copy of what is pending
 * @count: entries
 * @info: kvmalloc()ed
 * @timers: read in the same moment, unless NULL
 */
struct kcr_sigqueue {
	unsigned int count;
	struct kcr_img_siginfo *info;
	struct kcr_itimers *timers;
};

/* Copy queue @pending of @task of @p; free with kvfree(copy->info). */
int kcr_sigqueue_copy(struct kcr_process *p, struct task_struct *task,
		      struct sigpending *pending, struct kcr_sigqueue *copy);
/* One of them. */
void kcr_siginfo_encode(struct kcr_img_siginfo *img, const kernel_siginfo_t *info);
void kcr_siginfo_decode(kernel_siginfo_t *info, const struct kcr_img_siginfo *img);
/* Is this an array of signals? */
int kcr_sigqueue_check(struct kcr_ctx *ctx, const void *data, size_t len);
/* Queue them for the current thread (PIDTYPE_PID) or process (PIDTYPE_TGID). */
int kcr_sigqueue_restore(struct kcr_process *p, const void *data, size_t len,
			 enum pid_type type);

#endif /* _KCR_SIGNALS_H */
