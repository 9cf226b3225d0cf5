/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_N_TTY_H
#define _KCR_COMPAT_N_TTY_H

#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/tty.h>

/*
 * struct n_tty_data is private to drivers/tty/n_tty.c. No call tells which
 * bytes of a terminal's input end a line, what of it was quoted, or which
 * echoes wait; and writing bytes once more would echo them, and send signals.
 * It looks like this in 6.1 and in 6.12 (5.20, "tty: Implement lookahead to
 * process XON/XOFF timely", has added lookahead_count). Whoever uses it first
 * makes sure of it: kcr_n_tty_of().
 */
struct kcr_n_tty {
	size_t read_head;
	size_t commit_head;
	size_t canon_head;
	size_t echo_head;
	size_t echo_commit;
	size_t echo_mark;
	DECLARE_BITMAP(char_map, 256);
	unsigned long overrun_time;
	int num_overrun;
	bool no_room;
	unsigned char lnext:1, erasing:1, raw:1, real_raw:1, icanon:1;
	unsigned char push:1;
	u8 read_buf[N_TTY_BUF_SIZE];
	DECLARE_BITMAP(read_flags, N_TTY_BUF_SIZE);
	u8 echo_buf[N_TTY_BUF_SIZE];
	size_t read_tail;
	size_t line_start;
	size_t lookahead_count;
	unsigned int column;
	unsigned int canon_column;
	size_t echo_tail;
	struct mutex atomic_read_lock;
	struct mutex output_lock;
};

#endif /* _KCR_COMPAT_N_TTY_H */
