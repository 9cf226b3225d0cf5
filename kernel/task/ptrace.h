/* SPDX-License-Identifier: GPL-2.0 */
/* Who traces whom. */
#ifndef _KCR_PTRACE_H
#define _KCR_PTRACE_H

#include "kcr.h"
#include <uapi/image/ptrace.h>

/* ptrace.c */
int kcr_ptrace_refuse(struct kcr_ctx *ctx, struct kcr_process *p);
void kcr_ptrace_settle(struct kcr_thread *t);

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

/* Is it made to be stopped for its tracer? */
static inline bool kcr_ptrace_stopped(const struct kcr_thread *t)
{
	return t->ptrace && kcr_ptrace_img(t)->stop != cpu_to_le32(KCR_PTRACE_RUNS);
}

#endif /* _KCR_PTRACE_H */
