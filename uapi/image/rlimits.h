/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_RLIMITS_H
#define _UAPI_KCR_IMAGE_RLIMITS_H

#include <linux/types.h>

#define KCR_RLIM_INFINITY	(~0ull)
#define KCR_RLIMITS_MAX		64

/**
 * struct kcr_img_rlimit - one resource limit
 * @soft: in the resource's own unit, KCR_RLIM_INFINITY for none
 * @hard: likewise
 *
 * KCR_KIND_RLIMITS is an array of these, at most KCR_RLIMITS_MAX, in the order
 * of the RLIMIT numbers that all architectures but MIPS, SPARC and Alpha share:
 * CPU, FSIZE, DATA, STACK, CORE, RSS, NPROC, NOFILE, MEMLOCK, AS, LOCKS,
 * SIGPENDING, MSGQUEUE, NICE, RTPRIO, RTTIME.
 */
struct kcr_img_rlimit {
	__le64	soft;
	__le64	hard;
};

#endif /* _UAPI_KCR_IMAGE_RLIMITS_H */
