// SPDX-License-Identifier: GPL-2.0
/*
 * Stopping every thread of a tree of processes, without it noticing.
 *
 * Each thread is asked by a task work that it runs on its way back to user
 * mode (TWA_RESUME), so that the system call that it is in when it is asked is
 * the last one that it completes. Only then a thread that sleeps is looked at:
 * if the call is one that can be interrupted and started again unseen
 * (task/blocked.c), it is interrupted (TIF_NOTIFY_SIGNAL); any other call is
 * waited for. A thread in a job control stop counts as parked; should it be
 * continued, the task work catches it before it runs anything. So does one that
 * sleeps in a call that is refused, if it is only asked what would be (a check).
 *
 * A thread that is interrupted inside of the vDSO could be restarted on a kernel
 * with the same one alone, so it is let out, and asked again a moment later:
 * some times. So is a child of vfork(), for as long as its parent waits for it, and
 * a thread that is just going to be stopped for its tracer: stopped like that, it
 * counts as parked, since the tracer is parked too.
 *
 * A process that another operation stops is waited for (claim.c).
 */
#include <linux/delay.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include <asm/syscall.h>

#include "arch/arch.h"
#include "claim.h"
#include "kcr.h"
#include "ksym.h"
#include "netlink.h"
#include "policy.h"
#include "task/blocked.h"
#include "task/blocked_call.h"
#include "task/cgroup.h"
#include "task/ptrace.h"

/* How often threads that are on their way into a call are looked at again. */
#define KCR_POLL_FIRST	(100 * NSEC_PER_USEC)
#define KCR_POLL_MOST	(4 * NSEC_PER_MSEC)

/* How long a process that is just ending is left alone. */
#define KCR_ENDING_US		100

/* Threads of the tree that are looked for at a time. */
#define KCR_ASK_BATCH		32

/* How often a thread is let out of the vDSO, and for how long. */
#define KCR_LET_OUT_MOST	16
#define KCR_LET_OUT_NS		(100 * NSEC_PER_USEC)

static void set_state(struct kcr_thread *t, enum kcr_thread_state state)
{
	struct kcr_ctx *ctx = t->ctx;

	lockdep_assert_held(&ctx->park_lock);
	t->state = state;
}

/*
 * The kernel handles signals, and starts calls again, before it clears
 * TIF_NOTIFY_RESUME, which came with the request; after that a result is final.
 */
static bool handles_signals(struct kcr_thread *t)
{
	return READ_ONCE(t->nr) >= 0 && test_thread_flag(TIF_NOTIFY_RESUME);
}

/* Its parent can't park before it has executed a program, or ended. */
static bool is_vforked(struct task_struct *task)
{
	return READ_ONCE(task->vfork_done);
}

/* Interrupted too late: it is just going to tell the tracer itself. */
static void not_interrupted(struct kcr_thread *t)
{
	struct kcr_blocked *b = t->blocked;

	if (READ_ONCE(t->nr) < 0 || !b || !b->tell)
		return;
	set_task_syscall_work(current, SYSCALL_TRACE);
	WRITE_ONCE(t->nr, -1);
	kcr_blocked_free(t);
}

/* It parks when it is asked again; not while a call waits to be started again. */
static bool let_out(struct kcr_thread *t, const struct pt_regs *regs)
{
	struct kcr_ctx *ctx = t->ctx;
	bool stopping = kcr_ptrace_stopping(), always = stopping || is_vforked(current), out;

	spin_lock_irq(&ctx->park_lock);
	if (stopping)
		not_interrupted(t);
	out = READ_ONCE(t->nr) < 0 && !ctx->releasing &&
	      (always || (kcr_arch_in_vdso(regs) && t->let_out < KCR_LET_OUT_MOST));
	if (out) {
		t->let_out += !always;
		t->ask_again = ktime_add_ns(ktime_get(), KCR_LET_OUT_NS);
		set_state(t, KCR_THREAD_NEW);
	}
	spin_unlock_irq(&ctx->park_lock);
	return out;
}

