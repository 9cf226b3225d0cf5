// SPDX-License-Identifier: GPL-2.0
/* Signal handlers, their flags and masks. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static volatile int handled, value;
static sigset_t during;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	handled = sig;
	value = info->si_value.sival_int;
	(void)context;
	pthread_sigmask(SIG_BLOCK, NULL, &during);
}

TEST(calls_the_handler)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	cut();
	ASSERT_EQ(0, sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 4711 }));
	EXPECT_EQ(SIGUSR1, handled);
	EXPECT_EQ(4711, value);
	EXPECT_EQ(1, sigismember(&during, SIGUSR1));
	EXPECT_EQ(1, sigismember(&during, SIGUSR2));
	EXPECT_EQ(0, sigismember(&during, SIGHUP));
}

TEST(keeps_flags_and_masks)
{
	struct sigaction sa = { .sa_sigaction = on_signal }, got;
	int flags[] = { SA_SIGINFO | SA_RESTART, SA_NODEFER | SA_ONSTACK, SA_RESETHAND };
	int i;

	sigaddset(&sa.sa_mask, SIGRTMAX);
	for (i = 0; i < 3; i++) {
		sa.sa_flags = flags[i];
		ASSERT_EQ(0, sigaction(SIGRTMIN + i, &sa, NULL));
	}
	cut();
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sigaction(SIGRTMIN + i, NULL, &got));
		EXPECT_EQ((long)on_signal, (long)got.sa_sigaction);
		EXPECT_EQ(flags[i], got.sa_flags & ~0x04000000);	/* SA_RESTORER */
		EXPECT_EQ(1, sigismember(&got.sa_mask, SIGRTMAX));
		EXPECT_EQ(0, sigismember(&got.sa_mask, SIGHUP));
	}
}

TEST(keeps_what_is_ignored)
{
	struct sigaction got;

	signal(SIGTERM, SIG_IGN);
	cut();
	ASSERT_EQ(0, sigaction(SIGTERM, NULL, &got));
	EXPECT_EQ((long)SIG_IGN, (long)got.sa_handler);
	raise(SIGTERM);
	ASSERT_EQ(0, sigaction(SIGHUP, NULL, &got));
	EXPECT_EQ((long)SIG_DFL, (long)got.sa_handler);
}

TEST(dies_of_what_it_does_not_handle, .status = 128 + SIGTERM)
{
	cut();
	raise(SIGTERM);
}
