// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that wait for pipes and FIFOs: splice(), tee(), vmsplice() and
 * open(). The kernel starts them again by itself, and nobody notices.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "calls.h"

static char buf[64];
static int from[2], to[2], an_end;

static long wait_splice(void)
{
	return result(splice(from[0], NULL, to[1], NULL, 100, 0));
}

static long wait_tee(void)
{
	return result(tee(from[0], to[1], 100, 0));
}

static long wait_vmsplice(void)
{
	struct iovec iov = { buf, 5 };

	return result(vmsplice(from[0], &iov, 1, 0));
}

static void wait_for_pipe(struct call *call)
{
	char here[8] = "";

	ASSERT_EQ(0, pipe(from));
	ASSERT_EQ(0, pipe(to));
	handle_usr1();
	cut_asleep(call);
	ASSERT_EQ(5, write(from[1], "hello", 5));
	expect_call(call, 5);
	if (call->nr == SYS_vmsplice) {
		EXPECT_EQ(0, memcmp(buf, "hello", 5));
		return;
	}
	ASSERT_EQ(5, read(to[0], here, sizeof(here)));
	EXPECT_STREQ("hello", here);
}

TEST(splice_waits_for_a_pipe)
{
	struct call call = { "splice", SYS_splice, wait_splice };

	wait_for_pipe(&call);
}

TEST(tee_waits_for_a_pipe)
{
	struct call call = { "tee", SYS_tee, wait_tee };

	wait_for_pipe(&call);
}

TEST(vmsplice_waits_for_a_pipe)
{
	struct call call = { "vmsplice", SYS_vmsplice, wait_vmsplice };

	wait_for_pipe(&call);
}

TEST(a_signal_ends_splice)
{
	struct call call = { "splice", SYS_splice, wait_splice };

	ASSERT_EQ(0, pipe(from));
	ASSERT_EQ(0, pipe(to));
	handle_usr1();
	start_call(&call);
	cut();
	usleep(100000);
	interrupt_call(&call);
}

static long open_to_read(void)
{
	an_end = open("fifo", O_RDONLY);
	return result(an_end) < 0 ? -errno : 1;
}

static long open_to_write(void)
{
	an_end = open("fifo", O_WRONLY);
	return result(an_end) < 0 ? -errno : 1;
}

TEST(open_waits_for_a_reader)
{
	struct call call = { "open", SYS_openat, open_to_write };
	char c = 0;
	int fd;

	ASSERT_EQ(0, mkfifo("fifo", 0600));
	cut_asleep(&call);
	fd = open("fifo", O_RDONLY);
	ASSERT_LE(0, fd);
	expect_call(&call, 1);
	ASSERT_EQ(1, write(an_end, "x", 1));
	ASSERT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ('x', c);
}

TEST(open_waits_for_a_writer)
{
	struct call call = { "open", SYS_openat, open_to_read };

	ASSERT_EQ(0, mkfifo("fifo", 0600));
	handle_usr1();
	cut_asleep(&call);
	interrupt_call(&call);
}
