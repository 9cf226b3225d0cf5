// SPDX-License-Identifier: GPL-2.0
/* Promises: descriptors that signals are read from. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

static sigset_t set_of(int a, int b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	return set;
}

/* Both blocked, or they would be delivered. */
static int make(int a, int b, int flags)
{
	sigset_t set = set_of(a, b);
	int fd = signalfd(-1, &set, flags);

	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_LE(0, fd);
	return fd;
}

/* The signal that it gives, or the negative errno. */
static int taken(int fd, int *value)
{
	struct signalfd_siginfo info;
	ssize_t n = read(fd, &info, sizeof(info));

	if (n < 0)
		return -errno;
	EXPECT_EQ(sizeof(info), n);
	if (value)
		*value = info.ssi_int;
	return info.ssi_signo;
}

static void expect_its_set(int fd, const char *mask)
{
	char path[64], line[128], got[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "sigmask: %63s", got);
	fclose(f);
	EXPECT_STREQ(mask, got);
}

TEST(keeps_its_set)
{
	int fd = make(SIGUSR1, 64, SFD_NONBLOCK);
	sigset_t also = set_of(SIGUSR2, SIGUSR2);

	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &also, NULL));
	expect_its_set(fd, "8000000000000200");
	cut();
	expect_its_set(fd, "8000000000000200");
	EXPECT_EQ(0, kill(getpid(), SIGUSR2));
	EXPECT_EQ(-EAGAIN, taken(fd, NULL));
	EXPECT_EQ(0, kill(getpid(), SIGUSR1));
	EXPECT_EQ(SIGUSR1, taken(fd, NULL));
	EXPECT_EQ(0, kill(getpid(), 64));
	EXPECT_EQ(64, taken(fd, NULL));
	EXPECT_EQ(-EAGAIN, taken(fd, NULL));
}

TEST(keeps_an_empty_set)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	ASSERT_LE(0, fd);
	cut();
	expect_its_set(fd, "0000000000000000");
	EXPECT_EQ(-EAGAIN, taken(fd, NULL));
}

TEST(keeps_flags)
{
	int fd = make(SIGUSR1, SIGUSR2, SFD_NONBLOCK | SFD_CLOEXEC);
	int other = make(SIGUSR1, SIGUSR2, 0);
	int flags = fcntl(fd, F_GETFL), other_flags = fcntl(other, F_GETFL);

	cut();
	EXPECT_EQ(flags, fcntl(fd, F_GETFL));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(other_flags, fcntl(other, F_GETFL));
	EXPECT_EQ(0, fcntl(other, F_GETFD));
}

TEST(gives_what_was_pending)
{
	int fd = make(SIGUSR1, SIGRTMIN, SFD_NONBLOCK), value = 0;

	ASSERT_EQ(0, sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 7 }));
	ASSERT_EQ(0, sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 8 }));
	cut();
	EXPECT_EQ(SIGRTMIN, taken(fd, &value));
	EXPECT_EQ(7, value);
	EXPECT_EQ(SIGRTMIN, taken(fd, &value));
	EXPECT_EQ(8, value);
	EXPECT_EQ(-EAGAIN, taken(fd, NULL));
}

TEST(is_one_set_for_duplicates)
{
	int fd = make(SIGUSR1, SIGUSR1, SFD_NONBLOCK), twin = dup(fd);
	sigset_t other = set_of(SIGUSR2, SIGUSR2);

	ASSERT_LE(0, twin);
	cut();
	EXPECT_EQ(fd, signalfd(fd, &other, 0));
	expect_its_set(twin, "0000000000000800");
}

static int waiting_fd;

static void *reads(void *unused)
{
	(void)unused;
	return (void *)(long)taken(waiting_fd, NULL);
}

TEST(who_waits_in_read_goes_on_waiting)
{
	pthread_t thread;
	void *got;
	pid_t tid;

	waiting_fd = make(SIGUSR1, SIGUSR2, 0);
	tid = start_thread(&thread, reads, NULL);
	in_syscall(tid, SYS_read);
	cut();
	in_syscall(tid, SYS_read);
	EXPECT_EQ(0, kill(getpid(), SIGUSR2));
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(SIGUSR2, (long)got);
}

TEST(is_watched_by_epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 5 };
	int fd = make(SIGUSR1, SIGUSR1, SFD_NONBLOCK), ep = epoll_create1(0);

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	ASSERT_EQ(0, epoll_wait(ep, &event, 1, 0));
	cut();
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	EXPECT_EQ(0, kill(getpid(), SIGUSR1));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, 1000));
	EXPECT_EQ(5, event.data.u32);
	EXPECT_EQ(SIGUSR1, taken(fd, NULL));
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
}
