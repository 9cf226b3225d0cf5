// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that a restart makes, in their own context.
 *
 * Ids are chosen with set_tid, for which the kernel wants
 * CAP_CHECKPOINT_RESTORE. Where the caller lacks it and the policy lets them
 * choose, they get that one capability around the call; the task made drops it
 * before it does anything, and until then runs nothing but its first function.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/pid_namespace.h>
#include <linux/task_work.h>

#include "files/files.h"
#include "kcr.h"
#include "ksym.h"
#include "made.h"
#include "mm/mm.h"
#include "policy.h"
#include "task/blocked.h"
#include "task/task.h"

#define KCR_THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
			  CLONE_THREAD | CLONE_SYSVSEM)

/* Making a task with a chosen id */

static const struct cred *raise_creds(struct kcr_ctx *ctx)
{
	const struct cred *old;
	struct cred *new;

	if (checkpoint_restore_ns_capable(ctx->pid_ns->user_ns) || !kcr_policy_pid(ctx))
		return NULL;
	new = prepare_creds();
	if (!new)
		return NULL;
	cap_raise(new->cap_effective, CAP_CHECKPOINT_RESTORE);
	old = override_creds(new);
	put_cred(new);		/* override_creds() has taken its own */
	return old;
}

static int drop_creds(struct kcr_ctx *ctx)
{
	struct cred *new;

	if (cap_issubset(current_cred()->cap_effective, ctx->cred->cap_effective))
		return 0;
	new = prepare_creds();
	if (!new)
		return kcr_nomem(ctx);
	new->cap_effective = ctx->cred->cap_effective;
	return commit_creds(new);
}

static int taken(struct kcr_ctx *ctx, pid_t tid)
{
	char comm[TASK_COMM_LEN] = "";
	struct task_struct *task;

	rcu_read_lock();
	task = kcr_call(find_task_by_vpid)(tid);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EEXIST,
				"id %d is in use as a process group or session", tid);
	get_task_comm(comm, task);
	put_task_struct(task);
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EEXIST,
			"id %d is in use by the running process %s", tid, comm);
}

static int not_made(struct kcr_ctx *ctx, pid_t tid, int err)
{
	switch (err) {
	case -EEXIST:
		return taken(ctx, tid);
	case -EPERM:
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, err,
				"you may not choose process ids (module parameter pid_choice): use --new-pidns");
	case -EINVAL:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"id %d is beyond this machine's kernel.pid_max", tid);
	case -EAGAIN:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"no more processes or threads are allowed");
	case -ERESTARTNOINTR:
		/* Only the leader is made by a thread that can be called again. */
		if (current == READ_ONCE(ctx->runner) && !kcr_interrupted(ctx)) {
			ctx->again = true;
			return err;
		}
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
	default:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"task %d can't be made (errno %d)", tid, -err);
	}
}

/*
 * kcr_ids_free() - are all ids of the image free here?
 *
 * Asked early, so that this is what is said, and not that the program, which
 * still runs, has its files open. What counts is what make() finds.
 */
int kcr_ids_free(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	bool used;

	list_for_each_entry(t, &ctx->threads, node) {
		rcu_read_lock();
		used = find_pid_ns(t->tid, ctx->pid_ns);
		rcu_read_unlock();
		if (used)
			return taken(ctx, t->tid);
	}
	return 0;
}

static int make(struct kcr_thread *t, u64 flags, int exit_signal, int (*fn)(void *))
{
	struct kcr_ctx *ctx = t->ctx;
	pid_t tid = t->tid;
	struct kernel_clone_args args = {
		.flags = flags,
		.exit_signal = exit_signal,
		.fn = fn,
		.fn_arg = t,
		.set_tid = &tid,
		.set_tid_size = 1,
	};
	const struct cred *old = raise_creds(ctx);
	pid_t ret;

	kcr_ctx_get(ctx);	/* the new task's, put when it leaves our code */
	ret = kcr_call(kernel_clone)(&args);
	if (old)
		revert_creds(old);
	if (ret >= 0)
		return 0;
	kcr_ctx_put(ctx);
	return not_made(ctx, t->tid, ret);
}

/* In the task made */

