/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_FIFO_H
#define _UAPI_KCR_IMAGE_FIFO_H

#include <linux/types.h>

#include "file.h"

#define KCR_FIFO_UNLINKED	(1u << 0) /* has no name any more; the path is the one it had */
#define KCR_FIFO_QUIET		(1u << 1) /* no writer since it was opened: no POLLHUP yet */
#define KCR_FIFO_STATE		((1u << 2) - 1)

/**
 * struct kcr_img_fifo - KCR_KIND_FIFO: an open FIFO
 * @flags: KCR_FILE_*
 * @state: KCR_FIFO_*
 * @first: id of the first record of the same FIFO, which has what was not read;
 *	0: this is it
 * @capacity: of the first: bytes that it can hold
 * @bufs: of the first: how many struct kcr_img_pipe_buf follow the path
 * @mode: permission bits, as chmod(2) has them
 * @uid: owner, in the checkpointer's user namespace
 * @gid: group, likewise
 * @path_len: bytes of the path that follows, with its final NUL
 * @reserved: zero
 *
 * The path is absolute, as seen from the checkpointer's root.
 */
struct kcr_img_fifo {
	__le32	flags;
	__le32	state;
	__le32	first;
	__le32	capacity;
	__le32	bufs;
	__le32	mode;
	__le32	uid;
	__le32	gid;
	__le32	path_len;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_FIFO_H */