/* The last that is done for a work; what it held may be gone then. */
static void work_end(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;

	kcr_claim_put(t->claim);
	kcr_ctx_put(ctx);
}

static void has_ended(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;

	spin_lock_irq(&ctx->park_lock);
	set_state(t, KCR_THREAD_GONE);
	spin_unlock_irq(&ctx->park_lock);
	wake_up(&ctx->park_wait);
	work_end(t);
}

/*
 * In the thread itself. The context lives until work_end(); nothing of it is touched
 * after that.
 */
static void park_fn(struct callback_head *work)
{
	struct kcr_thread *t = container_of(work, struct kcr_thread, work);
	struct pt_regs *regs = task_pt_regs(current);
	struct kcr_ctx *ctx = t->ctx;
	bool sleep;

	if (current->flags & PF_EXITING) {	/* the last work that it runs */
		has_ended(t);
		return;
	}
	if (let_out(t, regs)) {
		work_end(t);
		return;
	}
	t->in_signal = handles_signals(t);
	if (t->in_signal)
		kcr_blocked_parked(t, regs);
	kcr_blocked_tell(t);

	spin_lock_irq(&ctx->park_lock);
	sleep = !ctx->releasing;
	set_state(t, sleep ? KCR_THREAD_PARKED : KCR_THREAD_RELEASED);
	spin_unlock_irq(&ctx->park_lock);
	wake_up(&ctx->park_wait);

	if (sleep)
		wait_event_killable(ctx->release_wait, READ_ONCE(ctx->releasing));

	kcr_blocked_resumed(t, regs);
	spin_lock_irq(&ctx->park_lock);
	set_state(t, KCR_THREAD_RELEASED);
	spin_unlock_irq(&ctx->park_lock);
	wake_up(&ctx->park_wait);
	work_end(t);
}

static bool thread_live(struct task_struct *task)
{
	return !(READ_ONCE(task->flags) & PF_EXITING) && !READ_ONCE(task->exit_state);
}

/* Queues the request; false if the thread is past taking one. */
static bool thread_queue(struct kcr_thread *t)
{
	init_task_work(&t->work, park_fn);
	kcr_ctx_get(t->ctx);
	kcr_claim_get(t->claim);
	if (!task_work_add(t->task, &t->work, TWA_RESUME))
		return true;
	t->state = KCR_THREAD_GONE;
	work_end(t);
	return false;
}

/*
 * The process of a thread; whoever may not attach to it may not stop it either.
 * NULL without an error: it has ended since it was found, and was waited for.
 */
static struct kcr_process *process_of(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct kcr_process *p = kcr_tree_process(ctx, task);
	pid_t tgid;
	size_t mark;
	int ret;

	if (p)
		return p;
	if (same_thread_group(task, current)) {
		kcr_fail(ctx, KCR_CLASS_USAGE, -EDEADLK,
			 "whoever checkpoints is one of the processes: do it from outside (setsid)");
		return NULL;
	}
	tgid = task_tgid_nr_ns(task, ctx->pid_ns);
	if (!tgid) {
		if (pid_alive(task))
			kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EOPNOTSUPP,
				 "a process outside of your pid namespace is one of those to be saved");
		return NULL;
	}
	p = kcr_process_add(ctx, NULL);
	if (!p) {
		kcr_nomem(ctx);
		return NULL;
	}
	p->leader = get_task_struct(task->group_leader);
	p->tgid = tgid;
	hash_add(ctx->processes_hash, &p->hash, (uintptr_t)task->signal);
	mark = kcr_where_process(ctx, p);
	ret = kcr_policy_process(ctx, p);
	kcr_where_end(ctx, mark);
	return ret ? NULL : p;
}

/* -EAGAIN: another operation has it (kcr_ctx.waits_for). */
static int claim(struct kcr_process *p)
{
	struct kcr_claim *c;

	if (p->claim)
		return 0;
	c = kcr_claim_take(p->ctx, p->leader, p->tgid);
	if (!c)
		return kcr_nomem(p->ctx);
	if (c == ERR_PTR(-EDEADLK))
		return kcr_fail(p->ctx, KCR_CLASS_TRANSIENT, -EDEADLK,
				"another checkpoint is stopping process %d, too: try again",
				p->tgid);
	if (IS_ERR(c))
		return PTR_ERR(c);
	p->claim = c;
	return 0;
}

