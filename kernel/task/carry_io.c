// SPDX-License-Identifier: GPL-2.0
/*
 * Carrying on a call that moves bytes, or waits for a connection.
 *
 * The bytes that were moved before it was interrupted stay moved; it goes on with
 * the next one, as long as the kernel itself would have gone on: a write until all
 * is written, a read until there is what MSG_WAITALL, SO_RCVLOWAT or VMIN ask for.
 * What is there beyond that is taken too, without waiting.
 *
 * A time-out that was running goes on by a timer of ours, which interrupts the
 * call; the kernel's own, in it, begins anew and is later. It is the whole call's
 * (reading a socket, accept, connect), or only the next piece's (sending; reading a
 * terminal with VTIME): then a piece is so small that it is waited for but once.
 */
#include <linux/file.h>
#include <linux/hrtimer.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/splice.h>
#include <linux/tty.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat/uio.h"
#include "ksym.h"
#include "task/blocked_call.h"

#define PIECE		2048	/* fits into one buffer of any socket */
#define TTY_PIECE	64	/* n_tty.c waits for no more than that at a time */
#define CONTROL_MAX	4096

/**
 * struct io - one look at a call
 * @file: that its first argument is
 * @sock: that @file is, or NULL
 * @tty: that @file is, or NULL
 * @fast: room for a short @iov
 * @iov: to be freed
 * @iter: what is left of the program's memory
 * @total: bytes of all of it
 * @enough: so many are waited for; 0: whatever comes is the result
 * @asked: so many were asked for
 */
struct io {
	struct file *file;
	struct socket *sock;
	struct tty_struct *tty;
	struct iovec fast[UIO_FASTIOV];
	struct iovec *iov;
	struct iov_iter iter;
	size_t total, enough, asked;
};

static const struct {
	int nr;
	enum kcr_blocked_call call;
} calls[] = {
	{ __NR_read,		KCR_BLOCKED_READ },
	{ __NR_readv,		KCR_BLOCKED_READV },
	{ __NR_write,		KCR_BLOCKED_WRITE },
	{ __NR_writev,		KCR_BLOCKED_WRITEV },
	{ __NR_recvfrom,	KCR_BLOCKED_RECV },
	{ __NR_recvmsg,		KCR_BLOCKED_RECVMSG },
	{ __NR_sendto,		KCR_BLOCKED_SEND },
	{ __NR_sendmsg,		KCR_BLOCKED_SENDMSG },
	{ __NR_accept,		KCR_BLOCKED_ACCEPT },
	{ __NR_accept4,		KCR_BLOCKED_ACCEPT },
	{ __NR_connect,		KCR_BLOCKED_CONNECT },
	{ __NR_splice,		KCR_BLOCKED_SPLICE },
	{ __NR_sendfile,	KCR_BLOCKED_SENDFILE },
};

static bool writes(const struct kcr_blocked *b)
{
	return b->call == KCR_BLOCKED_WRITE || b->call == KCR_BLOCKED_WRITEV ||
	       b->call == KCR_BLOCKED_SEND || b->call == KCR_BLOCKED_SENDMSG;
}

static bool moves_bytes(const struct kcr_blocked *b)
{
	return b->call != KCR_BLOCKED_ACCEPT && b->call != KCR_BLOCKED_CONNECT;
}

static unsigned int msg_flags(const struct kcr_blocked *b)
{
	switch (b->call) {
	case KCR_BLOCKED_RECV:
	case KCR_BLOCKED_SEND:
		return b->arg[3];
	case KCR_BLOCKED_RECVMSG:
	case KCR_BLOCKED_SENDMSG:
		return b->arg[2];
	default:
		return 0;
	}
}

static bool waits_for_bytes(const struct tty_struct *tty)
{
	return !L_ICANON(tty) && MIN_CHAR(tty);
}

/* How many bytes the kernel would not have returned without. */
static size_t enough(const struct kcr_blocked *b, const struct io *io)
{
	unsigned int flags = msg_flags(b);

	if (io->sock && io->sock->type != SOCK_STREAM)
		return 0;
	if (writes(b))
		return io->total;
	if (io->sock && !(flags & MSG_PEEK))
		return sock_rcvlowat(io->sock->sk, flags & MSG_WAITALL, io->total);
	if (io->tty && waits_for_bytes(io->tty))
		return min3((size_t)MIN_CHAR(io->tty), (size_t)TTY_PIECE, io->total);
	return 0;
}

