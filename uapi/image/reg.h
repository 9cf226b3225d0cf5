/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_REG_H
#define _UAPI_KCR_IMAGE_REG_H

#include <linux/types.h>

#include "file.h"

#define KCR_REG_FILE		0
#define KCR_REG_DIRECTORY	1
/* only with KCR_FILE_PATH */
#define KCR_REG_SYMLINK		2
#define KCR_REG_SOCKET		3
#define KCR_REG_FIFO		4
#define KCR_REG_CHR		5
#define KCR_REG_BLK		6

/**
 * struct kcr_img_reg - KCR_KIND_REG: an open regular file or directory, or
 *	anything that is open with O_PATH
 * @content: id of the KCR_KIND_CONTENT record that holds its bytes, or is the
 *	directory that it was; 0: they are where @path leads
 * @flags: KCR_FILE_*
 * @pos: position in bytes; in a directory what the file system makes of it
 * @type: KCR_REG_*
 * @uid: owner of the file at the cut, in the checkpointer's user namespace
 * @path_len: bytes of the path that follows, with its final NUL
 * @reserved: zero
 *
 * The path is absolute, as seen from the checkpointer's root.
 */
struct kcr_img_reg {
	__le32	content;
	__le32	flags;
	__le64	pos;
	__le32	type;
	__le32	uid;
	__le32	path_len;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_REG_H */
