// SPDX-License-Identifier: GPL-2.0
/*
 * A checkpoint, from parking to the end of the image.
 *
 *	prepare		a thread for the snapshot; hash files that are open for
 *			writing, copy shared memory (still running)
 *	park		every thread stops
 *	cut		state into the buffer, and meanwhile memory into a snapshot
 *	resume		unless KCR_CKPT_HOLD
 *	write		buffer, hashes, pages, index, end
 *	finish		resume, stop or kill what is still held
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "dev.h"
#include "files/choice.h"
#include "files/files.h"
#include "kcr.h"
#include "kinds.h"
#include "lazy/lazy.h"
#include "ksym.h"
#include "mm/mm.h"
#include "mm/track.h"
#include "netlink.h"
#include "policy.h"
#include "scope.h"
#include "stream.h"
#include "task/ptrace.h"
#include "task/task.h"

static bool held(struct kcr_ctx *ctx)
{
	return ctx->ckpt_flags & KCR_CKPT_HOLD;
}

static bool checking(struct kcr_ctx *ctx)
{
	return ctx->ckpt_flags & KCR_CKPT_CHECK;
}

static int save_thread(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	const struct kcr_ops *ops;
	unsigned int i;
	size_t mark = kcr_where(ctx, "thread %d", t->tid);
	int ret;

	t->id = kcr_new_id(ctx);
	ret = kcr_thread_save(ctx, t) ?: kcr_thread_refuse(ctx, t);
	kcr_for_each_kind(ops, i) {
		if (!ret && ops->save_thread)
			ret = ops->save_thread(ctx, t);
	}
	kcr_where_end(ctx, mark);
	return ret;
}

/* What others can still see of it, and the process is known by. */
static int save_ended_leader(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_thread t = {
		.ctx = ctx,
		.process = p,
		.task = p->leader,
		.state = KCR_THREAD_GONE,
		.id = kcr_new_id(ctx),
		.tid = p->tgid,
		.leader = true,
		.nr = -1,
	};
	size_t mark = kcr_where(ctx, "thread %d", t.tid);
	int ret = kcr_thread_save(ctx, &t) ?: kcr_sigthread_ops.save_thread(ctx, &t) ?:
		  kcr_sched_ops.save_thread(ctx, &t) ?: kcr_prctl_ops.save_thread(ctx, &t) ?:
		  kcr_cred_ops.save_thread(ctx, &t);

	kcr_where_end(ctx, mark);
	return ret;
}

static int save_threads(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_thread *t;
	int ret = p->leader_ended ? save_ended_leader(ctx, p) : 0;

	list_for_each_entry(t, &p->threads, sibling) {
		if (ret)
			break;
		if (t->state != KCR_THREAD_GONE)
			ret = save_thread(ctx, t);
	}
	return ret;
}

static int get_mm(struct kcr_ctx *ctx, struct kcr_process *p)
{
	p->mm = get_task_mm(p->live);
	if (p->mm)
		return 0;
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it has exited");
}

static int save_live(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct kcr_ops *ops;
	unsigned int i;
	int ret = 0;

	kcr_for_each_kind(ops, i) {
		if (!ret && ops->save_process && !kcr_sharing_others(p, ops->kind))
			ret = ops->save_process(ctx, p);
	}
	return ret ?: save_threads(ctx, p);
}

/* Of one that has ended nothing is left but that it has, and what it has used. */
static int save_ended(struct kcr_ctx *ctx, struct kcr_process *p)
{
	return kcr_process_ops.save_process(ctx, p) ?: kcr_usage_ops.save_process(ctx, p);
}

static int save_process(struct kcr_ctx *ctx, struct kcr_process *p)
{
	size_t mark = kcr_where_process(ctx, p);
	int ret = p->zombie ? save_ended(ctx, p) : save_live(ctx, p);

	kcr_where_end(ctx, mark);
	return ret;
}

/* What a record may tell of any process; who shares what with whom. */
static int look_at_all(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	size_t mark;
	int ret = 0;

	kcr_for_each_process(ctx, p) {
		p->id = kcr_new_id(ctx);
		if (p->zombie)
			continue;
		mark = kcr_where_process(ctx, p);
		ret = get_mm(ctx, p);
		kcr_where_end(ctx, mark);
		if (ret)
			return ret;
		kcr_sharing_find(p);
	}
	return kcr_files_read_tables(ctx);
}

/* What a process itself tells, before anything is done with its memory. */
static int refuse_all(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	size_t mark;
	int ret = 0;

	kcr_for_each_process(ctx, p) {
		if (ret)
			break;
		if (p->zombie)
			continue;
		mark = kcr_where_process(ctx, p);
		ret = kcr_task_refuse(ctx, p) ?: kcr_mm_refuse(ctx, p);
		kcr_where_end(ctx, mark);
	}
	return ret;
}

static int save_all(struct kcr_ctx *ctx)
{
	const struct kcr_ops *ops;
	struct kcr_process *p;
	unsigned int i;
	int ret = 0;

	kcr_for_each_kind(ops, i) {
		if (!ret && ops->save_image)
			ret = ops->save_image(ctx);
	}
	kcr_for_each_process(ctx, p) {
		if (ret)
			break;
		ret = save_process(ctx, p);
	}
	return ret;
}

