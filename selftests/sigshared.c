// SPDX-License-Identifier: GPL-2.0
/* Signals pending for the whole process: which, in what order, and from whom. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
}

static int take(int sig, siginfo_t *info)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, info, &now);
}

TEST(keeps_a_pending_signal)
{
	siginfo_t info;

	block(SIGUSR1);
	kill(getpid(), SIGUSR1);
	cut();
	ASSERT_EQ(SIGUSR1, take(SIGUSR1, &info));
	EXPECT_EQ(SI_USER, info.si_code);
	EXPECT_EQ(getpid(), info.si_pid);
	EXPECT_EQ(getuid(), info.si_uid);
	EXPECT_EQ(-1, take(SIGUSR1, &info));
}

TEST(keeps_queued_signals_in_order)
{
	siginfo_t info;
	int i;

	block(SIGRTMIN);
	block(SIGRTMIN + 1);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, sigqueue(getpid(), SIGRTMIN + i % 2,
				      (union sigval){ .sival_ptr = (void *)(0x123456789a00l + i) }));
	cut();
	for (i = 0; i < 100; i += 2) {
		ASSERT_EQ(SIGRTMIN, take(SIGRTMIN, &info));
		EXPECT_EQ(SI_QUEUE, info.si_code);
		EXPECT_EQ(0x123456789a00l + i, (long)info.si_value.sival_ptr);
	}
	for (i = 1; i < 100; i += 2) {
		ASSERT_EQ(SIGRTMIN + 1, take(SIGRTMIN + 1, &info));
		EXPECT_EQ(0x123456789a00l + i, (long)info.si_value.sival_ptr);
	}
	EXPECT_EQ(-1, take(SIGRTMIN, &info));
}

TEST(keeps_what_became_of_a_child)
{
	siginfo_t info;

	block(SIGCHLD);
	if (!fork())
		_exit(7);
	ASSERT_LT(0, wait(NULL));
	cut();
	ASSERT_EQ(SIGCHLD, take(SIGCHLD, &info));
	EXPECT_EQ(CLD_EXITED, info.si_code);
	EXPECT_EQ(7, info.si_status);
}

static volatile int handled;

static void on_signal(int sig)
{
	handled = sig;
}

TEST(delivers_it_when_it_is_let_in)
{
	sigset_t set;

	signal(SIGUSR2, on_signal);
	block(SIGUSR2);
	kill(getpid(), SIGUSR2);
	cut();
	EXPECT_EQ(0, handled);
	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	EXPECT_EQ(SIGUSR2, handled);
}

TEST(a_blocked_deadly_signal_waits, .status = 128 + SIGTERM)
{
	sigset_t set;

	block(SIGTERM);
	kill(getpid(), SIGTERM);
	cut();
	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
}
