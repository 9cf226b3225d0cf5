/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_X86_LDT_H
#define _UAPI_KCR_IMAGE_X86_LDT_H

#include <linux/types.h>

#define KCR_LDT_SEG_32BIT	(1u << 0)
#define KCR_LDT_READ_EXEC_ONLY	(1u << 1)
#define KCR_LDT_LIMIT_IN_PAGES	(1u << 2)
#define KCR_LDT_NOT_PRESENT	(1u << 3)
#define KCR_LDT_USEABLE		(1u << 4)
#define KCR_LDT_FLAGS		((1u << 5) - 1)

#define KCR_LDT_MAX		8192	/* entries of a table */

/**
 * struct kcr_img_x86_ldt - a segment of KCR_KIND_X86_LDT, which is an array of them
 * @entry: its number, larger than that of the segment before
 * @base: its first address
 * @limit: its last offset
 * @contents: 0 data, 1 data that grows down, 2 code, 3 conforming code
 * @flags: KCR_LDT_*
 * @reserved: zero
 *
 * All is as modify_ldt(2) has it. Empty entries are not there.
 */
struct kcr_img_x86_ldt {
	__le32	entry;
	__le32	base;
	__le32	limit;
	__le32	contents;
	__le32	flags;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_X86_LDT_H */
