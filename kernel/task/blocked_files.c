// SPDX-License-Identifier: GPL-2.0
/*
 * Calls on files that a sleeping thread may be interrupted in.
 *
 * Pipes, FIFOs, UNIX sockets, terminals, and descriptors that count events. With
 * nothing done, and no time-out, such a call returns -ERESTARTSYS, and the kernel
 * starts it again from its arguments. The rest is carried on (carry_io.c): bytes
 * that have been moved, and time-outs of sockets (SO_RCVTIMEO, SO_SNDTIMEO) and
 * terminals (VTIME).
 *
 * Arguments can't tell of open() and splice() what they wait for; the names of the
 * functions that they sleep in do.
 *
 * Left out on purpose: recvmmsg() and sendmmsg(), which tell others of the socket
 * that they were interrupted; recvmsg() of a number of bytes (MSG_WAITALL,
 * SO_RCVLOWAT) that asks for control messages, too; splice() through a socket
 * with a time-out, and breaks that are being sent on a serial line.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <net/sock.h>
#include <asm/termbits.h>
#include <asm/unistd.h>

#include "files/choice.h"
#include "ksym.h"
#include "task/blocked_call.h"

#define DEPTH	24	/* of a stack, that is looked at */

/* Where open() waits for the other end of a FIFO, or until a lease is given up. */
static const char *const opens[] = { "fifo_open", "__break_lease", NULL };

/* Where splice(), tee(), vmsplice() and sendfile() wait. */
static const char *const splices[] = {
	"pipe_wait_readable", "pipe_wait_writable", "sock_alloc_send_pskb",
	"unix_stream_read_generic", NULL,
};

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* Is one of the functions @names on the stack of a sleeping thread? */
static bool sleeps_in(struct task_struct *task, const char *const *names)
{
	char *name = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	unsigned long addr[DEPTH];
	unsigned int i, nr;
	bool found = false;

	if (!name)
		return false;
	nr = kcr_call(stack_trace_save_tsk)(task, addr, DEPTH, 0);
	for (i = 0; i < nr && !found; i++) {
		sprint_symbol_no_offset(name, addr[i]);
		found = is_one_of(name, names);
	}
	kfree(name);
	return found;
}

/* Reads until a line or a byte is there return nothing or everything. */
static bool known_tty(struct task_struct *task, const struct file *file, bool write,
		      struct kcr_blocked *b)
{
	const struct tty_file_private *priv = file->private_data;

	if (write || L_ICANON(priv->tty) || !TIME_CHAR(priv->tty))
		return true;
	b->timed = kcr_timeout_until(task, &b->until);
	return b->timed || MIN_CHAR(priv->tty);
}

/* Without its timer the sleep is just ending, or only beginning. */
static bool known_timeout(struct task_struct *task, long timeo, struct kcr_blocked *b)
{
	if (timeo == MAX_SCHEDULE_TIMEOUT)
		return true;
	b->timed = kcr_timeout_until(task, &b->until);
	return b->timed;
}

/* When it is interrupted, what it says of control messages is overwritten. */
static bool wants_control(struct task_struct *task, unsigned long addr)
{
	struct user_msghdr msg;

	return access_process_vm(task, addr, &msg, sizeof(msg), 0) != sizeof(msg) ||
	       (msg.msg_control && msg.msg_controllen);
}

/* A UNIX socket; others start again, or not, in ways of their own. */
static bool known_socket(struct task_struct *task, struct file *file, int nr,
			 const unsigned long *arg, struct kcr_blocked *b)
{
	struct socket *sock = sock_from_file(file);
	struct sock *sk = sock ? sock->sk : NULL;

	if (!sk || sk->sk_family != AF_UNIX)
		return false;
	switch (nr) {
	case __NR_recvmsg:
		if (sk->sk_type == SOCK_STREAM &&
		    (arg[2] & MSG_WAITALL || READ_ONCE(sk->sk_rcvlowat) > 1) &&
		    wants_control(task, arg[1]))
			return false;
		fallthrough;
	case __NR_accept:
	case __NR_accept4:
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
		return known_timeout(task, READ_ONCE(sk->sk_rcvtimeo), b);
	default:
		return known_timeout(task, READ_ONCE(sk->sk_sndtimeo), b);
	}
}

