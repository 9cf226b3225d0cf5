// SPDX-License-Identifier: GPL-2.0
/*
 * A process: its id, its parent, its group and session, whether it is stopped
 * (stop.c); of one that has ended, how.
 *
 * A session or group belongs to the tree if its leader does, or if the leader
 * has ended and all members do. Another one is the first process's, and on a
 * restart that is the restarter's; so is the parent of the first. Groups and
 * sessions are restored when all are made (job.c).
 */
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "kcr.h"
#include "ksym.h"
#include "task/ptrace.h"
#include "task/stop.h"
#include "task/task.h"
#include <uapi/image/process.h>

/* With tasklist_lock: are all members of a group or session of the tree? */
static bool all_of_tree(struct kcr_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *task = pid_task(pid, PIDTYPE_TGID);

	if (task)
		return kcr_tree_process(ctx, task);
	do_each_pid_task(pid, type, task) {
		if (!kcr_tree_process(ctx, task))
			return false;
	} while_each_pid_task(pid, type, task);
	return true;
}

/* kcr_job_is_own() - does a group or session belong to the tree? */
bool kcr_job_is_own(struct kcr_ctx *ctx, struct pid *pid, enum pid_type type)
{
	bool own;

	read_lock(&kcr_var(tasklist_lock));
	own = all_of_tree(ctx, pid, type);
	read_unlock(&kcr_var(tasklist_lock));
	return own;
}

/* Children mostly are where their parents are. */
static bool own_id(struct kcr_process *p, enum pid_type type)
{
	struct pid *pid = p->leader->signal->pids[type];
	bool group = type == PIDTYPE_PGID;

	if (p->parent && p->parent->leader->signal->pids[type] == pid)
		return group ? p->parent->own_group : p->parent->own_session;
	return all_of_tree(p->ctx, pid, type);
}

static bool same_as_root(struct kcr_process *p, enum pid_type type)
{
	return p->leader->signal->pids[type] == p->ctx->root->leader->signal->pids[type];
}

static int refuse_foreign(struct kcr_ctx *ctx, struct kcr_process *p,
			  const struct kcr_img_process *img)
{
	int ret = 0;

	if (!p->own_group && !same_as_root(p, PIDTYPE_PGID))
		ret = kcr_refuse(ctx, "it is in process group %d, and so are processes outside of the tree",
				 le32_to_cpu(img->pgid));
	if (!ret && !p->own_session && !same_as_root(p, PIDTYPE_SID))
		ret = kcr_refuse(ctx, "it is in session %d, and so are processes outside of the tree",
				 le32_to_cpu(img->sid));
	return ret;
}

static u32 process_flags(struct kcr_process *p)
{
	struct task_struct *leader = p->leader;
	struct signal_struct *signal = leader->signal;
	u32 flags = 0;

	if (signal->leader)
		flags |= KCR_PROCESS_LEADS_SESSION;
	if (task_pgrp(leader) == task_tgid(leader))
		flags |= KCR_PROCESS_LEADS_GROUP;
	if (signal->is_child_subreaper)
		flags |= KCR_PROCESS_SUBREAPER;
	if (p->zombie)
		flags |= KCR_PROCESS_ZOMBIE;
	if (p->own_session)
		flags |= KCR_PROCESS_OWN_SESSION;
	if (p->own_group)
		flags |= KCR_PROCESS_OWN_GROUP;
	return flags;
}

/* As wait_task_zombie() tells it. */
static int exit_code_of(const struct task_struct *leader)
{
	return leader->signal->flags & SIGNAL_GROUP_EXIT ? leader->signal->group_exit_code :
							   leader->exit_code;
}

/* What moves only with tasklist_lock, or with the thread itself. */
static int describe(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_img_process *img)
{
	struct task_struct *leader = p->leader, *parent;

	read_lock(&kcr_var(tasklist_lock));
	if (!task_pgrp(leader) || !task_session(leader)) {	/* reaped: it was killed */
		read_unlock(&kcr_var(tasklist_lock));
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it was killed");
	}
	parent = kcr_parent_of(leader);
	p->own_group = own_id(p, PIDTYPE_PGID);
	p->own_session = own_id(p, PIDTYPE_SID);
	img->ppid = cpu_to_le32(task_tgid_nr_ns(parent, ctx->pid_ns));
	img->pgid = cpu_to_le32(task_pgrp_nr_ns(leader, ctx->pid_ns));
	img->sid = cpu_to_le32(task_session_nr_ns(leader, ctx->pid_ns));
	img->flags = cpu_to_le32(process_flags(p));
	if (p->parent) {
		img->parent = cpu_to_le32(p->parent->id);
		img->parent_tid = cpu_to_le32(task_pid_nr_ns(parent, ctx->pid_ns));
	}
	read_unlock(&kcr_var(tasklist_lock));
	return refuse_foreign(ctx, p, img);
}

