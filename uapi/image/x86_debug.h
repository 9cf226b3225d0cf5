/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_X86_DEBUG_H
#define _UAPI_KCR_IMAGE_X86_DEBUG_H

#include <linux/types.h>

#define KCR_X86_BREAKPOINTS	4

/**
 * struct kcr_img_x86_debug - KCR_KIND_X86_DEBUG: hardware breakpoints of a thread
 * @set: bit n: @address[n] was set
 * @reserved: zero
 * @address: DR0 to DR3
 * @control: DR7, as the tracer has written it
 *
 * There is no record when none was set. Which of them was hit, KCR_KIND_PTRACE tells.
 */
struct kcr_img_x86_debug {
	__le32	set;
	__le32	reserved;
	__le64	address[KCR_X86_BREAKPOINTS];
	__le64	control;
};

#endif /* _UAPI_KCR_IMAGE_X86_DEBUG_H */
