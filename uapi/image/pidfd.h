/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PIDFD_H
#define _UAPI_KCR_IMAGE_PIDFD_H

#include <linux/types.h>

#include "file.h"

#define KCR_PIDFD_THREAD	(1u << 0) /* of a thread alone (PIDFD_THREAD) */

/**
 * struct kcr_img_pidfd - KCR_KIND_PIDFD
 * @id: process, or thread, of the tree, in the checkpointer's pid namespace
 * @flags: KCR_FILE_*
 * @mode: KCR_PIDFD_*
 * @reserved: zero
 */
struct kcr_img_pidfd {
	__le32	id;
	__le32	flags;
	__le32	mode;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_PIDFD_H */
