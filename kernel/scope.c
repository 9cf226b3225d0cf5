// SPDX-License-Identifier: GPL-2.0
/*
 * What belongs to a checkpoint: a process, or all of its session, of its process
 * group, or of a cgroup of version 2 (with those below it), and in each case all
 * descendants.
 *
 * Those that no other one is an ancestor of are the tops. The target must be
 * one, and comes first; the others have a parent outside (an orphan: init). A
 * restart makes them children of whoever restarts, like the first.
 *
 * All of that is asked with tasklist_lock, which keeps parents and children in
 * their places; a process may still leave or join the set, so it is asked
 * again while everything is parked.
 */
#include <linux/cgroup.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "ksym.h"
#include "scope.h"
#include "task/task.h"

#define KCR_CKPT_SETS	(KCR_CKPT_SESSION | KCR_CKPT_GROUP | KCR_CKPT_CGROUP)

static enum pid_type type_of(const struct kcr_ctx *ctx)
{
	return ctx->ckpt_flags & KCR_CKPT_SESSION ? PIDTYPE_SID : PIDTYPE_PGID;
}

/**
 * kcr_scope_set() - what the caller wants besides the target
 * @ctx: the operation, with its flags
 * @target: the process
 * @cgroup_fd: with KCR_CKPT_CGROUP
 */
int kcr_scope_set(struct kcr_ctx *ctx, struct task_struct *target, int cgroup_fd)
{
	struct cgroup *cgrp;

	if (ctx->ckpt_flags & KCR_CKPT_CGROUP) {
		cgrp = cgroup_get_from_fd(cgroup_fd);
		if (IS_ERR(cgrp))
			return PTR_ERR(cgrp) == -EBADF ? -EBADF : -EINVAL;
		ctx->scope_cgroup = cgrp;
		return 0;
	}
	if (!(ctx->ckpt_flags & KCR_CKPT_SETS))
		return 0;
	ctx->scope_pid = get_task_pid(target, type_of(ctx));
	return ctx->scope_pid ? 0 : -ESRCH;
}

/* kcr_scope_drop() - the operation ends */
void kcr_scope_drop(struct kcr_ctx *ctx)
{
	put_pid(ctx->scope_pid);
	if (ctx->scope_cgroup)
		css_put(&ctx->scope_cgroup->self);
	ctx->scope_pid = NULL;
	ctx->scope_cgroup = NULL;
}

static bool has_ended(const struct task_struct *p)
{
	return p->exit_state && thread_group_empty((struct task_struct *)p);
}

static bool is_member(struct kcr_ctx *ctx, struct task_struct *p)
{
	bool member;

	if (p->flags & PF_KTHREAD || has_ended(p))
		return false;
	if (!ctx->scope_cgroup)
		return p->signal->pids[type_of(ctx)] == ctx->scope_pid;
	rcu_read_lock();
	member = task_under_cgroup_hierarchy(p, ctx->scope_cgroup);
	rcu_read_unlock();
	return member;
}

static struct task_struct *parent_of(struct task_struct *p)
{
	return kcr_parent_of(p)->group_leader;
}

/* The nearest ancestor of @p that is one, or NULL. */
static struct task_struct *member_above(struct kcr_ctx *ctx, struct task_struct *p)
{
	for (p = parent_of(p); p != &init_task; p = parent_of(p))
		if (is_member(ctx, p))
			return p;
	return NULL;
}

static bool is_above(struct task_struct *p, struct task_struct *task)
{
	for (; task != &init_task; task = parent_of(task))
		if (task == p)
			return true;
	return false;
}

/**
 * kcr_scope_is_top() - has a process no ancestor in the set, and is it in it?
 * @ctx: the operation
 * @root: the target's leader
 * @p: leader of a process
 */
bool kcr_scope_is_top(struct kcr_ctx *ctx, struct task_struct *root, struct task_struct *p)
{
	lockdep_assert_held(&kcr_var(tasklist_lock));
	if (p == root || !(ctx->ckpt_flags & KCR_CKPT_SETS))
		return p == root;
	return is_member(ctx, p) && !member_above(ctx, p) && !is_above(root, p) &&
	       !is_above(p, root);
}

/* kcr_scope_next() - the top after @top; NULL after the last */
struct task_struct *kcr_scope_next(struct kcr_ctx *ctx, struct task_struct *root,
				   struct task_struct *top)
{
	struct task_struct *p = top == root ? &init_task : top;

	if (!(ctx->ckpt_flags & KCR_CKPT_SETS))
		return NULL;
	while ((p = next_task(p)) != &init_task)
		if (p != root && kcr_scope_is_top(ctx, root, p))
			return p;
	return NULL;
}

static const char *set_name(const struct kcr_ctx *ctx)
{
	if (ctx->ckpt_flags & KCR_CKPT_SESSION)
		return "session";
	return ctx->ckpt_flags & KCR_CKPT_GROUP ? "process group" : "cgroup";
}

/**
 * kcr_scope_check() - is the target one of the tops?
 * @ctx: the operation
 *
 * It comes first, and a parent comes before its children.
 */
int kcr_scope_check(struct kcr_ctx *ctx)
{
	struct task_struct *root, *above = NULL;
	bool member = true;
	pid_t nr = 0;

	if (!(ctx->ckpt_flags & KCR_CKPT_SETS))
		return 0;
	read_lock(&kcr_var(tasklist_lock));
	root = pid_task(ctx->pid, PIDTYPE_TGID);
	if (root && !has_ended(root)) {
		member = is_member(ctx, root);
		above = member_above(ctx, root);
	}
	if (above)
		nr = task_tgid_nr_ns(above, ctx->pid_ns);
	read_unlock(&kcr_var(tasklist_lock));
	if (!member)
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EINVAL, "it is not in that %s",
				set_name(ctx));
	if (above)
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EINVAL,
				"it descends from process %d, which is in the %s too: name that one",
				nr, set_name(ctx));
	return 0;
}