/* Does a descriptor lead to a socket that can't be saved? */
bool kcr_blocked_network(struct kcr_thread *t, unsigned int fd)
{
	struct file *file = kcr_call(fget_task)(t->task, fd);
	struct socket *sock = file ? sock_from_file(file) : NULL;
	bool network = sock && sock->sk && sock->sk->sk_family != AF_UNIX &&
		       !kcr_choice_of(t->ctx, file);

	if (file)
		fput(file);
	return network;
}

static bool known_file(struct task_struct *task, struct file *file, int nr,
		       const unsigned long *arg, struct kcr_blocked *b)
{
	if (file->f_op == &kcr_var(tty_fops))
		return known_tty(task, file, nr == __NR_write || nr == __NR_writev, b);
	return S_ISFIFO(file_inode(file)->i_mode) ||
	       file->f_op == &kcr_var(inotify_fops) ||
	       file->f_op == &kcr_var(eventfd_fops) ||
	       file->f_op == &kcr_var(timerfd_fops) ||
	       file->f_op == &kcr_var(signalfd_fops) ||
	       known_socket(task, file, nr, arg, b);
}

/* Until output is sent: tcdrain(), tcsetattr(). */
static bool known_ioctl(const struct file *file, unsigned int cmd, unsigned long arg)
{
	if (file->f_op != &kcr_var(tty_fops))
		return false;
	switch (cmd) {
	case TCSBRK:
		return arg;
	case TCSETAW:
	case TCSETAF:
	case TCSETSW:
	case TCSETSF:
	case TCSETSW2:
	case TCSETSF2:
		return true;
	default:
		return false;
	}
}

/* May data be spliced from or to it, with nothing that is known only here? */
static bool known_splice(struct file *file)
{
	struct socket *sock = sock_from_file(file);
	struct sock *sk = sock ? sock->sk : NULL;
	umode_t mode = file_inode(file)->i_mode;

	if (!sk)
		return S_ISFIFO(mode) || S_ISREG(mode);
	return sk->sk_family == AF_UNIX && READ_ONCE(sk->sk_rcvlowat) == 1 &&
	       READ_ONCE(sk->sk_rcvtimeo) == MAX_SCHEDULE_TIMEOUT &&
	       READ_ONCE(sk->sk_sndtimeo) == MAX_SCHEDULE_TIMEOUT;
}

static bool known_splice_fd(struct task_struct *task, unsigned int fd)
{
	struct file *file = kcr_call(fget_task)(task, fd);
	bool known = file && known_splice(file);

	if (file)
		fput(file);
	return known;
}

static bool known_fd(struct task_struct *task, int nr, const unsigned long *arg,
		     struct kcr_blocked *b)
{
	struct file *file = kcr_call(fget_task)(task, arg[0]);
	bool known;

	if (!file)
		return false;
	switch (nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_write:
	case __NR_writev:
		known = known_file(task, file, nr, arg, b);
		break;
	case __NR_ioctl:
		known = known_ioctl(file, arg[1], arg[2]);
		break;
	default:
		known = known_socket(task, file, nr, arg, b);
	}
	fput(file);
	return known;
}

bool kcr_blocked_file(struct task_struct *task, int nr, const unsigned long *arg,
		      struct kcr_blocked *b)
{
	switch (nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_write:
	case __NR_writev:
	case __NR_ioctl:
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
	case __NR_recvmsg:
	case __NR_sendmsg:
	case __NR_recvfrom:
	case __NR_sendto:
		return known_fd(task, nr, arg, b);
	case __NR_open:
	case __NR_openat:
	case __NR_openat2:
	case __NR_creat:
		return sleeps_in(task, opens);
	case __NR_vmsplice:
		return known_splice_fd(task, arg[0]) && sleeps_in(task, splices);
	case __NR_tee:
	case __NR_sendfile:
		return known_splice_fd(task, arg[0]) && known_splice_fd(task, arg[1]) &&
		       sleeps_in(task, splices);
	case __NR_splice:
		return known_splice_fd(task, arg[0]) && known_splice_fd(task, arg[2]) &&
		       sleeps_in(task, splices);
	default:
		return false;
	}
}
