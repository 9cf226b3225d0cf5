/* SPDX-License-Identifier: GPL-2.0 */
/* Copies: restarts that take from another one what that has read. */
#ifndef _KCR_TEMPLATE_H
#define _KCR_TEMPLATE_H

#include "kcr.h"

static inline bool kcr_is_copy(const struct kcr_ctx *ctx)
{
	return ctx->restart_flags & KCR_RESTART_COPY;
}

bool kcr_template_flags_ok(u32 flags);
/* A restart with KCR_RESTART_COPY: takes the reference of @template over. */
int kcr_template_set(struct kcr_ctx *ctx, struct kcr_ctx *template);
void kcr_template_drop(struct kcr_ctx *ctx);

/* Around KCR_IOC_RUN, until what has failed is gone; nothing if it is no copy. */
int kcr_template_lock(struct kcr_ctx *ctx);
void kcr_template_unlock(struct kcr_ctx *ctx);

/* In the controller of a template: there was this run of pages. */
int kcr_template_note(struct kcr_ctx *ctx, const struct kcr_img_pages *run);

/* In the controller of a copy: instead of reading; and until all is made. */
int kcr_template_begin(struct kcr_ctx *ctx);
int kcr_template_wait(struct kcr_ctx *ctx);
/* In the leader of a process, instead of kcr_feed_take() */
int kcr_template_take(struct kcr_process *p);

#endif /* _KCR_TEMPLATE_H */
