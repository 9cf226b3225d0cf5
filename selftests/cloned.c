// SPDX-License-Identifier: GPL-2.0
/* Promises: what clone(2) lets tasks share, besides memory, handlers and files. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

#define BEST_EFFORT(data)	(2 << 13 | (data))	/* linux/ioprio.h */
#define WHO_PROCESS		1

static int go[2], done[2];

static void make_pipes(void)
{
	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(done));
}

static void tell(int fd)
{
	ASSERT_EQ(1, write(fd, "x", 1));
}

static bool hear(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

static pid_t clone_with(int flags)
{
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	ASSERT_LE(0, pid);
	return pid;
}

static void expect_end(pid_t pid, int want)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(want, status);
}

/* What semaphores undo */

static int make_set(void)
{
	int set = semget(IPC_PRIVATE, 1, 0600);

	ASSERT_LE(0, set);
	ASSERT_EQ(0, semctl(set, 0, SETVAL, 5));
	return set;
}

static void take(int set, int n)
{
	struct sembuf op = { .sem_op = -n, .sem_flg = SEM_UNDO };

	ASSERT_EQ(0, semop(set, &op, 1));
}

static int take_two(void *set)
{
	take(*(int *)set, 2);
	tell(done[1]);
	pause();
	return 0;
}

/* The end of one of them undoes nothing, that of the other one all. */
static void middle(int set, int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t child = clone(take_two, stack + sizeof(stack), flags | SIGCHLD, &set);

	take(set, 1);
	hear(go[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	tell(done[1]);
	hear(go[0]);
	_exit(0);
}

static void keeps_what_is_undone(int flags)
{
	int set = make_set();
	pid_t pid;

	make_pipes();
	pid = fork();
	if (!pid)
		middle(set, flags);
	ASSERT_TRUE(hear(done[0]));
	while (semctl(set, 0, GETVAL) != 2)
		usleep(1000);
	cut();
	EXPECT_EQ(2, semctl(set, 0, GETVAL));
	tell(go[1]);
	ASSERT_TRUE(hear(done[0]));
	EXPECT_EQ(2, semctl(set, 0, GETVAL));
	tell(go[1]);
	expect_end(pid, 0);
	EXPECT_EQ(5, semctl(set, 0, GETVAL));
	EXPECT_EQ(0, semctl(set, 0, IPC_RMID));
}

TEST(shares_what_is_undone_with_its_child)
{
	keeps_what_is_undone(CLONE_SYSVSEM);
}

TEST(shares_what_is_undone_with_who_has_its_memory)
{
	keeps_what_is_undone(CLONE_SYSVSEM | CLONE_VM);
}

TEST(a_user_does, .user = "alice")
{
	keeps_what_is_undone(CLONE_SYSVSEM);
}

/* What a child without it takes is undone at its own end. */
TEST(undoes_what_is_not_shared)
{
	int set = make_set();
	pid_t pid;

	make_pipes();
	take(set, 1);
	pid = fork();
	if (!pid) {
		take(set, 2);
		tell(done[1]);
		hear(go[0]);
		_exit(0);
	}
	ASSERT_TRUE(hear(done[0]));
	cut();
	EXPECT_EQ(2, semctl(set, 0, GETVAL));
	tell(go[1]);
	expect_end(pid, 0);
	EXPECT_EQ(4, semctl(set, 0, GETVAL));
	EXPECT_EQ(0, semctl(set, 0, IPC_RMID));
}

/* A grandchild whose parent has ended leaves the tree, and shares with us. */
static pid_t outsider(unsigned long flag)
{
	pid_t pid = clone_with(flag), other = 0;

	if (!pid) {
		other = clone_with(flag);
		if (!other) {
			prctl(PR_SET_PDEATHSIG, 0);
			other = getpid();
			ASSERT_EQ(sizeof(other), write(done[1], &other, sizeof(other)));
			close(done[1]);
			sleep(60);
		}
		_exit(0);
	}
	expect_end(pid, 0);
	ASSERT_EQ(sizeof(other), read(done[0], &other, sizeof(other)));
	close(done[0]);
	close(done[1]);
	close(go[0]);
	close(go[1]);
	return other;
}

TEST_REFUSED(refuses_to_undo_with_somebody_outside, "undo (CLONE_SYSVSEM) with a process outside")
{
	pid_t other;

	make_pipes();
	other = outsider(CLONE_SYSVSEM);
	cut();
	kill(other, SIGKILL);
}

/* I/O contexts */

static int priority(void)
{
	return syscall(SYS_ioprio_get, WHO_PROCESS, 0);
}

static void set_priority(int data)
{
	ASSERT_EQ(0, syscall(SYS_ioprio_set, WHO_PROCESS, 0, BEST_EFFORT(data)));
}

static void keeps_io_context(int flags)
{
	bool shared = flags & CLONE_IO;
	pid_t pid;

	make_pipes();
	set_priority(3);
	pid = clone_with(flags);
	if (!pid) {
		hear(go[0]);
		set_priority(6);
		tell(done[1]);
		hear(go[0]);
		_exit(priority() != BEST_EFFORT(shared ? 5 : 6));
	}
	cut();
	EXPECT_EQ(BEST_EFFORT(3), priority());
	tell(go[1]);
	ASSERT_TRUE(hear(done[0]));
	EXPECT_EQ(BEST_EFFORT(shared ? 6 : 3), priority());
	set_priority(5);
	tell(go[1]);
	expect_end(pid, 0);
}

TEST(shares_an_io_context)
{
	keeps_io_context(CLONE_IO);
}

TEST(has_an_io_context_of_its_own)
{
	keeps_io_context(0);
}

static int change_it(void *arg)
{
	char byte;

	(void)arg;
	syscall(SYS_read, go[0], &byte, 1);
	syscall(SYS_ioprio_set, WHO_PROCESS, 0, BEST_EFFORT(6));
	syscall(SYS_write, done[1], "x", 1);
	return 0;
}

/* No library's thread: it makes system calls, and nothing else. */
TEST(shares_an_io_context_with_a_thread)
{
	size_t size = 65536;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(stack != MAP_FAILED);
	make_pipes();
	set_priority(3);
	ASSERT_LT(0, clone(change_it, stack + size,
			   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			   CLONE_SYSVSEM | CLONE_IO, NULL));
	cut();
	EXPECT_EQ(BEST_EFFORT(3), priority());
	tell(go[1]);
	ASSERT_TRUE(hear(done[0]));
	EXPECT_EQ(BEST_EFFORT(6), priority());
}

TEST_REFUSED(refuses_an_io_context_of_somebody_outside, "(CLONE_IO) with a process outside")
{
	pid_t other;

	make_pipes();
	set_priority(3);
	other = outsider(CLONE_IO);
	cut();
	kill(other, SIGKILL);
}
