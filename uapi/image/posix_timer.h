/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_POSIX_TIMER_H
#define _UAPI_KCR_IMAGE_POSIX_TIMER_H

#include <linux/types.h>

#define KCR_POSIX_TIMERS_MAX	65536

#define KCR_POSIX_TIMER_ARMED	(1u << 0) /* @until_ns holds */
#define KCR_POSIX_TIMER_PENDING	(1u << 1) /* its signal is: KCR_SIGINFO_TIMER */
#define KCR_POSIX_TIMER_REARM	(1u << 2) /* armed, for @until_ns, when that is taken */

/**
 * struct kcr_img_posix_timer - a timer of timer_create(2)
 * @id: its id
 * @clock: as there, negative for clocks of CPU time
 * @base: clock that @until_ns is a point of: CLOCK_REALTIME or CLOCK_TAI of the
 *	world, CLOCK_MONOTONIC or CLOCK_BOOTTIME of the program; 0 for CPU time
 * @flags: KCR_POSIX_TIMER_*
 * @notify: sigev_notify
 * @signo: sigev_signo
 * @tid: with SIGEV_THREAD_ID: the thread, 0 for one that has ended
 * @clock_tid: thread whose CPU time it counts, 0 for one that has ended
 * @value: sigev_value
 * @until_ns: when it expires; of CPU time, how much is left
 * @interval_ns: from then to the next time; 0: once
 * @overrun: expirations since its signal was queued, less one
 * @overrun_last: what timer_getoverrun(2) tells
 * @queued_overrun: si_overrun of the signal that is pending
 * @reserved: zero
 */
struct kcr_img_posix_timer {
	__le32	id;
	__le32	clock;
	__le32	base;
	__le32	flags;
	__le32	notify;
	__le32	signo;
	__le32	tid;
	__le32	clock_tid;
	__le64	value;
	__le64	until_ns;
	__le64	interval_ns;
	__le64	overrun;
	__le64	overrun_last;
	__le32	queued_overrun;
	__le32	reserved;
};

/**
 * struct kcr_img_posix_timers - KCR_KIND_POSIX_TIMER: those of a process
 * @next_id: that the next one will get
 * @count: how many there are, at most KCR_POSIX_TIMERS_MAX
 * @timer: they, by ascending id
 */
struct kcr_img_posix_timers {
	__le32	next_id;
	__le32	count;
	struct kcr_img_posix_timer timer[];
};

#endif /* _UAPI_KCR_IMAGE_POSIX_TIMER_H */
