/* SPDX-License-Identifier: GPL-2.0 */
/* Seccomp: what filter.c and seccomp.c have in common. */
#ifndef _KCR_SECCOMP_H
#define _KCR_SECCOMP_H

#include "kcr.h"

struct seccomp_filter;

/* The last filter of a thread, with a reference, or NULL. */
struct seccomp_filter *kcr_filter_get(struct task_struct *task);
void kcr_filter_put(struct seccomp_filter *filter);

/* In the thread being made: confine it by what record @id was made into. */
int kcr_filter_attach(struct kcr_ctx *ctx, struct kcr_thread *t, u32 id);

#endif /* _KCR_SECCOMP_H */
