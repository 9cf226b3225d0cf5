// SPDX-License-Identifier: GPL-2.0
/*
 * Carrying on a system call that was interrupted.
 *
 * Some calls can't be started again from their arguments unseen: their time-out
 * would begin anew, bytes would be written twice, or a mask of signals would be
 * lifted for a moment. Such a call is carried on by the thread itself, inside
 * the task work that the kernel runs before it handles signals: it calls the
 * kernel's own function with what is left to do, and what that returns becomes
 * the result of the call. To the program, and to seccomp, it never ended.
 *
 * A signal ends the wait as it always does; the kernel handles it as soon as we
 * return, and the result is what the call would have returned. When we are
 * interrupted without one, somebody wants to park the thread again: task work
 * is run in place, and the wait goes on, with the same deadline.
 *
 * Where a tracer is told of system calls (PTRACE_SYSCALL), any call is carried on: it
 * would see the program begin it again. It is told when the call has ended.
 *
 * The module can't be unloaded while a thread is in here. kcr_exit() waits for
 * the few instructions that follow module_put().
 */
#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <uapi/linux/sem.h>
#include <asm/syscall.h>

#include "compat/signal.h"
#include "ksym.h"
#include "task/blocked_call.h"
#include "task/ptrace.h"
#include "task/signals.h"

static DEFINE_HASHTABLE(carried, 8);	/* by task */
static DEFINE_SPINLOCK(carried_lock);	/* and kcr_thread.blocked changing hands */

static ktime_t time_left(const struct kcr_blocked *b)
{
	return ktime_sub(b->until, ktime_get());
}

/* Rounded up: never too early. A longer time is waited for in pieces. */
static int left_ms(const struct kcr_blocked *b)
{
	s64 ms;

	if (!b->timed)
		return -1;
	ms = div_s64(max_t(s64, ktime_to_ns(time_left(b)), 0) + NSEC_PER_MSEC - 1,
		     NSEC_PER_MSEC);
	return min_t(s64, ms, INT_MAX);
}

/* What restart_syscall() does. */
static long carry_restart_block(struct kcr_blocked *b)
{
	struct restart_block *rb = &current->restart_block;

	kcr_restart_block_set(b);
	return rb->fn(rb);
}

static long carry_epoll(struct kcr_blocked *b)
{
	long ret;

	do {
		ret = kcr_syscall(epoll_wait, b->arg[0], b->arg[1], b->arg[2], left_ms(b));
	} while (!ret && b->timed && time_left(b) > 0);
	return ret;
}

/* The time that is left is in the program's memory, or, if not writable, here. */
static long carry_ppoll(struct kcr_blocked *b)
{
	struct restart_block *rb = &current->restart_block;
	struct timespec64 end;
	long ret;

	if (!b->timed)
		return kcr_syscall(ppoll, b->arg[0], b->arg[1], b->arg[2]);
	end = ktime_to_timespec64(b->until);
	rb->poll.ufds = (struct pollfd __user *)b->arg[0];
	rb->poll.nfds = b->arg[1];
	rb->poll.has_timeout = 1;
	rb->poll.tv_sec = end.tv_sec;
	rb->poll.tv_nsec = end.tv_nsec;
	ret = kcr_call(do_restart_poll)(rb);
	return kcr_was_interrupted(ret) ? -EINTR : ret;
}

static long carry_select(struct kcr_blocked *b)
{
	struct timespec64 end = ktime_to_timespec64(b->until);
	long ret = kcr_call(core_sys_select)(b->arg[0], (fd_set __user *)b->arg[1],
					     (fd_set __user *)b->arg[2],
					     (fd_set __user *)b->arg[3], &end);

	return kcr_was_interrupted(ret) ? -EINTR : ret;
}

static long carry_pselect(struct kcr_blocked *b)
{
	return kcr_syscall(pselect6, b->arg[0], b->arg[1], b->arg[2], b->arg[3], b->arg[4]);
}

