/* SPDX-License-Identifier: GPL-2.0 */
/* What belongs to a checkpoint beside the target and its descendants. */
#ifndef _KCR_SCOPE_H
#define _KCR_SCOPE_H

#include "kcr.h"

int kcr_scope_set(struct kcr_ctx *ctx, struct task_struct *target, int cgroup_fd);
void kcr_scope_drop(struct kcr_ctx *ctx);
int kcr_scope_check(struct kcr_ctx *ctx);
bool kcr_scope_is_top(struct kcr_ctx *ctx, struct task_struct *root, struct task_struct *p);
struct task_struct *kcr_scope_next(struct kcr_ctx *ctx, struct task_struct *root,
				   struct task_struct *top);

#endif /* _KCR_SCOPE_H */
