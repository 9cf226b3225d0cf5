// SPDX-License-Identifier: GPL-2.0
/* Promises: the table of descriptors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static int open_descriptors(void)
{
	int nr = 0;

	for (int fd = 0; fd < 4096; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

TEST(has_the_same_descriptors)
{
	int before;

	ASSERT_EQ(77, dup2(STDIN_FILENO, 77));
	ASSERT_EQ(1000, dup3(STDIN_FILENO, 1000, O_CLOEXEC));
	before = open_descriptors();
	cut();
	EXPECT_EQ(before, open_descriptors());
	EXPECT_EQ(0, fcntl(77, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(1000, F_GETFD));
}

TEST(opens_the_lowest_descriptor_next)
{
	int fd = dup(STDIN_FILENO);

	ASSERT_EQ(fd + 1, dup2(fd, fd + 1));
	ASSERT_EQ(0, close(fd));
	cut();
	EXPECT_EQ(fd, dup(STDIN_FILENO));
}

TEST(keeps_a_closed_standard_stream_closed)
{
	ASSERT_EQ(0, close(STDIN_FILENO));
	cut();
	EXPECT_EQ(-1, fcntl(STDIN_FILENO, F_GETFD));
}

TEST(keeps_descriptors_above_the_limit)
{
	struct rlimit limit;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 4000;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(3999, dup2(STDIN_FILENO, 3999));
	limit.rlim_cur = 20;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	cut();
	EXPECT_EQ(0, fcntl(3999, F_GETFD));
	EXPECT_EQ(-1, dup2(STDIN_FILENO, 20));
	EXPECT_EQ(19, dup2(STDIN_FILENO, 19));
}

/* Root may raise its limits, and so its programs'. */
TEST(keeps_descriptors_above_the_limit_of_restart)
{
	struct rlimit limit = { 20000, 20000 };

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(15000, dup2(STDIN_FILENO, 15000));
	cut();
	EXPECT_EQ(0, fcntl(15000, F_GETFD));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(20000, limit.rlim_max);
}

TEST(keeps_three_thousand_descriptors, .timeout = 120)
{
	struct rlimit limit;
	int fd[2];

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 4096;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, pipe(fd));
	for (int i = 0; i < 3000; i++)
		ASSERT_LE(0, dup(fd[i % 2]));
	cut();
	EXPECT_EQ(3, write(2000 + !(2000 % 2 == fd[1] % 2), "abc", 3));
	EXPECT_EQ(-1, fcntl(3100, F_GETFD));
}
