// SPDX-License-Identifier: GPL-2.0
/*
 * A terminal of its own for a restarted program, between it and ours: as
 * script(1) has one.
 *
 * A session can't get a terminal that controls another one. So the program gets
 * a new pseudo terminal; what is typed at ours goes there, byte by byte, and
 * what it writes comes to ours, whose size and settings it takes over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "term.h"

/* Above all descriptors that a program's standard streams could be. */
#define TERM_FD	10

static int above(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, TERM_FD);

	close(fd);
	return moved;
}

/**
 * term_open() - make the terminal
 * @t: filled in
 * @v: told of a failure
 */
int term_open(struct term *t, struct verdict *v)
{
	struct winsize size;
	int master, slave;

	t->tty = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &t->own);
	if (openpty(&master, &slave, NULL, t->tty ? &t->own : NULL, NULL))
		return fail(v, KCR_CLASS_ENVIRONMENT, errno,
			    "can't make a terminal: %s", strerror(errno));
	t->master = above(master);
	t->slave = above(slave);
	if (t->master < 0 || t->slave < 0 ||
	    fcntl(t->master, F_SETFL, O_NONBLOCK))
		return fail(v, KCR_CLASS_ENVIRONMENT, errno,
			    "can't make a terminal: %s", strerror(errno));
	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		ioctl(t->master, TIOCSWINSZ, &size);
	return 0;
}

/* term_close() - have no end of it; whoever has another keeps it */
void term_close(struct term *t)
{
	if (t->master < 0)
		return;
	close(t->master);
	if (t->slave >= 0)
		close(t->slave);
	t->master = -1;
	t->slave = -1;
}

/**
 * term_enter() - let it be our standard streams, which the program gets
 * @t: the terminal
 * @v: told of a failure
 */
int term_enter(struct term *t, struct verdict *v)
{
	int fd;

	fflush(NULL);
	for (fd = 0; fd < 3; fd++) {
		t->kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, TERM_FD);
		if (dup2(t->slave, fd) < 0)
			return fail(v, KCR_CLASS_ENVIRONMENT, errno,
				    "can't use a terminal: %s", strerror(errno));
	}
	return 0;
}

/* term_leave() - have our own standard streams again; the program has got its */
void term_leave(struct term *t)
{
	int fd;

	fflush(NULL);
	for (fd = 0; fd < 3; fd++) {
		close(fd);
		if (t->kept[fd] >= 0) {
			dup2(t->kept[fd], fd);
			close(t->kept[fd]);
		}
	}
	close(t->slave);
	t->slave = -1;
}

/* term_begin() - from now on keys are for the program */
void term_begin(struct term *t)
{
	struct termios raw = t->own;

	if (!t->tty)
		return;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	term_resize(t);
}

/* term_end() - from now on they are for others */
void term_end(struct term *t)
{
	if (t->tty)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->own);
}

/* term_resize() - ours has another size */
void term_resize(const struct term *t)
{
	struct winsize size;

	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		ioctl(t->master, TIOCSWINSZ, &size);
}

static void hand_over(struct term *t)
{
	ssize_t n = write(t->master, t->input, t->len);

	if (n <= 0)
		return;
	t->len -= n;
	memmove(t->input, t->input + n, t->len);
}

/* At a terminal, the end of input is a key. */
static void end_input(struct term *t)
{
	struct termios termios;

	t->eof = true;
	if (!tcgetattr(t->master, &termios) && t->len < sizeof(t->input))
		t->input[t->len++] = termios.c_cc[VEOF];
}

/* term_pass_input() - what was typed, as far as there is room; may block never */
void term_pass_input(struct term *t)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n;

	if (!t->len && !t->eof && poll(&p, 1, 0) > 0) {
		n = read(STDIN_FILENO, t->input, sizeof(t->input));
		if (n > 0)
			t->len = n;
		else if (!n || errno != EAGAIN)
			end_input(t);
	}
	if (t->len)
		hand_over(t);
}

static void write_all(const char *p, ssize_t len)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n;

	for (; len > 0; p += n, len -= n) {
		n = write(STDOUT_FILENO, p, len);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n < 0) {
			poll(&out, 1, -1);
			n = 0;
		}
	}
}

/* term_pass_output() - what the program has written so far, or a part of it */
void term_pass_output(struct term *t)
{
	char buf[4096];
	ssize_t n = read(t->master, buf, sizeof(buf));

	if (n > 0)
		write_all(buf, n);
}

/* term_drain() - the program has ended: what it has written is still shown */
void term_drain(struct term *t)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(t->master, buf, sizeof(buf))) > 0)
		write_all(buf, n);
}
