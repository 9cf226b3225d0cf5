// SPDX-License-Identifier: GPL-2.0
/*
 * The ids of what a restart makes: whether they are free, and making a task, or
 * nothing but an id, of a chosen number.
 *
 * They are chosen with set_tid, for which the kernel wants
 * CAP_CHECKPOINT_RESTORE. Where the caller lacks it and the policy lets them
 * choose, they get that one capability around the call; the task made drops it
 * before it does anything, and until then runs nothing but its first function.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "kcr.h"
#include "ksym.h"
#include "made.h"
#include "policy.h"

/* For how long ids are waited for that nobody alive has. */
#define KCR_ID_TRIES	20
#define KCR_ID_WAIT	max(HZ / 20, 1)

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

/* kcr_drop_creds() - in the task made, before it does anything: only the caller's rights */
int kcr_drop_creds(struct kcr_ctx *ctx)
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

/* kcr_id_taken() - say who has an id */
int kcr_id_taken(struct kcr_ctx *ctx, pid_t tid)
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
		return kcr_id_taken(ctx, tid);
	case -EPERM:
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, err,
				"you may not choose process ids (module parameter pid_choice): use --new-pidns");
	case -EINVAL:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"id %d is beyond this machine's kernel.pid_max", tid);
	case -EAGAIN:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"task %d can't be made: as many as are allowed run already (ulimit -u, pids.max of the cgroup)",
				tid);
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

/* Has it, or its group or session, none but tasks that have ended? */
static bool soon_free(struct pid *pid)
{
	struct task_struct *task;
	bool soon = true;
	int type;

	for (type = 0; type < PIDTYPE_MAX; type++)
		do_each_pid_task(pid, type, task) {
			soon = soon && READ_ONCE(task->exit_state);
		} while_each_pid_task(pid, type, task);
	return soon;
}

/* What a program that was just killed leaves is gone in a moment. */
static bool id_free(struct kcr_ctx *ctx, pid_t id)
{
	bool used = true, soon = true;
	struct pid *pid;
	int i;

	for (i = 0; used && soon && i < KCR_ID_TRIES; i++) {
		if (i)
			schedule_timeout_interruptible(KCR_ID_WAIT);
		rcu_read_lock();
		pid = find_pid_ns(id, ctx->pid_ns);
		used = pid;
		soon = pid && soon_free(pid);
		rcu_read_unlock();
	}
	return !used;
}

/*
 * kcr_ids_free() - are all ids of the image free here?
 *
 * Asked early, so that this is what is said, and not that the program, which
 * still runs, has its files open. What counts is what kcr_make_task() finds.
 */
int kcr_ids_free(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	struct kcr_thread *t;

	list_for_each_entry(t, &ctx->threads, node)
		if (!id_free(ctx, t->tid))
			return kcr_id_taken(ctx, t->tid);
	kcr_for_each_process(ctx, p)
		if (!id_free(ctx, p->tgid))
			return kcr_id_taken(ctx, p->tgid);
	return 0;
}

/**
 * kcr_make_id() - an id that no task has
 * @ctx: the operation, in the restarter
 * @id: in the restarter's pid namespace
 *
 * Return: the id, or NULL with a sentence.
 */
struct pid *kcr_make_id(struct kcr_ctx *ctx, pid_t id)
{
	const struct cred *old = raise_creds(ctx);
	struct pid *pid = kcr_call(alloc_pid)(ctx->pid_ns, &id, 1);

	if (old)
		revert_creds(old);
	if (!IS_ERR(pid))
		return pid;
	not_made(ctx, id, PTR_ERR(pid));
	return NULL;
}

/**
 * kcr_make_task() - make a task with a chosen id
 * @ctx: the operation; held by the new task until it leaves our code
 * @tid: the id
 * @args: all else
 *
 * Return: 0, an error, or -ERESTARTNOINTR with ctx->again: see not_made().
 */
int kcr_make_task(struct kcr_ctx *ctx, pid_t tid, struct kernel_clone_args *args)
{
	pid_t nr = tid;
	const struct cred *old = raise_creds(ctx);
	pid_t ret;

	args->set_tid = &nr;
	args->set_tid_size = 1;
	kcr_ctx_get(ctx);	/* the new task's, put when it leaves our code */
	ret = kcr_call(kernel_clone)(args);
	if (old)
		revert_creds(old);
	if (ret >= 0)
		return 0;
	kcr_ctx_put(ctx);
	return not_made(ctx, tid, ret);
}
