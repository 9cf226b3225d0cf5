/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_TIMERFD_H
#define _KCR_COMPAT_TIMERFD_H

#include <linux/alarmtimer.h>
#include <linux/hrtimer.h>
#include <linux/wait.h>

/*
 * struct timerfd_ctx is private to fs/timerfd.c. fdinfo does not tell when a
 * periodic timer that has expired would have been next, nor that the clock was
 * set. It looks like this in 6.1 and in 6.12. Whoever uses it first compares
 * @clockid, @ticks, @settime_flags and @tintv with what fdinfo says, so that
 * another layout is seen.
 */
struct kcr_timerfd_ctx {
	union {
		struct hrtimer tmr;
		struct alarm alarm;
	} t;
	ktime_t tintv;
	ktime_t moffs;
	wait_queue_head_t wqh;
	u64 ticks;
	int clockid;
	u16 expired;
	u16 settime_flags;
	struct rcu_head rcu;
	struct list_head clist;
	spinlock_t cancel_lock;
	bool might_cancel;
};

#endif /* _KCR_COMPAT_TIMERFD_H */