static void made_failed(struct kcr_thread *t, int err)
{
	struct kcr_ctx *ctx = t->ctx;

	kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err, "thread %d can't be made (errno %d)",
		 t->tid, -err);
	wake_up_all(&ctx->park_wait);
	kcr_ctx_put(ctx);
	kcr_call(do_group_exit)(SIGKILL);
}

/* Where the kernel handles signals: what is set in the registers now counts. */
static void made_parked(struct callback_head *work)
{
	struct kcr_thread *t = container_of(work, struct kcr_thread, work);
	struct kcr_ctx *ctx = t->ctx;

	spin_lock_irq(&ctx->park_lock);
	t->state = KCR_THREAD_PARKED;
	spin_unlock_irq(&ctx->park_lock);
	wake_up_all(&ctx->park_wait);

	wait_event_killable(ctx->release_wait, READ_ONCE(ctx->releasing));
	kcr_blocked_made(t);

	spin_lock_irq(&ctx->park_lock);
	t->state = KCR_THREAD_RELEASED;
	spin_unlock_irq(&ctx->park_lock);
	kcr_ctx_put(ctx);
}

/* Nothing is delivered before the registers are there. */
static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	kcr_call(set_current_blocked)(&all);
}

static int made_begin(struct kcr_thread *t)
{
	t->task = get_task_struct(current);
	block_signals();
	return drop_creds(t->ctx);
}

/* What belongs to one thread: in the image's order, ids last. */
static int restore_thread(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;
	struct kcr_rec *thread = kcr_rec_find(ctx, t->id, KCR_KIND_THREAD), *rec;
	int ret = kcr_thread_restore(ctx, t, thread);

	list_for_each_entry(rec, &thread->owned, owned) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (ret)
			break;
		if (ops->restore_thread)
			ret = ops->restore_thread(ctx, t, rec);
	}
	return ret;
}

static int made_end(struct kcr_thread *t)
{
	init_task_work(&t->work, made_parked);
	return task_work_add(current, &t->work, TWA_SIGNAL);
}

static int thread_fn(void *arg)
{
	struct kcr_thread *t = arg;
	int ret = made_begin(t) ?: restore_thread(t) ?: made_end(t);

	if (ret)
		made_failed(t, ret);
	return 0;
}

static int make_threads(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	int ret;

	list_for_each_entry(t, &ctx->threads, node) {
		if (t->leader)
			continue;
		ret = make(t, KCR_THREAD_FLAGS, 0, thread_fn);
		if (ret)
			return ret;
	}
	return 0;
}

static int restore_records(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (ops->restore)
			ret = ops->restore(ctx, rec);
		if (ret)
			return ret;
		if (kcr_cancelled(ctx) || fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int link_records(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (ops->link)
			ret = ops->link(ctx, rec);
		if (ret)
			break;
	}
	return ret;
}

static int make_all(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;
	int ret = made_begin(t) ?: kcr_mm_begin(ctx) ?: kcr_files_begin(ctx) ?:
		  restore_records(ctx) ?: kcr_read_pages(ctx, kcr_mm_page_run) ?:
		  make_threads(ctx) ?: link_records(ctx) ?: restore_thread(t);

	kcr_call(task_work_run)();	/* closes what has been put meanwhile */
	return ret ?: made_end(t);
}

static int leader_fn(void *arg)
{
	struct kcr_thread *t = arg;
	int ret = make_all(t);

	if (ret)
		made_failed(t, ret);
	return 0;
}

int kcr_make_leader(struct kcr_ctx *ctx)
{
	struct kcr_thread *t = list_first_entry(&ctx->threads, struct kcr_thread, node);
	int ret = make(t, 0, SIGCHLD, leader_fn);

	if (ret)
		return ret;
	/* Our child: it can't be reaped before we do. */
	rcu_read_lock();
	ctx->leader = kcr_call(find_task_by_vpid)(t->tid);
	if (ctx->leader)
		get_task_struct(ctx->leader);
	rcu_read_unlock();
	if (!ctx->leader)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"the program was killed while it was made");
	ctx->pid = get_pid(task_tgid(ctx->leader));
	return 0;
}
