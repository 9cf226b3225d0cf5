// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that a sleeping thread may be interrupted in.
 *
 * Either the kernel starts the call again by itself with nothing to be seen
 * (-ERESTARTSYS, -ERESTARTNOHAND, -ERESTARTNOINTR from its arguments, or
 * -ERESTART_RESTARTBLOCK from the restart block), or blocked.c knows how to go
 * on. Any other call is waited for.
 *
 * Left out on purpose: futexes that are requeued with priority inheritance, and
 * sleeps of CPU time that another process uses. Calls on files are in
 * blocked_files.c.
 *
 * Asynchronous I/O (io_getevents) is refused at once: its contexts are refused
 * anyway, and what it has got so far would be a short count.
 */
#include <linux/fcntl.h>
#include <linux/mutex.h>
#include <linux/futex.h>	/* leans on the former */
#include <linux/slab.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat/futex.h"
#include "task/blocked.h"
#include "task/blocked_call.h"

static bool known_clock(struct task_struct *task, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
	case CLOCK_PROCESS_CPUTIME_ID:
		return true;
	default:
		return kcr_cpu_clock_known(task, clock);
	}
}

static bool known_futex(int op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return true;
	default:
		return false;
	}
}

static bool known_call(struct task_struct *task, int nr, const unsigned long *arg,
		       struct kcr_blocked *b)
{
	switch (nr) {
	case __NR_nanosleep:
	case __NR_poll:
	case __NR_ppoll:
	case __NR_select:
	case __NR_pselect6:
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_futex_waitv:
	case __NR_futex_wait:
	case __NR_rt_sigtimedwait:
	case __NR_rt_sigsuspend:
	case __NR_pause:
	case __NR_wait4:
	case __NR_waitid:
	case __NR_flock:
	case __NR_semop:
	case __NR_semtimedop:
	case __NR_msgsnd:
	case __NR_msgrcv:
	case __NR_mq_timedsend:
	case __NR_mq_timedreceive:
		return true;
	case __NR_clock_nanosleep:
		return known_clock(task, arg[0]);
	case __NR_futex:
		return known_futex(arg[1]);
	case __NR_fcntl:
		return (int)arg[1] == F_SETLKW || (int)arg[1] == F_OFD_SETLKW;
	case __NR_restart_syscall:
		return kcr_restart_block_known(task);
	default:
		return kcr_blocked_file(task, nr, arg, b);
	}
}

/* Without a time-out, and without bytes that it has moved, which have ways of their own. */
bool kcr_blocked_again(int nr)
{
	switch (nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_write:
	case __NR_writev:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
	case __NR_splice:
	case __NR_sendfile:
	case __NR_ppoll:
	case __NR_select:
	case __NR_pselect6:
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_futex:
	case __NR_futex_waitv:
	case __NR_futex_wait:
	case __NR_pause:
	case __NR_wait4:
	case __NR_waitid:
	case __NR_flock:
	case __NR_fcntl:
	case __NR_semop:
	case __NR_semtimedop:
	case __NR_msgsnd:
	case __NR_msgrcv:
		return true;
	default:
		return false;
	}
}

/* Calls that don't tell, when interrupted, how much time they had left. */
static bool timed_call(int nr, const unsigned long *arg)
{
	switch (nr) {
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
		return (int)arg[3] >= 0;
	case __NR_epoll_pwait2:
	case __NR_semtimedop:
		return arg[3];
	case __NR_ppoll:
	case __NR_rt_sigtimedwait:
		return arg[2];
	case __NR_select:
	case __NR_pselect6:
		return arg[4];
	default:
		return false;
	}
}

bool kcr_blocked_known(struct kcr_thread *t, int nr, const struct pt_regs *regs)
{
	struct kcr_blocked b = {};

	syscall_get_arguments(t->task, (struct pt_regs *)regs, b.arg);
	if (!known_call(t->task, nr, b.arg, &b))
		return false;
	/* Without its timer the sleep is just ending, or only beginning. */
	if (timed_call(nr, b.arg)) {
		b.timed = kcr_sleep_until(t->task, &b.until);
		if (!b.timed)
			return false;
	}
	t->blocked = kmemdup(&b, sizeof(b), GFP_KERNEL);
	return t->blocked;
}

static bool refused(struct kcr_thread *t, const char *what)
{
	kcr_refuse(t->ctx, "thread %d (%s) waits for %s: not supported yet", t->tid,
		   t->task->comm, what);
	return true;
}

bool kcr_blocked_refused(struct kcr_thread *t, int nr, const struct pt_regs *regs)
{
	unsigned long arg[6];

	switch (nr) {
	case __NR_io_getevents:
	case __NR_io_pgetevents:
		return refused(t, "asynchronous I/O (io_getevents)");
	case __NR_read:
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_sendto:
	case __NR_sendmsg:
		syscall_get_arguments(t->task, (struct pt_regs *)regs, arg);
		return kcr_blocked_network(t, arg[0]) && refused(t, "a network socket");
	default:
		return false;
	}
}
