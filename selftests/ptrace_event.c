// SPDX-License-Identifier: GPL-2.0
/* Tracing: events in the middle of system calls, of an end, and of seccomp filters. */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "traced.h"

static void fork_one(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(5);
	_exit(waitpid(pid, &status, 0) == pid && status == 5 << 8 ? 7 : 8);
}

/* Until the event; gives the new one's id. */
static pid_t to_event(pid_t pid, int event, struct seen *s)
{
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	ASSERT_EQ(SIGTRAP | event << 8, stops_with(pid));
	look(pid, s);
	return s->message;
}

TEST(at_fork)
{
	pid_t pid = tracee(fork_one, PTRACE_O_TRACEFORK), new;
	struct seen s;

	new = to_event(pid, PTRACE_EVENT_FORK, &s);
	ASSERT_EQ(SIGSTOP, stops_with(new));	/* it is traced too */
	told = 0;
	cut();
	EXPECT_EQ(0, told);
	EXPECT_TRUE(no_news(pid));
	EXPECT_TRUE(no_news(new));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, new, 0));
	ends_with(new, 5);
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP, stops_with(pid));	/* the exit of the call */
	look(pid, &s);
	EXPECT_EQ(new, (long)s.regs.rax);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(SIGCHLD, stops_with(pid));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

/* Its parent hears of it when its tracer has. */
TEST(one_that_has_ended_and_was_not_waited_for)
{
	pid_t pid = tracee(fork_one, PTRACE_O_TRACEFORK), new;
	siginfo_t info;
	struct seen s;

	new = to_event(pid, PTRACE_EVENT_FORK, &s);
	ASSERT_EQ(SIGSTOP, stops_with(new));
	ASSERT_EQ(0, go(PTRACE_CONT, new, 0));
	ASSERT_EQ(0, waitid(P_PID, new, &info, WEXITED | WNOWAIT | __WALL));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	usleep(50000);
	told = 0;
	cut();
	EXPECT_EQ(0, told);
	EXPECT_TRUE(no_news(pid));
	ends_with(new, 5);
	EXPECT_EQ(SIGCHLD, stops_with(pid));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

static void *in_a_thread(void *arg)
{
	return arg;
}

static void make_thread(void)
{
	pthread_t thread;
	void *ret = NULL;

	if (pthread_create(&thread, NULL, in_a_thread, (void *)&told))
		_exit(8);
	pthread_join(thread, &ret);
	_exit(ret == (void *)&told ? 7 : 9);
}

TEST(a_thread_that_is_just_made)
{
	pid_t pid = tracee(make_thread, PTRACE_O_TRACECLONE), new;
	struct seen s, t;

	new = to_event(pid, PTRACE_EVENT_CLONE, &s);
	ASSERT_EQ(SIGSTOP, stops_with(new));
	look(new, &t);
	cut();
	expect_same(pid, &s);
	expect_same(new, &t);
	EXPECT_EQ(0, go(PTRACE_CONT, new, 0));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_GT(0, stops_with(new));	/* with 0, or by the other's exit */
	ends_with(pid, 7);
}

static void vfork_one(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(5);
	board[1] = pid;
}

TEST(when_vfork_is_done)
{
	pid_t pid = tracee(vfork_one, PTRACE_O_TRACEVFORKDONE), new;
	struct seen s;

	new = to_event(pid, PTRACE_EVENT_VFORK_DONE, &s);
	cut();
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(SIGCHLD, stops_with(pid));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
	EXPECT_EQ(new, board[1]);
}

static void exec_true(void)
{
	execlp("true", "true", NULL);
}

TEST(at_exec)
{
	pid_t pid = tracee(exec_true, PTRACE_O_TRACEEXEC);
	struct seen s;

	EXPECT_EQ(pid, to_event(pid, PTRACE_EVENT_EXEC, &s));
	cut();
	EXPECT_TRUE(no_news(pid));
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 0);
}

/* The exit of the call is told in the new program. */
TEST(at_exec_with_traced_calls)
{
	pid_t pid = tracee(exec_true, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
	struct seen s;

	to_event(pid, PTRACE_EVENT_EXEC, &s);
	cut();
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(SYSCALL_INFO_EXIT, s.call[0]);
	EXPECT_EQ(SYS_execve, (long)s.regs.orig_rax);
	EXPECT_EQ(0, (long)s.regs.rax);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 0);
}

static void end(void)
{
	_exit(7);
}

TEST(at_exit)
{
	pid_t pid = tracee(end, PTRACE_O_TRACEEXIT);
	struct seen s;

	EXPECT_EQ(7 << 8, to_event(pid, PTRACE_EVENT_EXIT, &s));
	told = 0;
	cut();
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, told);
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

TEST(killed_by_a_signal_and_stopped_at_the_end)
{
	pid_t pid = tracee(exec_true, PTRACE_O_TRACEEXIT);
	int status = 0;
	struct seen s;

	ASSERT_EQ(0, go(PTRACE_CONT, pid, SIGTERM));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, stops_with(pid));
	look(pid, &s);
	cut();
	expect_same(pid, &s);
	EXPECT_EQ(SIGTERM, (long)s.message);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_EQ(pid, waitpid(pid, &status, __WALL));
	EXPECT_EQ(SIGTERM, status);
}

