/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PTY_H
#define _UAPI_KCR_IMAGE_PTY_H

#include <linux/types.h>

#include "file.h"

#define KCR_TERMIOS_CC	19

/**
 * struct kcr_img_termios - settings of a terminal
 * @iflag: modes, with the numbers of asm-generic/termbits.h
 * @oflag: likewise
 * @cflag: likewise
 * @lflag: likewise
 * @ispeed: in bits a second
 * @ospeed: likewise
 * @cc: special characters, in the order of asm-generic/termbits.h
 * @line: line discipline: 0
 */
struct kcr_img_termios {
	__le32	iflag;
	__le32	oflag;
	__le32	cflag;
	__le32	lflag;
	__le32	ispeed;
	__le32	ospeed;
	__u8	cc[KCR_TERMIOS_CC];
	__u8	line;
};

struct kcr_img_winsize {
	__le16	row;
	__le16	col;
	__le16	xpixel;
	__le16	ypixel;
};

#define KCR_TTY_STOPPED		(1u << 0) /* by ^S or its like */
#define KCR_TTY_OFF		(1u << 1) /* by tcflow(TCOOFF) */
#define KCR_TTY_EXCLUSIVE	(1u << 2) /* TIOCEXCL */
#define KCR_TTY_LNEXT		(1u << 3) /* the next character is taken as it is */
#define KCR_TTY_ERASING		(1u << 4) /* within what ECHOPRT shows of erased ones */
#define KCR_TTY_PUSH		(1u << 5) /* the unread bytes end without a line's end */
#define KCR_TTY_FLAGS		((1u << 6) - 1)

#define KCR_TTY_BUFFER		4096	/* unread bytes at most, and of echoes */
#define KCR_TTY_QUEUE_MAX	(64u << 10)

/**
 * struct kcr_img_tty_side - one side of a pseudo terminal
 * @flags: KCR_TTY_*
 * @pktstatus: TIOCPKT_* that the master has not read yet
 * @unread: bytes in the buffer of the line discipline
 * @lines: of them, those of lines that are complete
 * @echo: bytes of echoes, and what shall be done for them, that wait for room
 * @echo_ready: of them, those that may go out
 * @queued: bytes that wait for room in the buffer
 * @column: where the next character goes
 * @canon_column: where the line of input began
 */
struct kcr_img_tty_side {
	__le32	flags;
	__le32	pktstatus;
	__le32	unread;
	__le32	lines;
	__le32	echo;
	__le32	echo_ready;
	__le32	queued;
	__le32	column;
	__le32	canon_column;
};

#define KCR_PTY_LOCKED		(1u << 0) /* TIOCSPTLCK */
#define KCR_PTY_PACKET		(1u << 1) /* TIOCPKT */
#define KCR_PTY_SLAVE_CLOSED	(1u << 2) /* was open, and is no more: the master reads EIO */
#define KCR_PTY_MASTER_CLOSED	(1u << 3) /* the slave is hung up for good */
#define KCR_PTY_HUNG_UP		(1u << 4) /* the slave was, since it was last opened */
#define KCR_PTY_FLAGS		((1u << 5) - 1)

#define KCR_PTY_INDEX_MAX	(1u << 20)

/**
 * struct kcr_img_pty - KCR_KIND_PTY: both sides of a pseudo terminal
 * @index: N in /dev/pts/N
 * @flags: KCR_PTY_*
 * @uid: owner of /dev/pts/N
 * @gid: its group
 * @mode: its permissions
 * @sid: session whose controlling terminal it is, or 0
 * @pgrp: foreground process group, or 0
 * @path_len: bytes of the path by which the master was opened, with its NUL
 * @winsize: size of the window
 * @termios: settings, the slave's
 * @locked: what of them is locked (TIOCSLCKTRMIOS)
 * @side: the master's and the slave's
 *
 * The path follows, and then for each side that has any: for @unread, a bit of
 * each byte (the first byte's is the lowest bit of the first) which tells
 * whether it ends a line, in whole bytes; @unread bytes; @echo bytes; @queued
 * bytes.
 *
 * With KCR_PTY_MASTER_CLOSED nothing but @index counts, and not even that must
 * be the same again.
 */
struct kcr_img_pty {
	__le32	index;
	__le32	flags;
	__le32	uid;
	__le32	gid;
	__le32	mode;
	__le32	sid;
	__le32	pgrp;
	__le32	path_len;
	struct kcr_img_winsize winsize;
	struct kcr_img_termios termios;
	struct kcr_img_termios locked;
	struct kcr_img_tty_side side[2];
};

#endif /* _UAPI_KCR_IMAGE_PTY_H */
