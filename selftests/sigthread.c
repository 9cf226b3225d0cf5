// SPDX-License-Identifier: GPL-2.0
/* Each thread's own signals: mask, pending ones, alternate stack. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "kcr_harness.h"

static volatile int go;

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
}

/* Not through glibc, which makes SI_USER of SI_TKILL. */
static int take(sigset_t *set, siginfo_t *info)
{
	const struct timespec now = {};

	return syscall(SYS_rt_sigtimedwait, set, info, &now, 8);
}

static int pending(int sig)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, sig);
}

TEST(keeps_its_mask)
{
	sigset_t set;
	int sig;

	block(SIGUSR1);
	block(SIGRTMAX);
	cut();
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	for (sig = 1; sig <= 64; sig++)
		EXPECT_EQ(sig == SIGUSR1 || sig == SIGRTMAX, sigismember(&set, sig));
}

static void *own_mask(void *arg)
{
	sigset_t set;

	block(SIGRTMIN + (long)arg);
	while (!go)
		usleep(1000);
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return (void *)(long)(sigismember(&set, SIGRTMIN + (long)arg) &&
			      !sigismember(&set, SIGRTMIN + 1 - (long)arg));
}

TEST(each_thread_keeps_its_own)
{
	pthread_t thread[2];
	void *right;
	long i;

	for (i = 0; i < 2; i++)
		start_thread(&thread[i], own_mask, (void *)i);
	cut();
	go = 1;
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], &right);
		EXPECT_EQ(1, (long)right);
	}
}

static void *has_pending(void *arg)
{
	siginfo_t info = {};
	sigset_t set;

	block(SIGUSR1);
	block(SIGRTMIN);
	pthread_kill(pthread_self(), SIGUSR1);
	pthread_sigqueue(pthread_self(), SIGRTMIN, (union sigval){ .sival_int = 5 });
	pthread_sigqueue(pthread_self(), SIGRTMIN, (union sigval){ .sival_int = 6 });
	*(int *)arg = 1;
	while (!go)
		usleep(1000);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	EXPECT_EQ(SIGUSR1, take(&set, &info));
	EXPECT_EQ(SI_TKILL, info.si_code);
	EXPECT_EQ(getpid(), info.si_pid);
	sigaddset(&set, SIGRTMIN);
	EXPECT_EQ(SIGRTMIN, take(&set, &info));
	EXPECT_EQ(5, info.si_value.sival_int);
	EXPECT_EQ(SIGRTMIN, take(&set, &info));
	EXPECT_EQ(6, info.si_value.sival_int);
	EXPECT_EQ(-1, take(&set, &info));
	return NULL;
}

TEST(keeps_signals_of_one_thread)
{
	pthread_t thread;
	int ready = 0;

	start_thread(&thread, has_pending, &ready);
	while (!*(volatile int *)&ready)
		usleep(1000);
	cut();
	block(SIGUSR1);
	EXPECT_EQ(0, pending(SIGUSR1));
	go = 1;
	pthread_join(thread, NULL);
}

static char stack[65536];
static volatile int on_stack;

static void on_signal(int sig)
{
	char here;

	on_stack = &here >= stack && &here < stack + sizeof(stack);
	(void)sig;
}

static void alternate_stack(int flags)
{
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = flags }, got;
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	ASSERT_EQ(0, sigaltstack(&ss, NULL));
	sigaction(SIGUSR1, &sa, NULL);
	cut();
	ASSERT_EQ(0, sigaltstack(NULL, &got));
	EXPECT_EQ((long)stack, (long)got.ss_sp);
	EXPECT_EQ(sizeof(stack), got.ss_size);
	EXPECT_EQ(flags, got.ss_flags);
	raise(SIGUSR1);
	EXPECT_EQ(1, on_stack);
}

TEST(keeps_its_alternate_stack)
{
	alternate_stack(0);
}

TEST(keeps_a_stack_that_disarms_itself)
{
	alternate_stack(1u << 31);	/* SS_AUTODISARM */
}

TEST(keeps_having_no_alternate_stack)
{
	stack_t got;

	cut();
	ASSERT_EQ(0, sigaltstack(NULL, &got));
	EXPECT_EQ(SS_DISABLE, got.ss_flags);
}

static volatile int cut_inside;

static void cut_on_signal(int sig)
{
	(void)sig;
	cut();
	cut_inside = 1;
}

TEST(comes_back_inside_a_handler)
{
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = cut_on_signal, .sa_flags = SA_ONSTACK };
	sigset_t set;

	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	EXPECT_EQ(1, cut_inside);
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	EXPECT_EQ(0, sigismember(&set, SIGUSR1));
}
