// SPDX-License-Identifier: GPL-2.0
/* Promises: FIFOs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static int events_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	EXPECT_LE(0, poll(&p, 1, 0));
	return p.revents;
}

static void open_both(int *rd, int *wr)
{
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	*rd = open("fifo", O_RDONLY | O_NONBLOCK);
	*wr = open("fifo", O_WRONLY);
	ASSERT_LE(0, *rd);
	ASSERT_LE(0, *wr);
}

TEST(keeps_unread_bytes)
{
	int rd, wr;
	char got[8] = "";

	open_both(&rd, &wr);
	ASSERT_EQ(3, write(wr, "abc", 3));
	cut();
	EXPECT_EQ(3, read(rd, got, sizeof(got)));
	EXPECT_STREQ("abc", got);
	EXPECT_EQ(2, write(wr, "de", 2));
	EXPECT_EQ(2, read(rd, got, sizeof(got)));
	EXPECT_EQ(O_WRONLY, fcntl(wr, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_TRUE(fcntl(rd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, close(wr));
	EXPECT_EQ(POLLHUP, events_of(rd));
	EXPECT_EQ(0, read(rd, got, sizeof(got)));
}

/* Between the cut and the restart the name is taken away. */
TEST(is_made_again_in_memory)
{
	struct stat st, now;
	char name[64], got[8] = "";
	int fd;

	snprintf(name, sizeof(name), "/dev/shm/kcr-fifo-%d", getpid());
	unlink(name);
	ASSERT_EQ(0, mkfifo(name, 0640));
	ASSERT_EQ(0, chown(name, 12, 34));
	fd = open(name, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	ASSERT_EQ(1, write(fd, "x", 1));
	cut();
	EXPECT_EQ(0, fstat(fd, &now));
	EXPECT_EQ(st.st_mode, now.st_mode);
	EXPECT_EQ(12, now.st_uid);
	EXPECT_EQ(34, now.st_gid);
	EXPECT_EQ(1, read(fd, got, sizeof(got)));
	EXPECT_EQ(0, stat(name, &st));
	EXPECT_EQ(st.st_ino, now.st_ino);
	EXPECT_EQ(0, unlink(name));	/* so that the next life has to make it */
}

TEST(keeps_one_that_was_removed)
{
	struct stat st;
	char got[8] = "";
	int rd, wr;

	open_both(&rd, &wr);
	ASSERT_EQ(0, unlink("fifo"));
	ASSERT_EQ(3, write(wr, "abc", 3));
	cut();
	EXPECT_EQ(-1, access("fifo", F_OK));
	EXPECT_EQ(0, fstat(rd, &st));
	EXPECT_EQ(0, st.st_nlink);
	EXPECT_EQ(3, read(rd, got, sizeof(got)));
	EXPECT_STREQ("abc", got);
}

TEST(keeps_a_lone_reader_quiet)
{
	int rd, wr;
	char c;

	ASSERT_EQ(0, mkfifo("fifo", 0600));
	rd = open("fifo", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, rd);
	ASSERT_EQ(0, events_of(rd));
	cut();
	EXPECT_EQ(0, events_of(rd));
	EXPECT_EQ(0, read(rd, &c, 1));
	wr = open("fifo", O_WRONLY | O_NONBLOCK);
	EXPECT_LE(0, wr);
	EXPECT_EQ(0, close(wr));
	EXPECT_EQ(POLLHUP, events_of(rd));
}

TEST(keeps_a_lone_reader_hung_up)
{
	char got[8] = "";
	int rd, wr;

	open_both(&rd, &wr);
	ASSERT_EQ(3, write(wr, "abc", 3));
	ASSERT_EQ(0, close(wr));
	cut();
	EXPECT_EQ(POLLIN | POLLHUP, events_of(rd));
	EXPECT_EQ(3, read(rd, got, sizeof(got)));
	EXPECT_EQ(POLLHUP, events_of(rd));
}

TEST(keeps_a_lone_writer_broken)
{
	int rd, wr;

	signal(SIGPIPE, SIG_IGN);
	open_both(&rd, &wr);
	ASSERT_EQ(0, close(rd));
	cut();
	EXPECT_EQ(-1, write(wr, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	rd = open("fifo", O_RDONLY | O_NONBLOCK);
	EXPECT_LE(0, rd);
	EXPECT_EQ(1, write(wr, "x", 1));
}

TEST(keeps_packets_and_capacity)
{
	char got[8] = "";
	int fd;

	ASSERT_EQ(0, mkfifo("fifo", 0600));
	fd = open("fifo", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_DIRECT));
	ASSERT_EQ(131072, fcntl(fd, F_SETPIPE_SZ, 131072));
	ASSERT_EQ(2, write(fd, "ab", 2));
	ASSERT_EQ(1, write(fd, "c", 1));
	cut();
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_DIRECT);
	EXPECT_EQ(131072, fcntl(fd, F_GETPIPE_SZ));
	EXPECT_EQ(2, read(fd, got, sizeof(got)));
	EXPECT_EQ(1, read(fd, got, sizeof(got)));
}

static void *read_one(void *arg)
{
	char c = 0;

	return (void *)(long)(read(*(int *)arg, &c, 1) == 1 ? c : -1);
}

TEST(goes_on_reading)
{
	pthread_t thread;
	void *got;
	int fd;

	ASSERT_EQ(0, mkfifo("fifo", 0600));
	fd = open("fifo", O_RDWR);
	ASSERT_LE(0, fd);
	in_syscall(start_thread(&thread, read_one, &fd), SYS_read);
	cut();
	EXPECT_EQ(1, write(fd, "q", 1));
	pthread_join(thread, &got);
	EXPECT_EQ('q', (long)got);
}

TEST(joins_processes)
{
	char got[8] = "";
	int rd, wr, status;
	pid_t pid;

	open_both(&rd, &wr);
	pid = fork();
	if (!pid) {
		close(wr);
		fcntl(rd, F_SETFL, 0);
		_exit(read(rd, got, 3) == 3 && !memcmp(got, "abc", 3) ? 0 : 1);
	}
	close(rd);
	usleep(100000);
	cut();
	EXPECT_EQ(3, write(wr, "abc", 3));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST(belongs_to_a_user, .user = "alice")
{
	char got[8] = "";
	int rd, wr;

	open_both(&rd, &wr);
	ASSERT_EQ(3, write(wr, "abc", 3));
	cut();
	EXPECT_EQ(3, read(rd, got, sizeof(got)));
}

/* A daemon holds the other end: it is nobody's child here. */
TEST_REFUSED(refuses_an_outside_reader, "FIFO that another process has open")
{
	int wr, hold;
	pid_t pid;

	ASSERT_EQ(0, mkfifo("fifo", 0600));
	hold = open("fifo", O_RDWR);
	pid = fork();
	if (!pid) {
		if (fork())
			_exit(0);
		close(hold);
		hold = open("fifo", O_RDONLY);
		while (read(hold, &wr, sizeof(wr)) > 0)
			;
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	wr = open("fifo", O_WRONLY);
	ASSERT_LE(0, wr);
	usleep(200000);
	close(hold);
	usleep(200000);
	cut();
	EXPECT_EQ(1, write(wr, "x", 1));
}
