/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PIPE_H
#define _UAPI_KCR_IMAGE_PIPE_H

#include <linux/types.h>

#define KCR_PIPE_PACKET	(1u << 0) /* is read as a whole (O_DIRECT) */

/**
 * struct kcr_img_pipe - KCR_KIND_PIPE: a pipe that leads nowhere outside
 * @capacity: bytes, as fcntl(F_GETPIPE_SZ) has it
 * @bufs: pieces that follow
 *
 * Each piece is a struct kcr_img_pipe_buf and then its bytes.
 */
struct kcr_img_pipe {
	__le32	capacity;
	__le32	bufs;
};

/**
 * struct kcr_img_pipe_buf - a piece of what has been written and not read
 * @len: bytes that follow, at least 1
 * @flags: KCR_PIPE_*
 */
struct kcr_img_pipe_buf {
	__le32	len;
	__le32	flags;
};

#endif /* _UAPI_KCR_IMAGE_PIPE_H */
