/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_MEMFD_H
#define _UAPI_KCR_IMAGE_MEMFD_H

#include <linux/types.h>

#include "file.h"

#define KCR_MEMFD_FIRST		(1u << 0) /* came with the memory, was not opened later */
#define KCR_MEMFD_TYPES		1u

/**
 * struct kcr_img_memfd - KCR_KIND_MEMFD: open memory that has no path
 * @pos: position in bytes
 * @shmem: id of the KCR_KIND_SHMEM record
 * @flags: KCR_FILE_*
 * @type: KCR_MEMFD_*
 * @reserved: zero
 */
struct kcr_img_memfd {
	__le64	pos;
	__le32	shmem;
	__le32	flags;
	__le32	type;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_MEMFD_H */
