/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SIGNAL_H
#define _KCR_COMPAT_SIGNAL_H

#include <linux/sched/signal.h>
#include <linux/version.h>

/*
 * 6.12 ("signal: Remove task argument from dequeue_signal()") dropped the task,
 * which has to be current. Goes with 6.1.
 */
static inline int kcr_dequeue_signal(sigset_t *mask, kernel_siginfo_t *info)
{
	enum pid_type type;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return dequeue_signal(mask, info, &type);
#else
	return dequeue_signal(current, mask, info, &type);
#endif
}

#endif /* _KCR_COMPAT_SIGNAL_H */
