// SPDX-License-Identifier: GPL-2.0
/*
 * The same thing again and again, as long as a process lives.
 *
 * Each time in a child, so that nothing of one is left for the next. Ticks are
 * counted from the beginning: what takes long, or is asked for in between, does
 * not put off those that follow; ticks that it has missed are left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "periodic.h"

#define NS_PER_S	UINT64_C(1000000000)

enum event { EVENT_NONE, EVENT_TICK, EVENT_NOW, EVENT_PROGRAM_ENDED, EVENT_SIGNAL };

/* Not in every libc yet. */
static int open_pidfd(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Not those that nohup(1), say, lets us ignore. */
static int open_signals(sigset_t *old)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 };
	struct sigaction action;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static enum event take_signal(const struct periodic *p, int *sig)
{
	struct signalfd_siginfo info;

	if (read(p->signals, &info, sizeof(info)) != sizeof(info))
		return EVENT_NONE;
	*sig = info.ssi_signo;
	return *sig == SIGUSR1 ? EVENT_NOW : EVENT_SIGNAL;
}

/* What happens until @deadline, if anything does. */
static enum event next_event(const struct periodic *p, uint64_t deadline, int *sig)
{
	struct pollfd fds[] = {
		{ .fd = p->signals, .events = POLLIN },
		{ .fd = p->program, .events = POLLIN },
	};
	uint64_t now = now_ns();
	uint64_t left = deadline > now ? deadline - now : 0;
	struct timespec t = { left / NS_PER_S, left % NS_PER_S };

	if (ppoll(fds, ARRAY_SIZE(fds), &t, NULL) < 0)
		return EVENT_NONE;
	if (fds[0].revents)
		return take_signal(p, sig);
	if (fds[1].revents)
		return EVENT_PROGRAM_ENDED;
	return left ? EVENT_NONE : EVENT_TICK;
}

/* Until it has ended; a signal that shall end us, in @sig, goes to it first. */
static void pass_signals(const struct periodic *p, pid_t child, int child_fd, int *sig)
{
	struct pollfd fds[] = {
		{ .fd = p->signals, .events = POLLIN },
		{ .fd = child_fd, .events = POLLIN },
	};

	while (!fds[1].revents) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && take_signal(p, sig) == EVENT_SIGNAL)
			kill(child, *sig);
	}
}

static int wait_child(const struct periodic *p, pid_t child, int *sig)
{
	int fd = open_pidfd(child), status;

	if (fd >= 0) {
		pass_signals(p, child, fd, sig);
		close(fd);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : KCR_CLASS_TRANSIENT;
}

static _Noreturn void be_child(const sigset_t *mask, pid_t parent, periodic_once_t once,
			       void *arg, const char *path, const char *parent_image)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(KCR_CLASS_TRANSIENT);
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_SETMASK, mask, NULL);
	exit(once(arg, path, parent_image));
}

static bool load_is_high(const struct periodic *p)
{
	double load;

	if (!p->max_load || getloadavg(&load, 1) != 1 || load <= p->max_load)
		return false;
	if (!p->quiet)
		say("the load is %.1f: this one is left out", load);
	return true;
}

/* In a child; its exit status. */
static int in_child(const struct periodic *p, const sigset_t *mask, periodic_once_t once,
		    void *arg, const char *path, const char *parent)
{
	pid_t self = getpid(), child;
	int status, sig = 0;

	fflush(NULL);
	child = fork();
	if (child < 0) {
		say("fork: %s", strerror(errno));
		return KCR_CLASS_ENVIRONMENT;
	}
	if (!child)
		be_child(mask, self, once, arg, path, parent);
	status = wait_child(p, child, &sig);
	if (sig && sig != SIGUSR1)
		tool_die_of(sig);
	return status;
}

