/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_UNIX_DIAL_H
#define _UAPI_KCR_IMAGE_UNIX_DIAL_H

#include <linux/types.h>

#include "unix.h"

/**
 * struct kcr_img_unix_dial - KCR_KIND_UNIX_DIAL: a connection to be made anew
 * @from: id of a KCR_KIND_UNIX with KCR_UNIX_DIALS
 * @name_len: bytes of the address, as in sun_path
 *
 * The address of its peer follows: an absolute path with its NUL, or an
 * abstract name.
 */
struct kcr_img_unix_dial {
	__le32	from;
	__le32	name_len;
};

#endif /* _UAPI_KCR_IMAGE_UNIX_DIAL_H */
