// SPDX-License-Identifier: GPL-2.0
/* Promises: event counters. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include "kcr_harness.h"

TEST(keeps_its_count)
{
	int fd = eventfd(42, 0);
	uint64_t count = 0;

	ASSERT_LE(0, fd);
	cut();
	EXPECT_EQ(8, read(fd, &count, 8));
	EXPECT_EQ(42, count);
}

TEST(keeps_a_huge_count)
{
	uint64_t count = 0xfedcba9876543210, got = 0;
	int fd = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, fd);
	ASSERT_EQ(8, write(fd, &count, 8));
	cut();
	EXPECT_EQ(8, read(fd, &got, 8));
	EXPECT_EQ(0xfedcba9876543210, got);
	EXPECT_EQ(-1, read(fd, &got, 8));
	EXPECT_EQ(EAGAIN, errno);
}

TEST(stays_a_semaphore)
{
	int fd = eventfd(3, EFD_SEMAPHORE);
	uint64_t one = 0;

	ASSERT_LE(0, fd);
	cut();
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(8, read(fd, &one, 8));
		EXPECT_EQ(1, one);
	}
}

TEST(keeps_flags)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), flags = fcntl(fd, F_GETFL);

	cut();
	EXPECT_EQ(flags, fcntl(fd, F_GETFL));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

TEST(is_one_counter_for_duplicates)
{
	int fd = eventfd(0, EFD_NONBLOCK), twin = dup(fd);
	uint64_t seven = 7, got = 0;

	ASSERT_LE(0, twin);
	cut();
	EXPECT_EQ(8, write(fd, &seven, 8));
	EXPECT_EQ(8, read(twin, &got, 8));
	EXPECT_EQ(7, got);
}
