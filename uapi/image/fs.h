/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_FS_H
#define _UAPI_KCR_IMAGE_FS_H

#include <linux/types.h>

/**
 * struct kcr_img_fs - KCR_KIND_FS: where paths begin
 * @umask: as umask(2) has it
 * @reserved: zero
 * @cwd_len: bytes of the working directory's path, with its final NUL
 * @root_len: bytes of the root's path, with its final NUL; 0: the
 *	checkpointer's own root
 * @cwd: id of the KCR_CONTENT_DIRECTORY record of a working directory that has been
 *	removed, 0: it is where its path leads
 * @root: likewise, of the root
 *
 * Both paths follow, the working directory first; absolute, as seen from the
 * checkpointer's root. Version 1 ended before @cwd.
 */
struct kcr_img_fs {
	__le32	umask;
	__le32	reserved;
	__le32	cwd_len;
	__le32	root_len;
	__le32	cwd;
	__le32	root;
};

#define KCR_FS_LEN_1	16 /* bytes of version 1, without its paths */

#endif /* _UAPI_KCR_IMAGE_FS_H */
