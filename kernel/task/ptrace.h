/* SPDX-License-Identifier: GPL-2.0 */
/* Who traces whom. */
#ifndef _KCR_PTRACE_H
#define _KCR_PTRACE_H

#include <linux/ptrace.h>

#include "kcr.h"
#include <uapi/image/process.h>
#include <uapi/image/ptrace.h>

/* ptrace.c */
int kcr_ptrace_refuse(struct kcr_ctx *ctx, struct kcr_process *p);
void kcr_ptrace_settle(struct kcr_thread *t);
bool kcr_ptrace_at(const struct task_struct *task, u32 stop, u32 event);
bool kcr_ptrace_ends(struct kcr_process *p);
int kcr_ptrace_save_ended(struct kcr_ctx *ctx, struct kcr_process *p,
			  struct kcr_img_process *img);

/* ptrace_stop.c: everything is made and parked */
int kcr_ptrace_start(struct kcr_ctx *ctx);
void kcr_ptrace_abort(struct kcr_ctx *ctx);
void kcr_ptrace_made(struct kcr_thread *t);
bool kcr_ptrace_stopping(void);
void kcr_ptrace_tell_exit(void);

static inline const struct kcr_img_ptrace *kcr_ptrace_img(const struct kcr_thread *t)
{
	return kcr_rec_as(t->ptrace, struct kcr_img_ptrace);
}

/* Who is to wait for a process that has ended, before its parent; 0: nobody. */
static inline pid_t kcr_ptrace_ended(const struct kcr_process *p)
{
	const struct kcr_img_process *img = kcr_rec_as(p->rec, struct kcr_img_process);

	return p->zombie && p->rec->version >= 5 ? le32_to_cpu(img->tracer) : 0;
}

/* task_struct.ptrace */
static inline u32 kcr_ptrace_flags(const struct kcr_img_ptrace *img)
{
	u32 seized = le32_to_cpu(img->flags) & KCR_PTRACE_SEIZED ? PT_SEIZED : 0;

	return PT_PTRACED | seized | le32_to_cpu(img->options) << PT_OPT_FLAG_SHIFT;
}

/* Is it made to be stopped for its tracer? */
static inline bool kcr_ptrace_stopped(const struct kcr_thread *t)
{
	return t->ptrace && kcr_ptrace_img(t)->stop != cpu_to_le32(KCR_PTRACE_RUNS);
}

#endif /* _KCR_PTRACE_H */
