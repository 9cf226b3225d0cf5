// SPDX-License-Identifier: GPL-2.0
/* Promises: where paths begin. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/stat.h>

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

TEST_REFUSED(refuses_a_deleted_working_directory, "working directory: ")
{
	ASSERT_EQ(0, mkdir("gone", 0755));
	ASSERT_EQ(0, chdir("gone"));
	ASSERT_EQ(0, rmdir("../gone"));
	cut();
}
