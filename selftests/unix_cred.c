// SPDX-License-Identifier: GPL-2.0
/* Promises: who and what comes along with the messages of UNIX sockets. */
#define _GNU_SOURCE
#include "unix_sockets.h"

/* Who and what comes along */

static struct ucred sender(int fd, char *text, int *files, int *nr)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec iov = { text, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct ucred cred = { -1, -1, -1 };
	struct cmsghdr *c;

	*nr = 0;
	EXPECT_EQ(1, recvmsg(fd, &msg, MSG_DONTWAIT));
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		if (c->cmsg_type == SCM_RIGHTS) {
			*nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(files, CMSG_DATA(c), *nr * sizeof(int));
		}
	}
	return cred;
}

static void send_as(int fd, const char *text, const struct ucred *cred, const int *files, int nr)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(8 * sizeof(int))];
	} control = { };
	struct iovec iov = { (char *)text, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	size_t len = 0;

	if (cred) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_CREDENTIALS;
		c->cmsg_len = CMSG_LEN(sizeof(*cred));
		memcpy(CMSG_DATA(c), cred, sizeof(*cred));
		len += CMSG_SPACE(sizeof(*cred));
		c = CMSG_NXTHDR(&msg, c);
	}
	if (nr) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr * sizeof(int));
		memcpy(CMSG_DATA(c), files, nr * sizeof(int));
		len += CMSG_SPACE(nr * sizeof(int));
	}
	msg.msg_controllen = len;
	ASSERT_EQ(1, sendmsg(fd, &msg, 0));
}

static struct ucred peer_of(int fd)
{
	struct ucred cred = { -1, -1, -1 };
	socklen_t len = sizeof(cred);

	EXPECT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	return cred;
}

TEST(credentials_stay)
{
	struct ucred other = { getpid(), 1001, 1002 }, got;
	int fd[2], none, files[8], nr;
	char c = 0;

	pair(SOCK_DGRAM, fd);
	set_option(fd[1], SO_PASSCRED, 1);
	send_as(fd[0], "a", NULL, NULL, 0);
	send_as(fd[0], "b", &other, NULL, 0);
	none = socket(AF_UNIX, SOCK_STREAM, 0);
	cut();
	got = sender(fd[1], &c, files, &nr);
	EXPECT_EQ('a', c);
	EXPECT_EQ(getpid(), got.pid);
	EXPECT_EQ((int)getuid(), (int)got.uid);
	EXPECT_EQ((int)getgid(), (int)got.gid);
	got = sender(fd[1], &c, files, &nr);
	EXPECT_EQ('b', c);
	EXPECT_EQ(getpid(), got.pid);
	EXPECT_EQ(1001, (int)got.uid);
	EXPECT_EQ(1002, (int)got.gid);
	EXPECT_EQ(getpid(), peer_of(fd[0]).pid);
	EXPECT_EQ(0, peer_of(none).pid);
	EXPECT_EQ(-1, (int)peer_of(none).uid);
}

TEST(credentials_of_who_is_gone)
{
	int l = listening(SOCK_STREAM, "@kcr-was", 1), s, fd[2];
	pid_t child = fork();

	if (!child) {
		int c = socket(AF_UNIX, SOCK_STREAM, 0);

		close(l);
		if (setgid(1002) || setuid(1001) || try_connect(c, "@kcr-was"))
			_exit(1);
		say(c, "hello");
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	s = accept(l, NULL, NULL);
	ASSERT_LE(0, s);
	ASSERT_EQ(child, peer_of(s).pid);
	pair(SOCK_STREAM, fd);
	cut();
	EXPECT_EQ(child, peer_of(s).pid);
	EXPECT_EQ(1001, (int)peer_of(s).uid);
	EXPECT_EQ(1002, (int)peer_of(s).gid);
	EXPECT_EQ(-1, kill(child, 0));
	EXPECT_STREQ("hello", hear(s));
	EXPECT_STREQ("", hear(s));
	EXPECT_EQ(getpid(), peer_of(fd[0]).pid);
}

TEST(for_an_ordinary_user, .user = "alice")
{
	int l = listening(SOCK_STREAM, "alices", 1), c = connected(SOCK_STREAM, "alices"), s;
	int fd[2];

	pair(SOCK_DGRAM, fd);
	say(fd[0], "hers");
	cut();
	s = accept(l, NULL, NULL);
	talk(c, s);
	EXPECT_EQ(getpid(), peer_of(s).pid);
	EXPECT_EQ((int)getuid(), (int)peer_of(c).uid);
	EXPECT_STREQ("hers", hear(fd[1]));
	talk(fd[0], fd[1]);
}

TEST(files_in_flight_arrive)
{
	int fd[2], event = eventfd(7, 0), pipes[2], files[8], nr, reg;
	uint64_t count = 0;
	char c;

	reg = open("flying", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(5, write(reg, "12345", 5));
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(3, write(pipes[1], "abc", 3));
	pair(SOCK_STREAM, fd);
	send_as(fd[0], "x", NULL, (int[]) { event, pipes[0], reg }, 3);
	say(fd[0], "rest");
	close(event);
	close(pipes[0]);
	close(reg);
	cut();
	sender(fd[1], &c, files, &nr);
	EXPECT_EQ('x', c);
	ASSERT_EQ(3, nr);
	EXPECT_EQ(8, read(files[0], &count, 8));
	EXPECT_EQ(7, count);
	EXPECT_STREQ("abc", ({ static char b[8]; (void)!read(files[1], b, 3); b; }));
	EXPECT_EQ(5, lseek(files[2], 0, SEEK_CUR));
	EXPECT_STREQ("rest", hear(fd[1]));
}

TEST(sockets_fly_in_circles)
{
	int a[2], b[2], files[8], nr;
	char c;

	pair(SOCK_STREAM, a);
	pair(SOCK_STREAM, b);
	say(b[0], "inside");
	/* b[1] is only in a's queue, and in its own; a[1] in b's. */
	send_as(a[0], "1", NULL, (int[]) { b[1] }, 1);
	send_as(b[0], "2", NULL, (int[]) { b[1], a[1] }, 2);
	close(b[1]);
	cut();
	sender(a[1], &c, files, &nr);
	ASSERT_EQ(1, nr);
	b[1] = files[0];
	for (int i = 0; i < 6; i++) {
		sender(b[1], &c, files, &nr);
		EXPECT_EQ("inside"[i], c);
		EXPECT_EQ(0, nr);
	}
	sender(b[1], &c, files, &nr);
	EXPECT_EQ('2', c);
	ASSERT_EQ(2, nr);
	say(b[0], "twin");
	EXPECT_STREQ("twin", hear(files[0]));
	say(a[0], "copy");
	EXPECT_STREQ("copy", hear(files[1]));
	talk(b[0], b[1]);
}

TEST(epoll_sees_what_waits)
{
	int set = epoll_create1(0), l = listening(SOCK_STREAM, "@kcr-epoll", 1), fd[2];
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	int c;

	pair(SOCK_STREAM, fd);
	event.data.fd = fd[0];
	ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, fd[0], &event));
	event.data.fd = l;
	ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, l, &event));
	ASSERT_EQ(0, epoll_wait(set, &event, 1, 0));
	cut();
	EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	say(fd[1], "ding");
	EXPECT_EQ(1, epoll_wait(set, &event, 1, 0));
	EXPECT_EQ(fd[0], event.data.fd);
	c = connected(SOCK_STREAM, "@kcr-epoll");
	EXPECT_EQ(1, epoll_wait(set, &event, 1, 0));
	EXPECT_EQ(l, event.data.fd);
	close(c);
}
