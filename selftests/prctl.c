// SPDX-License-Identifier: GPL-2.0
/* What prctl(2) sets of a thread stays, and so does what it would go back to. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER	57
#define PR_GET_IO_FLUSHER	58
#endif
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH	59
#endif

static volatile int turn;
static long slack[2];

static void *go_back_to_default(void *arg)
{
	(void)arg;
	prctl(PR_SET_TIMERSLACK, 777);
	turn = 1;
	while (turn != 2)
		usleep(1000);
	slack[0] = prctl(PR_GET_TIMERSLACK);
	prctl(PR_SET_TIMERSLACK, 0);
	slack[1] = prctl(PR_GET_TIMERSLACK);
	return NULL;
}

TEST(timer_slack_goes_back_to_its_default)
{
	pthread_t thread;

	ASSERT_EQ(0, prctl(PR_SET_TIMERSLACK, 123456));
	start_thread(&thread, go_back_to_default, NULL);
	while (turn != 1)
		usleep(1000);
	cut();
	turn = 2;
	pthread_join(thread, NULL);
	EXPECT_EQ(777, slack[0]);
	EXPECT_EQ(123456, slack[1]);	/* its maker's */
	EXPECT_EQ(123456, prctl(PR_GET_TIMERSLACK));
}

TEST(a_policy_for_memory_failures_stays)
{
	if (prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0))
		skip("no PR_MCE_KILL");
	cut();
	EXPECT_EQ(PR_MCE_KILL_EARLY, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
}

TEST(a_late_policy_for_memory_failures_stays)
{
	if (prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0))
		skip("no PR_MCE_KILL");
	cut();
	EXPECT_EQ(PR_MCE_KILL_LATE, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
}

TEST(it_still_takes_part_in_writing_back)
{
	ASSERT_EQ(0, prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	cut();
	EXPECT_EQ(1, prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0));
}

static volatile char selector;	/* 0: let it through, 1: dispatch */
static volatile int dispatched;

static void on_sigsys(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)uc;
	selector = 0;
	dispatched = info->si_syscall;
}

TEST(system_calls_are_still_dispatched)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector))
		skip("no PR_SET_SYSCALL_USER_DISPATCH");
	cut();
	EXPECT_EQ(0, dispatched);
	selector = 1;
	syscall(SYS_getppid);
	EXPECT_EQ(SYS_getppid, dispatched);
}

static sigjmp_buf out;

static void on_segv(int sig)
{
	siglongjmp(out, sig);
}

TEST(the_clock_of_the_processor_stays_hidden)
{
	volatile bool read = false;
	int mode = 0;

	signal(SIGSEGV, on_segv);
	ASSERT_EQ(0, prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	cut();
	prctl(PR_GET_TSC, &mode);
	if (!sigsetjmp(out, 1)) {
		__builtin_ia32_rdtsc();
		read = true;
	}
	prctl(PR_SET_TSC, PR_TSC_ENABLE);
	EXPECT_EQ(PR_TSC_SIGSEGV, mode);
	EXPECT_FALSE(read);
}

TEST(cpuid_stays_hidden)
{
	if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0))
		skip("this processor can't hide CPUID");
	cut();
	EXPECT_EQ(0, syscall(SYS_arch_prctl, ARCH_GET_CPUID));
}

static void stay_restricted(unsigned long which)
{
	long state;

	if (prctl(PR_SET_SPECULATION_CTRL, which, PR_SPEC_FORCE_DISABLE, 0, 0))
		skip("speculation can't be restricted here");
	state = prctl(PR_GET_SPECULATION_CTRL, which, 0, 0, 0);
	cut();
	EXPECT_EQ(state, prctl(PR_GET_SPECULATION_CTRL, which, 0, 0, 0));
}

TEST(store_bypass_stays_restricted)
{
	stay_restricted(PR_SPEC_STORE_BYPASS);
}

TEST(indirect_branches_stay_restricted)
{
	stay_restricted(PR_SPEC_INDIRECT_BRANCH);
}

TEST(whoever_may_trace_it_still_may)
{
	if (prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY))
		skip("no Yama");
	cut();
	EXPECT_EQ(0, prctl(PR_SET_PTRACER, 0));
}

TEST_REFUSED(a_certain_tracer, "PR_SET_PTRACER")
{
	if (prctl(PR_SET_PTRACER, 1))
		skip("no Yama");
	cut();
	EXPECT_EQ(0, prctl(PR_SET_PTRACER, 0));
}
