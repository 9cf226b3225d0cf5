// SPDX-License-Identifier: GPL-2.0
/*
 * waits SECONDS: sleeps in several system calls at once, with that time-out,
 * and prints for each what it returned and whether it took its time. Before
 * that, one line to say that all are asleep.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int seconds;
static int fds[2];
static char big[1 << 18];

static long in_epoll(void)
{
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev;

	return epoll_wait(epfd, &ev, 1, seconds * 1000);
}

static long in_sigtimedwait(void)
{
	struct timespec ts = { .tv_sec = seconds };
	sigset_t set;

	sigfillset(&set);
	return syscall(SYS_rt_sigtimedwait, &set, NULL, &ts, 8);
}

static long in_ppoll(void)
{
	struct timespec ts = { .tv_sec = seconds };
	sigset_t set;

	sigfillset(&set);
	return syscall(SYS_ppoll, NULL, 0, &ts, &set, 8);
}

static long in_nanosleep(void)
{
	struct timespec ts = { .tv_sec = seconds };

	return syscall(SYS_nanosleep, &ts, NULL);
}

static long in_poll(void)
{
	return syscall(SYS_poll, NULL, 0, seconds * 1000);
}

/* Until the reader comes. */
static long in_write(void)
{
	return write(fds[1], big, sizeof(big));
}

static struct call {
	const char *name;
	long (*fn)(void);
	pthread_t thread;
	long ret;
	int err;
	double took;
} calls[] = {
	{ "epoll_wait", in_epoll },
	{ "sigtimedwait", in_sigtimedwait },
	{ "ppoll", in_ppoll },
	{ "nanosleep", in_nanosleep },
	{ "poll", in_poll },
	{ "write", in_write },
};

#define CALLS	((int)(sizeof(calls) / sizeof(*calls)))

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void *run(void *arg)
{
	struct call *call = arg;
	double start = now();

	call->ret = call->fn();
	call->err = call->ret < 0 ? errno : 0;
	call->took = now() - start;
	return NULL;
}

static void drain(void)
{
	static char buf[65536];
	size_t left = sizeof(big);

	while (left) {
		ssize_t n = read(fds[0], buf, sizeof(buf));

		if (n <= 0)
			exit(2);
		left -= n;
	}
}

int main(int argc, char **argv)
{
	int i;

	seconds = argc > 1 ? atoi(argv[1]) : 10;
	if (pipe(fds))
		return 2;
	for (i = 0; i < CALLS; i++)
		pthread_create(&calls[i].thread, NULL, run, &calls[i]);
	usleep(500000);
	printf("asleep\n");
	fflush(stdout);

	for (i = 0; i < CALLS; i++) {
		if (calls[i].fn == in_write)
			drain();
		pthread_join(calls[i].thread, NULL);
		printf("%s %ld %d %s\n", calls[i].name, calls[i].ret, calls[i].err,
		       calls[i].took >= seconds - 0.01 && calls[i].took < seconds + 2.5 ?
		       "in time" : "late");
		fflush(stdout);
	}
	return 0;
}
