/* SPDX-License-Identifier: GPL-2.0 */
/* POSIX timers, and the signals that they have sent. */
#ifndef _KCR_POSIX_TIMER_H
#define _KCR_POSIX_TIMER_H

#include <linux/posix-timers.h>

#include "kcr.h"
#include "task/signals.h"
#include <uapi/image/posix_timer.h>

/**
 * struct kcr_posix_timers - kcr_process.posix_timers
 * @img: checkpoint: what was read of them, to be freed
 * @rec: restart: their record
 * @made: restart: they, in its order; good in the context of their process
 */
struct kcr_posix_timers {
	struct kcr_img_posix_timers *img;
	const struct kcr_rec *rec;
	struct k_itimer **made;
};

/* posix_timer_save.c */

/* Before any of the process's queues of signals is copied. */
int kcr_posix_timers_read(struct kcr_ctx *ctx, struct kcr_process *p);
/* Leave out of a copy what was sent after that. */
void kcr_posix_timers_filter(struct kcr_process *p, struct kcr_sigqueue *copy);
int kcr_posix_timers_save(struct kcr_ctx *ctx, struct kcr_process *p);
/* CPU time that a timer of @clock, which counts that of @pid, would see. Under RCU. */
u64 kcr_cpu_now(clockid_t clock, struct pid *pid);

/* posix_timer.c */

/* By id, or NULL. */
const struct kcr_img_posix_timer *
kcr_posix_timer_find(const struct kcr_img_posix_timers *img, u32 id);
/* A list of those of @task, the newest first; how many there are. Under RCU. */
unsigned int kcr_posix_timers_list(struct task_struct *task, struct k_itimer **list,
				   unsigned int room);
/* Queue the signal of one for the current thread or process. */
int kcr_posix_timer_queue(struct kcr_ctx *ctx, struct kcr_process *p,
			  const struct kcr_img_siginfo *info, enum pid_type type);
void kcr_posix_timers_free(struct kcr_process *p);

static inline bool kcr_posix_timer_is_alarm(clockid_t clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

/* An image's siginfo of one: its si_tid. */
static inline u32 kcr_posix_timer_id(const struct kcr_img_siginfo *info)
{
	__le32 id;

	memcpy(&id, info->fields, sizeof(id));
	return le32_to_cpu(id);
}

#endif /* _KCR_POSIX_TIMER_H */