static int process_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct task_struct *leader = p->leader;
	struct kcr_img_process img = {
		.pid = cpu_to_le32(p->tgid),
		.threads = cpu_to_le32(p->nr_threads),
		.exit_signal = cpu_to_le32(leader->exit_signal),
		.oom_score_adj = cpu_to_le32(leader->signal->oom_score_adj),
	};
	int ret = describe(ctx, p, &img);

	if (!ret && !p->zombie)
		ret = kcr_cloned_process(ctx, p, &p->shares);
	if (ret)
		return ret;
	img.flags |= cpu_to_le32(p->shares);
	if (!p->zombie)
		kcr_stop_save(p, &img);
	if (p->zombie) {
		img.exit_code = cpu_to_le32(exit_code_of(leader));
		get_task_comm(img.comm, leader);
		ret = kcr_ptrace_save_ended(ctx, p, &img);
	}
	if (p->memory != p)
		img.memory = cpu_to_le32(p->memory->id);
	if (p->handlers != p)
		img.handlers = cpu_to_le32(p->handlers->id);
	if (ret)
		return ret;
	return kcr_write_rec(ctx, KCR_KIND_PROCESS, img.tracer ? 5 : 4, p->id, 0, &img,
			     img.tracer ? sizeof(img) : KCR_PROCESS_LEN_3);
}

static int check_signals(struct kcr_ctx *ctx, const struct kcr_img_process *img)
{
	s32 adj = le32_to_cpu(img->oom_score_adj);
	s32 pid = le32_to_cpu(img->pid);

	if (le32_to_cpu(img->stop_signal) > _NSIG || le32_to_cpu(img->exit_signal) > _NSIG)
		return kcr_bad_image(ctx, "process %d: a signal out of range", pid);
	if (adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX)
		return kcr_bad_image(ctx, "process %d: oom_score_adj %d", pid, adj);
	return 0;
}

static int check_ids(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);
	u32 flags = le32_to_cpu(img->flags);
	s32 pid = le32_to_cpu(img->pid);

	if (flags & ~KCR_PROCESS_FLAGS || !(flags & KCR_PROCESS_ZOMBIE) == !img->threads)
		return kcr_bad_image(ctx, "process %d with flags %#x and %u threads", pid, flags,
				     le32_to_cpu(img->threads));
	if ((s32)le32_to_cpu(img->pgid) < 0 || (s32)le32_to_cpu(img->sid) < 0 ||
	    (flags & KCR_PROCESS_OWN_GROUP && !img->pgid) ||
	    (flags & KCR_PROCESS_OWN_SESSION && !img->sid) ||
	    (flags & KCR_PROCESS_LEADS_GROUP && img->pgid != img->pid) ||
	    (flags & KCR_PROCESS_LEADS_SESSION && img->sid != img->pid))
		return kcr_bad_image(ctx, "process %d in group %d of session %d", pid,
				     le32_to_cpu(img->pgid), le32_to_cpu(img->sid));
	if (rec->version < 2)
		return 0;
	if (le32_to_cpu(img->exit_code) > 0xffff)
		return kcr_bad_image(ctx, "process %d has ended with %#x", pid,
				     le32_to_cpu(img->exit_code));
	if (rec->version >= 5 && (img->reserved || !(flags & KCR_PROCESS_ZOMBIE)))
		return kcr_bad_image(ctx, "process %d is traced by %d, and has not ended", pid,
				     le32_to_cpu(img->tracer));
	return 0;
}

static size_t len_of(u16 version)
{
	BUILD_BUG_ON(offsetof(struct kcr_img_process, memory) != KCR_PROCESS_LEN_2);
	BUILD_BUG_ON(offsetof(struct kcr_img_process, tracer) != KCR_PROCESS_LEN_3);
	if (version < 2)
		return KCR_PROCESS_LEN_1;
	if (version < 3)
		return KCR_PROCESS_LEN_2;
	return version < 5 ? KCR_PROCESS_LEN_3 : sizeof(struct kcr_img_process);
}

static int process_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);

	if (rec->len != len_of(rec->version) || !rec->id)
		return kcr_bad_image(ctx, "process record of %zu bytes", rec->len);
	if ((s32)le32_to_cpu(img->pid) <= 0)
		return kcr_bad_image(ctx, "process %d", le32_to_cpu(img->pid));
	return check_signals(ctx, img) ?: check_ids(ctx, rec) ?: kcr_stop_check(ctx, rec);
}

static int process_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);
	s16 adj = le32_to_cpu(img->oom_score_adj);

	current->signal->is_child_subreaper =
		!!(le32_to_cpu(img->flags) & KCR_PROCESS_SUBREAPER);
	/* As in /proc: below what was inherited only with the right to it. */
	if (adj < current->signal->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
		adj = current->signal->oom_score_adj_min;
	current->signal->oom_score_adj = adj;
	return 0;
}

/* A zombie's record has nothing of it. */
static int process_start(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return kcr_stop_restore(rec->process);
}

const struct kcr_ops kcr_process_ops = {
	.kind		= KCR_KIND_PROCESS,
	.scope		= KCR_SCOPE_IMAGE,
	.version	= 5,
	.name		= "process",
	.save_process	= process_save,
	.check		= process_check,
	.restore	= process_restore,
	.start		= process_start,
};
