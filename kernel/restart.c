// SPDX-License-Identifier: GPL-2.0
/*
 * A restart, from the first byte of the image to the program that runs again.
 *
 * The controller (the restart tool in KCR_IOC_RUN) reads and checks all
 * records, then makes one task, the leader. That builds itself in its own
 * context: empties its memory and its descriptors, restores record after
 * record, reads the pages, makes the other threads. All end up parked where the
 * kernel handles signals. The controller then writes the registers; at commit
 * it does what can't be undone, and lets them go. Whatever fails, or closing
 * the descriptor before commit, kills what was made.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <uapi/linux/wait.h>
#include <linux/slab.h>

#include "dev.h"
#include "files/files.h"
#include "image/parse.h"
#include "kcr.h"
#include "kinds.h"
#include "ksym.h"
#include "made.h"
#include "mm/mm.h"
#include "netlink.h"
#include "policy.h"
#include "task/task.h"
#include <uapi/image/process.h>
#include <uapi/image/thread.h>

/* Before anything is made */

static int check_rec(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_ops *ops = kcr_ops_find(rec->kind);

	if (!ops || !rec->version || rec->version > ops->version)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EPROTONOSUPPORT,
				"record of kind %u, version %u is not known here",
				rec->kind, rec->version);
	if (rec->owner && !ops->restore_thread && !ops->restore_parked)
		return kcr_bad_image(ctx, "a %s record that belongs to a thread", ops->name);
	if (!rec->owner && (ops->restore_thread || ops->restore_parked))
		return kcr_bad_image(ctx, "a %s record that belongs to no thread", ops->name);
	if (rec->owner && !kcr_rec_find(ctx, rec->owner, KCR_KIND_THREAD))
		return kcr_bad_image(ctx, "a %s record of thread %u, which is not there",
				     ops->name, rec->owner);
	return ops->check ? ops->check(ctx, rec) : 0;
}

static bool is_task(const struct kcr_rec *rec)
{
	return rec->kind == KCR_KIND_PROCESS || rec->kind == KCR_KIND_THREAD;
}

/* Either those of processes and threads, or all others. */
static int check_recs(struct kcr_ctx *ctx, bool tasks)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		if (is_task(rec) != tasks)
			continue;
		ret = check_rec(ctx, rec);
		if (ret)
			break;
		if (kcr_cancelled(ctx) || fatal_signal_pending(current))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR,
					"interrupted while looking at the image");
		cond_resched();
	}
	return ret;
}

static struct kcr_rec *only_rec(struct kcr_ctx *ctx, enum kcr_kind kind)
{
	struct kcr_rec *rec, *found = NULL;

	list_for_each_entry(rec, &ctx->recs, node) {
		if (rec->kind != kind)
			continue;
		if (found)
			return NULL;
		found = rec;
	}
	return found;
}

static int add_thread(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_thread *img = kcr_rec_as(rec, struct kcr_img_thread);
	struct kcr_thread *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return kcr_nomem(ctx);
	t->ctx = ctx;
	t->id = rec->id;
	t->nr = -1;
	t->tid = le32_to_cpu(img->tid);
	t->leader = le32_to_cpu(img->flags) & KCR_THREAD_LEADER;
	list_add_tail(&t->node, &ctx->threads);
	ctx->nr_threads++;
	return 0;
}

/* One process, its leader first, then the other threads. */
static int plan_threads(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec, *process = only_rec(ctx, KCR_KIND_PROCESS);
	const struct kcr_img_process *img;
	struct kcr_thread *t;
	int ret;

	if (!process || !only_rec(ctx, KCR_KIND_MM) || !only_rec(ctx, KCR_KIND_FDTABLE))
		return kcr_bad_image(ctx, "the image does not hold exactly one process");
	img = kcr_rec_as(process, struct kcr_img_process);

	list_for_each_entry(rec, &ctx->recs, node) {
		if (rec->kind != KCR_KIND_THREAD)
			continue;
		ret = add_thread(ctx, rec);
		if (ret)
			return ret;
	}
	list_for_each_entry(t, &ctx->threads, node) {
		bool first = list_is_first(&t->node, &ctx->threads);

		if (t->leader != first || (first && t->tid != le32_to_cpu(img->pid)))
			return kcr_bad_image(ctx, "the first thread does not lead the process");
	}
	if (ctx->nr_threads != le32_to_cpu(img->threads))
		return kcr_bad_image(ctx, "%u threads where %u are promised",
				     ctx->nr_threads, le32_to_cpu(img->threads));
	return 0;
}

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

static bool all_parked(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	bool all = true;

	spin_lock_irq(&ctx->park_lock);
	list_for_each_entry(t, &ctx->threads, node)
		if (t->state != KCR_THREAD_PARKED)
			all = false;
	spin_unlock_irq(&ctx->park_lock);
	return all;
}

static bool leader_gone(struct kcr_ctx *ctx)
{
	return READ_ONCE(ctx->leader->exit_state) ||
	       ctx->leader->signal->flags & SIGNAL_GROUP_EXIT;
}

static int wait_made(struct kcr_ctx *ctx)
{
	long ret;

	for (;;) {
		ret = wait_event_interruptible_timeout(ctx->park_wait,
						       all_parked(ctx) || READ_ONCE(ctx->error) ||
						       kcr_cancelled(ctx), HZ / 4);
		if (READ_ONCE(ctx->error))
			return ctx->error;
		if (kcr_cancelled(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
		if (ret < 0 && kcr_interrupted(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
		if (all_parked(ctx))
			return 0;
		if (leader_gone(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
					"the program was killed while it was made");
	}
}

static int read_and_check(struct kcr_ctx *ctx)
{
	kcr_set_phase(ctx, KCR_PHASE_READ);
	return kcr_policy_image(ctx) ?: kcr_read_head(ctx) ?: kcr_read_recs(ctx) ?:
	      check_recs(ctx, true) ?: plan_threads(ctx) ?: kcr_ids_free(ctx) ?:
	      check_recs(ctx, false);
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
	if (ctx->flags & KCR_RESTART_CHECK) {
		ret = kcr_read_pages(ctx, NULL);
		if (!ret)
			kcr_set_phase(ctx, KCR_PHASE_DONE);
		return ret;
	}

	ctx->park_start = ktime_get();
	ret = kcr_make_leader(ctx) ?: wait_made(ctx) ?: restore_all_parked(ctx);
	if (ret)
		return ret;
	kcr_set_phase(ctx, KCR_PHASE_PREPARED);
	return 0;
}

static int commit(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	if (leader_gone(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"the program was killed before it could run");
	list_for_each_entry(rec, &ctx->recs, node) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (ops->commit)
			ret = ops->commit(ctx, rec);
		if (ret)
			return ret;
	}
	/*
	 * Our references to its files go first, and now: a pipe whose other end
	 * we still held would not be broken.
	 */
	kcr_files_drop(ctx);
	kcr_objects_drop(ctx);
	kcr_call(task_work_run)();

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
	if (!ctx->leader || ctx->releasing)
		return;
	ctx->aborting = true;
	kcr_call(do_send_sig_info)(SIGKILL, SEND_SIG_PRIV, ctx->leader, PIDTYPE_TGID);
	spin_lock_irq(&ctx->park_lock);
	WRITE_ONCE(ctx->releasing, true);
	spin_unlock_irq(&ctx->park_lock);
	wake_up_all(&ctx->release_wait);
	/* Nobody else knows of this child: reap it, if it is ours. */
	kcr_call(kernel_wait4)(pid_vnr(ctx->pid), NULL, __WALL, NULL);
}
