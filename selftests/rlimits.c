// SPDX-License-Identifier: GPL-2.0
/* Resource limits, soft and hard. */
#include <sys/resource.h>

#include "kcr_harness.h"

static void set(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit lim = { soft, hard };

	ASSERT_EQ(0, setrlimit(resource, &lim));
}

static void expect(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit lim;

	ASSERT_EQ(0, getrlimit(resource, &lim));
	EXPECT_EQ(soft, lim.rlim_cur);
	EXPECT_EQ(hard, lim.rlim_max);
}

TEST(keeps_limits)
{
	set(RLIMIT_NOFILE, 77, 99);
	set(RLIMIT_CORE, 4096, RLIM_INFINITY);
	set(RLIMIT_NICE, 3, 30);
	set(RLIMIT_CPU, 3600, 7200);
	cut();
	expect(RLIMIT_NOFILE, 77, 99);
	expect(RLIMIT_CORE, 4096, RLIM_INFINITY);
	expect(RLIMIT_NICE, 3, 30);
	expect(RLIMIT_CPU, 3600, 7200);
}

TEST(keeps_all_limits)
{
	struct rlimit before[RLIM_NLIMITS], after;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		ASSERT_EQ(0, getrlimit(i, &before[i]));
	cut();
	for (i = 0; i < RLIM_NLIMITS; i++) {
		ASSERT_EQ(0, getrlimit(i, &after));
		EXPECT_EQ(before[i].rlim_cur, after.rlim_cur);
		EXPECT_EQ(before[i].rlim_max, after.rlim_max);
	}
}

TEST(keeps_fewer_open_files_than_descriptors)
{
	int fd = dup2(0, 200);

	ASSERT_EQ(200, fd);
	set(RLIMIT_NOFILE, 50, 50);
	cut();
	expect(RLIMIT_NOFILE, 50, 50);
	EXPECT_EQ(0, close(200));
}

TEST(alice_keeps_hers, .user = "alice")
{
	set(RLIMIT_NOFILE, 77, 99);
	set(RLIMIT_CORE, 0, 4096);
	cut();
	expect(RLIMIT_NOFILE, 77, 99);
	expect(RLIMIT_CORE, 0, 4096);
}

/* The limit counts from the restart: what was used before is not known. */
TEST(a_cpu_limit_still_ends_it, .status = 128 + 24)
{
	set(RLIMIT_CPU, 1, 5);
	cut();
	for (;;)
		getppid();
}
