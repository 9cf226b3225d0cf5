// SPDX-License-Identifier: GPL-2.0
/* Promises: pipes inside a process, and what is in them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kcr_harness.h"

FIXTURE(pipe)
{
	int rd, wr;
};

FIXTURE_SETUP(pipe)
{
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	self->rd = fd[0];
	self->wr = fd[1];
}

FIXTURE_TEARDOWN(pipe)
{
	close(self->rd);
	close(self->wr);
}

TEST_F(pipe, keeps_unread_bytes)
{
	char got[8] = "";

	ASSERT_EQ(3, write(self->wr, "abc", 3));
	cut();
	EXPECT_EQ(3, read(self->rd, got, sizeof(got)));
	EXPECT_STREQ("abc", got);
}

TEST_F(pipe, keeps_what_is_left_of_a_buffer)
{
	char got[8] = "";

	ASSERT_EQ(6, write(self->wr, "abcdef", 6));
	ASSERT_EQ(2, read(self->rd, got, 2));
	cut();
	EXPECT_EQ(2, write(self->wr, "gh", 2));
	EXPECT_EQ(6, read(self->rd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp("cdefgh", got, 6));
}

TEST_F(pipe, keeps_a_full_pipe_full)
{
	char page[4096], got[4096];
	int pages = 0;

	ASSERT_EQ(0, fcntl(self->wr, F_SETFL, O_NONBLOCK));
	for (;; pages++) {
		memset(page, 'a' + pages % 26, sizeof(page));
		if (write(self->wr, page, sizeof(page)) != sizeof(page))
			break;
	}
	ASSERT_LE(2, pages);
	cut();
	EXPECT_EQ(-1, write(self->wr, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
	for (int i = 0; i < pages; i++) {
		EXPECT_EQ(sizeof(got), read(self->rd, got, sizeof(got)));
		EXPECT_EQ('a' + i % 26, got[0]);
		EXPECT_EQ('a' + i % 26, got[sizeof(got) - 1]);
	}
}

TEST_F(pipe, keeps_its_capacity)
{
	int left = 0;

	ASSERT_EQ(1 << 20, fcntl(self->wr, F_SETPIPE_SZ, 1 << 20));
	cut();
	EXPECT_EQ(1 << 20, fcntl(self->rd, F_GETPIPE_SZ));
	EXPECT_EQ(0, ioctl(self->rd, FIONREAD, &left));
	EXPECT_EQ(0, left);
}

TEST(keeps_packets_apart)
{
	char got[64];
	int fd[2];

	ASSERT_EQ(0, pipe2(fd, O_DIRECT));
	ASSERT_EQ(3, write(fd[1], "one", 3));
	ASSERT_EQ(5, write(fd[1], "three", 5));
	cut();
	EXPECT_EQ(3, read(fd[0], got, sizeof(got)));
	EXPECT_EQ(5, read(fd[0], got, sizeof(got)));
	EXPECT_TRUE(fcntl(fd[1], F_GETFL) & O_DIRECT);
}

TEST_F(pipe, keeps_pages_of_a_file)
{
	char got[16] = "";
	loff_t from = 2;
	int fd = open("data", O_CREAT | O_RDWR, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(10, write(fd, "0123456789", 10));
	ASSERT_EQ(5, splice(fd, &from, self->wr, NULL, 5, 0));
	ASSERT_EQ(0, close(fd));
	cut();
	EXPECT_EQ(5, read(self->rd, got, sizeof(got)));
	EXPECT_STREQ("23456", got);
}

TEST_F(pipe, ends_after_what_was_in_it)
{
	char got[8] = "";

	ASSERT_EQ(4, write(self->wr, "last", 4));
	ASSERT_EQ(0, close(self->wr));
	cut();
	EXPECT_EQ(4, read(self->rd, got, sizeof(got)));
	EXPECT_STREQ("last", got);
	EXPECT_EQ(0, read(self->rd, got, sizeof(got)));
}
