/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A terminal of its own for a restarted program, between it and ours: as
 * script(1) has one.
 */
#ifndef _KCR_TERM_H
#define _KCR_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "tool.h"

/**
 * struct term - a pseudo terminal that we pass on
 * @master: our end; -1: there is none
 * @slave: the program's, until it has it
 * @kept: our own standard streams, while the slave stands in their place
 * @tty: standard input is a terminal, with these settings
 * @own: these
 * @input: bytes that the program has not taken yet
 * @len: of them
 * @eof: there is no more input
 */
struct term {
	int master;
	int slave;
	int kept[3];
	bool tty;
	struct termios own;
	char input[4096];
	size_t len;
	bool eof;
};

int term_open(struct term *t, struct verdict *v);
void term_close(struct term *t);
int term_enter(struct term *t, struct verdict *v);
void term_leave(struct term *t);
void term_begin(struct term *t);
void term_end(struct term *t);
void term_resize(const struct term *t);
void term_pass_input(struct term *t);
void term_pass_output(struct term *t);
void term_drain(struct term *t);

#endif /* _KCR_TERM_H */
