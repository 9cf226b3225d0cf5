/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PIPE_END_H
#define _UAPI_KCR_IMAGE_PIPE_END_H

#include <linux/types.h>

#include "file.h"

/**
 * struct kcr_img_pipe_end - KCR_KIND_PIPE_END: an open end of a pipe
 * @pipe: id of the KCR_KIND_PIPE record
 * @flags: KCR_FILE_*; KCR_FILE_READ and KCR_FILE_WRITE tell which end
 */
struct kcr_img_pipe_end {
	__le32	pipe;
	__le32	flags;
};

#endif /* _UAPI_KCR_IMAGE_PIPE_END_H */
