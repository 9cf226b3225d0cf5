/* SPDX-License-Identifier: GPL-2.0 */
/* The tasks that a restart makes. */
#ifndef _KCR_MADE_H
#define _KCR_MADE_H

#include "kcr.h"

struct kernel_clone_args;

/*
 * Make the first process, which goes on to make all else by itself; all ends
 * parked, or with ctx->error and ctx->park_wait woken. In the controller.
 */
int kcr_make_root(struct kcr_ctx *ctx);
/* Kill all that was made, and wait until it is gone. */
void kcr_made_kill(struct kcr_ctx *ctx);

/* made_wait.c: in the controller */
int kcr_made_wait(struct kcr_ctx *ctx, bool (*until)(struct kcr_ctx *ctx));
bool kcr_made_gone(struct kcr_ctx *ctx);

/* page_feed.c: in the controller; in the leader of a process; when all is over */
int kcr_feed_begin(struct kcr_ctx *ctx);
int kcr_feed(struct kcr_ctx *ctx);
int kcr_feed_take(struct kcr_process *p);
void kcr_feed_drop(struct kcr_ctx *ctx);

/* page_hand.c: in the controller; in the leader of a process; when all is over */
struct kcr_hands;
struct kcr_shared_run;
struct kcr_hands *kcr_hands_make(struct kcr_ctx *ctx);
bool kcr_hands_full(const struct kcr_hands *hands);
int kcr_hands_read(struct kcr_hands *hands);
int kcr_hands_fill(struct kcr_ctx *ctx, struct kcr_shared_run *shared, unsigned int first,
		   struct page **pages, unsigned int count);
int kcr_hands_end(struct kcr_ctx *ctx);
void kcr_hands_drop(struct kcr_hands *hands);

/* ended.c: in a leader that had ended: waits parked, and ends when told */
void kcr_leader_wait(struct kcr_thread *t);
/* In the restarter, after commit: tells all of them, and waits until they have. */
void kcr_leaders_end(struct kcr_ctx *ctx);

/* ids.c */
int kcr_ids_free(struct kcr_ctx *ctx);
int kcr_drop_creds(struct kcr_ctx *ctx);
int kcr_make_task(struct kcr_ctx *ctx, pid_t tid, struct kernel_clone_args *args);
/* Says who has the id, and returns -EEXIST. */
int kcr_id_taken(struct kcr_ctx *ctx, pid_t id);
/* An id that is no task's; it goes with the last task that joins and leaves it. */
struct pid *kcr_make_id(struct kcr_ctx *ctx, pid_t id);

#endif /* _KCR_MADE_H */
