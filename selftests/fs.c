// SPDX-License-Identifier: GPL-2.0
/* Promises: where paths begin. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kcr_harness.h"

TEST(keeps_the_working_directory)
{
	char before[PATH_MAX], after[PATH_MAX];

	ASSERT_EQ(0, mkdir("below", 0755));
	ASSERT_EQ(0, chdir("below"));
	ASSERT_TRUE(getcwd(before, sizeof(before)));
	cut();
	ASSERT_TRUE(getcwd(after, sizeof(after)));
	EXPECT_STREQ(before, after);
	EXPECT_EQ(0, access("../below", X_OK));
}

TEST(finds_a_renamed_working_directory)
{
	char cwd[PATH_MAX];

	ASSERT_EQ(0, mkdir("old", 0755));
	ASSERT_EQ(0, chdir("old"));
	ASSERT_EQ(0, rename("../old", "../new"));
	cut();
	ASSERT_TRUE(getcwd(cwd, sizeof(cwd)));
	EXPECT_STREQ("/new", strrchr(cwd, '/'));
}

TEST(keeps_the_umask)
{
	umask(0137);
	cut();
	EXPECT_EQ(0137, umask(0));
}

static void *look(void *arg)
{
	while (!__atomic_load_n((int *)arg, __ATOMIC_ACQUIRE))
		usleep(1000);
	EXPECT_EQ(0, access("here", F_OK));
	return NULL;
}

TEST(shares_it_between_threads)
{
	pthread_t thread;
	int go = 0;

	start_thread(&thread, look, &go);
	cut();
	EXPECT_EQ(0, mkdir("other", 0755));
	EXPECT_EQ(0, mkdir("other/here", 0755));
	EXPECT_EQ(0, chdir("other"));
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, rmdir("here"));
	EXPECT_EQ(0, rmdir("../other"));
}

/* Directories that have been removed */

static void expect_removed(const char *path, mode_t mode)
{
	struct stat st;

	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(S_IFDIR | mode, st.st_mode);
	EXPECT_EQ(0, st.st_nlink);
	EXPECT_EQ(geteuid(), st.st_uid);
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	ASSERT_EQ(0, stat(path, &st));
	return st.st_ino;
}

static void expect_nowhere(void)
{
	char cwd[PATH_MAX];

	errno = 0;
	EXPECT_FALSE(getcwd(cwd, sizeof(cwd)));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, open("new", O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(ENOENT, errno);
}

/* Where a working directory is that /proc calls removed. */
static void expect_called(const char *name)
{
	char link[PATH_MAX] = "";

	ASSERT_LT(0, readlink("/proc/self/cwd", link, sizeof(link) - 1));
	EXPECT_STREQ(name, strrchr(link, '/'));
}

static void keeps_a_removed_directory(void)
{
	umask(022);
	ASSERT_EQ(0, mkdir("gone", 0700));
	ASSERT_EQ(0, chmod("gone", 01753));
	ASSERT_EQ(0, mkdir("beside", 0700));
	ASSERT_EQ(0, chdir("gone"));
	ASSERT_EQ(0, rmdir("../gone"));
	expect_nowhere();
	cut();
	expect_nowhere();
	expect_removed(".", 01753);
	expect_called("/gone (deleted)");
	EXPECT_EQ(-1, access("../gone", F_OK));
	EXPECT_EQ(0, rmdir("../beside"));
	EXPECT_EQ(0, chdir(".."));
	EXPECT_EQ(0, mkdir("gone", 0700));
	EXPECT_EQ(0, rmdir("gone"));
}

TEST(keeps_a_removed_working_directory)
{
	keeps_a_removed_directory();
}

TEST(keeps_a_removed_working_directory_of_a_user, .user = "alice")
{
	keeps_a_removed_directory();
}

/* The folder that it was in is gone, and there is something else of its name. */
TEST(keeps_one_that_was_removed_with_its_folder)
{
	ASSERT_EQ(0, mkdir("folder", 0700));
	ASSERT_EQ(0, mkdir("folder/gone", 0711));
	ASSERT_EQ(0, chdir("folder/gone"));
	ASSERT_EQ(0, rmdir("../gone"));
	ASSERT_EQ(0, rmdir("../../folder"));
	cut();
	expect_nowhere();
	expect_removed(".", 0711);
}

TEST(keeps_one_whose_name_is_taken)
{
	ASSERT_EQ(0, mkdir("name", 0711));
	ASSERT_EQ(0, chdir("name"));
	ASSERT_EQ(0, rmdir("../name"));
	ASSERT_EQ(0, mkdir("../name", 0750));
	cut();
	expect_nowhere();
	expect_removed(".", 0711);
	EXPECT_NE(inode_of("."), inode_of("../name"));
	EXPECT_EQ(0, chdir("../name"));
	EXPECT_EQ(0, rmdir("../name"));
}

/* In it, with descriptors of it, and in another process: it is one. */
TEST(shares_a_removed_directory)
{
	int fd, path, to[2], from[2], status;
	char byte = 'x', name[64];
	ino_t theirs = 0;
	pid_t pid;

	ASSERT_EQ(0, mkdir("gone", 0711));
	ASSERT_EQ(0, pipe(to));
	ASSERT_EQ(0, pipe(from));
	fd = open("gone", O_RDONLY | O_DIRECTORY);
	path = open("gone", O_PATH | O_DIRECTORY);
	ASSERT_EQ(0, chdir("gone"));
	ASSERT_EQ(0, rmdir("../gone"));
	pid = fork();
	if (!pid) {
		close(fd);
		close(path);
		status = read(to[0], &byte, 1) != 1;
		theirs = inode_of(".");
		_exit(status || write(from[1], &theirs, sizeof(theirs)) < 0);
	}
	cut();
	expect_nowhere();
	expect_removed(".", 0711);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	EXPECT_EQ(inode_of("."), inode_of(name));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", path);
	EXPECT_EQ(inode_of("."), inode_of(name));
	EXPECT_EQ(0, fchdir(fd));
	ASSERT_EQ(1, write(to[1], &byte, 1));
	ASSERT_EQ(sizeof(theirs), read(from[0], &theirs, sizeof(theirs)));
	EXPECT_EQ(inode_of("."), theirs);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST(keeps_a_removed_root)
{
	int to[2], from[2], status;
	char byte = 'x';
	pid_t pid;

	ASSERT_EQ(0, mkdir("jail", 0711));
	ASSERT_EQ(0, pipe(to));
	ASSERT_EQ(0, pipe(from));
	pid = fork();
	if (!pid) {
		if (chdir("jail") || chroot(".") || write(from[1], &byte, 1) != 1)
			_exit(1);
		if (read(to[0], &byte, 1) != 1)
			_exit(2);
		expect_removed("/", 0711);
		_exit(mkdir("/new", 0700) != -1 || errno != ENOENT ||
		      inode_of("/") != inode_of(".") ? 3 : 7);
	}
	ASSERT_EQ(1, read(from[0], &byte, 1));
	ASSERT_EQ(0, rmdir("jail"));
	cut();
	ASSERT_EQ(1, write(to[1], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, WEXITSTATUS(status));
}
