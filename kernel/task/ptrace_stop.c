// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that are stopped for their tracer: when they are asked to park, and
 * when a restart has made them.
 *
 * The kernel keeps a stop on the thread's stack, so that a thread which was made
 * goes to a stop of the same kind by itself, alone, while everything else is parked.
 *
 *   - Stops where signals are handled: it finds a signal (any will do), or is
 *     asked to trap.
 *   - At the entry of a system call: it executes the instruction once more.
 *   - At the exit of one, or in the middle: our task work stops it, and then ends
 *     the call as the kernel does.
 *   - By a seccomp filter: it begins the call once more, and the filter finds what it
 *     has found before.
 *   - When it ends: it ends, with the same code. All that is told of an exit is told
 *     behind that stop.
 *
 * Nothing of what it does on the way is seen: its signals are hidden, and its
 * tracer gets no SIGCHLD. Then everything that can be seen of the stop (registers,
 * siginfo, message, wait status) is set to what it was.
 *
 * The module can't be unloaded while a thread is stopped in here. kcr_exit() waits
 * for the few instructions that follow module_put().
 */
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/task_work.h>
#include <asm/syscall.h>

#include "arch/arch.h"
#include "kcr.h"
#include "ksym.h"
#include "task/ptrace.h"
#include "task/signals.h"

#define KCR_STOP_TIMEOUT	(30 * HZ)
#define KCR_STOP_POLL_US	50
#define DEPTH			12

/* Is the current thread, in a task work, just going to be stopped for its tracer? */
bool kcr_ptrace_stopping(void)
{
	unsigned long addr[DEPTH];
	unsigned int i, nr;
	bool found = false;
	char *name;

	if (!READ_ONCE(current->ptrace))
		return false;
	name = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	if (!name)
		return false;
	nr = stack_trace_save(addr, DEPTH, 0);
	for (i = 0; i < nr && !found; i++) {
		sprint_symbol_no_offset(name, addr[i]);
		found = !strcmp(name, "ptrace_notify");
	}
	kfree(name);
	return found;
}

/* In the thread: stops in a system call */

/**
 * struct stop - what is left to be done of a call
 * @work: done by the thread, where the kernel handles signals
 * @stop: KCR_PTRACE_EXIT or KCR_PTRACE_EVENT
 * @event: PTRACE_EVENT_*
 * @message: PTRACE_GETEVENTMSG
 */
struct stop {
	struct callback_head work;
	u32 stop;
	u32 event;
	u64 message;
};

/* kcr_ptrace_tell_exit() - the system call ends: stop if the tracer wants that */
void kcr_ptrace_tell_exit(void)
{
	int sig, ptrace = READ_ONCE(current->ptrace);

	if (!(ptrace & PT_PTRACED))
		return;
	sig = kcr_call(ptrace_notify)(SIGTRAP | (ptrace & PT_TRACESYSGOOD ? 0x80 : 0),
				      PTRACE_EVENTMSG_SYSCALL_EXIT);
	if (sig)
		send_sig(sig, current, 1);
}

/* As syscall_exit_work() does. */
static void end_call(void)
{
	unsigned long work = READ_ONCE(current_thread_info()->syscall_work);

	if (work & SYSCALL_WORK_SYSCALL_EXIT_TRAP && !(work & SYSCALL_WORK_SYSCALL_EMU))
		kcr_call(user_single_step_report)(current_pt_regs());
	else if (work & SYSCALL_WORK_SYSCALL_TRACE)
		kcr_ptrace_tell_exit();
}

static void stop_event(u32 event, u64 message)
{
	kcr_call(ptrace_notify)(event << 8 | SIGTRAP, message);
}

/* In clone() and the like, whose child the message is; and in execve(). */
static void stop_in_call(const struct stop *s)
{
	u64 result = s->event == PTRACE_EVENT_EXEC ? 0 : s->message;

	stop_event(s->event, s->message);
	if (s->event == PTRACE_EVENT_VFORK &&
	    ptrace_event_enabled(current, PTRACE_EVENT_VFORK_DONE))
		stop_event(PTRACE_EVENT_VFORK_DONE, s->message);
	syscall_set_return_value(current, current_pt_regs(), 0, result);
	end_call();
}

