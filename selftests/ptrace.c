// SPDX-License-Identifier: GPL-2.0
/* A process that traces another one: where it is stopped, and what its tracer sees. */
#define _GNU_SOURCE
#include "traced.h"

/* The tracer is told nothing, and finds it as it was. */
static void cut_in_stop(pid_t pid)
{
	struct seen s;

	look(pid, &s);
	told = 0;
	cut();
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, told);
	expect_same(pid, &s);
}

static void raise_usr1(void)
{
	raise(SIGUSR1);
	_exit(board[0] == SIGUSR1 ? 7 : 8);
}

TEST(a_signal_is_about_to_be_delivered)
{
	pid_t pid = tracee(raise_usr1, PTRACE_O_TRACESYSGOOD);
	struct seen s;

	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(SIGUSR1, stops_with(pid));
	look(pid, &s);
	ASSERT_EQ(SI_TKILL, s.info.si_code);
	told = 0;
	cut();
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, told);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, SIGUSR1));
	ends_with(pid, 7);
}

TEST(a_stop_that_nobody_has_waited_for_is_told_once)
{
	pid_t pid = tracee(raise_usr1, 0);
	siginfo_t info;
	struct seen s;

	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT | __WALL));
	ASSERT_EQ(1, told);
	told = 0;
	look(pid, &s);
	cut();
	EXPECT_EQ(0, told);
	EXPECT_EQ(SIGUSR1, stops_with(pid));
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));	/* and it never gets the signal */
	ends_with(pid, 8);
}

TEST(a_signal_that_the_tracer_has_changed)
{
	pid_t pid = tracee(raise_usr1, 0);
	struct seen s;

	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(SIGUSR1, stops_with(pid));
	look(pid, &s);
	s.info.si_code = SI_QUEUE;
	s.info.si_value.sival_int = 4711;
	s.info.si_pid = 12345;
	ASSERT_EQ(0, ptrace(PTRACE_SETSIGINFO, pid, 0, &s.info));
	cut();
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, SIGUSR1));
	ends_with(pid, 7);
}

/* Others wait behind it, of the same number too. */
TEST(signals_behind_it_keep_their_order)
{
	pid_t pid = tracee(raise_usr1, 0);
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = i }));
	ASSERT_EQ(0, kill(pid, SIGUSR2));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(SIGUSR2, stops_with(pid));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(SIGRTMIN, stops_with(pid));
	cut();
	for (i = 0; i < 3; i++) {
		siginfo_t info = {};

		EXPECT_EQ(0, ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
		EXPECT_EQ(SIGRTMIN, info.si_signo);
		EXPECT_EQ(i, info.si_value.sival_int);
		EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
		EXPECT_EQ(i < 2 ? SIGRTMIN : SIGUSR1, stops_with(pid));
	}
	EXPECT_EQ(0, go(PTRACE_CONT, pid, SIGUSR1));
	ends_with(pid, 7);
}

static void sleep_a_while(void)
{
	struct timespec t = { 1, 500000000 };

	syscall(SYS_nanosleep, &t, &t);
}

TEST(attached_to_a_sleeping_process)
{
	pid_t pid = child(sleep_a_while);
	struct seen s;

	ASSERT_EQ(0, go(PTRACE_ATTACH, pid, 0));
	ASSERT_EQ(SIGSTOP, stops_with(pid));
	look(pid, &s);
	ASSERT_EQ(-516, (long)s.regs.rax);	/* it is going to sleep on */
	cut();
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_DETACH, pid, 0));
	ends_with(pid, 7);
}

static void wait_in_pause(void)
{
	for (;;)
		pause();
}

static void finish(pid_t pid)
{
	int status = 0;

	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, __WALL));
	EXPECT_EQ(SIGKILL, status);
}

TEST(seized_and_interrupted)
{
	pid_t pid = child(wait_in_pause);
	struct seen s;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, (long)PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, go(PTRACE_INTERRUPT, pid, 0));
	ASSERT_EQ(SIGTRAP | EVENT_STOP << 8, stops_with(pid));
	look(pid, &s);
	cut();
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	usleep(50000);
	EXPECT_TRUE(no_news(pid));
	kill(pid, SIGUSR1);
	EXPECT_EQ(SIGUSR1, stops_with(pid));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, SIGUSR1));
	usleep(50000);
	EXPECT_EQ(0, go(PTRACE_INTERRUPT, pid, 0));	/* still seized */
	EXPECT_EQ(SIGTRAP | EVENT_STOP << 8, stops_with(pid));
	EXPECT_EQ(SIGUSR1, board[0]);
	finish(pid);
}

