/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_POSIX_TIMERS_H
#define _KCR_COMPAT_POSIX_TIMERS_H

#include <linux/poison.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/version.h>

/*
 * "posix-timers: Convert timer list to hlist" came with 6.12; before, they are in
 * a list_head. The newest is the first. Goes with 6.1.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define kcr_for_each_posix_timer(timer, signal) \
	hlist_for_each_entry(timer, &(signal)->posix_timers, list)
#else
#define kcr_for_each_posix_timer(timer, signal) \
	list_for_each_entry(timer, &(signal)->posix_timers, list)
#endif

/* With its lock held: has it been deleted? Both kinds of list poison a link. */
static inline bool kcr_posix_timer_gone(const struct k_itimer *timer)
{
	return (const void *)timer->list.next == LIST_POISON1;
}

#endif /* _KCR_COMPAT_POSIX_TIMERS_H */
