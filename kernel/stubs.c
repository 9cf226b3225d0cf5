// SPDX-License-Identifier: GPL-2.0
/*
 * Kinds that are on their way: weak, so that a real handler takes their place.
 * This file goes when the last of them is there.
 */
#include "files/files.h"
#include "kcr.h"
#include "task/blocked.h"
#include "task/task.h"

#define STUB(NAME, stem)						\
	const struct kcr_ops kcr_##stem##_ops __weak = {		\
		.kind = KCR_KIND_##NAME, .version = 1, .name = #stem,	\
	};
STUB(RLIMITS, rlimits)
STUB(SIGHAND, sighand)
STUB(SIGSHARED, sigshared)
STUB(TIME, time)
STUB(CRED, cred)
STUB(SIGTHREAD, sigthread)
STUB(SCHED, sched)
STUB(BLOCKED, blocked)

bool __weak kcr_blocked_known(struct task_struct *task, int nr, const struct pt_regs *regs)
{ return false; }
void __weak kcr_blocked_parked(struct kcr_thread *t, struct pt_regs *regs) { }
void __weak kcr_blocked_resumed(struct kcr_thread *t, struct pt_regs *regs) { }
void __weak kcr_blocked_free(struct kcr_thread *t) { }
int __weak kcr_task_refuse(struct kcr_ctx *ctx, struct task_struct *leader) { return 0; }
int __weak kcr_thread_refuse(struct kcr_ctx *ctx, struct kcr_thread *t) { return 0; }