/*
 * It stops in there. Nobody returns to the works that wait behind this one: they
 * come first.
 */
static void end_task(struct stop *s)
{
	long code = s->message;

	if (s->work.next && !task_work_add(current, &s->work, TWA_NONE))
		return;
	kfree(s);
	module_put(THIS_MODULE);
	kcr_call(do_exit)(code);
}

static void stop_fn(struct callback_head *work)
{
	struct stop *s = container_of(work, struct stop, work);

	if (s->event == PTRACE_EVENT_EXIT) {
		end_task(s);
		return;
	}
	if (s->stop == KCR_PTRACE_EXIT)
		kcr_ptrace_tell_exit();
	else
		stop_in_call(s);
	kfree(s);
	module_put(THIS_MODULE);
}

/* By a seccomp filter: it comes there by itself. */
static bool is_filtered(const struct kcr_thread *t)
{
	return kcr_ptrace_img(t)->event == cpu_to_le32(PTRACE_EVENT_SECCOMP);
}

/* kcr_ptrace_made() - in a thread that is let go: see to its stop */
void kcr_ptrace_made(struct kcr_thread *t)
{
	const struct kcr_img_ptrace *img;
	struct stop *s;
	u32 stop;

	if (!kcr_ptrace_stopped(t) || READ_ONCE(t->ctx->aborting))
		return;
	img = kcr_ptrace_img(t);
	stop = le32_to_cpu(img->stop);
	if (stop != KCR_PTRACE_EXIT && stop != KCR_PTRACE_EVENT)
		return;
	if (is_filtered(t))
		return;
	s = kzalloc(sizeof(*s), GFP_KERNEL | __GFP_NOFAIL);
	s->stop = stop;
	s->event = le32_to_cpu(img->event);
	s->message = le64_to_cpu(img->message);
	init_task_work(&s->work, stop_fn);
	__module_get(THIS_MODULE);
	/* Run by whoever runs us, when we return. */
	if (task_work_add(current, &s->work, TWA_NONE)) {
		kfree(s);
		module_put(THIS_MODULE);
	}
}

/* In the restarter: who traces whom */

static struct kcr_thread *thread_of(struct kcr_ctx *ctx, pid_t tid)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &ctx->threads, node)
		if (t->tid == tid)
			return t;
	return NULL;
}

/* The thread @tid, if it may be the tracer of a process's thread @of. */
static struct kcr_thread *tracer_for(struct kcr_process *p, pid_t of, pid_t tid)
{
	struct kcr_thread *tracer = thread_of(p->ctx, tid);

	if (tracer && tracer->process != p && !(tracer->leader && tracer->process->leader_ended))
		return tracer;
	kcr_bad_image(p->ctx, "thread %d is traced by %d, which can't be", of, tid);
	return NULL;
}

static struct kcr_thread *tracer_of(struct kcr_thread *t)
{
	return tracer_for(t->process, t->tid, le32_to_cpu(kcr_ptrace_img(t)->tracer));
}

/* As the tracer's own PTRACE_ATTACH would be asked. */
static bool may_trace(struct task_struct *tracer, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(tracer), *old = override_creds(cred);
	bool may = kcr_call(ptrace_may_access)(task, PTRACE_MODE_ATTACH_REALCREDS);

	revert_creds(old);
	put_cred(cred);
	return may;
}

static bool link(struct task_struct *tracer, struct task_struct *task, u32 ptrace, int exit_state)
{
	const struct cred *cred = get_task_cred(tracer);
	bool live;

	write_lock_irq(&kcr_var(tasklist_lock));
	live = !tracer->exit_state && !(tracer->flags & PF_EXITING) &&
	       task->exit_state == exit_state && !task->ptrace;
	if (live) {
		task->ptrace = ptrace;
		kcr_call(__ptrace_link)(task, tracer, cred);
	}
	write_unlock_irq(&kcr_var(tasklist_lock));
	put_cred(cred);
	return live;
}