static int import_one(const struct kcr_blocked *b, struct io *io, unsigned int dir)
{
	io->fast[0].iov_base = (void __user *)b->arg[1];
	io->fast[0].iov_len = min_t(size_t, b->arg[2], MAX_RW_COUNT);
	if (!access_ok(io->fast[0].iov_base, io->fast[0].iov_len))
		return -EFAULT;
	iov_iter_init(&io->iter, dir, io->fast, 1, io->fast[0].iov_len);
	return 0;
}

static int import_many(const struct kcr_blocked *b, struct io *io, unsigned int dir)
{
	const struct iovec __user *vec = (const struct iovec __user *)b->arg[1];
	unsigned long nr = b->arg[2];
	struct user_msghdr msg;
	ssize_t ret;

	if (b->call == KCR_BLOCKED_RECVMSG || b->call == KCR_BLOCKED_SENDMSG) {
		if (copy_from_user(&msg, vec, sizeof(msg)))
			return -EFAULT;
		vec = msg.msg_iov;
		nr = msg.msg_iovlen;
	}
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	io->iov = io->fast;
	ret = import_iovec(dir, vec, nr, UIO_FASTIOV, &io->iov, &io->iter);
	if (ret >= 0)
		return 0;
	io->iov = NULL;
	return ret;
}

static int import(const struct kcr_blocked *b, struct io *io)
{
	unsigned int dir = writes(b) ? ITER_SOURCE : ITER_DEST;

	switch (b->call) {
	case KCR_BLOCKED_READ:
	case KCR_BLOCKED_WRITE:
	case KCR_BLOCKED_RECV:
	case KCR_BLOCKED_SEND:
		return import_one(b, io, dir);
	default:
		return import_many(b, io, dir);
	}
}

static void io_end(struct io *io)
{
	kfree(io->iov);
	if (io->file)
		fput(io->file);
}

static int io_begin(const struct kcr_blocked *b, struct io *io)
{
	int ret;

	io->iov = NULL;
	io->file = fget(b->arg[0]);
	if (!io->file)
		return -EBADF;
	io->sock = sock_from_file(io->file);
	io->tty = io->file->f_op == &kcr_var(tty_fops) ?
		  ((struct tty_file_private *)io->file->private_data)->tty : NULL;
	io->total = 0;
	io->enough = 0;
	if (!moves_bytes(b))
		return 0;
	ret = import(b, io);
	if (ret)
		return ret;
	io->total = iov_iter_count(&io->iter);
	io->enough = enough(b, io);
	return 0;
}

/* Bytes that splice() or sendfile() may move. */
static size_t splice_len(const struct kcr_blocked *b)
{
	return b->call == KCR_BLOCKED_SPLICE ? b->arg[4] :
					       min_t(size_t, b->arg[3], MAX_RW_COUNT);
}

/* What a call has moved when it did not only have to move what was there. */
static bool is_part(struct kcr_blocked *b, long ret)
{
	struct io io;
	bool part;

	if (b->call == KCR_BLOCKED_SPLICE || b->call == KCR_BLOCKED_SENDFILE)
		return ret < splice_len(b);
	part = !io_begin(b, &io) && ret < io.enough;
	io_end(&io);
	return part;
}

/* Into a pipe goes what there is room for, and no more is waited for. */
static bool fills_pipe(const struct kcr_blocked *b)
{
	unsigned int fd = b->call == KCR_BLOCKED_SPLICE ? b->arg[2] : b->arg[0];
	struct file *file = fget(fd);
	bool fills = !file || S_ISFIFO(file_inode(file)->i_mode);

	if (file)
		fput(file);
	return fills;
}

u32 kcr_io_left(struct kcr_blocked *b, int nr, long ret)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls) && calls[i].nr != nr; i++)
		;
	if (i == ARRAY_SIZE(calls))
		return KCR_BLOCKED_NONE;
	b->call = calls[i].call;
	if (nr == __NR_accept)
		b->arg[3] = 0;
	if (ret == -EINTR || ret == -ERESTARTSYS)
		return b->timed ? b->call : KCR_BLOCKED_NONE;
	if (ret <= 0 || !moves_bytes(b) || !is_part(b, ret))
		return KCR_BLOCKED_NONE;
	if ((b->call == KCR_BLOCKED_SPLICE || b->call == KCR_BLOCKED_SENDFILE) && fills_pipe(b))
		return KCR_BLOCKED_NONE;
	b->done = ret;
	return b->call;
}

/* The timer. What it interrupts looks like what a request to park interrupts. */

