/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_BLOCKED_H
#define _UAPI_KCR_IMAGE_BLOCKED_H

#include <linux/types.h>

/**
 * enum kcr_blocked_call - system call that a thread sleeps in
 * @KCR_BLOCKED_NANOSLEEP: (remaining), until @until_ns
 * @KCR_BLOCKED_POLL: (fds, nfds)
 * @KCR_BLOCKED_FUTEX: (uaddr, val, bitset), FUTEX_WAIT_BITSET until @until_ns
 * @KCR_BLOCKED_EPOLL: (epfd, events, maxevents)
 * @KCR_BLOCKED_PPOLL: (fds, nfds, timeout), time left in memory
 * @KCR_BLOCKED_SELECT: (n, in, out, ex)
 * @KCR_BLOCKED_PSELECT: (n, in, out, ex, timeout), time left in memory
 * @KCR_BLOCKED_SIGWAIT: (set, info, timeout, size), rt_sigtimedwait()
 * @KCR_BLOCKED_SIGSUSPEND: ()
 * @KCR_BLOCKED_WRITE: (fd, buf, len), of which @done bytes are written
 * @KCR_BLOCKED_WRITEV: (fd, iov, iovcnt), of which @done bytes are written
 * @KCR_BLOCKED_READ: (fd, buf, len), of which @done bytes are read
 * @KCR_BLOCKED_READV: (fd, iov, iovcnt), likewise
 * @KCR_BLOCKED_RECV: (fd, buf, len, flags, addr, addrlen), likewise
 * @KCR_BLOCKED_RECVMSG: (fd, msg, flags), likewise
 * @KCR_BLOCKED_SEND: (fd, buf, len, flags, addr, addrlen), @done bytes are sent
 * @KCR_BLOCKED_SENDMSG: (fd, msg, flags), likewise
 * @KCR_BLOCKED_ACCEPT: (fd, addr, addrlen, flags)
 * @KCR_BLOCKED_CONNECT: (fd, addr, addrlen)
 * @KCR_BLOCKED_SPLICE: (in, off_in, out, off_out, len, flags), @done bytes are moved
 * @KCR_BLOCKED_SENDFILE: (out, in, offset, count), likewise
 * @KCR_BLOCKED_SEMOP: (id, sops, nsops), semtimedop()
 * @KCR_BLOCKED_AGAIN: any that the kernel starts again from its arguments; @done is
 *	its number. With KCR_BLOCKED_TELL: the tracer would see it begin again
 * @KCR_BLOCKED_ENDED: none: it has ended, only KCR_BLOCKED_TELL is left to be done
 *
 * Calls that the kernel starts again by itself, from their arguments, are in no
 * record: the registers tell all. The first three the kernel continues by
 * itself, through restart_syscall(), unless the thread is confined by seccomp; then,
 * and with the others, kcr does.
 */
enum kcr_blocked_call {
	KCR_BLOCKED_NANOSLEEP	= 1,
	KCR_BLOCKED_POLL	= 2,
	KCR_BLOCKED_FUTEX	= 3,
	KCR_BLOCKED_EPOLL	= 4,
	KCR_BLOCKED_PPOLL	= 5,
	KCR_BLOCKED_SELECT	= 6,
	KCR_BLOCKED_PSELECT	= 7,
	KCR_BLOCKED_SIGWAIT	= 8,
	KCR_BLOCKED_SIGSUSPEND	= 9,
	KCR_BLOCKED_WRITE	= 10,
	KCR_BLOCKED_WRITEV	= 11,
	KCR_BLOCKED_READ	= 12,
	KCR_BLOCKED_READV	= 13,
	KCR_BLOCKED_RECV	= 14,
	KCR_BLOCKED_RECVMSG	= 15,
	KCR_BLOCKED_SEND	= 16,
	KCR_BLOCKED_SENDMSG	= 17,
	KCR_BLOCKED_ACCEPT	= 18,
	KCR_BLOCKED_CONNECT	= 19,
	KCR_BLOCKED_SPLICE	= 20,
	KCR_BLOCKED_SENDFILE	= 21,
	KCR_BLOCKED_SEMOP	= 22,
	KCR_BLOCKED_AGAIN	= 23,
	KCR_BLOCKED_ENDED	= 24,
};

#define KCR_BLOCKED_TIMED	(1u << 0) /* @until_ns holds */
#define KCR_BLOCKED_SHARED	(1u << 1) /* futex: not FUTEX_PRIVATE_FLAG */
#define KCR_BLOCKED_TELL	(1u << 2) /* its end is told to the tracer (PTRACE_SYSCALL) */

/**
 * enum kcr_blocked_clock - what @until_ns is a point of, as the program sees it
 * @KCR_BLOCKED_MONOTONIC: CLOCK_MONOTONIC
 * @KCR_BLOCKED_BOOTTIME: CLOCK_BOOTTIME
 * @KCR_BLOCKED_REALTIME: CLOCK_REALTIME
 * @KCR_BLOCKED_CPU: a clock of CPU time, @arg[1] of KCR_BLOCKED_NANOSLEEP as the
 *	program gave it; @until_ns is what is left
 * @KCR_BLOCKED_REALTIME_ALARM: sleeps on CLOCK_REALTIME_ALARM; @until_ns is a
 *	point of CLOCK_MONOTONIC, as only time that passes counts
 * @KCR_BLOCKED_BOOTTIME_ALARM: sleeps on CLOCK_BOOTTIME_ALARM until CLOCK_BOOTTIME
 */
enum kcr_blocked_clock {
	KCR_BLOCKED_MONOTONIC	= 0,
	KCR_BLOCKED_BOOTTIME	= 1,
	KCR_BLOCKED_REALTIME	= 2,
	KCR_BLOCKED_CPU		= 3,
	KCR_BLOCKED_REALTIME_ALARM = 4,
	KCR_BLOCKED_BOOTTIME_ALARM = 5,
};

/**
 * struct kcr_img_blocked - KCR_KIND_BLOCKED
 * @call: enum kcr_blocked_call
 * @flags: KCR_BLOCKED_*
 * @clock: enum kcr_blocked_clock
 * @reserved: zero
 * @until_ns: when the call times out, with KCR_BLOCKED_TIMED
 * @done: bytes
 * @arg: as the program gave them, and as told at each call
 *
 * Version 1 had neither KCR_BLOCKED_TELL nor the calls that go with it.
 */
struct kcr_img_blocked {
	__le32	call;
	__le32	flags;
	__le32	clock;
	__le32	reserved;
	__le64	until_ns;
	__le64	done;
	__le64	arg[6];
};

#endif /* _UAPI_KCR_IMAGE_BLOCKED_H */