static int trace_with(struct kcr_thread *tracer, struct task_struct *task, pid_t tid, u32 ptrace,
		      int exit_state)
{
	if (!may_trace(tracer->task, task))
		return kcr_fail(tracer->ctx, KCR_CLASS_PERMISSION, -EPERM,
				"thread %d may not trace thread %d with the ids and capabilities that they have now",
				tracer->tid, tid);
	if (!link(tracer->task, task, ptrace, exit_state))
		return kcr_fail(tracer->ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"thread %d was killed before it could run", tid);
	return 0;
}

/* What is told of is told even if its tracer has changed its mind meanwhile. */
static int trace(struct kcr_thread *t)
{
	const struct kcr_img_ptrace *img = kcr_ptrace_img(t);
	struct kcr_thread *tracer = tracer_of(t);
	u32 ptrace = kcr_ptrace_flags(img), event = le32_to_cpu(img->event);

	if (event)
		ptrace |= PT_EVENT_FLAG(event);
	if (!tracer)
		return t->ctx->error;
	return trace_with(tracer, t->task, t->tid, ptrace, 0);
}

/* It is there for its tracer first, and then for its parent. */
static int trace_ended(struct kcr_process *p)
{
	struct kcr_thread *tracer = tracer_for(p, p->tgid, kcr_ptrace_ended(p));

	return tracer ? trace_with(tracer, p->leader, p->tgid, PT_PTRACED, EXIT_ZOMBIE) :
			p->ctx->error;
}

/* Stops */

static void trace_calls(struct kcr_thread *t)
{
	u32 flags = le32_to_cpu(kcr_ptrace_img(t)->flags);

	if (flags & KCR_PTRACE_SYSCALL)
		set_task_syscall_work(t->task, SYSCALL_TRACE);
	else
		clear_task_syscall_work(t->task, SYSCALL_TRACE);
	if (flags & KCR_PTRACE_EMULATE)
		set_task_syscall_work(t->task, SYSCALL_EMU);
}

/* Should SIGCHLD tell of stops? Returns what it was before. */
static bool tell_tracer(struct task_struct *tracer, bool tell)
{
	struct sighand_struct *sighand;
	unsigned long irq, *flags;
	bool told;

	sighand = kcr_sighand_lock(tracer, &irq);
	if (!sighand)
		return tell;
	flags = &sighand->action[SIGCHLD - 1].sa.sa_flags;
	told = !(*flags & SA_NOCLDSTOP);
	if (tell)
		*flags &= ~(unsigned long)SA_NOCLDSTOP;
	else
		*flags |= SA_NOCLDSTOP;
	spin_unlock_irqrestore(&sighand->siglock, irq);
	return told;
}

/**
 * struct hidden - signals of a thread that is on its way to its stop
 * @blocked: its mask
 * @pending: what is pending for it
 */
struct hidden {
	sigset_t blocked;
	struct sigpending pending;
};

/* With its siglock: it has a signal. */
static void disturb(struct task_struct *task)
{
	sigaddset(&task->pending.signal, SIGTRAP);
	sigdelset(&task->blocked, SIGTRAP);
	set_tsk_thread_flag(task, TIF_SIGPENDING);
}

/* With its siglock: one signal, or a trap, is all that it finds. */
static void hide_signals(struct task_struct *task, struct hidden *hidden, u32 stop)
{
	init_sigpending(&hidden->pending);
	list_splice_init(&task->pending.list, &hidden->pending.list);
	hidden->pending.signal = task->pending.signal;
	hidden->blocked = task->blocked;
	sigemptyset(&task->pending.signal);
	sigfillset(&task->blocked);
	if (stop == KCR_PTRACE_SIGNAL)
		disturb(task);
	if (stop == KCR_PTRACE_GROUP || stop == KCR_PTRACE_TRAP) {
		task->jobctl |= SIGSTOP | JOBCTL_TRAP_STOP;
		set_tsk_thread_flag(task, TIF_SIGPENDING);
	}
}

