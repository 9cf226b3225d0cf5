/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of ptrace(2) share: a child that is traced, and all that is seen of it. */
#ifndef KCR_TRACED_H
#define KCR_TRACED_H

#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "kcr_harness.h"

#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO	0x420e
#endif
#define SYSCALL_INFO_ENTRY	1
#define SYSCALL_INFO_EXIT	2
#define EVENT_STOP		128

/* Written by the tracee, read by its tracer. */
static volatile int *board __attribute__((unused));
static volatile int told;

static __attribute__((unused)) void count(int sig __attribute__((unused)))
{
	told++;
}

static __attribute__((unused)) void handled(int sig)
{
	board[0] = sig;
}

/* All that a tracer can ask of a stop. */
struct seen {
	struct user_regs_struct regs;
	siginfo_t info;
	unsigned long message;
	unsigned char call[88];
	long call_len;
};

static __attribute__((unused)) void look(pid_t pid, struct seen *s)
{
	memset(s, 0, sizeof(*s));
	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, pid, 0, &s->regs));
	if (ptrace(PTRACE_GETSIGINFO, pid, 0, &s->info))
		s->info.si_signo = -1;	/* a group-stop */
	ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, 0, &s->message));
	s->call_len = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(s->call), s->call);
	ASSERT_LT(0, s->call_len);
}

static __attribute__((unused)) void expect_same(pid_t pid, const struct seen *before)
{
	struct seen now;
	size_t i;

	look(pid, &now);
	now.regs.eflags |= before->regs.eflags & 2;	/* always set, but not told by execve() */
	now.regs.eflags &= before->regs.eflags | ~2ul;
	for (i = 0; i < sizeof(now.regs) / sizeof(long); i++)
		if (((long *)&before->regs)[i] != ((long *)&now.regs)[i])
			kcr_fail(false, __FILE__, __LINE__, "register %zu was %#lx, and is %#lx",
				 i, ((long *)&before->regs)[i], ((long *)&now.regs)[i]);
	EXPECT_EQ(before->regs.rip, now.regs.rip);
	EXPECT_EQ((long)before->regs.rax, (long)now.regs.rax);
	EXPECT_EQ((long)before->regs.orig_rax, (long)now.regs.orig_rax);
	EXPECT_EQ(before->info.si_signo, now.info.si_signo);
	EXPECT_EQ(before->info.si_code, now.info.si_code);
	EXPECT_EQ(0, memcmp(&before->info, &now.info, 48));
	EXPECT_EQ(before->message, now.message);
	EXPECT_EQ(before->call_len, now.call_len);
	EXPECT_EQ(0, memcmp(before->call, now.call, sizeof(now.call)));
}

static __attribute__((unused)) int stops_with(pid_t pid)
{
	int status = -1;

	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	return WIFSTOPPED(status) ? status >> 8 : -status - 1;
}

static __attribute__((unused)) bool no_news(pid_t pid)
{
	int status;

	return waitpid(pid, &status, __WALL | WNOHANG) == 0;
}

static __attribute__((unused)) void ends_with(pid_t pid, int code)
{
	int status = -1;

	EXPECT_EQ(pid, waitpid(pid, &status, __WALL));
	EXPECT_EQ(code << 8, status);
}

static __attribute__((unused)) long go(int how, pid_t pid, int sig)
{
	return ptrace(how, pid, 0, (long)sig);
}

/* A child that runs @body, and is traced from its beginning; stopped by SIGSTOP. */
static __attribute__((unused)) pid_t tracee(void (*body)(void), int options)
{
	pid_t pid;

	if (!board) {
		board = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, (void *)board);
	}
	signal(SIGCHLD, count);
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid) {
		signal(SIGUSR1, handled);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(99);
		raise(SIGSTOP);
		body();
		_exit(7);
	}
	ASSERT_EQ(SIGSTOP, stops_with(pid));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, 0, (long)options | PTRACE_O_EXITKILL));
	told = 0;
	return pid;
}

/* The same, but nobody traces it yet, and it runs. */
static __attribute__((unused)) pid_t child(void (*body)(void))
{
	pid_t pid;

	board = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)board);
	signal(SIGCHLD, count);
	pid = fork();
	if (!pid) {
		signal(SIGUSR1, handled);
		body();
		_exit(7);
	}
	ASSERT_NE(-1, pid);
	usleep(100000);
	return pid;
}

#endif
