/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_FILTER_H
#define _UAPI_KCR_IMAGE_FILTER_H

#include <linux/types.h>

#define KCR_FILTER_LOG		(1u << 0) /* SECCOMP_FILTER_FLAG_LOG */

#define KCR_FILTER_MAX		4096	/* instructions (BPF_MAXINSNS) */

/* struct kcr_img_insn - one instruction, struct sock_filter */
struct kcr_img_insn {
	__le16	code;
	__u8	jt;
	__u8	jf;
	__le32	k;
};

/**
 * struct kcr_img_filter - KCR_KIND_FILTER: a seccomp filter
 * @prev: id of the filter that was there before it was installed, and counts as
 *	well; its record stands before this one. 0: none
 * @flags: KCR_FILTER_*
 * @count: struct kcr_img_insn that follow, 1 to KCR_FILTER_MAX
 * @reserved: zero
 */
struct kcr_img_filter {
	__le32	prev;
	__le32	flags;
	__le32	count;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_FILTER_H */
