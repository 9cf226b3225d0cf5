// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that is traced (ptrace), by a thread of the tree.
 *
 * Of task_struct: ptrace (options, PT_SEIZED), parent (the tracer), ptracer_cred,
 * jobctl, exit_code (what the tracer is still to be told), ptrace_message and
 * last_siginfo; of thread_info: system calls are traced or emulated, single steps.
 * ptrace_stop.c brings a thread that is made to the same stop.
 *
 * What stopped it is on the thread's kernel stack alone. It shows in what
 * PTRACE_GETSIGINFO tells, and the kernel itself asks that. A tracer that has set
 * it to what another kind of stop has (PTRACE_SETSIGINFO) gets that one.
 *
 * ptracer_cred is the tracer's again: it is looked at for CAP_SYS_PTRACE alone, and
 * is refused where that would differ. Lost: whether a signal was the process's
 * or the thread's, if the tracer blocks it while it is being delivered.
 */
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <asm/syscall.h>

#include "arch/arch.h"
#include "kcr.h"
#include "ksym.h"
#include "task/ptrace.h"
#include "task/signals.h"
#include "task/task.h"

#define EVENT_OF(code)	((code) >> 8)

static bool is_ended_thread(struct task_struct *task)
{
	return task->ptrace && READ_ONCE(task->exit_state) && !thread_group_leader(task);
}

/* Threads that have ended, and are still there for their tracer. */
int kcr_ptrace_refuse(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct task_struct *t;
	pid_t tid = 0;

	read_lock(&kcr_var(tasklist_lock));
	for_each_thread(p->leader, t)
		if (is_ended_thread(t) || (t == p->leader && p->leader_ended && t->ptrace))
			tid = task_pid_nr_ns(t, ctx->pid_ns);
	read_unlock(&kcr_var(tasklist_lock));
	return tid ? kcr_refuse(ctx, "thread %d has ended, which its tracer has not waited for",
				tid) : 0;
}

/* With tasklist_lock. A process that has ended tells of its tracer itself. */
static const char *tracee_refused(struct kcr_ctx *ctx, struct task_struct *tracee)
{
	if (kcr_tree_process(ctx, tracee) &&
	    (!tracee->exit_state || thread_group_leader(tracee)))
		return NULL;
	return tracee->exit_state ? "has ended, and is still there for it" :
				    "is not one of those to be saved";
}

static int refuse_tracees(struct kcr_ctx *ctx, struct task_struct *task)
{
	const char *why = NULL;
	struct task_struct *t;
	pid_t tid = 0;

	read_lock(&kcr_var(tasklist_lock));
	list_for_each_entry(t, &task->ptraced, ptrace_entry) {
		why = tracee_refused(ctx, t);
		tid = task_pid_nr_ns(t, ctx->pid_ns);
		if (why)
			break;
	}
	read_unlock(&kcr_var(tasklist_lock));
	return why ? kcr_refuse(ctx, "it traces thread %d (ptrace), which %s", tid, why) : 0;
}

static bool same_right(const struct cred *a, const struct cred *b)
{
	return a->user_ns == b->user_ns &&
	       cap_raised(a->cap_effective, CAP_SYS_PTRACE) ==
	       cap_raised(b->cap_effective, CAP_SYS_PTRACE);
}

static int refuse_outside(struct kcr_ctx *ctx, pid_t tid)
{
	return kcr_refuse(ctx, "it is being traced (ptrace) by thread %d, which is outside of the tree",
			  tid);
}

/**
 * kcr_ptrace_save_ended() - who is to wait for a process that has ended
 * @ctx: the operation
 * @p: the process; its parent's own tracee is waited for like any other child
 * @img: its record
 */
int kcr_ptrace_save_ended(struct kcr_ctx *ctx, struct kcr_process *p,
			  struct kcr_img_process *img)
{
	struct task_struct *tracer;
	bool traced, inside;
	pid_t tid;

	read_lock(&kcr_var(tasklist_lock));
	rcu_read_lock();
	tracer = rcu_dereference(p->leader->parent);
	tid = task_pid_nr_ns(tracer, ctx->pid_ns);
	traced = p->leader->ptrace &&
		 !same_thread_group(rcu_dereference(p->leader->real_parent), tracer);
	inside = kcr_tree_process(ctx, tracer);
	rcu_read_unlock();
	read_unlock(&kcr_var(tasklist_lock));
	if (traced && !inside)
		return refuse_outside(ctx, tid);
	if (traced)
		img->tracer = cpu_to_le32(tid);
	return 0;
}

