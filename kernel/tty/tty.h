/* SPDX-License-Identifier: GPL-2.0 */
/* Terminals: what the files of kernel/tty/ share. */
#ifndef _KCR_TTY_H
#define _KCR_TTY_H

#include <linux/tty.h>

#include "kcr.h"
#include <uapi/image/pty.h>

/**
 * struct kcr_pty - a pseudo terminal that was made
 * @rec: its record
 * @master: its master, open; NULL when it has been closed
 * @slave: its slave, open while others are to be opened; then NULL
 * @tty: the slave
 */
struct kcr_pty {
	const struct kcr_rec *rec;
	struct file *master;
	struct file *slave;
	struct tty_struct *tty;
};

static inline struct tty_struct *kcr_tty_of(const struct file *file)
{
	return ((struct tty_file_private *)file->private_data)->tty;
}

/* pty.c */
bool kcr_tty_is_pty(const struct tty_struct *tty);
/* The master of a pty if its pair belongs to the tree, otherwise NULL. */
struct tty_struct *kcr_pty_of(struct kcr_ctx *ctx, struct tty_struct *tty);

/* pty_open.c */
int kcr_pty_open(struct kcr_ctx *ctx, const struct kcr_img_pty *img, struct kcr_pty *pty);
void kcr_tty_drop(struct kcr_ctx *ctx);

/* termios.c */
void kcr_termios_save(const struct ktermios *termios, struct kcr_img_termios *img);
void kcr_termios_load(const struct kcr_img_termios *img, struct ktermios *termios);
void kcr_winsize_save(const struct winsize *size, struct kcr_img_winsize *img);
void kcr_winsize_load(const struct kcr_img_winsize *img, struct winsize *size);

/**
 * struct kcr_tty_bytes - what is under way in one side
 * @side: how much of what, as the image has it
 * @eol: of @unread bytes, which end a line
 * @unread: in the buffer of the line discipline
 * @echo: echoes that wait
 * @queued: what waits for room in the buffer
 */
struct kcr_tty_bytes {
	struct kcr_img_tty_side side;
	u8 eol[KCR_TTY_BUFFER / 8];
	u8 unread[KCR_TTY_BUFFER];
	u8 echo[KCR_TTY_BUFFER];
	u8 queued[KCR_TTY_QUEUE_MAX];
};

/* n_tty.c */
int kcr_tty_bytes_take(struct kcr_ctx *ctx, struct tty_struct *tty, struct kcr_tty_bytes *b);
int kcr_tty_bytes_give(struct kcr_ctx *ctx, struct tty_struct *tty,
		       const struct kcr_tty_bytes *b);
int kcr_tty_bytes_put(struct kcr_ctx *ctx, const struct kcr_tty_bytes *b);
void kcr_tty_bytes_load(const struct kcr_img_tty_side *side, const u8 *p,
			struct kcr_tty_bytes *b);
bool kcr_tty_side_sane(const struct kcr_img_tty_side *side);
size_t kcr_tty_side_len(const struct kcr_img_tty_side *side);

/* ctty.c: when groups and sessions are there */
int kcr_ctty_restore(struct kcr_ctx *ctx);

#endif /* _KCR_TTY_H */
