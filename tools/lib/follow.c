// SPDX-License-Identifier: GPL-2.0
/*
 * Stand in for a restarted program until it ends.
 *
 * Whoever has started us sees what it would see of the program: signals reach
 * it, we stop when it stops, and end as it ends. A program that leads its own
 * process group gets the terminal from us, as a job gets it from a shell; if
 * another group of the program's was in front, the module gives it to that one.
 * We take it back when the program stops or ends, with the settings that it had.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "follow.h"

/* Those that would tell of a fault of our own are not passed on. */
static const int passed_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM,
	SIGSTKFLT, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGVTALRM,
	SIGPROF, SIGWINCH, SIGIO, SIGPWR,
};

/**
 * follow_begin() - from now on, signals are for the program
 * @f: filled in
 * @v: told of a failure
 *
 * To be called when the program is prepared, before it runs: until then a
 * signal ends us, and the program with us.
 */
int follow_begin(struct follow *f, struct verdict *v)
{
	size_t i;
	int signo;

	memset(f, 0, sizeof(*f));
	sigemptyset(&f->signals);
	sigaddset(&f->signals, SIGCHLD);
	for (i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&f->signals, passed_on[i]);
	for (signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		sigaddset(&f->signals, signo);
	signal(SIGCHLD, SIG_DFL);	/* ignored, there would be no status */
	sigprocmask(SIG_BLOCK, &f->signals, NULL);
	f->signal_fd = signalfd(-1, &f->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (f->signal_fd < 0)
		return fail(v, KCR_CLASS_ENVIRONMENT, errno,
			    "can't wait for signals: %s", strerror(errno));
	f->tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (f->tty >= 0) {
		f->in_front = tcgetpgrp(f->tty) == getpgrp();
		tcgetattr(f->tty, &f->own);
	}
	return 0;
}

static bool shares_our_group(const struct follow *f)
{
	return getpgid(f->pid) == getpgrp();
}

static bool leads_job(const struct follow *f)
{
	return getpgid(f->pid) == f->pid && getsid(f->pid) == getsid(0);
}

/* If we have the terminal, the program shall have it. SIGTTOU is blocked. */
static void give_terminal(const struct follow *f)
{
	if (f->tty < 0 || tcgetpgrp(f->tty) != getpgrp())
		return;
	if (f->front && !tcsetpgrp(f->tty, f->front))
		return;
	if (leads_job(f))
		tcsetpgrp(f->tty, f->pid);
}

/* While we are in front, nobody but the program has it from us. */
static void take_terminal(struct follow *f)
{
	if (f->term)
		term_end(f->term);
	if (f->tty < 0 || !f->in_front || tcgetpgrp(f->tty) == getpgrp())
		return;
	f->front = tcgetpgrp(f->tty);
	tcsetpgrp(f->tty, getpgrp());
	if (!f->changed || tcgetattr(f->tty, &f->theirs))
		return;
	tcsetattr(f->tty, TCSADRAIN, &f->own);
}

/* The other way round, when we are continued. */
static void resume_terminal(struct follow *f)
{
	if (f->tty < 0)
		return;
	f->in_front = tcgetpgrp(f->tty) == getpgrp();
	if (f->in_front && f->term)
		term_begin(f->term);
	if (f->in_front && f->front && f->changed)
		tcsetattr(f->tty, TCSADRAIN, &f->theirs);
	give_terminal(f);
	f->front = 0;
}

/**
 * follow_program() - which program it is; gives it the terminal
 * @f: filled in further
 * @pid: of the program
 * @in: who tells of it; NULL if it is our child
 */
void follow_program(struct follow *f, pid_t pid, const struct inside *in)
{
	f->pid = pid;
	f->inside = in;
	give_terminal(f);
}

/**
 * follow_running() - the program runs
 * @f: follow_program() has been called
 * @term: a terminal of its own, or NULL
 */
void follow_running(struct follow *f, struct term *term)
{
	struct termios now;

	f->term = term;
	if (term)
		term_begin(term);
	else if (f->tty >= 0 && f->in_front && !tcgetattr(f->tty, &now))
		f->changed = now.c_iflag != f->own.c_iflag ||
			     now.c_oflag != f->own.c_oflag ||
			     now.c_lflag != f->own.c_lflag ||
			     memcmp(now.c_cc, f->own.c_cc, sizeof(now.c_cc));
}

/*
 * A key on the terminal reaches every process of the group by itself. What the
 * program has sent to its own group is not for it once more.
 */
static bool has_it_already(const struct follow *f,
			   const struct signalfd_siginfo *info)
{
	if (info->ssi_code == SI_KERNEL)
		return shares_our_group(f);
	return info->ssi_code <= 0 && info->ssi_pid == (__u32)f->pid;
}

/* follow_pass_on() - to the program, unless it has the signal already */
void follow_pass_on(const struct follow *f, const struct signalfd_siginfo *info)
{
	union sigval value = { .sival_ptr = (void *)(uintptr_t)info->ssi_ptr };

	if (has_it_already(f, info))
		return;
	if (info->ssi_code == SI_QUEUE)
		sigqueue(f->pid, info->ssi_signo, value);
	else if (info->ssi_signo == SIGCONT && leads_job(f))
		kill(-f->pid, SIGCONT);
	else
		kill(f->pid, info->ssi_signo);
}

static void handle_signals(struct follow *f)
{
	struct signalfd_siginfo info;

	while (read(f->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_signo == SIGCONT)
			resume_terminal(f);
		if (info.ssi_signo == SIGWINCH && f->term)
			term_resize(f->term);
		else
			follow_pass_on(f, &info);
	}
}

/*
 * Stop as the program has, so that the shell takes the terminal back. Whoever
 * continues us sends a SIGCONT, which is passed on. Without a terminal there
 * is no shell that would continue us.
 */
static void stop_too(struct follow *f, int signo)
{
	sigset_t set;

	take_terminal(f);
	if (f->tty < 0)
		return;
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &f->signals, NULL);
}

static _Noreturn void end_too(struct follow *f, int code, int value)
{
	if (f->term)
		term_drain(f->term);
	take_terminal(f);
	if (code == CLD_EXITED)
		exit(value);
	tool_die_of(value);
}

/* Returns false when there is nothing to tell yet. */
static bool next_change(const struct follow *f, int *code, int *value)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, f->pid, &info, WEXITED | WSTOPPED | WCONTINUED |
		   WNOHANG | __WALL) || !info.si_pid)
		return false;
	*code = info.si_code;
	*value = info.si_status;
	return true;
}

