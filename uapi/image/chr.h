/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_CHR_H
#define _UAPI_KCR_IMAGE_CHR_H

#include <linux/types.h>

#include "file.h"

#define KCR_CHR_NULL		3
#define KCR_CHR_ZERO		5
#define KCR_CHR_FULL		7
#define KCR_CHR_RANDOM		8
#define KCR_CHR_URANDOM		9

/**
 * struct kcr_img_chr - KCR_KIND_CHR: an open device without state of its own
 * @device: KCR_CHR_*
 * @flags: KCR_FILE_*
 * @pos: position; always 0 for what is known here
 * @path_len: bytes of the path that follows, with its final NUL
 * @reserved: zero
 */
struct kcr_img_chr {
	__le32	device;
	__le32	flags;
	__le64	pos;
	__le32	path_len;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_CHR_H */
