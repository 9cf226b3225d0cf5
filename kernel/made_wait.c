// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting, in the controller, for the tasks that a restart makes.
 */
#include <linux/sched/signal.h>

#include "kcr.h"
#include "made.h"

static bool all_parked(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	struct kcr_thread *t;
	bool all = true;

	spin_lock_irq(&ctx->park_lock);
	list_for_each_entry(t, &ctx->threads, node)
		if (t->state != KCR_THREAD_PARKED)
			all = false;
	kcr_for_each_process(ctx, p)
		if (p->zombie && (!p->leader || READ_ONCE(p->leader->exit_state) != EXIT_ZOMBIE))
			all = false;
	spin_unlock_irq(&ctx->park_lock);
	return all;
}

static bool leader_gone(const struct task_struct *leader)
{
	return READ_ONCE(leader->exit_state) || leader->signal->flags & SIGNAL_GROUP_EXIT;
}

/* kcr_made_gone() - has one been killed? */
bool kcr_made_gone(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	bool gone = false;

	spin_lock_irq(&ctx->park_lock);
	kcr_for_each_process(ctx, p)
		if (p->leader && !p->zombie && leader_gone(p->leader))
			gone = true;
	spin_unlock_irq(&ctx->park_lock);
	return gone;
}

/**
 * kcr_made_wait() - wait until all that is made is parked, or for something else
 * @ctx: the operation; who makes it happen wakes ctx->park_wait
 * @until: what else, NULL: nothing
 *
 * Return: 0, or why that will not be.
 */
int kcr_made_wait(struct kcr_ctx *ctx, bool (*until)(struct kcr_ctx *ctx))
{
	long ret;

	for (;;) {
		ret = wait_event_interruptible_timeout(ctx->park_wait,
						       (until && until(ctx)) || all_parked(ctx) ||
						       READ_ONCE(ctx->error) || kcr_cancelled(ctx),
						       HZ / 4);
		if (READ_ONCE(ctx->error))
			return ctx->error;
		if (kcr_cancelled(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
		if (ret < 0 && kcr_interrupted(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
		if ((until && until(ctx)) || all_parked(ctx))
			return 0;
		if (kcr_made_gone(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
					"the program was killed while it was made");
	}
}
