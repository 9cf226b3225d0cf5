// SPDX-License-Identifier: GPL-2.0
/* Promises: /proc/PID/mem, open as a debugger has it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static volatile int value = 1;

static int open_mem(pid_t pid, int flags)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	fd = open(name, flags);
	ASSERT_LE(0, fd);
	return fd;
}

static int look(int fd)
{
	int got = -1;

	ASSERT_EQ((ssize_t)sizeof(got), pread(fd, &got, sizeof(got), (uintptr_t)&value));
	return got;
}

TEST(its_own_memory)
{
	int fd = open_mem(getpid(), O_RDWR | O_CLOEXEC), put = 5;

	value = 4;
	ASSERT_EQ(4, look(fd));
	cut();
	EXPECT_EQ(4, look(fd));
	EXPECT_EQ((ssize_t)sizeof(put), pwrite(fd, &put, sizeof(put), (uintptr_t)&value));
	EXPECT_EQ(5, value);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
}

/* It comes after its parent, which has it open. */
TEST(memory_of_a_child)
{
	int ready[2], go[2], fd, copy, put = 43, status = -1;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		value = 42;
		if (write(ready[1], "", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(value);
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	fd = open_mem(pid, O_RDWR);
	copy = dup(fd);
	ASSERT_EQ(42, look(fd));
	ASSERT_EQ((off_t)(uintptr_t)&value, lseek(fd, (uintptr_t)&value, SEEK_SET));
	cut();
	EXPECT_EQ(42, look(fd));
	EXPECT_EQ(1, value);
	EXPECT_EQ((ssize_t)sizeof(put), write(copy, &put, sizeof(put)));
	EXPECT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(43 << 8, status);
}

/* No memory of the tree: whoever has ended has none. */
TEST_REFUSED(memory_that_nobody_has, "mem")
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	open_mem(pid, O_RDONLY);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	cut();
}
