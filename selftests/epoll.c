// SPDX-License-Identifier: GPL-2.0
/* Promises: epoll sets. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static void add(int set, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

static void ring(int fd)
{
	uint64_t one = 1;

	ASSERT_EQ(8, write(fd, &one, 8));
}

/* The one that is ready, 0 for none. */
static uint64_t ready(int set)
{
	struct epoll_event event = { };

	return epoll_wait(set, &event, 1, 0) == 1 ? event.data.u64 : 0;
}

FIXTURE(epoll)
{
	int set, bell;
};

FIXTURE_SETUP(epoll)
{
	self->set = epoll_create1(EPOLL_CLOEXEC);
	self->bell = eventfd(0, EFD_NONBLOCK);
	ASSERT_LE(0, self->set);
	ASSERT_LE(0, self->bell);
}

FIXTURE_TEARDOWN(epoll)
{
	close(self->set);
	close(self->bell);
}

TEST_F(epoll, goes_on_watching)
{
	add(self->set, self->bell, EPOLLIN, 0x123456789abcdef0);
	cut();
	EXPECT_EQ(0, ready(self->set));
	ring(self->bell);
	EXPECT_EQ(0x123456789abcdef0, ready(self->set));
}

/* As another process sees it. */
static int is_locked(const char *name)
{
	struct flock lock = { .l_type = F_WRLCK };
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(fcntl(open(name, O_RDWR), F_GETLK, &lock) || lock.l_type != F_UNLCK);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* The first process has neither the set nor the bell, but others by their numbers. */
TEST(goes_on_watching_for_a_child)
{
	struct epoll_event event = { };
	int ring_it[2], tell[2], lock, set, bell, status = -1;
	struct flock whole = { .l_type = F_WRLCK };
	pid_t pid;

	ASSERT_EQ(0, pipe(ring_it));
	ASSERT_EQ(0, pipe(tell));
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid) {
		set = epoll_create1(0);
		bell = eventfd(0, EFD_NONBLOCK);
		add(set, bell, EPOLLIN, 7);
		add(set, ring_it[0], EPOLLIN | EPOLLONESHOT, 8);
		write(tell[1], "", 1);
		_exit(epoll_wait(set, &event, 1, 30000) == 1 && event.data.u64 == 8 &&
		      ready(set) == 0 && (ring(bell), ready(set)) == 7 ? 5 : 1);
	}
	for (int i = 0; i < 4; i++) {
		lock = open("lock", O_RDWR | O_CREAT, 0600);
		ASSERT_LE(0, lock);
	}
	ASSERT_EQ(0, fcntl(lock, F_SETLK, &whole));
	ASSERT_EQ(1, read(tell[0], &(char){ 0 }, 1));
	cut();
	EXPECT_EQ(1, write(ring_it[1], "", 1));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(5 << 8, status);
	EXPECT_EQ(1, is_locked("lock"));
}

TEST_F(epoll, knows_what_is_ready)
{
	add(self->set, self->bell, EPOLLIN, 5);
	ring(self->bell);
	cut();
	EXPECT_EQ(5, ready(self->set));
	EXPECT_EQ(5, ready(self->set));
}

TEST_F(epoll, watches_many)
{
	int fd[500];

	for (int i = 0; i < 500; i++) {
		fd[i] = eventfd(0, 0);
		ASSERT_LE(0, fd[i]);
		add(self->set, fd[i], EPOLLIN | EPOLLET, i + 1);
	}
	cut();
	for (int i = 0; i < 500; i++) {
		ring(fd[i]);
		EXPECT_EQ(i + 1, ready(self->set));
	}
}

TEST_F(epoll, reports_an_edge_once)
{
	add(self->set, self->bell, EPOLLIN | EPOLLET, 5);
	cut();
	ring(self->bell);
	EXPECT_EQ(5, ready(self->set));
	EXPECT_EQ(0, ready(self->set));
}

TEST_F(epoll, keeps_an_armed_oneshot)
{
	add(self->set, self->bell, EPOLLIN | EPOLLONESHOT, 5);
	cut();
	ring(self->bell);
	EXPECT_EQ(5, ready(self->set));
	EXPECT_EQ(0, ready(self->set));
}

/* Not even a hang-up wakes it. */
TEST_F(epoll, keeps_a_oneshot_that_has_fired)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 6 };
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	add(self->set, fd[0], EPOLLIN | EPOLLONESHOT, 5);
	ASSERT_EQ(1, write(fd[1], "x", 1));
	ASSERT_EQ(5, ready(self->set));
	cut();
	EXPECT_EQ(0, ready(self->set));
	EXPECT_EQ(0, close(fd[1]));
	EXPECT_EQ(0, ready(self->set));
	EXPECT_EQ(0, epoll_ctl(self->set, EPOLL_CTL_MOD, fd[0], &event));
	EXPECT_EQ(6, ready(self->set));
}

TEST_F(epoll, keeps_exclusive_items)
{
	struct epoll_event event = { .events = EPOLLIN };

	add(self->set, self->bell, EPOLLIN | EPOLLEXCLUSIVE, 5);
	cut();
	ring(self->bell);
	EXPECT_EQ(5, ready(self->set));
	EXPECT_EQ(-1, epoll_ctl(self->set, EPOLL_CTL_MOD, self->bell, &event));
	EXPECT_EQ(EINVAL, errno);
}

/* The same open file is watched under a number that leads elsewhere now. */
TEST_F(epoll, keeps_a_file_whose_descriptor_was_closed)
{
	int twin = dup(self->bell), other = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, twin);
	ASSERT_LE(0, other);
	add(self->set, self->bell, EPOLLIN, 5);
	ASSERT_EQ(self->bell, dup2(other, self->bell));
	cut();
	ring(other);
	EXPECT_EQ(0, ready(self->set));
	ring(twin);
	EXPECT_EQ(5, ready(self->set));
	EXPECT_EQ(0, fcntl(self->bell, F_GETFD));
}

/* ... or leads to the set itself. */
TEST_F(epoll, keeps_a_file_whose_descriptor_became_the_set)
{
	int twin = dup(self->bell), set = self->set;

	ASSERT_LE(0, twin);
	add(set, self->bell, EPOLLIN, 5);
	ASSERT_EQ(self->bell, dup3(set, self->bell, O_CLOEXEC));
	ASSERT_EQ(0, close(set));
	self->set = self->bell;
	cut();
	ring(twin);
	EXPECT_EQ(5, ready(self->set));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->set, F_GETFD));
}

TEST_F(epoll, watches_another_set)
{
	int outer = epoll_create1(0);

	ASSERT_LE(0, outer);
	add(outer, self->set, EPOLLIN, 1);
	add(self->set, self->bell, EPOLLIN, 2);
	cut();
	EXPECT_EQ(0, ready(outer));
	ring(self->bell);
	EXPECT_EQ(1, ready(outer));
	EXPECT_EQ(2, ready(self->set));
}

TEST_F(epoll, forgets_nothing_when_empty)
{
	cut();
	add(self->set, self->bell, EPOLLIN, 5);
	ring(self->bell);
	EXPECT_EQ(5, ready(self->set));
}
