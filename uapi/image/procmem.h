/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PROCMEM_H
#define _UAPI_KCR_IMAGE_PROCMEM_H

#include <linux/types.h>

#include "file.h"

/**
 * struct kcr_img_procmem - KCR_KIND_PROCMEM: /proc/PID/mem, open
 * @pid: of the process whose memory it is, which may come later
 * @flags: KCR_FILE_*
 * @pos: position in bytes, of all 64 bits
 */
struct kcr_img_procmem {
	__le32	pid;
	__le32	flags;
	__le64	pos;
};

#endif /* _UAPI_KCR_IMAGE_PROCMEM_H */