static enum hrtimer_restart time_is_up(struct hrtimer *timer)
{
	struct kcr_blocked *b = container_of(timer, struct kcr_blocked, timer);

	WRITE_ONCE(b->late, true);
	if (!test_and_set_tsk_thread_flag(b->task, TIF_NOTIFY_SIGNAL))
		kcr_call(wake_up_state)(b->task, TASK_INTERRUPTIBLE);
	return HRTIMER_NORESTART;
}

static void timer_begin(struct kcr_blocked *b)
{
	b->late = false;
	if (!b->timed)
		return;
	hrtimer_init(&b->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	b->timer.function = time_is_up;
	hrtimer_start(&b->timer, b->until, HRTIMER_MODE_ABS);
}

static void timer_end(struct kcr_blocked *b)
{
	if (b->timed)
		hrtimer_cancel(&b->timer);
}

/* From the beginning. */
static long call_again(struct kcr_blocked *b)
{
	const unsigned long *arg = b->arg;

	switch (b->call) {
	case KCR_BLOCKED_READ:
		return kcr_syscall(read, arg[0], arg[1], arg[2]);
	case KCR_BLOCKED_READV:
		return kcr_syscall(readv, arg[0], arg[1], arg[2]);
	case KCR_BLOCKED_WRITE:
		return kcr_syscall(write, arg[0], arg[1], arg[2]);
	case KCR_BLOCKED_WRITEV:
		return kcr_syscall(writev, arg[0], arg[1], arg[2]);
	case KCR_BLOCKED_RECV:
		return kcr_syscall(recvfrom, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	case KCR_BLOCKED_RECVMSG:
		return kcr_syscall(recvmsg, arg[0], arg[1], arg[2]);
	case KCR_BLOCKED_SEND:
		return kcr_syscall(sendto, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	case KCR_BLOCKED_SENDMSG:
		return kcr_syscall(sendmsg, arg[0], arg[1], arg[2]);
	case KCR_BLOCKED_ACCEPT:
		return kcr_syscall(accept4, arg[0], arg[1], arg[2], arg[3]);
	case KCR_BLOCKED_CONNECT:
		return kcr_syscall(connect, arg[0], arg[1], arg[2]);
	default:
		return -EINTR;
	}
}

/*
 * Credentials that are sent go with each piece; descriptors went with the first.
 * Returns what @msg refers to, to be freed, or NULL.
 */
static void *keep_credentials(const struct kcr_blocked *b, struct msghdr *msg)
{
	struct msghdr all = {};
	struct cmsghdr *cmsg;
	struct user_msghdr from;
	void *control;

	if (b->call != KCR_BLOCKED_SENDMSG ||
	    copy_from_user(&from, (const void __user *)b->arg[1], sizeof(from)) ||
	    !from.msg_control || !from.msg_controllen || from.msg_controllen > CONTROL_MAX)
		return NULL;
	control = memdup_user(from.msg_control, from.msg_controllen);
	if (IS_ERR(control))
		return NULL;
	all.msg_control = control;
	all.msg_controllen = from.msg_controllen;
	for_each_cmsghdr(cmsg, &all) {
		if (!CMSG_OK(&all, cmsg))
			break;
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_CREDENTIALS)
			continue;
		msg->msg_control = cmsg;
		msg->msg_controllen = cmsg->cmsg_len;
		break;
	}
	return control;
}

static long send_more(struct kcr_blocked *b, struct io *io)
{
	struct msghdr msg = { .msg_flags = msg_flags(b) | (b->done ? MSG_NOSIGNAL : 0) };
	void *control = keep_credentials(b, &msg);
	long ret;

	if (io->file->f_flags & O_NONBLOCK)
		msg.msg_flags |= MSG_DONTWAIT;
	if (b->done + io->asked < io->total)	/* it is the last byte of all */
		msg.msg_flags &= ~MSG_OOB;
	msg.msg_iter = io->iter;
	ret = sock_sendmsg(io->sock, &msg);
	kfree(control);
	return ret;
}

static long receive_more(struct kcr_blocked *b, struct io *io, unsigned int flags)
{
	struct msghdr msg = { .msg_iter = io->iter };

	if (io->file->f_flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	return sock_recvmsg(io->sock, &msg, (msg_flags(b) & ~MSG_WAITALL) | flags);
}

static long move_more(struct kcr_blocked *b, struct io *io, unsigned int flags)
{
	loff_t pos = 0;

	if (io->sock)
		return writes(b) ? send_more(b, io) : receive_more(b, io, flags);
	return writes(b) ? kcr_vfs_iter_write(io->file, &io->iter, &pos) :
			   vfs_iter_read(io->file, &io->iter, &pos, 0);
}

/* A piece of a stream that is waited for once is sent by itself. */
static bool in_pieces(const struct kcr_blocked *b, const struct io *io)
{
	return b->timed && writes(b) && io->enough && b->call != KCR_BLOCKED_SENDMSG;
}

static bool by_bytes(const struct io *io)
{
	return io->tty && TIME_CHAR(io->tty);
}

static long one_piece(struct kcr_blocked *b, struct io *io)
{
	io->asked = io->total;
	if (!b->done && !in_pieces(b, io))
		return call_again(b);
	iov_iter_advance(&io->iter, b->done);
	io->asked = max_t(size_t, io->enough, b->done) - b->done;
	if (writes(b) && b->timed)
		io->asked = min_t(size_t, io->asked, PIECE);
	else if (by_bytes(io))
		io->asked = min_t(size_t, io->asked, 1);
	if (!io->asked)
		return 0;
	iov_iter_truncate(&io->iter, io->asked);
	return move_more(b, io, MSG_WAITALL);
}

/* What is there beyond what was waited for. A terminal doesn't wait with a signal. */
static void take_the_rest(struct kcr_blocked *b)
{
	struct io io;
	long ret = 0;

	if (!io_begin(b, &io) && b->done < io.total && (io.sock || io.tty)) {
		iov_iter_advance(&io.iter, b->done);
		if (io.tty)
			set_thread_flag(TIF_NOTIFY_SIGNAL);
		ret = move_more(b, &io, MSG_DONTWAIT);
	}
	io_end(&io);
	if (ret > 0)
		b->done += ret;
}

static long moved(struct kcr_blocked *b, const struct io *io, long ret)
{
	bool first = !b->done;

	if (!moves_bytes(b) || !io->enough)
		return ret;
	b->done += ret;
	if (b->done >= io->enough) {
		if (!writes(b) && !first)
			take_the_rest(b);
		return b->done;
	}
	if (!signal_pending(current) && ret < io->asked)
		return b->done;
	syscall_set_return_value(current, current_pt_regs(), 0, b->done);
	if (by_bytes(io)) {
		b->timed = true;
		b->until = ktime_add_ms(ktime_get(), TIME_CHAR(io->tty) * 100);
	} else if (writes(b)) {
		b->timed = false;
	} else if (b->late) {
		return b->done;
	}
	return signal_pending(current) ? -ERESTARTSYS : 0;
}

static long time_out(const struct kcr_blocked *b, const struct io *io)
{
	return io->tty || b->done ? b->done : -EAGAIN;
}

/* 0: there is more to do. */
static long step(struct kcr_blocked *b, struct io *io, bool *ended)
{
	long ret;

	timer_begin(b);
	ret = one_piece(b, io);
	timer_end(b);
	*ended = true;
	if (ret > 0) {
		ret = moved(b, io, ret);
		*ended = ret;
		return ret;
	}
	if (!kcr_was_interrupted(ret))
		return b->done ?: ret;
	if (READ_ONCE(b->late) && !task_sigpending(current))
		return time_out(b, io);
	return ret;
}

long kcr_carry_io(struct kcr_blocked *b)
{
	struct io io;
	bool ended;
	long ret;

	do {
		ret = io_begin(b, &io);
		ended = true;
		if (ret)
			ret = b->done ?: ret;
		else
			ret = step(b, &io, &ended);
		io_end(&io);
	} while (!ended);
	return ret;
}

static long splice_more(const struct kcr_blocked *b)
{
	const unsigned long *arg = b->arg;

	if (b->call == KCR_BLOCKED_SENDFILE)
		return kcr_syscall(sendfile64, arg[0], arg[1], arg[2], splice_len(b) - b->done);
	return kcr_syscall(splice, arg[0], arg[1], arg[2], arg[3], splice_len(b) - b->done,
			   arg[5] | SPLICE_F_NONBLOCK);
}

/* What the pipe holds, or all of the file: offsets count what was moved. */
long kcr_carry_splice(struct kcr_blocked *b)
{
	long ret;

	while (b->done < splice_len(b)) {
		ret = splice_more(b);
		if (kcr_was_interrupted(ret))
			return ret;
		if (ret <= 0)
			break;
		b->done += ret;
		syscall_set_return_value(current, current_pt_regs(), 0, b->done);
		if (signal_pending(current))
			return -ERESTARTSYS;
	}
	return b->done;
}
