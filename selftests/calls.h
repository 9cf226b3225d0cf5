/* SPDX-License-Identifier: GPL-2.0 */
/* System calls that threads of a test sleep in. */
#ifndef KCR_CALLS_H
#define KCR_CALLS_H

#include <signal.h>
#include <time.h>

#include "kcr_harness.h"

struct call {
	const char *name;
	long nr;
	long (*fn)(void);
	long want;		/* result, or -errno */
	long signalled;		/* what it returns for a signal */
	bool wall;		/* measured on CLOCK_REALTIME */
	/* filled in by the thread */
	pthread_t thread;
	pid_t tid;
	volatile long got;
	volatile long long took;
};

#define COUNT(calls)	((int)(sizeof(calls) / sizeof(*(calls))))
#define for_each_call(call, calls)	\
	for (call = calls; call < calls + COUNT(calls); call++)

static inline long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static inline sigset_t all_but_usr1(void)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	return set;
}

static inline void *run_call(void *arg)
{
	struct call *call = arg;
	clockid_t clock = call->wall ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	long long start = now_ms(clock);

	call->got = call->fn();
	call->took = now_ms(clock) - start + 1;
	return NULL;
}

static inline void start_call(struct call *call)
{
	call->tid = start_thread(&call->thread, run_call, call);
	in_syscall(call->tid, call->nr);
}

static inline void expect_call(struct call *call, long want)
{
	pthread_join(call->thread, NULL);
	if (call->got != want)
		kcr_fail(false, __FILE__, __LINE__, "%s: returned %ld instead of %ld",
			 call->name, call->got, want);
}

static inline void expect_asleep(const struct call *call)
{
	if (call->took)
		kcr_fail(false, __FILE__, __LINE__, "%s: returned %ld before its time",
			 call->name, call->got);
}

/* It still sleeps in the call some time after the cut. */
static inline void cut_asleep(struct call *call)
{
	start_call(call);
	cut();
	usleep(100000);
	expect_asleep(call);
}

/* A signal ends it; for that see handle_usr1(). */
static inline void interrupt_call(struct call *call)
{
	pthread_kill(call->thread, SIGUSR1);
	expect_call(call, -EINTR);
}

static volatile int handled;

static inline void on_usr1(int sig)
{
	handled += sig;
}

/* Not SA_RESTART. */
static inline void handle_usr1(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };

	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
}

#endif
