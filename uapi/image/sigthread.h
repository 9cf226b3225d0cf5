/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SIGTHREAD_H
#define _UAPI_KCR_IMAGE_SIGTHREAD_H

#include "siginfo.h"

/* @saved is put back when the system call that replaced it has ended. */
#define KCR_SIGTHREAD_RESTORE	(1u << 0)

#define KCR_SIGSTACK_ONSTACK	(1u << 0)
#define KCR_SIGSTACK_DISABLE	(1u << 1)
#define KCR_SIGSTACK_AUTODISARM	(1u << 31)

/**
 * struct kcr_img_sigthread - KCR_KIND_SIGTHREAD
 * @blocked: signals blocked now; bit 0 is signal 1
 * @saved: mask to go back to, with KCR_SIGTHREAD_RESTORE: the thread is in
 *	sigsuspend(), ppoll() or the like, which has put @blocked in its place
 * @stack: user address of the alternate signal stack
 * @stack_size: bytes of it, 0 for none
 * @stack_flags: KCR_SIGSTACK_*, as sigaltstack(2) was given them
 * @flags: KCR_SIGTHREAD_*
 *
 * An array of struct kcr_img_siginfo follows, at most KCR_SIGPENDING_MAX: the
 * signals that are pending for this thread alone, in the order they came.
 */
struct kcr_img_sigthread {
	__le64	blocked;
	__le64	saved;
	__le64	stack;
	__le64	stack_size;
	__le32	stack_flags;
	__le32	flags;
};

#endif /* _UAPI_KCR_IMAGE_SIGTHREAD_H */
