/* SPDX-License-Identifier: GPL-2.0 */
/* Points in time, on clocks of the host's and of a program's. */
#ifndef _KCR_CLOCK_H
#define _KCR_CLOCK_H

#include <linux/ktime.h>

#include "kcr.h"

/* Sums that stay in range; what never comes stays so. */
ktime_t kcr_time_shift(ktime_t time, ktime_t by);

/* The host's CLOCK_REALTIME, _MONOTONIC, _BOOTTIME or _TAI at the cut, and now. */
ktime_t kcr_clock_cut(const struct kcr_ctx *ctx, clockid_t clock);
ktime_t kcr_clock_now(clockid_t clock);

/* What the clock of @task shows is the host's plus this. */
ktime_t kcr_clock_offset(struct task_struct *task, clockid_t clock);

#endif /* _KCR_CLOCK_H */
