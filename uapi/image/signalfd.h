/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SIGNALFD_H
#define _UAPI_KCR_IMAGE_SIGNALFD_H

#include <linux/types.h>

#include "file.h"

/**
 * struct kcr_img_signalfd - KCR_KIND_SIGNALFD
 * @mask: signals that are read through it; bit 0 is signal 1
 * @flags: KCR_FILE_*
 * @reserved: zero
 */
struct kcr_img_signalfd {
	__le64	mask;
	__le32	flags;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_SIGNALFD_H */
