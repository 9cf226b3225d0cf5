// SPDX-License-Identifier: GPL-2.0
/*
 * A restart, from the first byte of the image to the program that runs again.
 *
 * The controller (the restart tool in KCR_IOC_RUN) reads all records, finds out
 * what is to be made, and checks that (plan.c). Then it makes one task, the leader
 * of the first process. That builds itself in its own context: empties its memory
 * and its descriptors, restores record after record, takes its pages, makes its
 * children, which do the same, and the other threads (made.c). The controller
 * reads the pages for them meanwhile (page_feed.c). All end up parked
 * where the kernel handles signals. The controller then writes the registers; at
 * commit it does what can't be undone, and lets them go. Whatever fails, or
 * closing the descriptor before commit, kills what was made.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "template.h"
#include "dev.h"
#include "files/files.h"
#include "ipc/ipc.h"
#include "kcr.h"
#include "ksym.h"
#include "lazy/lazy.h"
#include "made.h"
#include "mm/mm.h"
#include "netlink.h"
#include "policy.h"
#include "task/ptrace.h"
#include "task/task.h"

/* While everything made is parked */

static int restore_parked(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct kcr_rec *thread = kcr_rec_find(ctx, t->id, KCR_KIND_THREAD), *rec;
	int ret = 0;

	kcr_wait_inactive(t);
	list_for_each_entry(rec, &thread->owned, owned) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (!ret && ops->restore_parked)
			ret = ops->restore_parked(ctx, t, rec);
	}
	return ret;
}

static int restore_all_parked(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	int ret;

	list_for_each_entry(t, &ctx->threads, node) {
		ret = restore_parked(ctx, t);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_and_check(struct kcr_ctx *ctx)
{
	kcr_set_phase(ctx, KCR_PHASE_READ);
	if (ctx->template)
		return kcr_template_begin(ctx) ?: kcr_plan(ctx);
	return kcr_policy_image(ctx, ctx->image) ?: kcr_lazy_open(ctx) ?: kcr_read_head(ctx) ?:
	       kcr_read_recs(ctx) ?: kcr_plan(ctx);
}

/**
 * kcr_restart_run() - everything up to a program that is made, and parked
 * @ctx: the operation
 *
 * Return: 0, an error, or -ERESTARTNOINTR with ctx->again: no task can be made
 * while a stop waits for us to go to user mode; we are called again after it.
 */
int kcr_restart_run(struct kcr_ctx *ctx)
{
	int ret = ctx->again ? 0 : read_and_check(ctx);

	ctx->again = false;
	if (ret)
		return ret;
	if (ctx->restart_flags & KCR_RESTART_CHECK) {
		ret = kcr_read_pages(ctx, NULL);
		if (!ret)
			kcr_set_phase(ctx, KCR_PHASE_DONE);
		return ret;
	}

	ctx->park_start = ktime_get();
	ret = kcr_lazy_choose(ctx) ?: kcr_feed_begin(ctx) ?: kcr_make_root(ctx) ?:
	      (ctx->template ? kcr_template_wait(ctx) : kcr_feed(ctx)) ?:
	      restore_all_parked(ctx) ?: kcr_job_restore(ctx);
	if (ret)
		return ret;
	kcr_set_phase(ctx, KCR_PHASE_PREPARED);
	return 0;
}

static int commit_recs(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (!ret && ops->commit)
			ret = ops->commit(ctx, rec);
	}
	return ret;
}

/* Clocks have been set, and no file is left to be written. */
static int start_recs(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (!ret && ops->start)
			ret = ops->start(ctx, rec);
	}
	return ret;
}

static int commit(struct kcr_ctx *ctx)
{
	int ret;

	if (kcr_made_gone(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"the program was killed before it could run");
	ret = commit_recs(ctx) ?: kcr_ptrace_start(ctx) ?: start_recs(ctx);
	if (ret)
		return ret;
	kcr_files_keep(ctx);
	kcr_leaders_end(ctx);
	/*
	 * Our references to its files go first, and now: a pipe whose other end
	 * we still held would not be broken.
	 */
	kcr_files_drop(ctx);
	kcr_objects_drop(ctx);
	kcr_ipc_drop(ctx);
	kcr_call(task_work_run)();
	kcr_lazy_go(ctx);

	spin_lock_irq(&ctx->park_lock);
	WRITE_ONCE(ctx->releasing, true);
	spin_unlock_irq(&ctx->park_lock);
	wake_up_all(&ctx->release_wait);
	kcr_event(ctx, KCR_EVENT_RESUMED);
	kcr_set_phase(ctx, KCR_PHASE_DONE);
	return 0;
}

/* kcr_restart_finish() - let the program run, or kill it */
int kcr_restart_finish(struct kcr_ctx *ctx, enum kcr_action action)
{
	if (ctx->phase != KCR_PHASE_PREPARED)
		return -EBUSY;
	if (action == KCR_ACTION_COMMIT)
		return commit(ctx);
	if (action != KCR_ACTION_ABORT)
		return -EINVAL;
	kcr_restart_abort(ctx);
	return 0;
}

/* kcr_restart_abort() - kill what was made and not committed */
void kcr_restart_abort(struct kcr_ctx *ctx)
{
	if (ctx->pid && !ctx->releasing)
		kcr_made_kill(ctx);
	kcr_lazy_drop(ctx);
	kcr_ipc_abort(ctx);
}