static void show_signals(struct task_struct *task, struct hidden *hidden)
{
	sigdelset(&task->pending.signal, SIGTRAP);
	list_splice(&hidden->pending.list, &task->pending.list);
	sigorsets(&task->pending.signal, &task->pending.signal, &hidden->pending.signal);
	task->blocked = hidden->blocked;
}

static int send_off(struct kcr_thread *t, struct hidden *hidden)
{
	u32 stop = le32_to_cpu(kcr_ptrace_img(t)->stop);
	struct task_struct *task = t->task;
	struct sighand_struct *sighand;
	unsigned long irq;

	if (stop == KCR_PTRACE_ENTRY || is_filtered(t)) {
		if (!kcr_arch_behind_call(task))
			return kcr_bad_image(t->ctx, "thread %d does not stand behind a system call",
					     t->tid);
		kcr_arch_call_again(task);
		trace_calls(t);
		if (is_filtered(t))
			set_task_syscall_work(task, SYSCALL_TRACE);
	}
	sighand = kcr_sighand_lock(task, &irq);
	if (!sighand)
		return kcr_sighand_gone(t->ctx);
	hide_signals(task, hidden, stop);
	spin_unlock_irqrestore(&sighand->siglock, irq);
	WRITE_ONCE(t->released, true);
	wake_up_all(&t->ctx->release_wait);
	return 0;
}

static bool has_stopped(struct task_struct *task)
{
	return READ_ONCE(task->jobctl) & JOBCTL_TRACED;
}

/* It has told its tracer, and sleeps. */
static int wait_stopped(struct kcr_thread *t)
{
	unsigned long deadline = jiffies + KCR_STOP_TIMEOUT;
	struct task_struct *task = t->task;

	while (!has_stopped(task) || !kcr_call(wait_task_inactive)(task, TASK_ANY)) {
		if (READ_ONCE(task->exit_state) || READ_ONCE(task->flags) & PF_EXITING ||
		    fatal_signal_pending(current))
			return kcr_fail(t->ctx, KCR_CLASS_TRANSIENT, -ESRCH,
					"thread %d was killed before it could run", t->tid);
		if (time_after(jiffies, deadline))
			return kcr_fail(t->ctx, KCR_CLASS_ENVIRONMENT, -ETIMEDOUT,
					"thread %d could not be stopped for its tracer", t->tid);
		usleep_range(KCR_STOP_POLL_US, 2 * KCR_STOP_POLL_US);
	}
	return 0;
}

/* The instruction has changed them. */
static int restore_regs(struct kcr_thread *t)
{
	struct kcr_rec *thread = kcr_rec_find(t->ctx, t->id, KCR_KIND_THREAD), *rec;
	int ret = 0;

	list_for_each_entry(rec, &thread->owned, owned)
		if (!ret && rec->kind == KCR_KIND_X86_REGS)
			ret = kcr_x86_regs_ops.restore_parked(t->ctx, t, rec);
	return ret;
}

/* It has been told of the event; what else it is told of is as it was. */
static void restore_options(struct kcr_thread *t)
{
	write_lock_irq(&kcr_var(tasklist_lock));
	if (t->task->ptrace)
		t->task->ptrace = kcr_ptrace_flags(kcr_ptrace_img(t));
	write_unlock_irq(&kcr_var(tasklist_lock));
}

/*
 * Also if it never got there: then it will be killed. So it will if it stopped
 * elsewhere, as at the signal for an instruction that may not be executed: what
 * the kernel makes of its wait status depends on where it stands.
 */
