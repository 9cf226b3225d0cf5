/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_X86_THREAD_H
#define _UAPI_KCR_IMAGE_X86_THREAD_H

#include <linux/types.h>

#define KCR_X86_NO_TSC		(1u << 0) /* PR_SET_TSC: PR_TSC_SIGSEGV */
#define KCR_X86_NO_CPUID	(1u << 1) /* ARCH_SET_CPUID: 0 */
#define KCR_X86_FLUSH_L1D	(1u << 2) /* PR_SPEC_L1D_FLUSH: PR_SPEC_ENABLE */
#define KCR_X86_THREAD_FLAGS	((1u << 3) - 1)

#define KCR_X86_PORTS		65536

/* struct kcr_img_x86_ports - a range of I/O ports that a thread may use */
struct kcr_img_x86_ports {
	__le32	from;
	__le32	count;
};

/**
 * struct kcr_img_x86_thread - KCR_KIND_X86_THREAD
 * @flags: KCR_X86_*
 * @iopl: 0 to 3, iopl(2)
 * @ranges: struct kcr_img_x86_ports that follow: ioperm(2)
 * @reserved: zero
 *
 * There is no record when all is zero.
 */
struct kcr_img_x86_thread {
	__le32	flags;
	__le32	iopl;
	__le32	ranges;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_X86_THREAD_H */
