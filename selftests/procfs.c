// SPDX-License-Identifier: GPL-2.0
/* Promises: files of /proc that are open at the cut. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "kcr_harness.h"

/* What the file says of the process that it is about, from its beginning. */
static pid_t about(int fd)
{
	char text[512] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return -1;
	return atoi(text);
}

TEST(tells_of_itself)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(getpid(), about(fd));
	cut();
	EXPECT_EQ(getpid(), about(fd));
	EXPECT_EQ(O_RDONLY, fcntl(fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

TEST(reads_on)
{
	int fd = open("/proc/self/comm", O_RDONLY), copy = dup(fd);
	char name[16] = "", got[16] = "";

	ASSERT_LT(4, read(open("/proc/self/comm", O_RDONLY), name, sizeof(name)));
	ASSERT_EQ(2, read(fd, got, 2));
	cut();
	EXPECT_EQ(2, lseek(copy, 0, SEEK_CUR));
	EXPECT_LT(2, read(copy, got + 2, sizeof(got) - 2));
	EXPECT_STREQ(name, got);
	EXPECT_EQ((off_t)strlen(name), lseek(fd, 0, SEEK_CUR));
}

TEST(tells_of_the_machine)
{
	int fd = open("/proc/meminfo", O_RDONLY);
	char got[9] = "";

	ASSERT_LE(0, fd);
	cut();
	EXPECT_EQ(8, read(fd, got, 8));
	EXPECT_STREQ("MemTotal", got);
}

/* A child that looks at itself and at its parent. */
TEST(tells_a_child)
{
	int ask[2], ready[2], self, parent, status = -1;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, pipe(ask));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/status", getppid());
		self = open("/proc/self/stat", O_RDONLY);
		parent = open(path, O_RDONLY);
		if (write(ready[1], "", 1) != 1 || read(ask[0], &byte, 1) != 1)
			_exit(1);
		_exit(about(self) == getpid() && read(parent, path, 5) == 5 &&
		      !memcmp(path, "Name:", 5) ? 5 : 2);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	cut();
	EXPECT_EQ(1, write(ask[1], "", 1));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(5 << 8, status);
}

TEST_REFUSED(refuses_what_holds_memory, "/maps: file of proc: not supported yet")
{
	ASSERT_LE(0, open("/proc/self/maps", O_RDONLY));
	cut();
}

TEST_REFUSED(refuses_one_that_is_written, "/comm: file of proc: not supported yet")
{
	ASSERT_LE(0, open("/proc/self/comm", O_RDWR));
	cut();
}

TEST_REFUSED(refuses_the_parent_of_whom_it_tells, "/stat: file of proc: not supported yet")
{
	char path[32];
	pid_t pid = fork();

	ASSERT_NE(-1, pid);
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ASSERT_LE(0, open(path, O_RDONLY));
	cut();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_REFUSED(refuses_an_outsider, "/stat: file of proc: not supported yet")
{
	ASSERT_LE(0, open("/proc/1/stat", O_RDONLY));
	cut();
}
