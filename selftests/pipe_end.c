// SPDX-License-Identifier: GPL-2.0
/* Promises: the ends of pipes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kcr_harness.h"

TEST(keeps_flags_of_each_end)
{
	int fd[2];

	ASSERT_EQ(0, pipe2(fd, O_CLOEXEC));
	ASSERT_EQ(0, fcntl(fd[0], F_SETFL, O_NONBLOCK));
	cut();
	EXPECT_EQ(O_RDONLY | O_NONBLOCK, fcntl(fd[0], F_GETFL));
	EXPECT_EQ(O_WRONLY, fcntl(fd[1], F_GETFL));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd[0], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd[1], F_GETFD));
}

TEST(shares_an_end_between_duplicates)
{
	int fd[2], twin;

	ASSERT_EQ(0, pipe(fd));
	twin = dup(fd[0]);
	ASSERT_LE(0, twin);
	cut();
	EXPECT_EQ(0, fcntl(twin, F_SETFL, O_NONBLOCK));
	EXPECT_TRUE(fcntl(fd[0], F_GETFL) & O_NONBLOCK);
}

TEST(ends_when_its_last_writer_closes)
{
	struct pollfd poll_fd;
	int fd[2], twin;
	char c;

	ASSERT_EQ(0, pipe(fd));
	twin = dup(fd[1]);
	ASSERT_LE(0, twin);
	cut();
	poll_fd = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	EXPECT_EQ(0, close(fd[1]));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	EXPECT_EQ(0, close(twin));
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLHUP, poll_fd.revents);
	EXPECT_EQ(0, read(fd[0], &c, 1));
}

TEST(breaks_when_nobody_reads)
{
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	ASSERT_EQ(0, close(fd[0]));
	ASSERT_NE(SIG_ERR, signal(SIGPIPE, SIG_IGN));
	cut();
	EXPECT_EQ(-1, write(fd[1], "x", 1));
	EXPECT_EQ(EPIPE, errno);
}

TEST(keeps_an_end_opened_once_more)
{
	char path[64], got[8];
	int fd[2], both;

	ASSERT_EQ(0, pipe(fd));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[0]);
	both = open(path, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, both);
	cut();
	EXPECT_EQ(3, write(both, "abc", 3));
	EXPECT_EQ(3, read(fd[0], got, sizeof(got)));
	EXPECT_EQ(O_RDWR | O_NONBLOCK, fcntl(both, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(0, fcntl(fd[0], F_GETFL) & O_NONBLOCK);
}
