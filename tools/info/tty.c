// SPDX-License-Identifier: GPL-2.0
/* Terminals. */
#include "../../uapi/image/ctty.h"
#include "../../uapi/image/tty_end.h"
#include "info.h"
#include "summary.h"

static const struct info_name pty_flags[] = {
	{ KCR_PTY_LOCKED,		"locked" },
	{ KCR_PTY_PACKET,		"packet" },
	{ KCR_PTY_SLAVE_CLOSED,		"slave_closed" },
	{ KCR_PTY_MASTER_CLOSED,	"master_closed" },
	{ KCR_PTY_HUNG_UP,		"hung_up" },
	{ }
};

static const struct info_name side_flags[] = {
	{ KCR_TTY_STOPPED,	"stopped" },
	{ KCR_TTY_OFF,		"off" },
	{ KCR_TTY_EXCLUSIVE,	"exclusive" },
	{ KCR_TTY_LNEXT,	"lnext" },
	{ KCR_TTY_ERASING,	"erasing" },
	{ KCR_TTY_PUSH,		"push" },
	{ }
};

static void print_termios(struct emit *e, const char *name,
			  const struct kcr_img_termios *termios)
{
	emit_begin(e, name);
	EMITX32(e, termios, iflag);
	EMITX32(e, termios, oflag);
	EMITX32(e, termios, cflag);
	EMITX32(e, termios, lflag);
	EMIT32(e, termios, ispeed);
	EMIT32(e, termios, ospeed);
	emit_bytes(e, "cc", termios->cc, sizeof(termios->cc));
	emit_u64(e, "line", termios->line);
	emit_end(e);
}

static void print_winsize(struct emit *e, const struct kcr_img_winsize *size)
{
	emit_begin(e, "winsize");
	emit_u64(e, "row", le16_to_cpu(size->row));
	emit_u64(e, "col", le16_to_cpu(size->col));
	emit_u64(e, "xpixel", le16_to_cpu(size->xpixel));
	emit_u64(e, "ypixel", le16_to_cpu(size->ypixel));
	emit_end(e);
}

static void print_side(struct emit *e, const char *name,
		       const struct kcr_img_tty_side *side)
{
	emit_begin(e, name);
	info_flags(e, "flags", le32_to_cpu(side->flags), side_flags);
	EMITX32(e, side, pktstatus);
	EMIT32(e, side, unread);
	EMIT32(e, side, lines);
	EMIT32(e, side, echo);
	EMIT32(e, side, echo_ready);
	EMIT32(e, side, queued);
	EMIT32(e, side, column);
	EMIT32(e, side, canon_column);
	emit_end(e);
}

static void pty_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_pty *pty = rec->data;

	EMIT32(e, pty, index);
	info_flags(e, "flags", le32_to_cpu(pty->flags), pty_flags);
	info_path(e, "path", rec, sizeof(*pty), le32_to_cpu(pty->path_len));
	EMIT32(e, pty, uid);
	EMIT32(e, pty, gid);
	emit_octal(e, "mode", le32_to_cpu(pty->mode));
	EMIT32(e, pty, sid);
	EMIT32(e, pty, pgrp);
	print_winsize(e, &pty->winsize);
	print_termios(e, "termios", &pty->termios);
	print_termios(e, "locked", &pty->locked);
	print_side(e, "master", &pty->side[0]);
	print_side(e, "slave", &pty->side[1]);
}

const struct info_ops info_pty = {
	.size	= sizeof(struct kcr_img_pty),
	.print	= pty_print,
};

static const struct info_name ends[] = {
	{ KCR_TTY_END_MASTER,		"master" },
	{ KCR_TTY_END_SLAVE,		"slave" },
	{ KCR_TTY_END_CONTROLLING,	"controlling" },
	{ }
};

static const struct info_name end_states[] = {
	{ KCR_TTY_END_HUNG_UP,	"hung_up" },
	{ }
};

static void tty_end_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_tty_end *end = rec->data;

	EMIT32(e, end, pty);
	info_enum(e, "end", le32_to_cpu(end->end), ends);
	info_flags(e, "flags", le32_to_cpu(end->flags), info_file_flags);
	info_flags(e, "state", le32_to_cpu(end->state), end_states);
}

static void tty_end_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_tty_end *end = rec->data;
	const char *text = "a pseudo terminal of its own";

	if (le32_to_cpu(end->end) == KCR_TTY_END_MASTER)
		text = "the master of a pseudo terminal";
	summary_add_object(s, rec, le32_to_cpu(end->flags), 0, text,
			   strlen(text));
}

const struct info_ops info_tty_end = {
	.size	= sizeof(struct kcr_img_tty_end),
	.print	= tty_end_print,
	.note	= tty_end_note,
};

static const struct info_name ctty_types[] = {
	{ KCR_CTTY_NONE,	"none" },
	{ KCR_CTTY_PTY,		"pty" },
	{ KCR_CTTY_OUTSIDE,	"outside" },
	{ }
};

static const struct info_name ctty_flags[] = {
	{ KCR_CTTY_FOREGROUND,	"foreground" },
	{ }
};

static void ctty_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_ctty *ctty = rec->data;

	info_enum(e, "type", le32_to_cpu(ctty->type), ctty_types);
	EMIT32(e, ctty, pty);
	EMIT32(e, ctty, old_pgrp);
	info_flags(e, "flags", le32_to_cpu(ctty->flags), ctty_flags);
	EMIT32(e, ctty, pgrp);
	print_winsize(e, &ctty->winsize);
	print_termios(e, "termios", &ctty->termios);
}

const struct info_ops info_ctty = {
	.size	= sizeof(struct kcr_img_ctty),
	.print	= ctty_print,
};
