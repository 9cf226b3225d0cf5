// SPDX-License-Identifier: GPL-2.0
/* The clocks of a process go on from the cut; the world's don't stop for it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>

#include "kcr_harness.h"

/* Through the vDSO, and through the kernel. */
static long long by_kernel(clockid_t clock)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, clock, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static void goes_on(clockid_t clock)
{
	long long before = now_ms(clock), after, kernel;

	cut();
	after = now_ms(clock);
	kernel = by_kernel(clock);
	EXPECT_LE(before, after);
	EXPECT_LT(after, before + 10000);
	EXPECT_LE(after, kernel);
	EXPECT_LT(kernel, after + 1000);
}

TEST(monotonic_goes_on)
{
	goes_on(CLOCK_MONOTONIC);
}

TEST(boottime_goes_on)
{
	goes_on(CLOCK_BOOTTIME);
}

TEST(monotonic_coarse_and_raw_go_on)
{
	long long raw = now_ms(CLOCK_MONOTONIC_RAW);

	goes_on(CLOCK_MONOTONIC_COARSE);
	EXPECT_LE(raw, now_ms(CLOCK_MONOTONIC_RAW));
}

TEST(monotonic_and_boottime_keep_their_distance)
{
	long long apart = now_ms(CLOCK_BOOTTIME) - now_ms(CLOCK_MONOTONIC);

	cut();
	EXPECT_LE(apart - 5, now_ms(CLOCK_BOOTTIME) - now_ms(CLOCK_MONOTONIC));
	EXPECT_LE(now_ms(CLOCK_BOOTTIME) - now_ms(CLOCK_MONOTONIC), apart + 50);
}

TEST(realtime_is_the_worlds)
{
	long long before = now_ms(CLOCK_REALTIME);

	cut();
	EXPECT_LE(before, now_ms(CLOCK_REALTIME));
}

TEST(each_thread_and_every_child_see_the_same_clock)
{
	long long before = now_ms(CLOCK_MONOTONIC), child = 0;
	int fds[2];

	cut();
	ASSERT_EQ(0, pipe(fds));
	if (!fork()) {
		child = now_ms(CLOCK_MONOTONIC);
		_exit(write(fds[1], &child, sizeof(child)) != sizeof(child));
	}
	ASSERT_EQ(sizeof(child), read(fds[0], &child, sizeof(child)));
	EXPECT_LE(before, child);
	EXPECT_LT(child, before + 10000);
}

static int no_new_privs(void)
{
	char line[128];
	int val = -1;
	FILE *file = fopen("/proc/self/status", "re");

	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "NoNewPrivs: %d", &val);
	fclose(file);
	return val;
}

TEST(root_needs_no_no_new_privs)
{
	ASSERT_EQ(0, no_new_privs());
	cut();
	EXPECT_EQ(0, no_new_privs());
}

TEST(alice_gets_her_clocks_too, .user = "alice")
{
	goes_on(CLOCK_MONOTONIC);
}
