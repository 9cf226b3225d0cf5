/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_EXTERNAL_H
#define _UAPI_KCR_IMAGE_EXTERNAL_H

#include <linux/types.h>

#include "file.h"

#define KCR_EXTERNAL_TERMINAL	1
#define KCR_EXTERNAL_PIPE	2

/**
 * struct kcr_img_external - KCR_KIND_EXTERNAL: a file that others use too
 * @type: KCR_EXTERNAL_*
 * @streams: which of the standard streams were this terminal, or this end of
 *	this pipe: bit 0 input, bit 1 output, bit 2 error; at least one is set
 * @flags: KCR_FILE_*
 * @unread: bytes that follow: they were in the pipe, and are read first
 *
 * Descriptors 0, 1 and 2 become restart's own of the same number; any other
 * becomes one of restart's that @streams names.
 */
struct kcr_img_external {
	__le32	type;
	__le32	streams;
	__le32	flags;
	__le32	unread;
};

#endif /* _UAPI_KCR_IMAGE_EXTERNAL_H */