static int save_tracer(struct kcr_ctx *ctx, struct task_struct *task, struct kcr_img_ptrace *img)
{
	struct task_struct *tracer;
	bool inside, same;
	pid_t tid;

	read_lock(&kcr_var(tasklist_lock));
	rcu_read_lock();
	tracer = rcu_dereference(task->parent);
	tid = task_pid_nr_ns(tracer, ctx->pid_ns);
	inside = task->ptrace && kcr_tree_process(ctx, tracer);
	same = inside && same_right(rcu_dereference(task->ptracer_cred), __task_cred(tracer));
	rcu_read_unlock();
	read_unlock(&kcr_var(tasklist_lock));
	if (!inside)
		return refuse_outside(ctx, tid);
	if (!same)
		return kcr_refuse(ctx, "its tracer has got or lost the right to trace (CAP_SYS_PTRACE) since it began to trace it");
	img->tracer = cpu_to_le32(tid);
	return 0;
}

static const struct {
	unsigned long jobctl;
	u32 flag;
} jobctl_flags[] = {
	{ JOBCTL_LISTENING,	KCR_PTRACE_LISTENING },
	{ JOBCTL_STOP_DEQUEUED,	KCR_PTRACE_STOP_SEEN },
	{ JOBCTL_STOP_PENDING,	KCR_PTRACE_STOP_PENDING },
	{ JOBCTL_STOP_CONSUME,	KCR_PTRACE_STOP_COUNTS },
	{ JOBCTL_TRAP_STOP,	KCR_PTRACE_TRAP_PENDING },
	{ JOBCTL_TRAP_NOTIFY,	KCR_PTRACE_TRAP_NOTIFY },
};

static u32 flags_of(struct task_struct *task)
{
	u32 flags = task->ptrace & PT_SEIZED ? KCR_PTRACE_SEIZED : 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jobctl_flags); i++)
		if (task->jobctl & jobctl_flags[i].jobctl)
			flags |= jobctl_flags[i].flag;
	if (test_task_syscall_work(task, SYSCALL_TRACE))
		flags |= KCR_PTRACE_SYSCALL;
	if (test_task_syscall_work(task, SYSCALL_EMU))
		flags |= KCR_PTRACE_EMULATE;
	if (kcr_arch_steps(task))
		flags |= KCR_PTRACE_STEP;
	return flags;
}

static bool is_syscall_code(int code)
{
	return code == SIGTRAP || code == (SIGTRAP | 0x80);
}

/* Events that are told in the middle of a system call have SIGTRAP below. */
static u32 stop_of(const struct task_struct *task, u32 *event)
{
	const kernel_siginfo_t *info = task->last_siginfo;

	if (!info)
		return KCR_PTRACE_GROUP;
	*event = 0;
	if (info->si_code > 0 && EVENT_OF(info->si_code) == PTRACE_EVENT_STOP)
		return KCR_PTRACE_TRAP;
	if (is_syscall_code(info->si_code) && task->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY)
		return KCR_PTRACE_ENTRY;
	if (is_syscall_code(info->si_code) && task->ptrace_message == PTRACE_EVENTMSG_SYSCALL_EXIT)
		return KCR_PTRACE_EXIT;
	*event = info->si_code > 0 ? EVENT_OF(info->si_code) : 0;
	if (*event && *event <= PTRACE_EVENT_SECCOMP && (info->si_code & 0xff) == SIGTRAP)
		return KCR_PTRACE_EVENT;
	*event = 0;
	return KCR_PTRACE_SIGNAL;
}

static void stop_encode(struct task_struct *task, struct kcr_img_ptrace *img)
{
	u32 event = 0;

	img->options = cpu_to_le32(task->ptrace >> PT_OPT_FLAG_SHIFT & PTRACE_O_MASK);
	img->flags = cpu_to_le32(flags_of(task));
	img->stop_signal = cpu_to_le32(task->jobctl & JOBCTL_STOP_SIGMASK);
	if (!(task->jobctl & JOBCTL_TRACED))
		return;
	img->stop = cpu_to_le32(stop_of(task, &event));
	img->event = cpu_to_le32(event);
	img->code = cpu_to_le32(task->exit_code);
	img->message = cpu_to_le64(task->ptrace_message);
	if (task->last_siginfo)
		kcr_siginfo_encode(&img->info, task->last_siginfo);
}

