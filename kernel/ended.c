// SPDX-License-Identifier: GPL-2.0
/*
 * Main threads that had ended, in processes that go on.
 *
 * Whoever has called pthread_exit() in main() leaves such a process. It is made by
 * its main thread, as any other, which then waits in our code instead of where the
 * kernel handles signals: it has no registers. When all is committed it ends, as
 * it once did, and only then the other threads are let go. Nothing is told to
 * anybody: the kernel waits with that until the last thread has ended.
 */
#include <linux/sched/signal.h>

#include "kcr.h"
#include "ksym.h"
#include "made.h"
#include <uapi/image/thread.h>

static void set_state(struct kcr_thread *t, enum kcr_thread_state state)
{
	struct kcr_ctx *ctx = t->ctx;

	spin_lock_irq(&ctx->park_lock);
	t->state = state;
	spin_unlock_irq(&ctx->park_lock);
}

/* kcr_leader_wait() - parked, until all is made; then it ends */
void kcr_leader_wait(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;
	const struct kcr_rec *rec = kcr_rec_find(ctx, t->id, KCR_KIND_THREAD);
	u32 code = le32_to_cpu(kcr_rec_as(rec, struct kcr_img_thread)->exit_code);

	set_state(t, KCR_THREAD_PARKED);
	wake_up_all(&ctx->park_wait);
	wait_event_killable(ctx->release_wait,
			    READ_ONCE(t->released) || READ_ONCE(ctx->releasing));
	set_state(t, KCR_THREAD_RELEASED);
	kcr_ctx_put(ctx);
	kcr_call(do_exit)(code);
}

/* kcr_leaders_end() - those that had ended do so; everything else is parked */
void kcr_leaders_end(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->leader_ended)
			WRITE_ONCE(list_first_entry(&p->threads, struct kcr_thread,
						    sibling)->released, true);
	wake_up_all(&ctx->release_wait);
	kcr_for_each_process(ctx, p)
		while (p->leader_ended && !READ_ONCE(p->leader->exit_state))
			schedule_timeout_uninterruptible(1);
}
