/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SIGHAND_H
#define _UAPI_KCR_IMAGE_SIGHAND_H

#include "siginfo.h"

/**
 * struct kcr_img_sigaction - what happens when a signal comes
 * @handler: user address, 0 for SIG_DFL, 1 for SIG_IGN
 * @flags: SA_* as sigaction(2) of the 64-bit ABI has them
 * @restorer: user address, 0 for none
 * @mask: signals blocked while it runs; bit 0 is signal 1
 *
 * KCR_KIND_SIGHAND is an array of KCR_SIGNALS of these, signal 1 first.
 */
struct kcr_img_sigaction {
	__le64	handler;
	__le64	flags;
	__le64	restorer;
	__le64	mask;
};

#endif /* _UAPI_KCR_IMAGE_SIGHAND_H */
