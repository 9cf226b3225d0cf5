// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of ours, and how one is woken that waits for a pipe.
 *
 * SIGURG is ignored by default, so that one too many does no harm. Only these
 * threads get it; all other signals are for the rest of the tool.
 */
#define _GNU_SOURCE
#include <time.h>

#include "crew.h"

#define NUDGE_SIGNAL	SIGURG
#define NUDGE_NS	10000000
#define NS_IN_SECOND	1000000000

static void wake(int signal)
{
	(void)signal;
}

/**
 * nudge_begin() - before the first thread_begin()
 * @n: remembers what was
 */
void nudge_begin(struct nudge *n)
{
	struct sigaction action = { .sa_handler = wake };	/* no SA_RESTART */
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, NUDGE_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &set, &n->mask);
	sigaction(NUDGE_SIGNAL, &action, &n->old);
}

/**
 * nudge_end() - after the last nudge_join(), in the same thread
 * @n: as nudge_begin() has filled it in
 */
void nudge_end(const struct nudge *n)
{
	sigset_t set;

	sigaction(NUDGE_SIGNAL, &n->old, NULL);
	sigemptyset(&set);
	sigaddset(&set, NUDGE_SIGNAL);
	if (!sigismember(&n->mask, NUDGE_SIGNAL))
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/**
 * thread_begin() - start a thread that gets no signal but a nudge
 * @thread: filled in
 * @run: what it does
 * @arg: for that
 */
int thread_begin(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t set, old;
	int r;

	sigfillset(&set);
	sigdelset(&set, NUDGE_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &set, &old);
	r = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

/**
 * nudge_join() - wait for the end of a thread that has been told to end
 * @thread: looks whether it is to end after each EINTR
 *
 * Again and again: it may have looked just before it began to wait.
 */
void nudge_join(pthread_t thread)
{
	struct timespec until;

	do {
		pthread_kill(thread, NUDGE_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += NUDGE_NS;
		if (until.tv_nsec >= NS_IN_SECOND) {
			until.tv_nsec -= NS_IN_SECOND;
			until.tv_sec++;
		}
	} while (pthread_timedjoin_np(thread, NULL, &until));
}
