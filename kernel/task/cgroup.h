/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_TASK_CGROUP_H
#define _KCR_TASK_CGROUP_H

#include "kcr.h"

int kcr_cgroup_thawed(struct kcr_ctx *ctx, struct task_struct *task);
int kcr_cgroup_next(struct kcr_ctx *ctx, struct kcr_cgroup *next, const char **path);

#endif /* _KCR_TASK_CGROUP_H */
