// SPDX-License-Identifier: GPL-2.0
/*
 * A process: its id, whether it leads a session and a group, its stopped state.
 *
 * A session or group that it does not lead is outside of the image: the process
 * made is in those of the restarter. Its parent is the restarter.
 */
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "kcr.h"
#include "ksym.h"
#include <uapi/image/process.h>

static u32 process_flags(struct task_struct *leader)
{
	struct signal_struct *signal = leader->signal;
	u32 flags = 0;

	if (signal->leader)
		flags |= KCR_PROCESS_LEADS_SESSION;
	if (task_pgrp(leader) == task_tgid(leader))
		flags |= KCR_PROCESS_LEADS_GROUP;
	if (signal->flags & SIGNAL_STOP_STOPPED)
		flags |= KCR_PROCESS_STOPPED;
	if (signal->is_child_subreaper)
		flags |= KCR_PROCESS_SUBREAPER;
	return flags;
}

static int process_save(struct kcr_ctx *ctx, struct task_struct *leader)
{
	struct kcr_img_process img = {
		.pid = cpu_to_le32(task_tgid_nr_ns(leader, ctx->pid_ns)),
		.threads = cpu_to_le32(ctx->nr_threads),
		.exit_signal = cpu_to_le32(leader->exit_signal),
		.oom_score_adj = cpu_to_le32(leader->signal->oom_score_adj),
	};

	rcu_read_lock();
	img.ppid = cpu_to_le32(task_tgid_nr_ns(rcu_dereference(leader->real_parent), ctx->pid_ns));
	img.pgid = cpu_to_le32(task_pgrp_nr_ns(leader, ctx->pid_ns));
	img.sid = cpu_to_le32(task_session_nr_ns(leader, ctx->pid_ns));
	img.flags = cpu_to_le32(process_flags(leader));
	rcu_read_unlock();
	if (leader->signal->flags & SIGNAL_STOP_STOPPED)
		img.stop_signal = cpu_to_le32(leader->signal->group_exit_code & 0x7f);

	ctx->process_id = kcr_new_id(ctx);
	return kcr_write_rec(ctx, KCR_KIND_PROCESS, 1, ctx->process_id, 0, &img, sizeof(img));
}

static int process_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);
	s32 adj = le32_to_cpu(img->oom_score_adj);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "process record of %zu bytes", rec->len);
	if ((s32)le32_to_cpu(img->pid) <= 0 || !img->threads)
		return kcr_bad_image(ctx, "process %d with %u threads",
				     le32_to_cpu(img->pid), le32_to_cpu(img->threads));
	if (le32_to_cpu(img->stop_signal) > _NSIG || le32_to_cpu(img->exit_signal) > _NSIG)
		return kcr_bad_image(ctx, "process %d: a signal out of range",
				     le32_to_cpu(img->pid));
	if (adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX)
		return kcr_bad_image(ctx, "process %d: oom_score_adj %d",
				     le32_to_cpu(img->pid), adj);
	return 0;
}

static int process_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);
	u32 flags = le32_to_cpu(img->flags);
	s16 adj = le32_to_cpu(img->oom_score_adj);
	long ret = 0;

	if (flags & KCR_PROCESS_LEADS_SESSION)
		ret = kcr_syscall(setsid);
	else if (flags & KCR_PROCESS_LEADS_GROUP)
		ret = kcr_syscall(setpgid, 0, 0);
	if (ret < 0)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, ret,
				"process %d can't lead its session or group again: the number is in use",
				le32_to_cpu(img->pid));

	current->signal->is_child_subreaper = !!(flags & KCR_PROCESS_SUBREAPER);
	/* As in /proc: below what was inherited only with the right to it. */
	if (adj < current->signal->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
		adj = current->signal->oom_score_adj_min;
	current->signal->oom_score_adj = adj;
	return 0;
}

/* Everything is parked: the stop takes effect before a thread leaves the kernel. */
static int process_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);

	if (!(le32_to_cpu(img->flags) & KCR_PROCESS_STOPPED))
		return 0;
	return kcr_call(do_send_sig_info)(SIGSTOP, SEND_SIG_PRIV, ctx->leader, PIDTYPE_TGID);
}

const struct kcr_ops kcr_process_ops = {
	.kind		= KCR_KIND_PROCESS,
	.version	= 1,
	.name		= "process",
	.save_process	= process_save,
	.check		= process_check,
	.restore	= process_restore,
	.commit		= process_commit,
};