static long carry_sigsuspend(struct kcr_blocked *b)
{
	while (!signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return -ERESTARTNOHAND;
}

static int take_signal(sigset_t *mask, kernel_siginfo_t *info)
{
	int sig;

	spin_lock_irq(kcr_own_siglock());
	sigemptyset(&current->real_blocked);
	sig = kcr_dequeue_signal(mask, info);
	spin_unlock_irq(kcr_own_siglock());
	return sig;
}

/* With the signals waited for let in, as do_sigtimedwait() sleeps. */
static int sleep_for_signal(struct kcr_blocked *b, sigset_t *mask)
{
	sigset_t blocked = current->blocked;
	ktime_t until = b->until;
	int ret;

	spin_lock_irq(kcr_own_siglock());
	current->real_blocked = blocked;
	sigandsets(&current->blocked, &current->blocked, mask);
	recalc_sigpending();
	spin_unlock_irq(kcr_own_siglock());

	__set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
	ret = schedule_hrtimeout_range(b->timed ? &until : NULL, current->timer_slack_ns,
				       HRTIMER_MODE_ABS);
	kcr_call(set_current_blocked)(&blocked);
	return ret;
}

static long carry_sigwait(struct kcr_blocked *b)
{
	kernel_siginfo_t info;
	int sig, ret = 0;
	sigset_t mask;

	if (copy_from_user(&mask, (sigset_t __user *)b->arg[0], sizeof(mask)))
		return -EFAULT;
	sigdelsetmask(&mask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	signotset(&mask);
	clear_siginfo(&info);

	sig = take_signal(&mask, &info);
	if (!sig && (!b->timed || time_left(b) > 0)) {
		ret = sleep_for_signal(b, &mask);
		sig = take_signal(&mask, &info);
	}
	if (!sig)
		return ret ? -EINTR : -EAGAIN;
	if (b->arg[1] && kcr_call(copy_siginfo_to_user)((siginfo_t __user *)b->arg[1], &info))
		return -EFAULT;
	return sig;
}

static long carry_semop(struct kcr_blocked *b)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	struct timespec64 left = ktime_to_timespec64(max_t(s64, time_left(b), 0));
	struct sembuf *sops;
	long ret;

	if (!b->arg[2] || b->arg[2] > ns->sem_ctls[2])
		return b->arg[2] ? -E2BIG : -EINVAL;
	sops = kvmalloc_array(b->arg[2], sizeof(*sops), GFP_KERNEL_ACCOUNT);
	if (!sops)
		return -ENOMEM;
	if (copy_from_user(sops, (struct sembuf __user *)b->arg[1], b->arg[2] * sizeof(*sops)))
		ret = -EFAULT;
	else
		ret = kcr_call(__do_semtimedop)(b->arg[0], sops, b->arg[2],
						b->timed ? &left : NULL, ns);
	kvfree(sops);
	return ret;
}

/* One that is never seen to begin again: its tracer would be told. */
static long carry_again(struct kcr_blocked *b)
{
	int nr = b->done;

	if (!kcr_blocked_again(nr) || syscall_get_nr(current, current_pt_regs()) != nr)
		return -EINTR;
	return (&kcr_var(sys_call_table))[nr](current_pt_regs());
}

static long (*const carriers[])(struct kcr_blocked *b) = {
	[KCR_BLOCKED_NANOSLEEP]		= carry_restart_block,
	[KCR_BLOCKED_POLL]		= carry_restart_block,
	[KCR_BLOCKED_FUTEX]		= carry_restart_block,
	[KCR_BLOCKED_EPOLL]		= carry_epoll,
	[KCR_BLOCKED_PPOLL]		= carry_ppoll,
	[KCR_BLOCKED_SELECT]		= carry_select,
	[KCR_BLOCKED_PSELECT]		= carry_pselect,
	[KCR_BLOCKED_SIGWAIT]		= carry_sigwait,
	[KCR_BLOCKED_SIGSUSPEND]	= carry_sigsuspend,
	[KCR_BLOCKED_WRITE]		= kcr_carry_io,
	[KCR_BLOCKED_WRITEV]		= kcr_carry_io,
	[KCR_BLOCKED_READ]		= kcr_carry_io,
	[KCR_BLOCKED_READV]		= kcr_carry_io,
	[KCR_BLOCKED_RECV]		= kcr_carry_io,
	[KCR_BLOCKED_RECVMSG]		= kcr_carry_io,
	[KCR_BLOCKED_SEND]		= kcr_carry_io,
	[KCR_BLOCKED_SENDMSG]		= kcr_carry_io,
	[KCR_BLOCKED_ACCEPT]		= kcr_carry_io,
	[KCR_BLOCKED_CONNECT]		= kcr_carry_io,
	[KCR_BLOCKED_SPLICE]		= kcr_carry_splice,
	[KCR_BLOCKED_SENDFILE]		= kcr_carry_splice,
	[KCR_BLOCKED_SEMOP]		= carry_semop,
	[KCR_BLOCKED_AGAIN]		= carry_again,
};

static long carry(struct kcr_blocked *b)
{
	long ret;

	for (;;) {
		if (current->flags & PF_EXITING)
			return -EINTR;
		ret = carriers[b->call](b);
		if (!kcr_was_interrupted(ret) || task_sigpending(current))
			return ret;
		clear_notify_signal();
		if (task_work_pending(current))
			kcr_call(task_work_run)();
	}
}

static struct kcr_blocked *carried_find(struct task_struct *task)
{
	struct kcr_blocked *b;

	lockdep_assert_held(&carried_lock);
	hash_for_each_possible(carried, b, node, (unsigned long)task)
		if (b->task == task)
			return b;
	return NULL;
}

static void carry_end(struct kcr_blocked *b)
{
	bool tell = b->tell && !(current->flags & PF_EXITING);

	spin_lock(&carried_lock);
	hash_del(&b->node);
	spin_unlock(&carried_lock);
	kfree(b);
	if (tell)
		kcr_ptrace_tell_exit();
	module_put(THIS_MODULE);
}

/* Like the end of the calls themselves: the mask goes back unless a signal came. */
static void carry_through(struct kcr_blocked *b)
{
	long ret = carry(b);

	if (kcr_was_interrupted(ret) && b->done && b->call != KCR_BLOCKED_AGAIN)
		ret = b->done;
	else if (!kcr_was_interrupted(ret) && test_and_clear_restore_sigmask())
		kcr_call(set_current_blocked)(&current->saved_sigmask);
	syscall_set_return_value(current, current_pt_regs(), ret < 0 ? ret : 0, ret);
}

static void carry_fn(struct callback_head *work)
{
	struct kcr_blocked *b = container_of(work, struct kcr_blocked, work);

	if (b->call != KCR_BLOCKED_ENDED)
		carry_through(b);
	carry_end(b);
}

void kcr_carry_begin(struct kcr_thread *t)
{
	struct kcr_blocked *b = t->blocked;

	b->task = current;
	init_task_work(&b->work, carry_fn);
	__module_get(THIS_MODULE);
	spin_lock(&carried_lock);
	hash_add(carried, &b->node, (unsigned long)current);
	t->blocked = NULL;
	spin_unlock(&carried_lock);
	/* Run by whoever runs us, when we return. */
	if (task_work_add(current, &b->work, TWA_NONE))
		carry_end(b);
}

bool kcr_carry_on(struct task_struct *task)
{
	bool on;

	spin_lock(&carried_lock);
	on = carried_find(task);
	spin_unlock(&carried_lock);
	return on;
}

/* The thread may be killed, and end what it carries on, while we look. */
bool kcr_carry_peek(struct kcr_thread *t, struct kcr_blocked *copy)
{
	const struct kcr_blocked *b;

	spin_lock(&carried_lock);
	b = carried_find(t->task) ?: t->blocked;
	if (b)
		*copy = *b;
	spin_unlock(&carried_lock);
	return b && copy->call != KCR_BLOCKED_NONE;
}
