/* SPDX-License-Identifier: GPL-2.0 */
/* Which operation may stop a process: claim.c. */
#ifndef _KCR_CLAIM_H
#define _KCR_CLAIM_H

#include "kcr.h"

struct kcr_claim *kcr_claim_take(struct kcr_ctx *ctx, struct task_struct *task, pid_t tgid);
void kcr_claim_get(struct kcr_claim *claim);
void kcr_claim_put(struct kcr_claim *claim);

#endif /* _KCR_CLAIM_H */