static bool has_ended(const struct periodic *p)
{
	struct pollfd fd = { .fd = p->program, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/**
 * periodic_over() - is an image that failed no loss?
 * @p: the series
 *
 * Its program has ended meanwhile, and there is an earlier one.
 */
bool periodic_over(const struct periodic *p)
{
	return p->saved && has_ended(p);
}

/* One image. Returns the exit status. */
static int one(struct periodic *p, const sigset_t *mask, periodic_once_t once, void *arg)
{
	struct verdict v = { 0 };
	char *parent, *path = series_next(&p->series, p->full_every, &parent, &v);
	int status = path ? in_child(p, mask, once, arg, path, parent) : (int)v.class;

	/* The image before can't be used: it has told so. */
	if (parent && status == KCR_CLASS_IMAGE)
		status = in_child(p, mask, once, arg, path, NULL);
	free(parent);
	free(path);
	if (!status && series_add(&p->series, p->keep, &v) < 0)
		status = v.class;
	if (v.text)
		say_lines(v.text);
	free(v.text);
	p->saved |= !status;
	return status;
}

/* The next one, after one with @status. */
static int another(struct periodic *p, const sigset_t *mask, periodic_once_t once, void *arg,
		   int status)
{
	int now = one(p, mask, once, arg);

	return now == KCR_CLASS_TRANSIENT && periodic_over(p) ? status : now;
}

static int begin(struct periodic *p, const char *dir, pid_t pid, sigset_t *mask,
		 struct verdict *v)
{
	p->program = open_pidfd(pid);
	if (p->program < 0)
		return fail(v, errno == ESRCH ? KCR_CLASS_TRANSIENT : KCR_CLASS_ENVIRONMENT,
			    errno, "process %d: %s", pid, strerror(errno));
	if (series_open(&p->series, dir, pid, v) < 0)
		return -1;
	p->signals = open_signals(mask);
	return p->signals < 0 ? fail(v, KCR_CLASS_ENVIRONMENT, errno, "signalfd: %s",
				     strerror(errno)) : 0;
}

static int number_of_images(const char *arg, unsigned int *number)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < 1 || n > KEEP_MAX)
		return -1;
	*number = n;
	return 0;
}

/* periodic_keep() - take an option of the user's: how many images are kept */
int periodic_keep(struct periodic *p, const char *arg)
{
	return number_of_images(arg, &p->keep);
}

/* periodic_full_every() - the same for how many images one is full among */
int periodic_full_every(struct periodic *p, const char *arg)
{
	return number_of_images(arg, &p->full_every);
}

/* periodic_load() - the same for the load above which one is left out */
int periodic_load(struct periodic *p, const char *arg)
{
	char *end;
	double load = strtod(arg, &end);

	if (end == arg || *end || !(load > 0) || load > 1e6)
		return -1;
	p->max_load = load;
	return 0;
}

/**
 * periodic_run() - make images of a process until it ends
 * @p: what the caller wants
 * @dir: where they go
 * @pid: the process
 * @once: makes one
 * @arg: for @once
 * @v: why it could not even begin
 *
 * The first is made at once, and if it fails that is the end, but for what will
 * pass. A later one that fails has told of it, and is tried again at the next tick;
 * unless the program has ended meanwhile.
 *
 * Return: the status of the last one; -1 with @v.
 */
int periodic_run(struct periodic *p, const char *dir, pid_t pid,
		 periodic_once_t once, void *arg, struct verdict *v)
{
	const uint64_t every = p->every * NS_PER_S, start = now_ns();
	uint64_t next = start + every;
	int status, sig;
	sigset_t mask;

	if (begin(p, dir, pid, &mask, v) < 0)
		return -1;
	status = one(p, &mask, once, arg);
	if (status && status != KCR_CLASS_TRANSIENT)
		return status;
	for (;;) {
		switch (next_event(p, next, &sig)) {
		case EVENT_NONE:
			continue;
		case EVENT_PROGRAM_ENDED:
			return status;
		case EVENT_SIGNAL:
			tool_die_of(sig);
		case EVENT_TICK:
			if (load_is_high(p))
				break;
			/* fall through */
		case EVENT_NOW:
			status = another(p, &mask, once, arg, status);
		}
		next = start + ((now_ns() - start) / every + 1) * every;
	}
}
