// SPDX-License-Identifier: GPL-2.0
/* Tracing: threads that are not stopped, steps, and hardware breakpoints. */
#define _GNU_SOURCE
#include "traced.h"

static void count_up(void)
{
	for (;;)
		board[2]++;
}

TEST(one_that_runs)
{
	pid_t pid = child(count_up);
	int before;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, (long)PTRACE_O_EXITKILL));
	cut();
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, told);
	before = board[2];
	usleep(100000);
	EXPECT_NE(before, board[2]);
	EXPECT_EQ(0, go(PTRACE_INTERRUPT, pid, 0));
	EXPECT_EQ(SIGTRAP | EVENT_STOP << 8, stops_with(pid));
	kill(pid, SIGKILL);
	EXPECT_EQ(-SIGKILL - 1, stops_with(pid));
}

/* in_syscall() of another process. */
static void sleeps_in(pid_t pid, long nr)
{
	char path[32];
	long now = -2;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	for (i = 0; i < 2000 && now != nr; i++) {
		usleep(2000);
		file = fopen(path, "r");
		ASSERT_TRUE(file);
		if (fscanf(file, "%ld", &now) != 1)
			now = -2;
		fclose(file);
	}
	ASSERT_EQ(nr, now);
}

static int pipe_fd[2];

static void read_pipe(void)
{
	char c = 0;

	close(pipe_fd[1]);
	board[3] = read(pipe_fd[0], &c, 1);
	board[4] = c;
}

TEST(one_that_sleeps)
{
	pid_t pid;

	ASSERT_EQ(0, pipe(pipe_fd));
	pid = tracee(read_pipe, 0);
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	sleeps_in(pid, SYS_read);
	cut();
	usleep(100000);
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, told);
	EXPECT_EQ(1, write(pipe_fd[1], "x", 1));
	ends_with(pid, 7);
	EXPECT_EQ(1, board[3]);
	EXPECT_EQ('x', board[4]);
}

static void to_sleep(pid_t pid, long nr)
{
	struct seen s;

	do {
		ASSERT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
		ASSERT_EQ(SIGTRAP | 0x80, stops_with(pid));
		look(pid, &s);
	} while (s.call[0] != SYSCALL_INFO_ENTRY || (long)s.regs.orig_rax != nr);
	ASSERT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	sleeps_in(pid, nr);
	usleep(50000);
	told = 0;
}

/* The next that is seen is the exit of the call, with its result. */
static void wakes_with(pid_t pid, long nr, long result)
{
	struct seen s;

	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(SYSCALL_INFO_EXIT, s.call[0]);
	EXPECT_EQ(nr, (long)s.regs.orig_rax);
	EXPECT_EQ(result, (long)s.regs.rax);
}

/* As strace has its: nothing but the exit is seen. */
TEST(one_that_sleeps_in_a_traced_call)
{
	pid_t pid;

	ASSERT_EQ(0, pipe(pipe_fd));
	pid = tracee(read_pipe, PTRACE_O_TRACESYSGOOD);
	to_sleep(pid, SYS_read);
	cut();
	usleep(100000);
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, told);
	EXPECT_EQ(1, write(pipe_fd[1], "x", 1));
	wakes_with(pid, SYS_read, 1);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
	EXPECT_EQ('x', board[4]);
}

static void sleep_traced(void)
{
	struct timespec t = { 1, 0 };

	board[1] = syscall(SYS_nanosleep, &t, NULL);
}

TEST(one_that_sleeps_for_a_time_in_a_traced_call)
{
	pid_t pid = tracee(sleep_traced, PTRACE_O_TRACESYSGOOD);

	to_sleep(pid, SYS_nanosleep);
	cut();
	wakes_with(pid, SYS_nanosleep, 0);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

/* A signal ends the call; that is seen, and then the signal. */
TEST(a_traced_call_that_a_signal_ends)
{
	pid_t pid;

	ASSERT_EQ(0, pipe(pipe_fd));
	pid = tracee(read_pipe, PTRACE_O_TRACESYSGOOD);
	to_sleep(pid, SYS_read);
	cut();
	kill(pid, SIGUSR1);
	wakes_with(pid, SYS_read, -512);
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGUSR1, stops_with(pid));
	kill(pid, SIGKILL);
	EXPECT_EQ(-SIGKILL - 1, stops_with(pid));
}

