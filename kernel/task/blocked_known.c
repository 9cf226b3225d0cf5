// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that a sleeping thread may be interrupted in.
 *
 * Either the kernel starts the call again by itself with nothing to be seen
 * (-ERESTARTSYS, -ERESTARTNOHAND, -ERESTARTNOINTR from its arguments, or
 * -ERESTART_RESTARTBLOCK from the restart block), or blocked.c knows how to go
 * on. Any other call is waited for.
 *
 * Left out on purpose: clocks of CPU time and alarms (a program that is made
 * anew has used no CPU time), futexes that are requeued with priority
 * inheritance, reads of a terminal that count bytes or time (VMIN, VTIME), which
 * come back short, and calls on sockets that do so (MSG_WAITALL, SO_RCVLOWAT,
 * sendmsg() to a stream) or return -EINTR (SO_RCVTIMEO, SO_SNDTIMEO).
 */
#include <linux/eventfd.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/futex.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <net/sock.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat/futex.h"
#include "ksym.h"
#include "task/blocked.h"
#include "task/blocked_call.h"

static bool known_clock(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
	       clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
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

/* Reads until a line or a byte is there return nothing or everything. */
static bool known_tty(const struct file *file, bool write)
{
	const struct tty_file_private *priv = file->private_data;

	return write || L_ICANON(priv->tty) ||
	       (MIN_CHAR(priv->tty) <= 1 && !TIME_CHAR(priv->tty));
}

/* A UNIX socket whose calls start again from their arguments. */
static bool known_socket(struct file *file, int nr, unsigned int flags)
{
	struct socket *sock = sock_from_file(file);
	struct sock *sk = sock ? sock->sk : NULL;

	if (!sk || sk->sk_family != AF_UNIX)
		return false;
	switch (nr) {
	case __NR_accept:
	case __NR_accept4:
		return READ_ONCE(sk->sk_rcvtimeo) == MAX_SCHEDULE_TIMEOUT;
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
		return READ_ONCE(sk->sk_rcvtimeo) == MAX_SCHEDULE_TIMEOUT &&
		       READ_ONCE(sk->sk_rcvlowat) == 1 && !(flags & MSG_WAITALL);
	case __NR_sendto:
	case __NR_sendmsg:
		if (sk->sk_type == SOCK_STREAM)
			return false;
		fallthrough;
	default:	/* connect(), write(), writev() */
		return READ_ONCE(sk->sk_sndtimeo) == MAX_SCHEDULE_TIMEOUT;
	}
}

static bool known_socket_fd(struct task_struct *task, unsigned int fd, int nr,
			    unsigned int flags)
{
	struct file *file = kcr_call(fget_task)(task, fd);
	bool known = file && known_socket(file, nr, flags);

	if (file)
		fput(file);
	return known;
}

static bool known_file(struct task_struct *task, unsigned int fd, int nr, bool write)
{
	struct file *file = kcr_call(fget_task)(task, fd);
	bool known;

	if (!file)
		return false;
	if (file->f_op == &kcr_var(tty_fops))
		known = known_tty(file, write);
	else
		known = S_ISFIFO(file_inode(file)->i_mode) ||
			file->f_op == &kcr_var(inotify_fops) ||
			file->f_op == &kcr_var(eventfd_fops) ||
			file->f_op == &kcr_var(timerfd_fops) ||
			file->f_op == &kcr_var(signalfd_fops) ||
			known_socket(file, nr, 0);
	fput(file);
	return known;
}

static bool known_call(struct task_struct *task, int nr, const unsigned long *arg)
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
		return known_clock(arg[0]);
	case __NR_futex:
		return known_futex(arg[1]);
	case __NR_fcntl:
		return (int)arg[1] == F_SETLKW || (int)arg[1] == F_OFD_SETLKW;
	case __NR_read:
	case __NR_readv:
		return known_file(task, arg[0], nr, false);
	case __NR_write:
	case __NR_writev:
		return known_file(task, arg[0], nr, true);
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
		return known_socket_fd(task, arg[0], nr, 0);
	case __NR_recvmsg:
	case __NR_sendmsg:
		return known_socket_fd(task, arg[0], nr, arg[2]);
	case __NR_recvfrom:
	case __NR_sendto:
		return known_socket_fd(task, arg[0], nr, arg[3]);
	case __NR_restart_syscall:
		return kcr_restart_block_known(task);
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
	struct kcr_blocked *b;
	unsigned long arg[6];

	syscall_get_arguments(t->task, (struct pt_regs *)regs, arg);
	if (!known_call(t->task, nr, arg))
		return false;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return false;
	memcpy(b->arg, arg, sizeof(arg));
	b->timed = timed_call(nr, arg);
	/* Without its timer the sleep is just ending, or only beginning. */
	if (b->timed && !kcr_sleep_until(t->task, &b->until)) {
		kfree(b);
		return false;
	}
	t->blocked = b;
	return true;
}