static int settle(struct kcr_thread *t, struct hidden *hidden)
{
	const struct kcr_img_ptrace *img = kcr_ptrace_img(t);
	struct sighand_struct *sighand;
	unsigned long irq;
	bool settled;

	sighand = kcr_sighand_lock(t->task, &irq);
	if (!sighand) {
		if (hidden)
			kcr_call(flush_sigqueue)(&hidden->pending);
		return kcr_sighand_gone(t->ctx);
	}
	if (hidden)
		show_signals(t->task, hidden);
	settled = !hidden || (has_stopped(t->task) &&
			      kcr_ptrace_at(t->task, le32_to_cpu(img->stop),
					    le32_to_cpu(img->event)));
	if (settled)
		kcr_ptrace_settle(t);
	spin_unlock_irqrestore(&sighand->siglock, irq);
	if (!settled)
		return kcr_bad_image(t->ctx, "thread %d can't be stopped where it is said to be",
				     t->tid);
	restore_options(t);
	trace_calls(t);
	if (le32_to_cpu(img->flags) & KCR_PTRACE_STEP)
		kcr_arch_step(t->task);
	return 0;
}

static bool is_confined(const struct task_struct *task)
{
#ifdef CONFIG_SECCOMP
	return task->seccomp.mode == SECCOMP_MODE_FILTER;
#else
	return false;
#endif
}

/*
 * At the entry of a call it goes on to the next stop, as if its tracer said so. An
 * image that lies may have a filter that does not stop it: with a signal that waits,
 * the call makes no task, and does not sleep.
 */
static int go_on(struct kcr_thread *t)
{
	struct task_struct *task = t->task;
	struct sighand_struct *sighand;
	unsigned long irq;
	bool entered;

	sighand = kcr_sighand_lock(task, &irq);
	if (!sighand)
		return kcr_sighand_gone(t->ctx);
	entered = kcr_ptrace_at(task, KCR_PTRACE_ENTRY, 0) && is_confined(task);
	if (entered) {
		disturb(task);
		task->exit_code = 0;
		task->jobctl &= ~JOBCTL_TRACED;
		kcr_call(wake_up_state)(task, __TASK_TRACED);
	}
	spin_unlock_irqrestore(&sighand->siglock, irq);
	return entered ? 0 : kcr_bad_image(t->ctx, "thread %d can't begin its system call again",
					   t->tid);
}

/* The filter is shown what it saw. */
static int to_filter(struct kcr_thread *t)
{
	return wait_stopped(t) ?: restore_regs(t) ?: go_on(t);
}

static int bring_to_stop(struct kcr_thread *t)
{
	struct task_struct *tracer = tracer_of(t)->task;
	bool told = tell_tracer(tracer, false);
	struct hidden hidden;
	int ret = send_off(t, &hidden);

	if (!ret) {
		ret = is_filtered(t) ? to_filter(t) : 0;
		ret = ret ?: wait_stopped(t) ?: restore_regs(t);
		ret = settle(t, &hidden) ?: ret;
	}
	tell_tracer(tracer, told);
	return ret;
}

/**
 * kcr_ptrace_start() - have the threads traced again
 * @ctx: the operation, in the restarter; everything is made, parked and committed
 */
int kcr_ptrace_start(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	struct kcr_thread *t;
	int ret = 0;

	kcr_for_each_process(ctx, p)
		if (!ret && kcr_ptrace_ended(p))
			ret = trace_ended(p);
	list_for_each_entry(t, &ctx->threads, node)
		if (!ret && t->ptrace)
			ret = trace(t);
	list_for_each_entry(t, &ctx->threads, node)
		if (!ret && t->ptrace)
			ret = kcr_ptrace_stopped(t) ? bring_to_stop(t) : settle(t, NULL);
	return ret;
}

/* kcr_ptrace_abort() - all are to die, and nobody needs to wait for them */
void kcr_ptrace_abort(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	struct kcr_thread *t;

	write_lock_irq(&kcr_var(tasklist_lock));
	list_for_each_entry(t, &ctx->threads, node)
		if (t->ptrace && t->task->ptrace)
			kcr_call(__ptrace_unlink)(t->task);
	kcr_for_each_process(ctx, p)
		if (p->leader && kcr_ptrace_ended(p) && p->leader->ptrace)
			kcr_call(__ptrace_unlink)(p->leader);
	write_unlock_irq(&kcr_var(tasklist_lock));
}