TEST(seized_in_a_group_stop)
{
	pid_t pid = child(wait_in_pause);
	struct seen s;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, 0L));
	kill(pid, SIGSTOP);
	ASSERT_EQ(SIGSTOP, stops_with(pid));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP | EVENT_STOP << 8, stops_with(pid));
	look(pid, &s);
	cut();
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_LISTEN, pid, 0));
	kill(pid, SIGCONT);
	EXPECT_EQ(SIGTRAP | EVENT_STOP << 8, stops_with(pid));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(SIGCONT, stops_with(pid));
	finish(pid);
}

TEST(seized_and_listening)
{
	pid_t pid = child(wait_in_pause);

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, 0L));
	kill(pid, SIGSTOP);
	ASSERT_EQ(SIGSTOP, stops_with(pid));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP | EVENT_STOP << 8, stops_with(pid));
	ASSERT_EQ(0, go(PTRACE_LISTEN, pid, 0));
	cut();
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(-1, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(ESRCH, errno);
	kill(pid, SIGCONT);
	EXPECT_EQ(SIGTRAP | EVENT_STOP << 8, stops_with(pid));
	finish(pid);
}

TEST(attached_in_a_group_stop)
{
	pid_t pid = tracee(wait_in_pause, 0);
	struct seen s;

	ASSERT_EQ(0, go(PTRACE_CONT, pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP, stops_with(pid));
	look(pid, &s);
	ASSERT_EQ(-1, s.info.si_signo);
	cut();
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	usleep(50000);
	EXPECT_TRUE(no_news(pid));
	kill(pid, SIGUSR1);
	EXPECT_EQ(SIGUSR1, stops_with(pid));
	finish(pid);
}

static void three_calls(void)
{
	long ppid = syscall(SYS_getppid), pid = syscall(SYS_getpid);

	board[1] = ppid;
	board[2] = pid;
}

static void to_call(pid_t pid, int op, long nr)
{
	struct seen s;

	do {
		ASSERT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
		ASSERT_EQ(SIGTRAP | 0x80, stops_with(pid));
		look(pid, &s);
	} while (s.call[0] != op || (long)s.regs.orig_rax != nr);
}

/* From here on, at @op of @nr, all goes as it would have gone. */
static void calls_go_on(pid_t pid)
{
	struct seen s;

	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(SYSCALL_INFO_ENTRY, s.call[0]);
	EXPECT_EQ(SYS_getpid, (long)s.regs.orig_rax);
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(SYSCALL_INFO_EXIT, s.call[0]);
	EXPECT_EQ(pid, (long)s.regs.rax);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
	EXPECT_EQ(getpid(), board[1]);
	EXPECT_EQ(pid, board[2]);
}

TEST(at_the_entry_of_a_system_call)
{
	pid_t pid = tracee(three_calls, PTRACE_O_TRACESYSGOOD);
	struct seen s;

	to_call(pid, SYSCALL_INFO_ENTRY, SYS_getppid);
	cut_in_stop(pid);
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(SYSCALL_INFO_EXIT, s.call[0]);
	EXPECT_EQ(getpid(), (long)s.regs.rax);
	calls_go_on(pid);
}

TEST(at_the_exit_of_a_system_call)
{
	pid_t pid = tracee(three_calls, PTRACE_O_TRACESYSGOOD);

	to_call(pid, SYSCALL_INFO_EXIT, SYS_getppid);
	cut_in_stop(pid);
	calls_go_on(pid);
}

TEST(a_call_that_the_tracer_has_changed)
{
	pid_t pid = tracee(three_calls, 0);	/* no TRACESYSGOOD: plain SIGTRAP */
	struct seen s;

	do {
		ASSERT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
		ASSERT_EQ(SIGTRAP, stops_with(pid));
		look(pid, &s);
	} while (s.message != 1 || (long)s.regs.orig_rax != SYS_getppid);
	s.regs.orig_rax = SYS_gettid;
	s.regs.rbx = 0x1234567;
	s.regs.rcx = 0x7654321;
	ASSERT_EQ(0, ptrace(PTRACE_SETREGS, pid, 0, &s.regs));
	look(pid, &s);
	cut();
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(2ul, s.message);
	EXPECT_EQ(pid, (long)s.regs.rax);
	finish(pid);
}

/* A call that is emulated is not made. */
TEST(an_emulated_call)
{
	pid_t pid = tracee(three_calls, PTRACE_O_TRACESYSGOOD);
	struct seen s;

	do {
		ASSERT_EQ(0, go(PTRACE_SYSEMU, pid, 0));
		ASSERT_EQ(SIGTRAP | 0x80, stops_with(pid));
		look(pid, &s);
	} while ((long)s.regs.orig_rax != SYS_getppid);
	cut();
	expect_same(pid, &s);
	s.regs.rax = 77;
	EXPECT_EQ(0, ptrace(PTRACE_SETREGS, pid, 0, &s.regs));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
	EXPECT_EQ(77, board[1]);
	EXPECT_EQ(pid, board[2]);
}
