/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand in for a restarted program until it ends: as env(1) and timeout(1) do.
 */
#ifndef _KCR_FOLLOW_H
#define _KCR_FOLLOW_H

#include <signal.h>
#include <sys/types.h>

#include "inside.h"
#include "term.h"

/**
 * struct follow - the program and its terminal
 * @pid: of the program
 * @inside: who tells of it; NULL if it is our child
 * @signals: that are passed on; blocked
 * @signal_fd: where they arrive
 * @tty: our terminal, -1 for none
 * @in_front: it was ours when we were last continued, and is the program's now
 * @front: process group that has it, when the program has stopped; 0: the program's
 * @own: its settings before the program ran
 * @theirs: and when the program has stopped, if it had others
 * @changed: it has
 * @term: the program's own one, NULL for none
 */
struct follow {
	pid_t pid;
	const struct inside *inside;
	sigset_t signals;
	int signal_fd;
	int tty;
	bool in_front;
	pid_t front;
	struct termios own, theirs;
	bool changed;
	struct term *term;
};

int follow_begin(struct follow *f, struct verdict *v);
void follow_program(struct follow *f, pid_t pid, const struct inside *in);
void follow_running(struct follow *f, struct term *term);
_Noreturn void follow(struct follow *f);

/* Of follow(), for who waits for several: with @pid and @inside set. */
struct signalfd_siginfo;
void follow_pass_on(const struct follow *f, const struct signalfd_siginfo *info);
bool follow_change(const struct follow *f, int *code, int *value);

#endif /* _KCR_FOLLOW_H */
