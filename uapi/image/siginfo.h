/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* A pending signal, as KCR_KIND_SIGSHARED and KCR_KIND_SIGTHREAD hold it. */
#ifndef _UAPI_KCR_IMAGE_SIGINFO_H
#define _UAPI_KCR_IMAGE_SIGINFO_H

#include <linux/types.h>

#define KCR_SIGNALS		64	/* signals are 1 to this */
#define KCR_SIGPENDING_MAX	65536	/* entries in one queue */

/* The signal is pending, but what siginfo_t would tell was lost. */
#define KCR_SIGINFO_LOST	(1u << 0)

/* A POSIX timer sent it; beginning of @fields: its id. The timer tells the rest. */
#define KCR_SIGINFO_TIMER	(1u << 1)

/**
 * struct kcr_img_siginfo - one signal that is pending
 * @signo: 1 to KCR_SIGNALS
 * @err: si_errno
 * @code: si_code
 * @flags: KCR_SIGINFO_*
 * @fields: what follows in siginfo_t of the 64-bit ABI, from its byte 16 on;
 *	ids in there are those of the sender's time
 */
struct kcr_img_siginfo {
	__le32	signo;
	__le32	err;
	__le32	code;
	__le32	flags;
	__u8	fields[32];
};

#endif /* _UAPI_KCR_IMAGE_SIGINFO_H */
