// SPDX-License-Identifier: GPL-2.0
/* Promises: devices without state. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kcr_harness.h"

TEST(keeps_harmless_devices)
{
	static const char * const names[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
	};
	struct stat st;
	int fd[5];

	for (int i = 0; i < 5; i++) {
		fd[i] = open(names[i], i ? O_RDONLY : O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, fd[i]);
	}
	cut();
	for (int i = 0; i < 5; i++) {
		struct stat named;

		ASSERT_EQ(0, fstat(fd[i], &st));
		ASSERT_EQ(0, stat(names[i], &named));
		EXPECT_EQ(named.st_rdev, st.st_rdev);
	}
	EXPECT_TRUE(fcntl(fd[0], F_GETFL) & O_NONBLOCK);
}

TEST(reads_from_them)
{
	int zero = open("/dev/zero", O_RDONLY), random = open("/dev/urandom", O_RDONLY);
	char buf[16] = "not zero";

	ASSERT_LE(0, zero);
	ASSERT_LE(0, random);
	cut();
	EXPECT_EQ(16, read(zero, buf, 16));
	EXPECT_EQ(0, buf[0]);
	EXPECT_EQ(16, read(random, buf, 16));
}

TEST_REFUSED(refuses_another_device, "/dev/kmsg: no handler for this device")
{
	ASSERT_LE(0, open("/dev/kmsg", O_RDONLY));
	cut();
}