static int thread_ask(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct kcr_process *p = process_of(ctx, task);
	struct kcr_thread *t;
	int ret;

	if (!p)
		return ctx->error;
	ret = claim(p);
	if (ret)
		return ret;
	t = kcr_thread_add(p);
	if (!t)
		return kcr_nomem(ctx);
	if (!kcr_thread_hold(t, task)) {
		kcr_thread_remove(t);	/* has just ended */
		return 0;
	}
	t->tid = task_pid_nr_ns(task, ctx->pid_ns);
	t->leader = thread_group_leader(task);
	t->claim = p->claim;
	t->state = KCR_THREAD_ASKED;
	if (t->leader)
		list_move(&t->sibling, &p->threads);
	hash_add(ctx->threads_hash, &t->hash, (uintptr_t)task);

	ctx->nr_threads += thread_queue(t);
	return 0;
}

static int thread_ask_thawed(struct kcr_ctx *ctx, struct task_struct *task)
{
	int ret = kcr_cgroup_thawed(ctx, task);

	return ret ?: thread_ask(ctx, task);
}

static int ask_all(struct kcr_ctx *ctx, bool *any)
{
	struct task_struct *found[KCR_ASK_BATCH];
	unsigned int i, nr;
	int ret = 0;

	*any = false;
	do {
		nr = kcr_tree_unknown(ctx, found, KCR_ASK_BATCH);
		for (i = 0; i < nr; i++) {
			*any = true;
			ret = ret ?: thread_ask_thawed(ctx, found[i]);
			put_task_struct(found[i]);
		}
	} while (!ret && nr == KCR_ASK_BATCH);
	if (!ret)
		WRITE_ONCE(ctx->waits_for, 0);
	return ret;
}

static void notify_signal(struct task_struct *task)
{
	if (!test_and_set_tsk_thread_flag(task, TIF_NOTIFY_SIGNAL) &&
	    !kcr_call(wake_up_state)(task, TASK_INTERRUPTIBLE))
		kick_process(task);
}

/* It has been said, and a check goes on: whatever ends the call, it parks then. */
static void look_no_more(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;

	spin_lock_irq(&ctx->park_lock);
	if (t->state == KCR_THREAD_ASKED)
		set_state(t, KCR_THREAD_REFUSED);
	spin_unlock_irq(&ctx->park_lock);
}

/*
 * The tracer is to see nothing of it: the end of the call is told by us, when it
 * has ended. False: it has been let out meanwhile.
 */
static bool interrupt(struct kcr_thread *t, int nr)
{
	struct kcr_ctx *ctx = t->ctx;
	struct kcr_blocked *b = t->blocked;
	bool carried = kcr_carry_on(t->task), asked;

	spin_lock_irq(&ctx->park_lock);
	asked = t->state == KCR_THREAD_ASKED;
	if (asked) {
		WRITE_ONCE(t->nr, nr);
		b->tell = !carried && test_task_syscall_work(t->task, SYSCALL_TRACE);
		if (b->tell)
			clear_task_syscall_work(t->task, SYSCALL_TRACE);
	}
	spin_unlock_irq(&ctx->park_lock);
	return asked;
}

/* A step over a call ends with it, however it ends. */
static bool is_stepped(struct kcr_thread *t)
{
	if (!(READ_ONCE(task_thread_info(t->task)->syscall_work) & SYSCALL_WORK_SYSCALL_EXIT_TRAP))
		return false;
	kcr_fail(t->ctx, KCR_CLASS_UNSUPPORTED, -EOPNOTSUPP,
		 "thread %d (%s) sleeps in a system call that its tracer steps over (PTRACE_SINGLESTEP): not supported yet",
		 t->tid, t->task->comm);
	return true;
}

