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
STUB(CONTENT, content)
STUB(REG, reg)
STUB(CHR, chr)
STUB(EXTERNAL, external)
STUB(PIPE, pipe)
STUB(PIPE_END, pipe_end)
STUB(EVENTFD, eventfd)
STUB(EPOLL, epoll)
STUB(MEMFD, memfd)
STUB(FDTABLE, fdtable)
STUB(FS, fs)
STUB(LOCKS, locks)
STUB(RLIMITS, rlimits)
STUB(SIGHAND, sighand)
STUB(SIGSHARED, sigshared)
STUB(TIME, time)
STUB(CRED, cred)
STUB(SIGTHREAD, sigthread)
STUB(SCHED, sched)
STUB(BLOCKED, blocked)

int __weak kcr_files_prepare(struct kcr_ctx *ctx, struct task_struct *l) { return 0; }
int __weak kcr_files_finish(struct kcr_ctx *ctx) { return 0; }
void __weak kcr_files_drop(struct kcr_ctx *ctx) { }
int __weak kcr_files_begin(struct kcr_ctx *ctx) { return kcr_refuse(ctx, "files"); }
int __weak kcr_file_save(struct kcr_ctx *ctx, struct file *file, u32 *id) { *id = 0; return 0; }
int __weak kcr_content_need(struct kcr_ctx *ctx, struct file *file, u32 id, loff_t from,
			    loff_t len) { return 0; }
struct file * __weak kcr_file_restored(struct kcr_ctx *ctx, u32 id) { return NULL; }
bool __weak kcr_blocked_known(struct task_struct *task, int nr, const struct pt_regs *regs)
{ return false; }
void __weak kcr_blocked_parked(struct kcr_thread *t, struct pt_regs *regs) { }
void __weak kcr_blocked_resumed(struct kcr_thread *t, struct pt_regs *regs) { }
void __weak kcr_blocked_free(struct kcr_thread *t) { }
int __weak kcr_task_refuse(struct kcr_ctx *ctx, struct task_struct *leader) { return 0; }
int __weak kcr_thread_refuse(struct kcr_ctx *ctx, struct kcr_thread *t) { return 0; }
