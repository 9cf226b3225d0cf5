// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes under way in one side of a pseudo terminal.
 *
 * What is written to one side is queued in the other's flip buffers, from where
 * a kernel thread hands it to the line discipline of that side, which keeps it
 * until it is read. The thread is let finish first, so that what is left in
 * the queue waits for room.
 *
 * struct n_tty_data (compat/n_tty.h), field by field:
 *   read_head, read_tail, read_buf	the bytes between the two
 *   canon_head, commit_head	how many of them may be read: the one counts with
 *				ICANON, the other without; which is not in use is
 *				left behind by the kernel
 *   read_flags			of these bytes
 *   echo_*			likewise; echo_mark is echo_head
 *   lnext, erasing, push	flags of the record
 *   char_map, raw, real_raw, icanon	follow from the settings
 *   column, canon_column	in the record
 *   line_start			is only written
 *   no_room			found again when there is none
 *   lookahead_count		^S and ^Q in what waits for room are acted on at
 *				once, and once more when they are restored
 *   overrun_time, num_overrun	only a message
 *   atomic_read_lock, output_lock	nobody has them: who reads is parked
 * struct tty_buffer: nothing but bytes is ever put in a pty's: no flags.
 */
#include <linux/mm.h>
#include <linux/tty_buffer.h>
#include <linux/tty_flip.h>

#include "compat/n_tty.h"
#include "tty/tty.h"

#define AT(i)	((i) & (N_TTY_BUF_SIZE - 1))

/* With neither, nothing of it is processed, and no byte is special. */
static bool is_canon(const struct tty_struct *tty)
{
	return L_ICANON(tty) && !L_EXTPROC(tty);
}

/* Two self-made ends of what we take for it: its first table and its last lists. */
static bool looks_right(const struct tty_struct *tty, const struct kcr_n_tty *n)
{
	if (!is_vmalloc_addr(n) || n->icanon != !!L_ICANON(tty) ||
	    !list_empty(&n->atomic_read_lock.wait_list) ||
	    !list_empty(&n->output_lock.wait_list))
		return false;
	if (L_ICANON(tty) && (!test_bit('\n', n->char_map) || n->raw))
		return false;
	return n->read_head - n->read_tail <= N_TTY_BUF_SIZE &&
	       n->echo_head - n->echo_tail < N_TTY_BUF_SIZE &&
	       n->echo_commit - n->echo_tail <= n->echo_head - n->echo_tail;
}

static struct kcr_n_tty *n_tty_of(struct tty_struct *tty)
{
	struct kcr_n_tty *n = tty->disc_data;

	lockdep_assert_held(&tty->termios_rwsem);
	return n && looks_right(tty, n) ? n : NULL;
}

/* Taking */

static void take_unread(const struct kcr_n_tty *n, struct kcr_tty_bytes *b)
{
	unsigned int i, unread = n->read_head - n->read_tail;

	for (i = 0; i < unread; i++) {
		b->unread[i] = n->read_buf[AT(n->read_tail + i)];
		if (test_bit(AT(n->read_tail + i), n->read_flags))
			b->eol[i / 8] |= 1 << i % 8;
	}
	b->side.unread = cpu_to_le32(unread);
}

static void take_echo(const struct kcr_n_tty *n, struct kcr_tty_bytes *b)
{
	unsigned int i, echo = n->echo_head - n->echo_tail;

	for (i = 0; i < echo; i++)
		b->echo[i] = n->echo_buf[AT(n->echo_tail + i)];
	b->side.echo = cpu_to_le32(echo);
	b->side.echo_ready = cpu_to_le32(n->echo_commit - n->echo_tail);
	b->side.column = cpu_to_le32(n->column);
	b->side.canon_column = cpu_to_le32(n->canon_column);
}

static int take_queued(struct tty_port *port, struct kcr_tty_bytes *b)
{
	struct tty_buffer *p;
	unsigned int queued = 0, n;

	for (p = port->buf.head; p; p = p->next) {
		n = p->used - p->read;
		if (p->used < p->read || n > KCR_TTY_QUEUE_MAX - queued)
			return -EFBIG;
		memcpy(b->queued + queued, char_buf_ptr(p, p->read), n);
		queued += n;
	}
	b->side.queued = cpu_to_le32(queued);
	return 0;
}

static u32 state_of(const struct tty_struct *tty, const struct kcr_n_tty *n)
{
	return (n->lnext ? KCR_TTY_LNEXT : 0) | (n->erasing ? KCR_TTY_ERASING : 0) |
	       (n->push ? KCR_TTY_PUSH : 0);
}

static int take_locked(struct tty_struct *tty, struct kcr_tty_bytes *b)
{
	struct kcr_n_tty *n = n_tty_of(tty);
	size_t lines;

	if (!n)
		return -EOPNOTSUPP;
	lines = is_canon(tty) ? n->canon_head - n->read_tail : 0;
	if (lines > n->read_head - n->read_tail)
		return -EOPNOTSUPP;
	take_unread(n, b);
	take_echo(n, b);
	b->side.lines = cpu_to_le32(lines);
	b->side.flags |= cpu_to_le32(state_of(tty, n));
	return take_queued(tty->port, b);
}

/**
 * kcr_tty_bytes_take() - copy what is under way
 * @ctx: the operation; everything is parked
 * @tty: one side of a pty
 * @b: zeros; filled in
 */
int kcr_tty_bytes_take(struct kcr_ctx *ctx, struct tty_struct *tty, struct kcr_tty_bytes *b)
{
	int ret;

	flush_work(&tty->port->buf.work);
	tty_buffer_lock_exclusive(tty->port);
	down_read(&tty->termios_rwsem);
	ret = take_locked(tty, b);
	up_read(&tty->termios_rwsem);
	tty_buffer_unlock_exclusive(tty->port);
	if (ret)
		return kcr_refuse(ctx, "pseudo terminal %d: this kernel keeps its input in another way",
				  tty->index);
	return 0;
}

