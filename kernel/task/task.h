/* SPDX-License-Identifier: GPL-2.0 */
/* Processes and threads, as checkpoint.c and restart.c drive them. */
#ifndef _KCR_TASK_H
#define _KCR_TASK_H

#include <linux/time_namespace.h>

#include "kcr.h"

/* refuse.c: what a process or a thread has that is not handled */
int kcr_task_refuse(struct kcr_ctx *ctx, struct kcr_process *p);
int kcr_thread_refuse(struct kcr_ctx *ctx, struct kcr_thread *t);

/* thread.c: KCR_KIND_THREAD, which the thread's other records refer to */
int kcr_thread_save(struct kcr_ctx *ctx, struct kcr_thread *t);
int kcr_thread_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec);

/* process.c */
bool kcr_job_is_own(struct kcr_ctx *ctx, struct pid *pid, enum pid_type type);

/* sharing.c: memory and signal handlers of another process */
void kcr_sharing_find(struct kcr_process *p);
int kcr_sharing_refuse(struct kcr_ctx *ctx, struct kcr_process *p);
int kcr_sharing_plan(struct kcr_ctx *ctx, struct kcr_process *p);
bool kcr_sharing_others(const struct kcr_process *p, enum kcr_kind kind);
struct kcr_process *kcr_sharing_maker(struct kcr_process *p);

/* cloned.c: what semaphores undo, and I/O contexts */
int kcr_cloned_process(struct kcr_ctx *ctx, struct kcr_process *p, u32 *flags);
int kcr_cloned_thread(struct kcr_ctx *ctx, struct kcr_thread *t, u32 *flags);
int kcr_cloned_check(struct kcr_ctx *ctx, const struct kcr_process *p, u32 flags);
int kcr_cloned_flags(struct kcr_process *p, u64 *flags);
int kcr_cloned_thread_flags(struct kcr_thread *t, u64 *flags);

/* job.c: groups, sessions and parents of what is made */
int kcr_job_restore(struct kcr_ctx *ctx);

/* With tasklist_lock. */
static inline struct task_struct *kcr_parent_of(struct task_struct *task)
{
	return rcu_dereference_protected(task->real_parent, true);
}

/* time.c: what the clocks of @task show is the host's plus these */
struct timens_offsets kcr_clock_offsets(struct task_struct *task);

#endif /* _KCR_TASK_H */
