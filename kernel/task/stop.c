// SPDX-License-Identifier: GPL-2.0
/*
 * Job control of a process: whether it is stopped, and what its parent has been
 * told of that and has waited for.
 *
 * It is in signal_struct (flags, group_exit_code, group_stop_count) and in the
 * jobctl of each thread. Nobody is told again: the state is set by hand, with
 * everything parked, and each thread stops when it is let go. The parent of a
 * process that has none in the image has not been told of anything: it is told.
 *
 * A thread that is traced has a jobctl of its own (ptrace.c).
 */
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>

#include "kcr.h"
#include "task/signals.h"
#include "task/stop.h"
#include "task/task.h"
#include <uapi/image/process.h>

#define IN_STOP (KCR_PROCESS_STOPPED | KCR_PROCESS_STOPPING)
/* What tells of job control. */
#define JOBCTL_FLAGS (IN_STOP | KCR_PROCESS_STOP_TOLD | KCR_PROCESS_CONTINUED |	\
		      KCR_PROCESS_TELL_STOPPED | KCR_PROCESS_TELL_CONTINUED)

static u32 flags_of(const struct signal_struct *signal)
{
	u32 flags = 0;

	if (signal->flags & SIGNAL_STOP_STOPPED)
		flags |= KCR_PROCESS_STOPPED;
	if (flags && !signal->group_exit_code)
		flags |= KCR_PROCESS_STOP_TOLD;
	if (signal->group_stop_count)
		flags |= KCR_PROCESS_STOPPING;
	if (signal->flags & SIGNAL_STOP_CONTINUED)
		flags |= KCR_PROCESS_CONTINUED;
	if (signal->flags & SIGNAL_CLD_STOPPED)
		flags |= KCR_PROCESS_TELL_STOPPED;
	if (signal->flags & SIGNAL_CLD_CONTINUED)
		flags |= KCR_PROCESS_TELL_CONTINUED;
	return flags;
}

/* When the parent has waited, each thread still knows what stopped it. */
static u32 signal_of(struct kcr_process *p)
{
	const struct signal_struct *signal = p->leader->signal;
	u32 sig = signal->flags & SIGNAL_STOP_STOPPED ? signal->group_exit_code & 0x7f : 0;
	struct kcr_thread *t;

	list_for_each_entry(t, &p->threads, sibling)
		if (!sig && t->state != KCR_THREAD_GONE)
			sig = t->task->jobctl & JOBCTL_STOP_SIGMASK;
	return sig && sig <= _NSIG ? sig : SIGSTOP;
}

/* kcr_stop_save() - what KCR_KIND_PROCESS tells of job control */
void kcr_stop_save(struct kcr_process *p, struct kcr_img_process *img)
{
	struct sighand_struct *sighand;
	unsigned long irq;
	u32 flags = 0;

	sighand = kcr_sighand_lock(p->live, &irq);
	if (!sighand)
		return;		/* killed, which is found later */
	flags = flags_of(p->leader->signal);
	spin_unlock_irqrestore(&sighand->siglock, irq);
	img->flags |= cpu_to_le32(flags);
	if (flags & IN_STOP)
		img->stop_signal = cpu_to_le32(signal_of(p));
}

/* kcr_stop_check() - can job control be like that? */
int kcr_stop_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);
	u32 flags = le32_to_cpu(img->flags), sig = le32_to_cpu(img->stop_signal);
	bool stopped = flags & KCR_PROCESS_STOPPED, continued = flags & KCR_PROCESS_CONTINUED;

	if ((stopped && continued) ||
	    (!stopped && flags & KCR_PROCESS_STOP_TOLD) ||
	    (!continued && flags & (KCR_PROCESS_TELL_STOPPED | KCR_PROCESS_TELL_CONTINUED)) ||
	    (flags & KCR_PROCESS_ZOMBIE && flags & JOBCTL_FLAGS) ||
	    (rec->version >= 4 && !sig != !(flags & IN_STOP)))
		return kcr_bad_image(ctx, "process %d with flags %#x, stopped by signal %u",
				     le32_to_cpu(img->pid), flags, sig);
	return 0;
}

static unsigned int set_flags(struct signal_struct *signal, u32 flags)
{
	unsigned int set = 0;

	if (flags & KCR_PROCESS_STOPPED)
		set |= SIGNAL_STOP_STOPPED;
	if (flags & KCR_PROCESS_CONTINUED)
		set |= SIGNAL_STOP_CONTINUED;
	if (flags & KCR_PROCESS_TELL_STOPPED)
		set |= SIGNAL_CLD_STOPPED;
	if (flags & KCR_PROCESS_TELL_CONTINUED)
		set |= SIGNAL_CLD_CONTINUED;
	signal_set_stop_flags(signal, set);
	return set;
}

/* It looks before it leaves the kernel, and stops. */
static void stop_thread(struct task_struct *task, u32 sig, bool counts)
{
	task->jobctl &= ~JOBCTL_STOP_SIGMASK;
	task->jobctl |= sig | JOBCTL_STOP_PENDING;
	if (counts) {
		task->jobctl |= JOBCTL_STOP_CONSUME;
		task->signal->group_stop_count++;
	}
	set_tsk_thread_flag(task, TIF_SIGPENDING);
}

/*
 * The last one of those that count tells the parent. In a stop that has ended
 * nobody counts.
 */
static void stop(struct kcr_process *p, u32 flags, u32 sig, bool told)
{
	struct signal_struct *signal = p->leader->signal;
	unsigned int set = set_flags(signal, flags);
	struct kcr_thread *t;

	if (set & (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED))
		set_tsk_thread_flag(p->live, TIF_SIGPENDING);
	if (!(flags & IN_STOP))
		return;
	signal->group_exit_code = told ? 0 : sig;
	list_for_each_entry(t, &p->threads, sibling)
		if (!t->ptrace && !(t->leader && p->leader_ended))
			stop_thread(t->task, sig, flags & KCR_PROCESS_STOPPING);
}

/* Nobody to be told is what was told: a new parent knows of nothing. */
static u32 flags_for(const struct kcr_process *p, u32 flags)
{
	if (p->parent || list_first_entry(&p->threads, struct kcr_thread, sibling)->ptrace)
		return flags;
	return flags & IN_STOP ? KCR_PROCESS_STOPPING : 0;
}

/* kcr_stop_restore() - everything is parked: a stop takes effect when it is let go */
int kcr_stop_restore(struct kcr_process *p)
{
	const struct kcr_img_process *img = kcr_rec_as(p->rec, struct kcr_img_process);
	u32 flags = flags_for(p, le32_to_cpu(img->flags) & JOBCTL_FLAGS);
	u32 sig = le32_to_cpu(img->stop_signal);
	struct sighand_struct *sighand;
	unsigned long irq;

	if (!flags)
		return 0;
	sighand = kcr_sighand_lock(p->leader, &irq);
	if (!sighand)
		return kcr_sighand_gone(p->ctx);
	if (!(p->leader->signal->flags & SIGNAL_GROUP_EXIT))
		stop(p, flags, sig ?: SIGSTOP, !sig || flags & KCR_PROCESS_STOP_TOLD);
	spin_unlock_irqrestore(&sighand->siglock, irq);
	return 0;
}
