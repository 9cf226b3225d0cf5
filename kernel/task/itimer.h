/* SPDX-License-Identifier: GPL-2.0 */
/* Interval timers, which sigshared.c saves with the signals that they sent. */
#ifndef _KCR_ITIMER_H
#define _KCR_ITIMER_H

#include "kcr.h"
#include <uapi/image/itimer.h>

/**
 * struct kcr_itimers - what setitimer(2) has set
 * @timer: as in the image
 * @armed: not all is zero
 */
struct kcr_itimers {
	struct kcr_img_itimer timer[KCR_ITIMERS];
	bool armed;
};

/* Under the siglock of @task: an expiry is either here or in the queue. */
void kcr_itimers_read(struct kcr_ctx *ctx, struct task_struct *task,
		      struct kcr_itimers *timers);
int kcr_itimers_write(struct kcr_ctx *ctx, struct kcr_process *p,
		      const struct kcr_itimers *timers);

#endif /* _KCR_ITIMER_H */
