/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SECCOMP_H
#define _UAPI_KCR_IMAGE_SECCOMP_H

#include <linux/types.h>

/* enum kcr_seccomp_mode - numbers as in prctl(PR_GET_SECCOMP) */
enum kcr_seccomp_mode {
	KCR_SECCOMP_STRICT	= 1,
	KCR_SECCOMP_FILTER	= 2,
};

#define KCR_SECCOMP_NO_NEW_PRIVS	(1u << 0)

/**
 * struct kcr_img_seccomp - KCR_KIND_SECCOMP, of a thread that is confined
 * @mode: enum kcr_seccomp_mode
 * @flags: KCR_SECCOMP_*
 * @filter: id of the KCR_KIND_FILTER record that was installed last, 0 in
 *	strict mode
 * @reserved: zero
 */
struct kcr_img_seccomp {
	__le32	mode;
	__le32	flags;
	__le32	filter;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_SECCOMP_H */
