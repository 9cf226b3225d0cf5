/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_FDTABLE_H
#define _UAPI_KCR_IMAGE_FDTABLE_H

#include <linux/types.h>

#define KCR_FD_CLOEXEC	(1u << 0)

/**
 * struct kcr_img_fd - one descriptor
 * @fd: its number
 * @file: id of the open file's record; several may share one
 * @flags: KCR_FD_*
 * @reserved: zero
 */
struct kcr_img_fd {
	__le32	fd;
	__le32	file;
	__le32	flags;
	__le32	reserved;
};

/**
 * struct kcr_img_fdtable - KCR_KIND_FDTABLE: a table of descriptors
 * @count: how many @fd there are
 * @reserved: zero
 * @fd: the descriptors, in ascending order
 */
struct kcr_img_fdtable {
	__le32	count;
	__le32	reserved;
	struct kcr_img_fd fd[];
};

#endif /* _UAPI_KCR_IMAGE_FDTABLE_H */
