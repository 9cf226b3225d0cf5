/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/kcr and the list of operations. */
#ifndef _KCR_DEV_H
#define _KCR_DEV_H

#include "kcr.h"

extern unsigned int kcr_max_ops, kcr_max_buffer_mb;	/* module parameters */

int kcr_dev_init(void);
void kcr_dev_exit(void);

/* ctx.c: an operation's life */
struct kcr_ctx *kcr_ctx_alloc(struct file *device, bool restart, u32 flags);
void kcr_ctx_drop(struct kcr_ctx *ctx);	/* what only its descriptor needs */
void kcr_ctx_put_image(struct kcr_ctx *ctx);
int kcr_ops_add(struct kcr_ctx *ctx);
void kcr_ops_del(struct kcr_ctx *ctx);
unsigned int kcr_nr_ops(void);
size_t kcr_buffer_limit(void);

/* Calls @fn for each operation under way until it returns non-zero. */
int kcr_ops_walk(int (*fn)(struct kcr_ctx *ctx, void *arg), void *arg);
void kcr_cancel(struct kcr_ctx *ctx);

/* checkpoint.c and restart.c: the two phases, with ctx->lock held */
int kcr_checkpoint_run(struct kcr_ctx *ctx);
int kcr_checkpoint_finish(struct kcr_ctx *ctx, enum kcr_action action);
void kcr_checkpoint_abort(struct kcr_ctx *ctx);
int kcr_restart_run(struct kcr_ctx *ctx);
int kcr_restart_finish(struct kcr_ctx *ctx, enum kcr_action action);
void kcr_restart_abort(struct kcr_ctx *ctx);

/* plan.c: what a restart is to make */
int kcr_plan(struct kcr_ctx *ctx);

#endif /* _KCR_DEV_H */
