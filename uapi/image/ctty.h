/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_CTTY_H
#define _UAPI_KCR_IMAGE_CTTY_H

#include <linux/types.h>

#include "pty.h"

#define KCR_CTTY_NONE		0
#define KCR_CTTY_PTY		1	/* a pseudo terminal of the tree's */
#define KCR_CTTY_OUTSIDE	2	/* another one; restart's, then */

#define KCR_CTTY_FOREGROUND	(1u << 0)

/**
 * struct kcr_img_ctty - KCR_KIND_CTTY: the controlling terminal of a process
 * @type: KCR_CTTY_*
 * @pty: KCR_CTTY_PTY: id of its KCR_KIND_PTY record
 * @old_pgrp: foreground group of the terminal that a session leader has lost
 *	to a hang-up; 0 for none
 * @flags: KCR_CTTY_FOREGROUND: with KCR_CTTY_OUTSIDE: the terminal's foreground
 *	group was one of the tree's, or that of its first process
 * @pgrp: KCR_CTTY_OUTSIDE: that group, if it belonged to the tree, otherwise 0
 * @winsize: KCR_CTTY_OUTSIDE: size of its window
 * @termios: likewise: its settings
 */
struct kcr_img_ctty {
	__le32	type;
	__le32	pty;
	__le32	old_pgrp;
	__le32	flags;
	__le32	pgrp;
	struct kcr_img_winsize winsize;
	struct kcr_img_termios termios;
};

#endif /* _UAPI_KCR_IMAGE_CTTY_H */
