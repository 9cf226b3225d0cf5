/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_EVENTFD_H
#define _UAPI_KCR_IMAGE_EVENTFD_H

#include <linux/types.h>

#include "file.h"

#define KCR_EVENTFD_SEMAPHORE	(1u << 0) /* reads take one (EFD_SEMAPHORE) */

/**
 * struct kcr_img_eventfd - KCR_KIND_EVENTFD
 * @count: of the counter
 * @flags: KCR_FILE_*
 * @mode: KCR_EVENTFD_*
 */
struct kcr_img_eventfd {
	__le64	count;
	__le32	flags;
	__le32	mode;
};

#endif /* _UAPI_KCR_IMAGE_EVENTFD_H */
