// SPDX-License-Identifier: GPL-2.0
/* A process whose main thread has ended, and that goes on with the others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

/* As /proc shows it, 0 if there is no such thread. */
static char state_of(pid_t pid, pid_t tid)
{
	char path[64], line[256] = "", *state;
	int fd, len;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY);
	len = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
	close(fd);
	state = len > 0 ? strrchr(line, ')') : NULL;
	return state ? state[2] : 0;
}

static bool is_alive(pid_t pid, pid_t tid)
{
	char state = state_of(pid, tid);

	return state == 'R' || state == 'S';
}

static void wait_ended(pid_t pid)
{
	int i;

	for (i = 0; i < 5000 && state_of(pid, pid) != 'Z'; i++)
		usleep(1000);
	ASSERT_EQ('Z', state_of(pid, pid));
}

static void comm_of(pid_t pid, char *comm, int size)
{
	char path[64];
	int fd, len;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	len = read(fd, comm, size - 1);
	close(fd);
	ASSERT_GT(len, 0);
	comm[len - 1] = 0;
}

static void *sleeps(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static pid_t sleeper;

/* Failures are fatal here: nobody comes back to the end of the test. */
static void *first(void *arg)
{
	pid_t pid = getpid(), tid = gettid();
	char comm[32];

	wait_ended(pid);
	ASSERT_NE(pid, tid);
	cut();
	ASSERT_EQ(pid, getpid());
	ASSERT_EQ(tid, gettid());
	ASSERT_EQ('Z', state_of(pid, pid));
	ASSERT_TRUE(is_alive(pid, tid));
	ASSERT_TRUE(is_alive(pid, sleeper));
	comm_of(pid, comm, sizeof(comm));
	ASSERT_STREQ("walrus", comm);
	errno = 0;
	ASSERT_EQ(3, getpriority(PRIO_PROCESS, pid));
	ASSERT_EQ(0, getpriority(PRIO_PROCESS, tid));
	_exit(7);
	return arg;
}

static void main_thread_ends(void)
{
	sleeper = start_thread(NULL, sleeps, NULL);
	start_thread(NULL, first, NULL);
	prctl(PR_SET_NAME, "walrus");
	setpriority(PRIO_PROCESS, 0, 3);
	pthread_exit(NULL);
}

TEST(the_others_go_on, .status = 7)
{
	main_thread_ends();
}

TEST(anybody_may_have_one, .user = "alice", .status = 7)
{
	main_thread_ends();
}

static void *last(void *arg)
{
	wait_ended(getpid());
	cut();
	ASSERT_EQ('Z', state_of(getpid(), getpid()));
	syscall(SYS_exit, 9);
	return arg;
}

TEST(its_status_is_that_of_the_last, .status = 9)
{
	start_thread(NULL, last, NULL);
	pthread_exit(NULL);
}

/* Shared with a child. */
static int *shared;

static void share(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)shared);
}

static void wait_for(int *word, int value)
{
	int i;

	for (i = 0; i < 5000 && __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; i++)
		usleep(2000);
	ASSERT_EQ(value, *word);
}

/* Its own child is the thread's that made it, and of no other. */
static void *has_child(void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		wait_for(&shared[0], 1);
		_exit(11);
	}
	wait_ended(getpid());
	shared[1] = 1;
	wait_for(&shared[0], 1);
	if (waitpid(pid, &status, __WNOTHREAD) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 11)
		_exit(1);
	syscall(SYS_exit, 13);
	return arg;
}

TEST(a_child_of_that_kind_is_waited_for)
{
	int status, fd;
	pid_t pid;

	share();
	pid = fork();
	if (!pid) {
		start_thread(NULL, has_child, NULL);
		pthread_exit(NULL);
	}
	wait_for(&shared[1], 1);
	fd = syscall(SYS_pidfd_open, pid, 0);
	ASSERT_LE(0, fd);
	cut();
	EXPECT_EQ('Z', state_of(pid, pid));
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_EQ(0, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	__atomic_store_n(&shared[0], 1, __ATOMIC_RELEASE);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(13, WEXITSTATUS(status));
}

static void *counts(void *arg)
{
	for (;;)
		__atomic_add_fetch(&shared[2], 1, __ATOMIC_RELEASE);
	return arg;
}

TEST(one_that_is_stopped_stays_so)
{
	int status, before;
	pid_t pid;

	share();
	pid = fork();
	if (!pid) {
		start_thread(NULL, counts, NULL);
		pthread_exit(NULL);
	}
	wait_ended(pid);
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	before = shared[2];
	cut();
	usleep(50000);
	EXPECT_EQ(before, shared[2]);
	kill(pid, SIGCONT);
	usleep(300000);
	EXPECT_LT(before, __atomic_load_n(&shared[2], __ATOMIC_ACQUIRE));
	kill(pid, SIGTERM);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGTERM, WTERMSIG(status));
}