static bool next_change_inside(const struct follow *f, int *code, int *value)
{
	struct inside_news news;
	int r = inside_hear(f->inside, &news, MSG_DONTWAIT);

	if (!r)
		return false;
	/* With its init a namespace dies of SIGKILL. */
	*code = r < 0 ? CLD_KILLED : news.code;
	*value = r < 0 ? SIGKILL : news.value;
	return true;
}

/* follow_change() - has it stopped, gone on or ended? False: not (again) so far */
bool follow_change(const struct follow *f, int *code, int *value)
{
	return f->inside ? next_change_inside(f, code, value) : next_change(f, code, value);
}

/* Others of the program's that are our children: nobody else waits for them. */
static void reap_others(const struct follow *f)
{
	siginfo_t info = { 0 };

	while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) &&
	       info.si_pid && info.si_pid != f->pid) {
		waitid(P_PID, info.si_pid, &info, WEXITED | WNOHANG | __WALL);
		info.si_pid = 0;
	}
}

static void handle_changes(struct follow *f)
{
	int code, value;

	while (follow_change(f, &code, &value)) {
		if (code == CLD_STOPPED)
			stop_too(f, value);
		else if (code != CLD_CONTINUED && code != CLD_TRAPPED)
			end_too(f, code, value);
	}
	if (!f->inside)
		reap_others(f);
}

/* What there is to wait for between the program's terminal and ours. */
static void poll_term(const struct term *t, struct pollfd *fds)
{
	fds[0].fd = t && !t->eof && !t->len ? STDIN_FILENO : -1;
	fds[1].fd = t ? t->master : -1;
	fds[1].events = POLLIN | (t && t->len ? POLLOUT : 0);
}

static void pass_term(struct term *t, const struct pollfd *fds)
{
	if (fds[1].revents & POLLIN)
		term_pass_output(t);
	else if (fds[1].revents & POLLHUP)	/* nobody has it open */
		poll(NULL, 0, 20);
	if (fds[0].revents || fds[1].revents & POLLOUT)
		term_pass_input(t);
}

/**
 * follow() - wait for the end of the program, and end as it does
 * @f: follow_program() has been called
 */
void follow(struct follow *f)
{
	struct pollfd fds[] = {
		{ .fd = f->signal_fd, .events = POLLIN },
		{ .fd = f->inside ? f->inside->socket : -1, .events = POLLIN },
		{ .events = POLLIN },
		{ .events = POLLIN },
	};

	for (;;) {
		handle_signals(f);
		handle_changes(f);
		poll_term(f->term, fds + 2);
		if (poll(fds, ARRAY_SIZE(fds), -1) > 0)
			pass_term(f->term, fds + 2);
	}
}