static int save_stop(struct kcr_ctx *ctx, struct kcr_thread *t, struct kcr_img_ptrace *img)
{
	struct sighand_struct *sighand;
	unsigned long irq;

	sighand = kcr_sighand_lock(t->task, &irq);
	if (!sighand)
		return kcr_sighand_gone(ctx);
	stop_encode(t->task, img);
	spin_unlock_irqrestore(&sighand->siglock, irq);
	img->debug_status = cpu_to_le64(kcr_arch_debug_status(t->task));
	return 0;
}

/* With siglock: is it stopped in do_exit(), from where nothing leads back? */
static bool ends(const struct task_struct *task)
{
	u32 event = 0;

	return task->jobctl & JOBCTL_TRACED && stop_of(task, &event) == KCR_PTRACE_EVENT &&
	       event == PTRACE_EVENT_EXIT;
}

/* kcr_ptrace_ends() - is a process ending, and its first thread stopped on the way? */
bool kcr_ptrace_ends(struct kcr_process *p)
{
	struct sighand_struct *sighand;
	unsigned long irq;
	bool end;

	sighand = kcr_sighand_lock(p->live, &irq);
	if (!sighand)
		return false;
	end = ends(p->live);
	spin_unlock_irqrestore(&sighand->siglock, irq);
	return end;
}

/* What is done anew to get there must be what it did. */
static int refuse_event(struct kcr_ctx *ctx, struct kcr_thread *t, u32 event)
{
	struct task_struct *task = t->task;

	if (event == PTRACE_EVENT_EXIT && t->process->nr_threads > 1 &&
	    READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT)
		return kcr_refuse(ctx, "its process is ending, with more than one thread, and it is stopped for its tracer (PTRACE_EVENT_EXIT)");
	if (event == PTRACE_EVENT_SECCOMP &&
	    (!kcr_arch_behind_call(task) || syscall_get_nr(task, task_pt_regs(task)) < 0))
		return kcr_refuse(ctx, "it is stopped for its tracer by a seccomp filter (PTRACE_EVENT_SECCOMP), and the call has been taken away");
	return 0;
}

static int refuse_stop(struct kcr_ctx *ctx, struct kcr_thread *t,
		       const struct kcr_img_ptrace *img)
{
	if (t->task->ptrace & PT_SUSPEND_SECCOMP)
		return kcr_refuse(ctx, "its tracer has suspended its seccomp filters (PTRACE_O_SUSPEND_SECCOMP)");
	if (kcr_arch_steps_blocks(t->task))
		return kcr_refuse(ctx, "its tracer has it step from branch to branch (PTRACE_SINGLEBLOCK)");
	if (img->stop == cpu_to_le32(KCR_PTRACE_ENTRY) && !kcr_arch_behind_call(t->task))
		return kcr_refuse(ctx, "it is stopped for its tracer at the entry of a system call, and has been moved elsewhere");
	return refuse_event(ctx, t, le32_to_cpu(img->event));
}

static int ptrace_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct kcr_img_ptrace img = {};
	int ret = refuse_tracees(ctx, t->task);

	if (ret || !t->task->ptrace)
		return ret;
	ret = save_tracer(ctx, t->task, &img) ?: save_stop(ctx, t, &img) ?:
	      refuse_stop(ctx, t, &img);
	return ret ?: kcr_write_rec(ctx, KCR_KIND_PTRACE, 1, 0, t->id, &img, sizeof(img));
}

/* What the thread does when it is let go by nobody: the kernel trusts it. */
static bool plausible_code(const struct kcr_img_ptrace *img)
{
	u32 code = le32_to_cpu(img->code), event = le32_to_cpu(img->event), sig = code & 0xff;

	if (!code)
		return true;
	switch (le32_to_cpu(img->stop)) {
	case KCR_PTRACE_SIGNAL:
		return code <= _NSIG && code != SIGKILL;
	case KCR_PTRACE_GROUP:
		return code <= _NSIG;
	case KCR_PTRACE_TRAP:
		return EVENT_OF(code) == PTRACE_EVENT_STOP && sig && sig <= _NSIG;
	case KCR_PTRACE_ENTRY:
	case KCR_PTRACE_EXIT:
		return is_syscall_code(code);
	case KCR_PTRACE_EVENT:
		return EVENT_OF(code) == event && sig == SIGTRAP;
	default:
		return false;
	}
}

static bool plausible_event(const struct kcr_img_ptrace *img)
{
	u32 event = le32_to_cpu(img->event);

	if (img->stop != cpu_to_le32(KCR_PTRACE_EVENT))
		return !event;
	if (event == PTRACE_EVENT_EXIT && le64_to_cpu(img->message) > KCR_PTRACE_CODE_MAX)
		return false;
	return event >= PTRACE_EVENT_FORK && event <= PTRACE_EVENT_SECCOMP;
}

