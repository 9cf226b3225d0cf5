/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_TTY_END_H
#define _UAPI_KCR_IMAGE_TTY_END_H

#include <linux/types.h>

#include "file.h"

#define KCR_TTY_END_MASTER	1
#define KCR_TTY_END_SLAVE	2
#define KCR_TTY_END_CONTROLLING	3	/* the slave, opened as /dev/tty */

#define KCR_TTY_END_HUNG_UP	(1u << 0)

/**
 * struct kcr_img_tty_end - KCR_KIND_TTY_END: an open end of a pseudo terminal
 * @pty: id of its KCR_KIND_PTY record
 * @end: KCR_TTY_END_MASTER, _SLAVE or _CONTROLLING
 * @flags: KCR_FILE_*
 * @state: KCR_TTY_END_HUNG_UP, or 0
 */
struct kcr_img_tty_end {
	__le32	pty;
	__le32	end;
	__le32	flags;
	__le32	state;
};

#endif /* _UAPI_KCR_IMAGE_TTY_END_H */
