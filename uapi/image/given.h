/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_GIVEN_H
#define _UAPI_KCR_IMAGE_GIVEN_H

#include <linux/types.h>

#include "file.h"

#define KCR_GIVEN_PIPE		1
#define KCR_GIVEN_SOCKET	2

/**
 * struct kcr_img_given - KCR_KIND_GIVEN: a file that restart gives
 * @type: KCR_GIVEN_*
 * @flags: KCR_FILE_*
 * @ino: which it was: in pipe:[...] or socket:[...], as /proc shows it
 * @fd: descriptor of restart's that becomes it, unless restart names another
 * @unread: bytes that follow: they were in the pipe, and are read first
 */
struct kcr_img_given {
	__le32	type;
	__le32	flags;
	__le64	ino;
	__le32	fd;
	__le32	unread;
};

#endif /* _UAPI_KCR_IMAGE_GIVEN_H */