static bool plausible_flags(const struct kcr_img_ptrace *img)
{
	u32 flags = le32_to_cpu(img->flags), stop = le32_to_cpu(img->stop);
	bool seized = flags & KCR_PTRACE_SEIZED;

	if (!seized && (stop == KCR_PTRACE_TRAP ||
			flags & (KCR_PTRACE_LISTENING | KCR_PTRACE_TRAP_NOTIFY)))
		return false;
	if (seized && stop == KCR_PTRACE_GROUP)
		return false;
	if (stop == KCR_PTRACE_ENTRY && !(flags & (KCR_PTRACE_SYSCALL | KCR_PTRACE_EMULATE)))
		return false;
	if (flags & KCR_PTRACE_STOP_COUNTS && !(flags & KCR_PTRACE_STOP_PENDING))
		return false;
	return stop == KCR_PTRACE_TRAP || !(flags & KCR_PTRACE_LISTENING);
}

/* The tracer is looked for when all is made. */
static int ptrace_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_ptrace *img = kcr_rec_as(rec, struct kcr_img_ptrace);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "ptrace record of %zu bytes", rec->len);
	if (le32_to_cpu(img->flags) & ~KCR_PTRACE_FLAGS || img->reserved ||
	    le32_to_cpu(img->options) & ~KCR_PTRACE_OPTIONS ||
	    le32_to_cpu(img->stop) >= KCR_PTRACE_STOPS ||
	    le32_to_cpu(img->stop_signal) > _NSIG)
		return kcr_bad_image(ctx, "thread traced by %d with flags %#x, options %#x, stop %u",
				     le32_to_cpu(img->tracer), le32_to_cpu(img->flags),
				     le32_to_cpu(img->options), le32_to_cpu(img->stop));
	if (!plausible_flags(img) || !plausible_event(img) || !plausible_code(img))
		return kcr_bad_image(ctx, "thread traced by %d that never was stopped like that (%u, event %u, %#x)",
				     le32_to_cpu(img->tracer), le32_to_cpu(img->stop),
				     le32_to_cpu(img->event), le32_to_cpu(img->code));
	return 0;
}

static int ptrace_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	BUILD_BUG_ON(KCR_PTRACE_OPTIONS != (PTRACE_O_MASK & ~PTRACE_O_SUSPEND_SECCOMP));
	if (t->ptrace)
		return kcr_bad_image(ctx, "thread %d is traced twice", t->tid);
	t->ptrace = rec;
	return 0;
}

static void set_jobctl(struct task_struct *task, const struct kcr_img_ptrace *img)
{
	u32 flags = le32_to_cpu(img->flags);
	unsigned int i;

	task->jobctl &= ~JOBCTL_STOP_SIGMASK;
	task->jobctl |= le32_to_cpu(img->stop_signal) ?: SIGSTOP;
	for (i = 0; i < ARRAY_SIZE(jobctl_flags); i++) {
		task->jobctl &= ~jobctl_flags[i].jobctl;
		if (flags & jobctl_flags[i].flag)
			task->jobctl |= jobctl_flags[i].jobctl;
	}
	if (flags & KCR_PTRACE_STOP_COUNTS)
		task->signal->group_stop_count++;
	if (task->jobctl & JOBCTL_PENDING_MASK)
		set_tsk_thread_flag(task, TIF_SIGPENDING);
}

/* kcr_ptrace_at() - is it stopped there? With its siglock */
bool kcr_ptrace_at(const struct task_struct *task, u32 stop, u32 event)
{
	u32 at = 0;

	return stop_of(task, &at) == stop && at == event;
}

/**
 * kcr_ptrace_settle() - the state that it was in
 * @t: traced again; parked, or come to its stop. With its siglock
 */
void kcr_ptrace_settle(struct kcr_thread *t)
{
	const struct kcr_img_ptrace *img = kcr_ptrace_img(t);
	struct task_struct *task = t->task;

	set_jobctl(task, img);
	kcr_arch_debug_status_set(task, le64_to_cpu(img->debug_status));
	if (!kcr_ptrace_stopped(t))
		return;
	task->exit_code = le32_to_cpu(img->code);
	task->ptrace_message = le64_to_cpu(img->message);
	if (task->last_siginfo)
		kcr_siginfo_decode(task->last_siginfo, &img->info);
}

const struct kcr_ops kcr_ptrace_ops = {
	.kind		= KCR_KIND_PTRACE,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "ptrace",
	.save_thread	= ptrace_save,
	.check		= ptrace_check,
	.restore_thread	= ptrace_restore,
};
