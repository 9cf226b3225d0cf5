// SPDX-License-Identifier: GPL-2.0
/*
 * Process groups, sessions and parents of what a restart has made.
 *
 * System calls could not do it: nobody can join a group or a session whose
 * leader has ended, or become the child of another thread. So the links are set
 * by hand, under tasklist_lock, in the restarter, with everything parked.
 */
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "kcr.h"
#include "ksym.h"
#include "made.h"
#include "task/task.h"
#include "tty/tty.h"
#include <uapi/image/process.h>

static const struct kcr_img_process *img_of(struct kcr_process *p)
{
	return kcr_rec_as(p->rec, struct kcr_img_process);
}

static u32 flags_of(struct kcr_process *p)
{
	return le32_to_cpu(img_of(p)->flags);
}

/* Of a task that was made, or of one that has ended: then the id is made for it. */
static struct pid *pid_for(struct kcr_ctx *ctx, pid_t nr, bool *made)
{
	struct kcr_process *p;
	struct pid *pid;

	*made = false;
	kcr_for_each_process(ctx, p)
		if (p->tgid == nr)
			return task_pid(p->leader);
	rcu_read_lock();
	pid = find_pid_ns(nr, ctx->pid_ns);
	rcu_read_unlock();
	if (pid) {
		kcr_id_taken(ctx, nr);
		return NULL;
	}
	pid = kcr_make_id(ctx, nr);
	*made = pid;
	return pid;
}

/* Not reaped, and not about to be: its links are there. */
static bool linked(struct kcr_process *p)
{
	lockdep_assert_held(&kcr_var(tasklist_lock));
	return p->leader && (p->zombie || !p->leader->exit_state);
}

static void join(struct kcr_process *p, enum pid_type type, struct pid *pid)
{
	if (linked(p) && p->leader->signal->pids[type] != pid)
		kcr_call(change_pid)(p->leader, type, pid);
}

/* All that are in it, so that an id that was made is somebody's. */
static int join_all(struct kcr_ctx *ctx, enum pid_type type, pid_t nr)
{
	bool group = type == PIDTYPE_PGID, made, used = false;
	u32 own = group ? KCR_PROCESS_OWN_GROUP : KCR_PROCESS_OWN_SESSION;
	struct pid *pid = pid_for(ctx, nr, &made);
	struct kcr_process *p;

	if (!pid)
		return ctx->error;
	write_lock_irq(&kcr_var(tasklist_lock));
	kcr_for_each_process(ctx, p) {
		const struct kcr_img_process *img = img_of(p);

		if (!(flags_of(p) & own) || le32_to_cpu(group ? img->pgid : img->sid) != nr)
			continue;
		join(p, type, pid);
		used |= linked(p);
		if (!group && linked(p))
			p->leader->signal->leader = nr == p->tgid;
	}
	write_unlock_irq(&kcr_var(tasklist_lock));
	if (made && !used)
		kcr_call(free_pid)(pid);
	return 0;
}

/* Each id once: by the first process that is in it. */
static bool is_first(struct kcr_process *process, bool group, pid_t nr)
{
	struct kcr_process *p;

	kcr_for_each_process(process->ctx, p) {
		const struct kcr_img_process *img = img_of(p);
		u32 own = group ? KCR_PROCESS_OWN_GROUP : KCR_PROCESS_OWN_SESSION;

		if (p == process)
			return true;
		if (flags_of(p) & own && le32_to_cpu(group ? img->pgid : img->sid) == nr)
			return false;
	}
	return true;
}

static int restore_ids(struct kcr_process *p)
{
	const struct kcr_img_process *img = img_of(p);
	pid_t pgid = le32_to_cpu(img->pgid), sid = le32_to_cpu(img->sid);
	u32 flags = flags_of(p);
	int ret = 0;

	if (flags & KCR_PROCESS_OWN_SESSION) {
		if (is_first(p, false, sid))
			ret = join_all(p->ctx, PIDTYPE_SID, sid);
		kcr_call(proc_clear_tty)(p->leader);
	}
	if (!ret && flags & KCR_PROCESS_OWN_GROUP && is_first(p, true, pgid))
		ret = join_all(p->ctx, PIDTYPE_PGID, pgid);
	return ret;
}

static struct task_struct *thread_of(struct kcr_process *p, pid_t tid)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &p->threads, sibling)
		if (t->tid == tid)
			return t->task;
	return NULL;
}

/* It was made by the leader; whose child it is, another thread waits for or dies with. */
static void restore_parent(struct kcr_process *p)
{
	struct task_struct *child = p->leader, *parent;

	if (!p->parent || !linked(p) || !linked(p->parent))
		return;
	parent = thread_of(p->parent, le32_to_cpu(img_of(p)->parent_tid));
	if (!parent || parent->exit_state || child->ptrace)
		return;
	/* Inherited by fork(), from whoever made it. */
	if (parent->signal->has_child_subreaper || parent->signal->is_child_subreaper)
		child->signal->has_child_subreaper = 1;
	RCU_INIT_POINTER(child->real_parent, parent);
	RCU_INIT_POINTER(child->parent, parent);
	list_move_tail(&child->sibling, &parent->children);
}

/* Nobody was to be told that it ended: that was told before the cut. */
static void restore_exit_signal(struct kcr_process *p)
{
	if (p->zombie && linked(p))
		p->leader->exit_signal = le32_to_cpu(img_of(p)->exit_signal);
}

/**
 * kcr_job_restore() - groups, sessions, parents and controlling terminals
 * @ctx: the operation, in the restarter; everything is made and parked
 */
int kcr_job_restore(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	int ret = 0;

	kcr_for_each_process(ctx, p) {
		ret = restore_ids(p);
		if (ret)
			return ret;
	}
	write_lock_irq(&kcr_var(tasklist_lock));
	kcr_for_each_process(ctx, p) {
		restore_parent(p);
		restore_exit_signal(p);
	}
	write_unlock_irq(&kcr_var(tasklist_lock));
	return kcr_ctty_restore(ctx);
}