/* Interrupt a thread that sleeps in a call that may be interrupted. */
static void thread_poke(struct kcr_thread *t)
{
	const struct pt_regs *regs = task_pt_regs(t->task);
	int nr;

	if (t->nr >= 0 || !(READ_ONCE(t->task->__state) & TASK_INTERRUPTIBLE) ||
	    is_vforked(t->task))
		return;
	nr = syscall_get_nr(t->task, (struct pt_regs *)regs);
	if (nr < 0 || is_stepped(t))
		return;
	if (kcr_blocked_refused(t, nr, regs)) {
		look_no_more(t);
		return;
	}
	if (!kcr_blocked_known(t, nr, regs))
		return;
	if (interrupt(t, nr))
		notify_signal(t->task);
	else
		kcr_blocked_free(t);
}

/* It will not run our callback before it is continued. */
static bool thread_stopped(struct task_struct *task)
{
	return READ_ONCE(task->jobctl) & (JOBCTL_STOPPED | JOBCTL_TRACED);
}

/* Was let out of the vDSO, and has had its time. */
static void thread_ask_again(struct kcr_thread *t)
{
	if (ktime_before(ktime_get(), t->ask_again))
		return;
	t->state = KCR_THREAD_ASKED;
	thread_queue(t);
}

static void thread_look(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;

	if (READ_ONCE(t->state) == KCR_THREAD_NEW)
		thread_ask_again(t);
	spin_lock_irq(&ctx->park_lock);
	if (t->state == KCR_THREAD_STOPPED && !thread_stopped(t->task))
		set_state(t, KCR_THREAD_ASKED);
	if (t->state == KCR_THREAD_ASKED) {
		if (!thread_live(t->task))
			set_state(t, KCR_THREAD_GONE);
		else if (thread_stopped(t->task))
			set_state(t, KCR_THREAD_STOPPED);
	}
	spin_unlock_irq(&ctx->park_lock);
	if (t->state == KCR_THREAD_ASKED)
		thread_poke(t);
}

/* Threads that are neither parked nor gone. */
static unsigned int look_all(struct kcr_ctx *ctx)
{
	unsigned int asked = 0, parked = 0;
	struct kcr_thread *t;

	list_for_each_entry(t, &ctx->threads, node) {
		thread_look(t);
		switch (READ_ONCE(t->state)) {
		case KCR_THREAD_PARKED:
		case KCR_THREAD_STOPPED:
		case KCR_THREAD_REFUSED:
			parked++;
			break;
		case KCR_THREAD_NEW:
		case KCR_THREAD_ASKED:
			asked++;
			break;
		default:
			break;
		}
	}
	ctx->nr_parked = parked;
	return asked;
}

static bool match_work(struct callback_head *work, void *data)
{
	return work == data;
}

/* Take back what has not been run; what has been sees ctx->releasing. */
static void thread_unask(struct kcr_thread *t)
{
	if (t->state != KCR_THREAD_ASKED && t->state != KCR_THREAD_STOPPED &&
	    t->state != KCR_THREAD_REFUSED && t->state != KCR_THREAD_GONE)
		return;
	if (t->nr >= 0)		/* interrupted: its callback hides that */
		return;
	if (kcr_call(task_work_cancel_match)(t->task, match_work, &t->work)) {
		t->state = KCR_THREAD_RELEASED;
		work_end(t);
	}
}

/**
 * kcr_resume() - let every thread go on
 * @ctx: the operation; may be called more than once
 */
void kcr_resume(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	struct kcr_thread *t;

	if (ctx->releasing)
		return;
	spin_lock_irq(&ctx->park_lock);
	WRITE_ONCE(ctx->releasing, true);
	spin_unlock_irq(&ctx->park_lock);
	wake_up_all(&ctx->release_wait);
	if (ctx->parked)
		ctx->pause_ns = ktime_to_ns(ktime_sub(ktime_get(), ctx->park_start));
	ctx->parked = false;
	list_for_each_entry(t, &ctx->threads, node)
		thread_unask(t);
	WRITE_ONCE(ctx->waits_for, 0);
	kcr_for_each_process(ctx, p) {
		kcr_claim_put(p->claim);
		p->claim = NULL;
	}
	kcr_event(ctx, KCR_EVENT_RESUMED);
}

