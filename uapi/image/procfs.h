/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PROCFS_H
#define _UAPI_KCR_IMAGE_PROCFS_H

#include <linux/types.h>

#include "file.h"

/**
 * struct kcr_img_procfs - KCR_KIND_PROCFS: an open file of /proc
 * @pos: position in bytes
 * @flags: KCR_FILE_*, without KCR_FILE_WRITE
 * @path_len: bytes of the path that follows, with its final NUL
 */
struct kcr_img_procfs {
	__le64	pos;
	__le32	flags;
	__le32	path_len;
};

#endif /* _UAPI_KCR_IMAGE_PROCFS_H */