/* Its tracer wanted to be told of it then, but no more. */
TEST(at_exit_of_a_thread)
{
	pid_t pid = tracee(make_thread, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT), new;
	struct seen s;

	new = to_event(pid, PTRACE_EVENT_CLONE, &s);
	ASSERT_EQ(SIGSTOP, stops_with(new));
	ASSERT_EQ(0, go(PTRACE_CONT, pid, 0));
	to_event(new, PTRACE_EVENT_EXIT, &s);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, new, 0, 0L));
	cut();
	EXPECT_TRUE(no_news(new));
	EXPECT_TRUE(no_news(pid));
	expect_same(new, &s);
	EXPECT_EQ(0, go(PTRACE_CONT, new, 0));
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, stops_with(pid));
	EXPECT_GT(0, stops_with(new));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

static void *wait_in_thread(void *arg)
{
	pause();
	return arg;
}

static void end_with_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_in_thread, NULL);
	usleep(10000);
	_exit(7);
}

TEST_REFUSED(threads_that_end_together, "with more than one thread")
{
	pid_t pid = tracee(end_with_a_thread, PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE), new;
	struct seen s;

	new = to_event(pid, PTRACE_EVENT_CLONE, &s);
	ASSERT_EQ(SIGSTOP, stops_with(new));
	ASSERT_EQ(0, go(PTRACE_CONT, new, 0));
	to_event(pid, PTRACE_EVENT_EXIT, &s);
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, stops_with(new));
	cut();
	EXPECT_EQ(0, go(PTRACE_CONT, new, 0));
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	EXPECT_GT(0, stops_with(new));
	ends_with(pid, 7);
}

/* Two calls are traced by a filter: getppid() with its first argument, getuid(). */
static void filtered(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 77),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 78),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(98);
	board[1] = syscall(SYS_getppid, 1, 2, 3, 4, 5, 6);
	board[2] = syscall(SYS_getuid);
	board[3] = syscall(SYS_getpid);
}

TEST(by_a_filter)
{
	pid_t pid = tracee(filtered, PTRACE_O_TRACESECCOMP);
	struct seen s;

	EXPECT_EQ(77, to_event(pid, PTRACE_EVENT_SECCOMP, &s));
	told = 0;
	cut();
	EXPECT_TRUE(no_news(pid));
	EXPECT_EQ(0, told);
	expect_same(pid, &s);
	EXPECT_EQ(78, to_event(pid, PTRACE_EVENT_SECCOMP, &s));
	EXPECT_EQ(getpid(), board[1]);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
	EXPECT_EQ(pid, board[3]);
}

/* Its entry has been told before; the exit comes next. */
TEST(by_a_filter_with_traced_calls)
{
	pid_t pid = tracee(filtered, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
	struct seen s;

	EXPECT_EQ(77, to_event(pid, PTRACE_EVENT_SECCOMP, &s));
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));	/* the exit */
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));	/* the entry of getuid() */
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, stops_with(pid));
	look(pid, &s);
	cut();
	expect_same(pid, &s);
	EXPECT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
	EXPECT_EQ(SIGTRAP | 0x80, stops_with(pid));
	look(pid, &s);
	EXPECT_EQ(SYSCALL_INFO_EXIT, s.call[0]);
	EXPECT_EQ((long)getuid(), (long)s.regs.rax);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
	EXPECT_EQ(pid, board[3]);
}

TEST_REFUSED(a_filtered_call_that_was_taken_away, "the call has been taken away")
{
	pid_t pid = tracee(filtered, PTRACE_O_TRACESECCOMP);
	struct seen s;

	to_event(pid, PTRACE_EVENT_SECCOMP, &s);
	s.regs.orig_rax = -1;
	s.regs.rax = 4711;
	ASSERT_EQ(0, ptrace(PTRACE_SETREGS, pid, 0, &s.regs));
	cut();
	to_event(pid, PTRACE_EVENT_SECCOMP, &s);
	EXPECT_EQ(4711, board[1]);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}

/* The filter has nothing to tell of what it is now. */
TEST(a_filtered_call_that_is_another_now, .unrestorable = "can't be stopped where")
{
	pid_t pid = tracee(filtered, PTRACE_O_TRACESECCOMP);
	struct seen s;

	to_event(pid, PTRACE_EVENT_SECCOMP, &s);
	s.regs.orig_rax = SYS_getpid;
	ASSERT_EQ(0, ptrace(PTRACE_SETREGS, pid, 0, &s.regs));
	cut();
	to_event(pid, PTRACE_EVENT_SECCOMP, &s);
	EXPECT_EQ(pid, board[1]);
	EXPECT_EQ(0, go(PTRACE_CONT, pid, 0));
	ends_with(pid, 7);
}
