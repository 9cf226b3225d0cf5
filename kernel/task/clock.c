// SPDX-License-Identifier: GPL-2.0
/*
 * Points in time.
 *
 * Timers count on the host's clocks. In the image a point in time is one on the
 * program's CLOCK_MONOTONIC or CLOCK_BOOTTIME, which go on from the cut (time.c),
 * or on the world's CLOCK_REALTIME or CLOCK_TAI.
 */
#include <linux/ktime.h>
#include <linux/overflow.h>
#include <linux/time_namespace.h>

#include "task/clock.h"
#include "task/task.h"

/* ktime_add_safe() takes nothing below zero. */
ktime_t kcr_time_shift(ktime_t time, ktime_t by)
{
	ktime_t sum;

	if (time == KTIME_MAX)
		return KTIME_MAX;
	if (check_add_overflow(time, by, &sum))
		return by > 0 ? KTIME_MAX : KTIME_MIN;
	return sum;
}

ktime_t kcr_clock_cut(const struct kcr_ctx *ctx, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ctx->cut_real;
	case CLOCK_BOOTTIME:
		return ctx->cut_boot;
	case CLOCK_TAI:
		return ktime_mono_to_any(ctx->cut_mono, TK_OFFS_TAI);
	default:
		return ctx->cut_mono;
	}
}

ktime_t kcr_clock_now(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_get_real();
	case CLOCK_BOOTTIME:
		return ktime_get_boottime();
	case CLOCK_TAI:
		return ktime_get_clocktai();
	default:
		return ktime_get();
	}
}

ktime_t kcr_clock_offset(struct task_struct *task, clockid_t clock)
{
	struct timens_offsets offsets = kcr_clock_offsets(task);

	switch (clock) {
	case CLOCK_MONOTONIC:
		return timespec64_to_ktime(offsets.monotonic);
	case CLOCK_BOOTTIME:
		return timespec64_to_ktime(offsets.boottime);
	default:
		return 0;
	}
}
