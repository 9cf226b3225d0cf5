// SPDX-License-Identifier: GPL-2.0
/* Promises: pidfds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static int open_pidfd(pid_t pid, int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static int send_signal(int fd, int sig)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

static int ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0);
}

static pid_t make_child(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

/* The process that fdinfo tells. */
static int pid_of(int fd)
{
	char path[64], line[128];
	int pid = -2;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "Pid: %d", &pid);
	if (file)
		fclose(file);
	return pid;
}

TEST(leads_to_a_child)
{
	pid_t child = make_child();
	int fd = open_pidfd(child, 0), self = open_pidfd(getpid(), O_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 };
	int epoll = epoll_create1(0);
	siginfo_t info = { };

	ASSERT_LE(0, fd);
	ASSERT_LE(0, self);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	cut();
	EXPECT_EQ(child, pid_of(fd));
	EXPECT_EQ(getpid(), pid_of(self));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, fcntl(self, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, ready(fd));
	EXPECT_EQ(0, send_signal(self, 0));
	EXPECT_EQ(0, send_signal(fd, SIGKILL));
	event.data.u32 = 0;
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 5000));
	EXPECT_EQ(7, event.data.u32);
	EXPECT_EQ(0, waitid(P_PIDFD, fd, &info, WEXITED));
	EXPECT_EQ(child, info.si_pid);
	EXPECT_EQ(SIGKILL, info.si_status);
}

TEST(leads_to_a_zombie)
{
	pid_t child = fork();
	siginfo_t info = { };
	int fd;

	if (!child)
		_exit(5);
	fd = open_pidfd(child, 0);
	ASSERT_EQ(0, waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	ASSERT_EQ(1, ready(fd));
	cut();
	EXPECT_EQ(1, ready(fd));
	EXPECT_EQ(0, waitid(P_PIDFD, fd, &info, WEXITED));
	EXPECT_EQ(5, info.si_status);
}

TEST(leads_to_a_grandchild_and_a_parent)
{
	int pipes[2], told[2], fd, parent = open_pidfd(getpid(), 0);
	pid_t child, grandchild = 0;
	char c = 0;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, pipe(told));
	child = fork();
	if (!child) {
		grandchild = make_child();
		c = write(pipes[1], &grandchild, sizeof(grandchild));
		if (read(told[0], &c, 1) == 1)
			c = pid_of(parent) == getppid() ? 'y' : 'n';
		c = write(pipes[1], &c, 1);
		for (;;)
			pause();
	}
	ASSERT_EQ(sizeof(grandchild), read(pipes[0], &grandchild, sizeof(grandchild)));
	fd = open_pidfd(grandchild, 0);
	ASSERT_LE(0, fd);
	cut();
	EXPECT_EQ(grandchild, pid_of(fd));
	EXPECT_EQ(1, write(told[1], "x", 1));
	EXPECT_EQ(1, read(pipes[0], &c, 1));
	EXPECT_EQ('y', c);
	EXPECT_EQ(0, send_signal(fd, SIGKILL));
	EXPECT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(child, waitpid(child, NULL, 0));
}

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

TEST(leads_to_a_thread)
{
	pthread_t thread;
	pid_t tid = start_thread(&thread, sleep_on, NULL);
	int fd = open_pidfd(tid, O_EXCL);	/* PIDFD_THREAD */

	if (fd < 0)
		skip("no pidfds of threads");
	cut();
	EXPECT_EQ(tid, pid_of(fd));
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_EXCL);
	EXPECT_EQ(0, ready(fd));
}

TEST_REFUSED(refuses_one_of_init, "which has ended or is not part of what is saved")
{
	ASSERT_LE(0, open_pidfd(1, 0));
	cut();
}
