/* SPDX-License-Identifier: GPL-2.0 */
/* The tasks that a restart makes. */
#ifndef _KCR_MADE_H
#define _KCR_MADE_H

#include "kcr.h"

/*
 * Make the leader, which goes on to make all else by itself; it ends parked, or
 * with ctx->error and ctx->park_wait woken. In the controller.
 */
int kcr_make_leader(struct kcr_ctx *ctx);

int kcr_ids_free(struct kcr_ctx *ctx);

#endif /* _KCR_MADE_H */
