// SPDX-License-Identifier: GPL-2.0
/* Promises: locks on files. Whether one is held is asked from a child. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static int make(void)
{
	int fd = open("locked", O_CREAT | O_RDWR, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 100));
	return fd;
}

static int in_child(bool (*question)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(question(arg));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return WEXITSTATUS(status);
}

static bool may_lock(void *arg)
{
	int fd = open("locked", O_RDWR);

	return !fcntl(fd, F_SETLK, arg);
}

static bool may_flock(void *arg)
{
	int fd = open("locked", O_RDWR);

	return !flock(fd, *(int *)arg | LOCK_NB);
}

static struct flock range(short type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_start = start, .l_len = len };
}

static bool other_may(short type, off_t start, off_t len)
{
	struct flock lock = range(type, start, len);

	return in_child(may_lock, &lock);
}

static bool other_may_flock(int how)
{
	return in_child(may_flock, &how);
}

TEST(keeps_posix_locks)
{
	struct flock read = range(F_RDLCK, 10, 5), write = range(F_WRLCK, 50, 0);
	int fd = make();

	ASSERT_EQ(0, fcntl(fd, F_SETLK, &read));
	ASSERT_EQ(0, fcntl(fd, F_SETLK, &write));
	cut();
	EXPECT_FALSE(other_may(F_WRLCK, 14, 1));
	EXPECT_TRUE(other_may(F_RDLCK, 14, 1));
	EXPECT_TRUE(other_may(F_WRLCK, 15, 35));
	EXPECT_FALSE(other_may(F_RDLCK, 1000000, 1));
	write.l_type = F_UNLCK;
	EXPECT_EQ(0, fcntl(fd, F_SETLK, &write));
	EXPECT_TRUE(other_may(F_RDLCK, 1000000, 1));
}

TEST(keeps_locks_of_an_open_file)
{
	struct flock lock = range(F_WRLCK, 0, 10);
	int fd = make(), twin = dup(fd);

	ASSERT_EQ(0, fcntl(fd, F_OFD_SETLK, &lock));
	cut();
	EXPECT_EQ(0, close(fd));
	EXPECT_FALSE(other_may(F_RDLCK, 9, 1));
	EXPECT_EQ(0, close(twin));
	EXPECT_TRUE(other_may(F_RDLCK, 9, 1));
}

TEST(keeps_flock)
{
	int fd = make(), shared = open("locked", O_RDONLY);

	ASSERT_EQ(0, flock(fd, LOCK_SH));
	ASSERT_EQ(0, flock(shared, LOCK_SH));
	cut();
	EXPECT_TRUE(other_may_flock(LOCK_SH));
	EXPECT_FALSE(other_may_flock(LOCK_EX));
	EXPECT_EQ(0, close(shared));
	EXPECT_EQ(0, flock(fd, LOCK_EX));
	EXPECT_FALSE(other_may_flock(LOCK_SH));
}

TEST(takes_no_lock_that_it_had_not)
{
	make();
	cut();
	EXPECT_TRUE(other_may(F_WRLCK, 0, 0));
	EXPECT_TRUE(other_may_flock(LOCK_EX));
}
