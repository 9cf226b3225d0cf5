// SPDX-License-Identifier: GPL-2.0
/*
 * Which System V objects belong to the tree.
 *
 * A process holds nothing that shows which of them it uses: an id is a number
 * to it. What shows it is that an object remembers who came last, and that a
 * thread sleeps in a system call on it. So what a process of the tree, one that
 * has ended but has not been waited for among them, was the last to use is
 * saved, if the caller may read it; and it is refused if a living process of
 * outside has been seen to use it, too. What the tree has only made, or has left
 * to others since, is not seen.
 */
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "ksym.h"
#include "internal.h"

/* Process ids that an object remembers */

/* kcr_pid_in_tree() - checkpoint: is it the id of a process that is saved? */
bool kcr_pid_in_tree(struct kcr_ctx *ctx, struct pid *pid)
{
	struct task_struct *task;
	bool in;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	in = task && kcr_tree_process(ctx, task);
	rcu_read_unlock();
	return in;
}

/* kcr_pid_lives() - does the process run? */
bool kcr_pid_lives(struct pid *pid)
{
	struct task_struct *task;
	bool lives;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	lives = task && !(READ_ONCE(task->exit_state) && thread_group_empty(task));
	rcu_read_unlock();
	return lives;
}

/* kcr_pid_other() - the number of a process of outside that lives, or 0 */
pid_t kcr_pid_other(struct kcr_ctx *ctx, struct pid *pid)
{
	if (!kcr_pid_lives(pid) || kcr_pid_in_tree(ctx, pid))
		return 0;
	return pid_nr_ns(pid, ctx->pid_ns) ?: -1;
}

/* kcr_pid_of() - restart: the process that has the number now, with a reference */
struct pid *kcr_pid_of(struct kcr_ctx *ctx, __le32 nr)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->leader && p->tgid == le32_to_cpu(nr))
			return get_pid(task_tgid(p->leader));
	return NULL;
}

/* kcr_pid_set() - both change places, so that the old one is put unlocked */
void kcr_pid_set(struct pid **pos, struct pid **pid)
{
	swap(*pos, *pid);
}

/* What is used */

/* The object that the system call of a thread is on, or -1. */
static int call_on(const struct kcr_thread *t, enum kcr_ipc_type type)
{
	struct pt_regs *regs = task_pt_regs(t->task);
	unsigned long arg[6];
	enum kcr_ipc_type of;

	if (!t->process || t->state == KCR_THREAD_GONE)
		return -1;
	switch (syscall_get_nr(t->task, regs)) {
	case __NR_semop:
	case __NR_semtimedop:
		of = KCR_IPC_SEM;
		break;
	case __NR_msgsnd:
	case __NR_msgrcv:
		of = KCR_IPC_MSG;
		break;
	default:
		return -1;
	}
	syscall_get_arguments(t->task, regs, arg);
	return of == type ? (int)arg[0] : -1;
}

/**
 * kcr_ipc_save_id() - save an object, once
 * @ctx: the operation; everything is parked
 * @type: what it is
 * @kind: KCR_KIND_*, likewise; its save() is given the struct kern_ipc_perm,
 *	which can't be removed meanwhile
 * @ipcid: the object's id
 * @id: set to its record's id; 0: there is no such object
 */
int kcr_ipc_save_id(struct kcr_ctx *ctx, enum kcr_ipc_type type, enum kcr_kind kind,
		    int ipcid, u32 *id)
{
	struct ipc_ids *ids = &kcr_ipc_ns()->ids[type];
	struct kern_ipc_perm *perm;
	int ret = 0;

	*id = 0;
	down_read(&ids->rwsem);
	perm = kcr_ipc_lock(type, ipcid);
	if (perm) {
		kcr_ipc_unlock(perm);
		ret = kcr_save_object(ctx, kind, perm, id);
	}
	up_read(&ids->rwsem);
	return ret;
}

static int save_used(struct kcr_ctx *ctx, enum kcr_ipc_type type, enum kcr_kind kind, int ipcid)
{
	size_t mark = kcr_ipc_where(ctx, type, ipcid);
	int ret = kcr_ipc_may_read(ctx, type, ipcid);
	u32 id;

	kcr_where_end(ctx, mark);
	return ret ?: kcr_ipc_save_id(ctx, type, kind, ipcid, &id);
}

/* The first object at or behind @index that the tree was the last to use; -1: none. */
static int next_used(struct kcr_ctx *ctx, enum kcr_ipc_type type, kcr_ipc_used_t used,
		     int *index)
{
	struct ipc_ids *ids = &kcr_ipc_ns()->ids[type];
	struct kern_ipc_perm *perm;
	int id = -1;

	down_read(&ids->rwsem);
	for (; id < 0 && (perm = idr_get_next(&ids->ipcs_idr, index)); ++*index) {
		rcu_read_lock();
		spin_lock(&perm->lock);
		if (used(ctx, perm))
			id = perm->id;
		spin_unlock(&perm->lock);
		rcu_read_unlock();
	}
	up_read(&ids->rwsem);
	return id;
}

/**
 * kcr_ipc_save_used() - save all objects of a type that belong to the tree
 * @ctx: the operation; everything is parked
 * @type: what they are
 * @kind: KCR_KIND_*, likewise
 * @used: was the tree the last to use the object, which is locked?
 */
int kcr_ipc_save_used(struct kcr_ctx *ctx, enum kcr_ipc_type type, enum kcr_kind kind,
		      kcr_ipc_used_t used)
{
	int index = 0, id, ret = 0;
	struct kcr_thread *t;

	while (!ret && (id = next_used(ctx, type, used, &index)) >= 0)
		ret = save_used(ctx, type, kind, id);
	list_for_each_entry(t, &ctx->threads, node) {
		id = call_on(t, type);
		if (!ret && id >= 0)
			ret = save_used(ctx, type, kind, id);
	}
	return ret;
}
