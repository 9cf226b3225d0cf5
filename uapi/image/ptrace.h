/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PTRACE_H
#define _UAPI_KCR_IMAGE_PTRACE_H

#include <linux/types.h>

#include "siginfo.h"

/* Where it is stopped for its tracer. */
#define KCR_PTRACE_RUNS		0 /* it is not */
#define KCR_PTRACE_SIGNAL	1 /* before a signal is delivered */
#define KCR_PTRACE_GROUP	2 /* by job control, without KCR_PTRACE_SEIZED */
#define KCR_PTRACE_TRAP		3 /* PTRACE_EVENT_STOP */
#define KCR_PTRACE_ENTRY	4 /* at the entry of a system call */
#define KCR_PTRACE_EXIT		5 /* at the exit of one */
#define KCR_PTRACE_EVENT	6 /* in a system call: @event */
#define KCR_PTRACE_STOPS	7

#define KCR_PTRACE_SEIZED	(1u << 0) /* by PTRACE_SEIZE */
#define KCR_PTRACE_SYSCALL	(1u << 1) /* PTRACE_SYSCALL: system calls are traced */
#define KCR_PTRACE_EMULATE	(1u << 2) /* PTRACE_SYSEMU */
#define KCR_PTRACE_STEP		(1u << 3) /* PTRACE_SINGLESTEP */
#define KCR_PTRACE_LISTENING	(1u << 4) /* PTRACE_LISTEN */
#define KCR_PTRACE_STOP_SEEN	(1u << 5) /* has taken a signal; no SIGCONT came since */
#define KCR_PTRACE_STOP_PENDING	(1u << 6) /* job control is to stop it */
#define KCR_PTRACE_STOP_COUNTS	(1u << 7) /* and waits for it */
#define KCR_PTRACE_TRAP_PENDING	(1u << 8) /* PTRACE_INTERRUPT, or job control */
#define KCR_PTRACE_TRAP_NOTIFY	(1u << 9) /* job control has changed */
#define KCR_PTRACE_FLAGS	((1u << 10) - 1)

/* The message of PTRACE_EVENT_EXIT: as wait(2) tells it. */
#define KCR_PTRACE_CODE_MAX	0xffff

/* PTRACE_O_* that are kept, as ptrace(2) numbers them. */
#define KCR_PTRACE_OPTIONS	0x001000ffu

/**
 * struct kcr_img_ptrace - KCR_KIND_PTRACE: a thread that is traced
 * @tracer: id of the thread that traces it
 * @options: PTRACE_O_*
 * @flags: KCR_PTRACE_*
 * @stop: KCR_PTRACE_RUNS to KCR_PTRACE_EVENT
 * @event: PTRACE_EVENT_*, with KCR_PTRACE_EVENT
 * @code: what the tracer is still to be told, as wait(2) has it above bit 7; 0 if
 *	it knows
 * @stop_signal: that job control stopped it with last, 0 for none
 * @reserved: zero
 * @message: PTRACE_GETEVENTMSG
 * @debug_status: what the tracer reads of the debug status register (x86: DR6)
 * @info: PTRACE_GETSIGINFO
 */
struct kcr_img_ptrace {
	__le32	tracer;
	__le32	options;
	__le32	flags;
	__le32	stop;
	__le32	event;
	__le32	code;
	__le32	stop_signal;
	__le32	reserved;
	__le64	message;
	__le64	debug_status;
	struct kcr_img_siginfo info;
};

#endif /* _UAPI_KCR_IMAGE_PTRACE_H */