/* Giving */

static void give_unread(struct kcr_n_tty *n, const struct kcr_tty_bytes *b)
{
	unsigned int i, unread = le32_to_cpu(b->side.unread);

	bitmap_zero(n->read_flags, N_TTY_BUF_SIZE);
	for (i = 0; i < unread; i++)
		if (b->eol[i / 8] & 1 << i % 8)
			set_bit(i, n->read_flags);
	memcpy(n->read_buf, b->unread, unread);
	n->read_tail = 0;
	n->line_start = 0;
	n->lookahead_count = 0;
	n->canon_head = le32_to_cpu(b->side.lines);
	n->commit_head = unread;
	n->read_head = unread;
}

static void give_echo(struct kcr_n_tty *n, const struct kcr_tty_bytes *b)
{
	unsigned int echo = le32_to_cpu(b->side.echo);

	memcpy(n->echo_buf, b->echo, echo);
	n->echo_tail = 0;
	n->echo_head = echo;
	n->echo_mark = echo;
	n->echo_commit = le32_to_cpu(b->side.echo_ready);
	n->column = le32_to_cpu(b->side.column);
	n->canon_column = le32_to_cpu(b->side.canon_column);
}

static int give_locked(struct tty_struct *tty, const struct kcr_tty_bytes *b)
{
	struct kcr_n_tty *n = n_tty_of(tty);
	u32 flags = le32_to_cpu(b->side.flags);

	if (!n)
		return -EOPNOTSUPP;
	give_unread(n, b);
	give_echo(n, b);
	n->lnext = !!(flags & KCR_TTY_LNEXT);
	n->erasing = !!(flags & KCR_TTY_ERASING);
	n->push = !!(flags & KCR_TTY_PUSH);
	return 0;
}

static int give_queued(struct tty_port *port, const struct kcr_tty_bytes *b)
{
	unsigned int queued = le32_to_cpu(b->side.queued);

	if (!queued)
		return 0;
	if (tty_insert_flip_string(port, b->queued, queued) != queued)
		return -ENOSPC;
	tty_flip_buffer_push(port);
	return 0;
}

/**
 * kcr_tty_bytes_give() - put back what was under way
 * @ctx: the operation, in the restarter at commit
 * @tty: one side of a pty that was made, with its settings
 * @b: what the record has, checked
 *
 * What was queued is processed from now on, as far as there is room.
 */
int kcr_tty_bytes_give(struct kcr_ctx *ctx, struct tty_struct *tty,
		       const struct kcr_tty_bytes *b)
{
	int ret;

	flush_work(&tty->port->buf.work);
	tty_buffer_lock_exclusive(tty->port);
	down_write(&tty->termios_rwsem);
	ret = give_locked(tty, b);
	up_write(&tty->termios_rwsem);
	tty_buffer_unlock_exclusive(tty->port);
	if (!ret)
		ret = give_queued(tty->port, b);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"pseudo terminal %d: its input can't be put back (errno %d)",
				tty->index, -ret);
	return 0;
}

/* In the record of the pseudo terminal */

/* kcr_tty_bytes_put() - into the record that is open */
int kcr_tty_bytes_put(struct kcr_ctx *ctx, const struct kcr_tty_bytes *b)
{
	u32 unread = le32_to_cpu(b->side.unread);

	return kcr_rec_put(ctx, b->eol, DIV_ROUND_UP(unread, 8)) ?:
	       kcr_rec_put(ctx, b->unread, unread) ?:
	       kcr_rec_put(ctx, b->echo, le32_to_cpu(b->side.echo)) ?:
	       kcr_rec_put(ctx, b->queued, le32_to_cpu(b->side.queued));
}

/* kcr_tty_side_sane() - may the image say so? */
bool kcr_tty_side_sane(const struct kcr_img_tty_side *side)
{
	u32 unread = le32_to_cpu(side->unread), echo = le32_to_cpu(side->echo);

	return !(le32_to_cpu(side->flags) & ~KCR_TTY_FLAGS) &&
	       le32_to_cpu(side->pktstatus) <= U8_MAX &&
	       unread <= KCR_TTY_BUFFER && le32_to_cpu(side->lines) <= unread &&
	       echo < KCR_TTY_BUFFER && le32_to_cpu(side->echo_ready) <= echo &&
	       le32_to_cpu(side->queued) <= KCR_TTY_QUEUE_MAX;
}

/* kcr_tty_side_len() - bytes in the record of a side that is sane */
size_t kcr_tty_side_len(const struct kcr_img_tty_side *side)
{
	u32 unread = le32_to_cpu(side->unread);

	return DIV_ROUND_UP(unread, 8) + unread + le32_to_cpu(side->echo) +
	       le32_to_cpu(side->queued);
}

/* kcr_tty_bytes_load() - from the record, which has kcr_tty_side_len() bytes at @p */
void kcr_tty_bytes_load(const struct kcr_img_tty_side *side, const u8 *p,
			struct kcr_tty_bytes *b)
{
	u32 unread = le32_to_cpu(side->unread), eol = DIV_ROUND_UP(unread, 8);

	b->side = *side;
	memcpy(b->eol, p, eol);
	memcpy(b->unread, p + eol, unread);
	p += eol + unread;
	memcpy(b->echo, p, le32_to_cpu(side->echo));
	memcpy(b->queued, p + le32_to_cpu(side->echo), le32_to_cpu(side->queued));
}
