/* SPDX-License-Identifier: GPL-2.0 */
/* Who may do what. */
#ifndef _KCR_POLICY_H
#define _KCR_POLICY_H

#include "kcr.h"

extern const struct kernel_param_ops kcr_right_param_ops;
extern int kcr_checkpoint_right, kcr_pid_right, kcr_time_right;

bool kcr_policy_checkpoint(struct kcr_ctx *ctx);
bool kcr_policy_pid(struct kcr_ctx *ctx);
bool kcr_policy_time(struct kcr_ctx *ctx);
int kcr_policy_process(struct kcr_ctx *ctx, struct kcr_process *p);
int kcr_policy_tree(struct kcr_ctx *ctx);
int kcr_policy_image(struct kcr_ctx *ctx, const struct file *image);
bool kcr_policy_see(struct kcr_ctx *ctx, const struct cred *opener);

#endif /* _KCR_POLICY_H */