TEST(single_steps)
{
	pid_t pid = tracee(count_up, 0);
	struct user_regs_struct regs, next;
	int i;

	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, pid, 0, &regs));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, go(PTRACE_SINGLESTEP, pid, 0));
		ASSERT_EQ(SIGTRAP, stops_with(pid));
	}
	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, pid, 0, &regs));
	cut();
	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, pid, 0, &next));
	EXPECT_EQ(0, memcmp(&regs, &next, sizeof(regs)));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, go(PTRACE_SINGLESTEP, pid, 0));
		EXPECT_EQ(SIGTRAP, stops_with(pid));
	}
	EXPECT_EQ(0, ptrace(PTRACE_GETREGS, pid, 0, &next));
	EXPECT_NE(regs.rip, next.rip);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	usleep(50000);
	EXPECT_TRUE(no_news(pid));	/* no step is left over */
	kill(pid, SIGKILL);
	EXPECT_EQ(-SIGKILL - 1, stops_with(pid));
}

static long debug_reg(pid_t pid, int nr)
{
	return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[nr]), 0);
}

static void set_debug_reg(pid_t pid, int nr, unsigned long value)
{
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[nr]), value));
}

static __attribute__((noinline)) void one_more(void)
{
	board[2]++;
	__asm__ volatile("" ::: "memory");
}

static void count_to_four(void)
{
	while (board[2] < 4)
		one_more();
}

#define WATCH_WRITES(nr)	(0xdul << (16 + 4 * (nr)) | 1ul << 2 * (nr))
#define BREAK(nr)		(1ul << 2 * (nr))

/* A watchpoint as gdb sets one, and a breakpoint beside it. */
TEST(hardware_breakpoints)
{
	pid_t pid = tracee(count_to_four, 0);
	struct user_regs_struct regs;
	unsigned long control = WATCH_WRITES(0) | BREAK(2);

	set_debug_reg(pid, 0, (unsigned long)&board[2]);
	set_debug_reg(pid, 1, 0x1000);
	set_debug_reg(pid, 2, (unsigned long)one_more);
	set_debug_reg(pid, 7, control);
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(SIGTRAP, stops_with(pid));
	ASSERT_EQ(4, debug_reg(pid, 6) & 15);
	ASSERT_EQ(0, board[2]);
	cut();
	EXPECT_EQ((long)&board[2], debug_reg(pid, 0));
	EXPECT_EQ(0x1000, debug_reg(pid, 1));
	EXPECT_EQ((long)one_more, debug_reg(pid, 2));
	EXPECT_EQ(0, debug_reg(pid, 3));
	EXPECT_EQ(4, debug_reg(pid, 6) & 15);
	EXPECT_EQ((long)control, debug_reg(pid, 7));
	EXPECT_EQ(0, ptrace(PTRACE_GETREGS, pid, 0, &regs));
	EXPECT_EQ((long)one_more, (long)regs.rip);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(SIGTRAP, stops_with(pid));
	EXPECT_EQ(1, debug_reg(pid, 6) & 15);
	EXPECT_EQ(1, board[2]);
	set_debug_reg(pid, 7, WATCH_WRITES(0));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(SIGTRAP, stops_with(pid));
	EXPECT_EQ(2, board[2]);
	set_debug_reg(pid, 7, 0);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

/* They are in force in one that is not stopped. */
TEST(a_hardware_watchpoint_of_one_that_runs)
{
	pid_t pid = tracee(count_up, 0);

	set_debug_reg(pid, 3, (unsigned long)&board[7]);
	set_debug_reg(pid, 7, WATCH_WRITES(3));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	usleep(50000);
	cut();
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, go(PTRACE_DETACH, pid, 0) + 1);	/* it runs */
	kill(pid, SIGSTOP);
	EXPECT_EQ(SIGSTOP, stops_with(pid));
	EXPECT_EQ((long)&board[7], debug_reg(pid, 3));
	set_debug_reg(pid, 3, (unsigned long)&board[2]);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(SIGTRAP, stops_with(pid));
	EXPECT_EQ(8, debug_reg(pid, 6) & 15);
	kill(pid, SIGKILL);
	EXPECT_EQ(-SIGKILL - 1, stops_with(pid));
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

TEST_REFUSED(a_tracer_that_is_no_child, "which is outside of the tree")
{
	pid_t pid = child(wait_for_ever), one = fork();
	int i;

	if (!one) {
		if (fork())
			_exit(0);
		setsid();
		board[5] = getpid();
		board[6] = 1 + ptrace(PTRACE_SEIZE, pid, 0, 0L);
		munmap((void *)board, 4096);	/* nothing is shared */
		syscall(SYS_close_range, 0, ~0u, 0);
		wait_for_ever();
	}
	ASSERT_EQ(one, waitpid(one, NULL, 0));
	for (i = 0; i < 1000 && !board[6]; i++)
		usleep(2000);
	ASSERT_EQ(1, board[6]);
	usleep(100000);
	cut();
	kill(board[5], SIGKILL);
	kill(pid, SIGKILL);
	EXPECT_EQ(-SIGKILL - 1, stops_with(pid));
}
