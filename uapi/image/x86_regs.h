/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_X86_REGS_H
#define _UAPI_KCR_IMAGE_X86_REGS_H

#include <linux/types.h>

#define KCR_X86_NREGS	27

/**
 * struct kcr_img_x86_regs - KCR_KIND_X86_REGS
 * @reg: in the order of the NT_PRSTATUS register set: r15 r14 r13 r12 rbp rbx
 *	r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs rflags rsp ss fs_base
 *	gs_base ds es fs gs
 *
 * With orig_rax >= 0 and rax one of the kernel's -ERESTART numbers (-512 to
 * -516) the kernel starts the system call again.
 */
struct kcr_img_x86_regs {
	__le64	reg[KCR_X86_NREGS];
};

/*
 * KCR_KIND_X86_XSTATE is the NT_X86_XSTATE register set as it is: the XSAVE
 * area in standard (not compacted) layout, XCR0 at byte 464.
 */
#define KCR_X86_XSTATE_MIN	576
#define KCR_X86_XSTATE_MAX	65536
#define KCR_X86_XCR0_OFFSET	464

#endif /* _UAPI_KCR_IMAGE_X86_REGS_H */