static int park_timeout(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;

	if (ctx->waits_for)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EBUSY,
				"another checkpoint has stopped process %d, and not let it go within %u ms",
				ctx->waits_for, ctx->timeout_ms);
	list_for_each_entry(t, &ctx->threads, node) {
		const struct pt_regs *regs = task_pt_regs(t->task);

		if (READ_ONCE(t->state) != KCR_THREAD_ASKED)
			continue;
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ETIMEDOUT,
				"thread %d (%s) did not leave system call %ld within %u ms",
				t->tid, t->task->comm, (long)regs->orig_ax, ctx->timeout_ms);
	}
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ETIMEDOUT,
			"its threads did not stop within %u ms", ctx->timeout_ms);
}

/* All are parked and no new one has come, or an error. */
static int park_step(struct kcr_ctx *ctx, bool *done)
{
	bool found;
	int ret = ask_all(ctx, &found);

	if (ret)
		return ctx->waits_for && !ctx->error ? 0 : ret;
	/* Whoever parked last may have continued one that had been looked at. */
	if (look_all(ctx) || look_all(ctx) || ctx->error)
		return ctx->error;
	if (!ctx->nr_parked)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it has exited");
	if (found)
		return 0;
	ret = kcr_tree_settle(ctx);
	*done = !ret;
	if (ret != -EAGAIN)
		return ret;
	usleep_range(KCR_ENDING_US, 2 * KCR_ENDING_US);
	return 0;
}

static void take_clocks(struct kcr_ctx *ctx)
{
	ctx->cut_mono = ktime_get();
	ctx->cut_boot = ktime_get_boottime();
	ctx->cut_real = ktime_get_real();
	ctx->park_ns = ktime_to_ns(ktime_sub(ctx->cut_mono, ctx->park_start));
}

static bool park_progress(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	bool all = !ctx->waits_for;

	list_for_each_entry(t, &ctx->threads, node) {
		enum kcr_thread_state state = READ_ONCE(t->state);

		if (state == KCR_THREAD_ASKED || state == KCR_THREAD_NEW)
			all = false;
	}
	return all || kcr_cancelled(ctx);
}

/**
 * kcr_wait_inactive() - wait until a parked thread has left its processor
 * @t: the thread; its registers can be read and written then
 */
void kcr_wait_inactive(struct kcr_thread *t)
{
	while (READ_ONCE(t->state) == KCR_THREAD_PARKED ||
	       READ_ONCE(t->state) == KCR_THREAD_STOPPED) {
		if (kcr_call(wait_task_inactive)(t->task, TASK_ANY))
			return;
		cond_resched();
	}
}

/**
 * kcr_park() - stop every thread of the tree
 * @ctx: the operation
 *
 * Return: 0 with all of them parked and the clocks taken; otherwise an error
 * in words, and kcr_resume() lets those go that were.
 */
int kcr_park(struct kcr_ctx *ctx)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ctx->timeout_ms);
	ktime_t poll = KCR_POLL_FIRST;
	struct kcr_thread *t;
	bool done = false;
	int ret;

	for (;;) {
		if (!ctx->nr_threads)
			ctx->park_start = ktime_get();
		ret = park_step(ctx, &done);
		if (ret || done)
			break;
		if (kcr_cancelled(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
		if (time_after(jiffies, deadline))
			return park_timeout(ctx);
		ret = wait_event_interruptible_hrtimeout(ctx->park_wait, park_progress(ctx),
							 poll);
		poll = min_t(ktime_t, 2 * poll, KCR_POLL_MOST);
		if (ret == -ERESTARTSYS && kcr_interrupted(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
	}
	if (ret)
		return ret;
	list_for_each_entry(t, &ctx->threads, node)
		kcr_wait_inactive(t);
	take_clocks(ctx);
	ctx->parked = true;
	kcr_event(ctx, KCR_EVENT_PARKED);
	return 0;
}