/* A copy is made of its memory, so that it can go on. */
static bool copies(struct kcr_ctx *ctx)
{
	return !held(ctx) && !checking(ctx);
}

/* From the snapshot on the program's own memory is its own affair: it may exit. */
static void take_snapshot(struct kcr_ctx *ctx)
{
	kcr_mm_snapshot_take(ctx);
	kcr_mm_put(ctx);
}

static int prepare(struct kcr_ctx *ctx)
{
	int ret = copies(ctx) ? kcr_mm_snapshot_prepare(ctx) : 0;

	ret = ret ?: kcr_files_prepare(ctx) ?: kcr_write_head(ctx);
	/* Last, so that little is written to before the cut. */
	return ret ?: copies(ctx) ? kcr_early_begin(ctx) : 0;
}

static int killed(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (!p->zombie && p->leader->signal->flags & SIGNAL_GROUP_EXIT &&
		    !kcr_ptrace_ends(p))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it was killed");
	return 0;
}

/* Everything is parked: what is taken here belongs to one moment. */
static int cut(struct kcr_ctx *ctx)
{
	int ret;

	kcr_set_phase(ctx, KCR_PHASE_CUT);
	ret = kcr_scope_check(ctx) ?: kcr_policy_tree(ctx) ?: look_at_all(ctx) ?: refuse_all(ctx);
	if (!ret && copies(ctx)) {
		kcr_early_look(ctx);
		ret = kcr_mm_snapshot_begin(ctx);
	}
	ret = ret ?: save_all(ctx) ?: killed(ctx) ?: kcr_choices_used(ctx);
	return copies(ctx) ? kcr_mm_snapshot_end(ctx, ret) : ret;
}

static int write_image(struct kcr_ctx *ctx)
{
	kcr_set_phase(ctx, KCR_PHASE_WRITE);
	ctx->direct = true;
	return kcr_stream_flush(ctx) ?: kcr_files_finish(ctx) ?:
	       kcr_mm_write(ctx) ?: kcr_write_end(ctx);
}

/* No image: somebody wants it to stand still for a while. */
static int only_park(struct kcr_ctx *ctx)
{
	int ret = kcr_scope_check(ctx) ?: kcr_park(ctx) ?: kcr_scope_check(ctx) ?:
		  kcr_policy_tree(ctx);

	if (ret)
		kcr_resume(ctx);
	else
		kcr_set_phase(ctx, KCR_PHASE_HOLD);
	return ret;
}

/* kcr_checkpoint_run() - everything up to the end of the image */
int kcr_checkpoint_run(struct kcr_ctx *ctx)
{
	int ret;

	kcr_where(ctx, "task %d", pid_nr_ns(ctx->pid, ctx->pid_ns));
	kcr_set_phase(ctx, KCR_PHASE_PARK);
	if (ctx->ckpt_flags & KCR_CKPT_PARK)
		return only_park(ctx);
	ret = kcr_scope_check(ctx) ?: kcr_lazy_wait(ctx) ?: prepare(ctx) ?: kcr_park(ctx) ?:
	      cut(ctx);
	kcr_files_let_go(ctx);
	if (!held(ctx) || checking(ctx) || ret)
		kcr_resume(ctx);
	kcr_early_end(ctx);
	if (ret)
		return ret;
	if (copies(ctx))
		take_snapshot(ctx);
	if (!checking(ctx))
		ret = write_image(ctx);
	if (ret)
		return ret;

	kcr_track_keep(ctx);
	kcr_mm_drop(ctx);
	kcr_set_phase(ctx, held(ctx) && !checking(ctx) ? KCR_PHASE_HOLD : KCR_PHASE_DONE);
	return 0;
}

static void send_all(struct kcr_ctx *ctx, int sig)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (!p->zombie)
			kcr_call(do_send_sig_info)(sig, SEND_SIG_PRIV, p->leader,
						   PIDTYPE_TGID);
}

/* kcr_checkpoint_finish() - what becomes of a program that is held */
int kcr_checkpoint_finish(struct kcr_ctx *ctx, enum kcr_action action)
{
	if (ctx->phase == KCR_PHASE_DONE && action == KCR_ACTION_RESUME)
		return 0;
	if (ctx->phase != KCR_PHASE_HOLD)
		return -EBUSY;

	switch (action) {
	case KCR_ACTION_RESUME:
		break;
	case KCR_ACTION_KILL:
		send_all(ctx, SIGKILL);
		break;
	case KCR_ACTION_STOP:
		send_all(ctx, SIGSTOP);
		break;
	default:
		return -EINVAL;
	}
	kcr_resume(ctx);
	kcr_set_phase(ctx, KCR_PHASE_DONE);
	return 0;
}

/* kcr_checkpoint_abort() - let go whatever is held; more than once is fine */
void kcr_checkpoint_abort(struct kcr_ctx *ctx)
{
	kcr_mm_drop(ctx);
	if (ctx->phase != KCR_PHASE_NEW)
		kcr_resume(ctx);
}
