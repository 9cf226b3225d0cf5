// SPDX-License-Identifier: GPL-2.0
/* Promises: UNIX sockets. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "kcr_harness.h"

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

/* Addresses */

static socklen_t address(struct sockaddr_un *un, const char *name)
{
	*un = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (name[0] != '@') {
		strcpy(un->sun_path, name);
		return sizeof(*un);
	}
	strcpy(un->sun_path + 1, name + 1);
	return offsetof(struct sockaddr_un, sun_path) + strlen(name);
}

static int bound(int type, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = address(&un, name);
	int fd = socket(AF_UNIX, type, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&un, len));
	return fd;
}

static int listening(int type, const char *name, int backlog)
{
	int fd = bound(type, name);

	ASSERT_EQ(0, listen(fd, backlog));
	return fd;
}

static int try_connect(int fd, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = address(&un, name);

	return connect(fd, (struct sockaddr *)&un, len);
}

static int connected(int type, const char *name)
{
	int fd = socket(AF_UNIX, type, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, try_connect(fd, name));
	return fd;
}

static const char *shown(struct sockaddr_un *un, socklen_t len)
{
	static char text[4][128];
	static int i;
	char *to = text[i++ % 4];

	if (len <= offsetof(struct sockaddr_un, sun_path))
		return "";
	len -= offsetof(struct sockaddr_un, sun_path);
	snprintf(to, sizeof(text[0]), "%s%.*s", un->sun_path[0] ? "" : "@",
		 (int)(un->sun_path[0] ? len : len - 1),
		 un->sun_path + !un->sun_path[0]);
	return to;
}

static const char *own_name(int fd)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&un, &len));
	return shown(&un, len);
}

static const char *peer_name(int fd)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	ASSERT_EQ(0, getpeername(fd, (struct sockaddr *)&un, &len));
	return shown(&un, len);
}

/* Messages */

static void say(int fd, const char *text)
{
	ASSERT_EQ((ssize_t)strlen(text), send(fd, text, strlen(text), MSG_NOSIGNAL));
}

static const char *hear(int fd)
{
	static char text[4][256];
	static int i;
	char *to = text[i++ % 4];
	ssize_t n = recv(fd, to, sizeof(text[0]) - 1, MSG_DONTWAIT);

	if (n < 0)
		return strerrorname_np(errno);
	to[n] = '\0';
	return to;
}

static const char *hear_from(int fd, const char **who)
{
	static char to[256];
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	ssize_t n = recvfrom(fd, to, sizeof(to) - 1, MSG_DONTWAIT, (struct sockaddr *)&un, &len);

	ASSERT_LE(0, n);
	to[n] = '\0';
	*who = shown(&un, len);
	return to;
}

static int option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = -12345;

	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, name, &value, &len));
	return value;
}

static void set_option(int fd, int name, int value)
{
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)));
}

static void talk(int a, int b)
{
	say(a, "ping");
	EXPECT_STREQ("ping", hear(b));
	say(b, "pong");
	EXPECT_STREQ("pong", hear(a));
}

static void pair(int type, int fd[2])
{
	ASSERT_EQ(0, socketpair(AF_UNIX, type, 0, fd));
}

/* Pairs */

TEST(streams_keep_their_bytes)
{
	char big[100000], got[100001] = "";
	ssize_t n, sum = 0;
	int fd[2];

	memset(big, 'x', sizeof(big));
	pair(SOCK_STREAM, fd);
	say(fd[0], "hello ");
	say(fd[0], "world");
	say(fd[1], "back");
	EXPECT_EQ('h', ({ char c = 0; (void)!read(fd[1], &c, 1); c; }));
	cut();
	EXPECT_STREQ("ello world", hear(fd[1]));
	EXPECT_STREQ("back", hear(fd[0]));
	EXPECT_STREQ("EAGAIN", hear(fd[0]));
	talk(fd[0], fd[1]);
	say(fd[0], "end");
	EXPECT_EQ(3, recv(fd[1], got, sizeof(got), 0));
	n = send(fd[0], big, sizeof(big), MSG_DONTWAIT);
	ASSERT_LT(0, n);
	while (sum < n)
		sum += read(fd[1], got, sizeof(got));
	EXPECT_EQ(n, sum);
	close(fd[0]);
	EXPECT_STREQ("", hear(fd[1]));
}

TEST(a_full_stream_stays_full)
{
	static char some[10000];
	ssize_t n, in = 0, out = 0;
	int fd[2];

	pair(SOCK_STREAM, fd);
	for (int i = 0; (n = send(fd[0], some, sizeof(some), MSG_DONTWAIT)) > 0; i++) {
		in += n;
		memset(some, i, sizeof(some));
	}
	ASSERT_LT(100000, in);
	cut();
	EXPECT_EQ(-1, send(fd[0], some, sizeof(some), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	while ((n = recv(fd[1], some, sizeof(some), MSG_DONTWAIT)) > 0)
		out += n;
	EXPECT_EQ(in, out);
	talk(fd[0], fd[1]);
}

TEST(messages_keep_their_boundaries)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	int fd[2][2];

	for (int i = 0; i < 2; i++) {
		pair(types[i], fd[i]);
		say(fd[i][0], "one");
		say(fd[i][0], "");
		say(fd[i][0], "three");
		say(fd[i][1], "back");
	}
	cut();
	for (int i = 0; i < 2; i++) {
		EXPECT_STREQ("one", hear(fd[i][1]));
		EXPECT_STREQ("", hear(fd[i][1]));
		EXPECT_STREQ("three", hear(fd[i][1]));
		EXPECT_STREQ("EAGAIN", hear(fd[i][1]));
		EXPECT_STREQ("back", hear(fd[i][0]));
		talk(fd[i][0], fd[i][1]);
		EXPECT_EQ(types[i], option(fd[i][0], SO_TYPE));
	}
}

TEST(flags_stay)
{
	int fd[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd));
	fcntl(fd[1], F_SETFL, 0);
	cut();
	EXPECT_EQ(O_RDWR | O_NONBLOCK, fcntl(fd[0], F_GETFL));
	EXPECT_EQ(O_RDWR, fcntl(fd[1], F_GETFL));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd[0], F_GETFD));
}

TEST(halves_stay_shut)
{
	int a[2], b[2], c[2];

	pair(SOCK_STREAM, a);
	pair(SOCK_STREAM, b);
	pair(SOCK_DGRAM, c);
	say(a[0], "last words");
	ASSERT_EQ(0, shutdown(a[0], SHUT_WR));
	ASSERT_EQ(0, shutdown(b[0], SHUT_RD));
	say(c[1], "unread");
	ASSERT_EQ(0, shutdown(c[0], SHUT_RD));
	cut();
	EXPECT_STREQ("last words", hear(a[1]));
	EXPECT_STREQ("", hear(a[1]));
	EXPECT_EQ(-1, send(a[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	say(a[1], "other way");
	EXPECT_STREQ("other way", hear(a[0]));
	EXPECT_STREQ("", hear(b[0]));
	EXPECT_EQ(-1, send(b[1], "x", 1, MSG_NOSIGNAL));
	say(b[0], "forth");
	EXPECT_STREQ("forth", hear(b[1]));
	EXPECT_STREQ("unread", hear(c[0]));
	EXPECT_EQ(-1, send(c[1], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
}

TEST(a_closed_peer_stays_closed)
{
	int a[2], b[2], c[2];

	pair(SOCK_STREAM, a);
	pair(SOCK_SEQPACKET, b);
	pair(SOCK_STREAM, c);
	say(a[1], "testament");
	close(a[1]);
	close(b[1]);
	say(c[0], "never read");
	close(c[1]);		/* with bytes in it: an error is pending */
	cut();
	EXPECT_STREQ("testament", hear(a[0]));
	EXPECT_STREQ("", hear(a[0]));
	EXPECT_STREQ("", hear(b[0]));
	EXPECT_EQ(-1, send(b[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_STREQ("", peer_name(a[0]));
	EXPECT_EQ(ECONNRESET, option(c[0], SO_ERROR));
	EXPECT_EQ(0, option(c[0], SO_ERROR));
}

TEST(urgent_data_stay)
{
	int a[2], b[2], mark = -1;
	char c = 0;

	pair(SOCK_STREAM, a);
	pair(SOCK_STREAM, b);
	say(a[0], "ab");
	ASSERT_EQ(1, send(a[0], "!", 1, MSG_OOB));
	say(a[0], "cd");
	say(b[0], "ab");
	ASSERT_EQ(1, send(b[0], "!", 1, MSG_OOB));
	say(b[0], "cd");
	ASSERT_EQ(1, recv(b[1], &c, 1, MSG_OOB));
	cut();
	EXPECT_STREQ("ab", hear(a[1]));
	EXPECT_EQ(0, ioctl(a[1], SIOCATMARK, &mark));
	EXPECT_EQ(1, mark);
	c = 0;
	EXPECT_EQ(1, recv(a[1], &c, 1, MSG_OOB));
	EXPECT_EQ('!', c);
	/* Some kernels stop once more where the byte was. */
	if (poll(&(struct pollfd) { a[1], POLLIN, 0 }, 1, 0) == 1 &&
	    recv(a[1], &c, 1, MSG_DONTWAIT) != 1)
		EXPECT_EQ(1, recv(a[1], &c, 1, MSG_DONTWAIT));
	EXPECT_EQ('c', c);
	EXPECT_STREQ("d", hear(a[1]));
	EXPECT_EQ(-1, recv(b[1], &c, 1, MSG_OOB));
	EXPECT_STREQ("ab", hear(b[1]));
	EXPECT_STREQ("cd", hear(b[1]));
}

/* Addresses, connections */

TEST(connections_and_names_stay)
{
	int l = listening(SOCK_STREAM, "here", 3), c = connected(SOCK_STREAM, "here");
	int s = accept(l, NULL, NULL), more;

	ASSERT_LE(0, s);
	say(c, "question");
	say(s, "answer");
	cut();
	EXPECT_STREQ("here", own_name(l));
	EXPECT_STREQ("here", own_name(s));
	EXPECT_STREQ("here", peer_name(c));
	EXPECT_STREQ("", own_name(c));
	EXPECT_STREQ("question", hear(s));
	EXPECT_STREQ("answer", hear(c));
	talk(c, s);
	EXPECT_EQ(1, option(l, SO_ACCEPTCONN));
	more = connected(SOCK_STREAM, "here");
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	EXPECT_LE(0, s);
	talk(more, s);
}

TEST(a_path_keeps_mode_and_name)
{
	struct stat st;
	int l;

	umask(0);
	ASSERT_EQ(0, mkdir("folder", 0755));
	ASSERT_EQ(0, chdir("folder"));
	l = listening(SOCK_SEQPACKET, "../there", 1);
	ASSERT_EQ(0, chdir(".."));
	ASSERT_EQ(0, chmod("there", 0640));
	cut();
	EXPECT_STREQ("../there", own_name(l));
	EXPECT_EQ(0, stat("there", &st));
	EXPECT_TRUE(S_ISSOCK(st.st_mode));
	EXPECT_EQ(0640, st.st_mode & 07777);
	EXPECT_LE(0, connected(SOCK_SEQPACKET, "there"));
	EXPECT_LE(0, accept(l, NULL, NULL));
	EXPECT_EQ(0, system("test -z \"$(ls -A | grep kcr-socket)\""));
}

TEST(a_path_that_was_renamed)
{
	int l = listening(SOCK_STREAM, "before", 1), c;

	ASSERT_EQ(0, rename("before", "after"));
	cut();
	EXPECT_STREQ("before", own_name(l));
	EXPECT_EQ(-1, access("before", F_OK));
	c = connected(SOCK_STREAM, "after");
	talk(c, accept(l, NULL, NULL));
}

TEST(a_deleted_path_stays_deleted)
{
	int l = listening(SOCK_STREAM, "gone", 1), c = connected(SOCK_STREAM, "gone");

	ASSERT_EQ(0, unlink("gone"));
	cut();
	EXPECT_STREQ("gone", own_name(l));
	EXPECT_STREQ("gone", peer_name(c));
	EXPECT_EQ(-1, access("gone", F_OK));
	EXPECT_LE(0, accept(l, NULL, NULL));
	EXPECT_EQ(-1, bind(l, (struct sockaddr *)&(struct sockaddr_un) { AF_UNIX, "x" }, 4));
	EXPECT_EQ(EINVAL, errno);
}

TEST(abstract_addresses_stay)
{
	int l = listening(SOCK_STREAM, "@kcr-abstract", 2), c, s;
	int d = bound(SOCK_DGRAM, "@kcr-datagrams"), a = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *who;
	char name[32];

	ASSERT_EQ(0, bind(a, (struct sockaddr *)&un, sizeof(sa_family_t)));
	strcpy(name, own_name(a));
	ASSERT_EQ(6, strlen(name));
	cut();
	c = connected(SOCK_STREAM, "@kcr-abstract");
	s = accept(l, NULL, NULL);
	talk(c, s);
	EXPECT_STREQ("@kcr-datagrams", own_name(d));
	EXPECT_STREQ(name, own_name(a));
	ASSERT_EQ(0, try_connect(a, "@kcr-datagrams"));
	say(a, "me");
	EXPECT_STREQ("me", hear_from(d, &who));
	EXPECT_STREQ(name, who);
}

TEST(who_waits_is_accepted_in_order)
{
	int l = listening(SOCK_STREAM, "@kcr-waiting", 2), c[3], s[3];

	for (int i = 0; i < 3; i++) {
		c[i] = connected(SOCK_STREAM, "@kcr-waiting");
		ASSERT_EQ(1, write(c[i], &"abc"[i], 1));
	}
	ASSERT_EQ(0, shutdown(c[1], SHUT_WR));
	close(c[2]);
	c[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	cut();
	EXPECT_EQ(-1, try_connect(c[2], "@kcr-waiting"));
	EXPECT_EQ(EAGAIN, errno);	/* the backlog is full, as it was */
	EXPECT_EQ(1, poll(&(struct pollfd) { l, POLLIN, 0 }, 1, 0));
	for (int i = 0; i < 3; i++)
		s[i] = accept(l, NULL, NULL);
	EXPECT_STREQ("a", hear(s[0]));
	EXPECT_STREQ("b", hear(s[1]));
	EXPECT_STREQ("", hear(s[1]));
	EXPECT_STREQ("c", hear(s[2]));
	EXPECT_STREQ("", hear(s[2]));
	EXPECT_STREQ("@kcr-waiting", own_name(s[0]));
	EXPECT_STREQ("@kcr-waiting", peer_name(c[0]));
	talk(c[0], s[0]);
	EXPECT_EQ(0, try_connect(c[2], "@kcr-waiting"));
}

TEST(datagrams_keep_their_senders)
{
	int r = bound(SOCK_DGRAM, "@kcr-r"), a = bound(SOCK_DGRAM, "from-a");
	int b = bound(SOCK_DGRAM, "@kcr-b"), n = socket(AF_UNIX, SOCK_DGRAM, 0);
	int self = bound(SOCK_DGRAM, "@kcr-self");
	const char *who;

	ASSERT_EQ(0, try_connect(a, "@kcr-r"));
	ASSERT_EQ(0, try_connect(b, "@kcr-r"));
	ASSERT_EQ(0, try_connect(n, "@kcr-r"));
	ASSERT_EQ(0, try_connect(self, "@kcr-self"));
	say(a, "1");
	say(b, "2");
	say(n, "3");
	say(a, "4");
	say(self, "soliloquy");
	close(b);
	cut();
	EXPECT_STREQ("1", hear_from(r, &who));
	EXPECT_STREQ("from-a", who);
	EXPECT_STREQ("2", hear_from(r, &who));
	EXPECT_STREQ("@kcr-b", who);
	EXPECT_STREQ("3", hear_from(r, &who));
	EXPECT_STREQ("", who);
	EXPECT_STREQ("4", hear_from(r, &who));
	EXPECT_STREQ("EAGAIN", hear(r));
	say(a, "still there");
	EXPECT_STREQ("still there", hear_from(r, &who));
	EXPECT_STREQ("from-a", who);
	EXPECT_STREQ("@kcr-r", peer_name(n));
	EXPECT_STREQ("soliloquy", hear(self));
	say(self, "again");
	EXPECT_STREQ("again", hear(self));
}

TEST(a_datagram_peer_that_is_gone)
{
	int r = bound(SOCK_DGRAM, "@kcr-brief"), a = socket(AF_UNIX, SOCK_DGRAM, 0);

	ASSERT_EQ(0, try_connect(a, "@kcr-brief"));
	close(r);
	cut();
	EXPECT_STREQ("@kcr-brief", peer_name(a));
	EXPECT_EQ(-1, send(a, "x", 1, 0));
	EXPECT_EQ(ECONNREFUSED, errno);
}

/* Options */

TEST(options_stay)
{
	struct timeval tv = { 3, 500000 }, got = { };
	struct linger linger = { 1, 7 }, left = { };
	socklen_t len = sizeof(got);
	int fd[2], snd, rcv;

	pair(SOCK_STREAM, fd);
	set_option(fd[0], SO_SNDBUF, 30000);
	set_option(fd[0], SO_RCVBUF, 50000);
	snd = option(fd[0], SO_SNDBUF);
	rcv = option(fd[0], SO_RCVBUF);
	set_option(fd[0], SO_PASSCRED, 1);
	set_option(fd[0], SO_KEEPALIVE, 1);
	set_option(fd[0], SO_BROADCAST, 1);
	set_option(fd[0], SO_OOBINLINE, 1);
	set_option(fd[0], SO_REUSEADDR, 1);
	set_option(fd[0], SO_PRIORITY, 3);
	set_option(fd[0], SO_MARK, 17);
	set_option(fd[0], SO_RCVLOWAT, 5);
	set_option(fd[0], SO_TIMESTAMP, 1);
	set_option(fd[0], SO_PEEK_OFF, 2);
	set_option(fd[0], SO_BUSY_POLL, 50);
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	tv.tv_sec = 9;
	ASSERT_EQ(0, setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	say(fd[1], "abcdef");
	cut();
	EXPECT_EQ(snd, option(fd[0], SO_SNDBUF));
	EXPECT_EQ(rcv, option(fd[0], SO_RCVBUF));
	EXPECT_EQ(1, option(fd[0], SO_PASSCRED));
	EXPECT_EQ(0, option(fd[1], SO_PASSCRED));
	EXPECT_EQ(1, option(fd[0], SO_KEEPALIVE));
	EXPECT_EQ(1, option(fd[0], SO_BROADCAST));
	EXPECT_EQ(1, option(fd[0], SO_OOBINLINE));
	EXPECT_EQ(1, option(fd[0], SO_REUSEADDR));
	EXPECT_EQ(3, option(fd[0], SO_PRIORITY));
	EXPECT_EQ(17, option(fd[0], SO_MARK));
	EXPECT_EQ(5, option(fd[0], SO_RCVLOWAT));
	EXPECT_EQ(1, option(fd[0], SO_TIMESTAMP));
	EXPECT_EQ(2, option(fd[0], SO_PEEK_OFF));
	EXPECT_EQ(50, option(fd[0], SO_BUSY_POLL));
	EXPECT_EQ(0, getsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	EXPECT_EQ(3, got.tv_sec);
	EXPECT_EQ(500000, got.tv_usec);
	EXPECT_EQ(0, getsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &got, &len));
	EXPECT_EQ(9, got.tv_sec);
	len = sizeof(left);
	EXPECT_EQ(0, getsockopt(fd[0], SOL_SOCKET, SO_LINGER, &left, &len));
	EXPECT_EQ(1, left.l_onoff);
	EXPECT_EQ(7, left.l_linger);
	EXPECT_EQ('c', ({ char c = 0; (void)!recv(fd[0], &c, 1, MSG_PEEK); c; }));
	EXPECT_STREQ("abcdef", hear(fd[0]));
}

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

/* Processes */

TEST(parent_and_child_go_on_talking)
{
	int fd[2], status;
	char text[16];
	pid_t child;
	ssize_t n;

	pair(SOCK_SEQPACKET, fd);
	child = fork();
	if (!child) {
		close(fd[0]);
		while ((n = recv(fd[1], text, sizeof(text), 0)) > 0) {
			text[0]++;
			if (send(fd[1], text, n, 0) != n)
				_exit(2);
		}
		_exit(n ? 3 : 42);
	}
	close(fd[1]);
	say(fd[0], "a1");
	ASSERT_EQ(2, recv(fd[0], text, sizeof(text), 0));
	ASSERT_EQ('b', text[0]);
	say(fd[0], "m2");
	cut();
	EXPECT_EQ(2, recv(fd[0], text, sizeof(text), 0));
	EXPECT_EQ('n', text[0]);
	for (char c = 'a'; c < 'f'; c++) {
		text[0] = c;
		EXPECT_EQ(1, send(fd[0], text, 1, 0));
		EXPECT_EQ(1, recv(fd[0], text, sizeof(text), 0));
		EXPECT_EQ(c + 1, text[0]);
	}
	close(fd[0]);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(42, WEXITSTATUS(status));
}

/* Threads that sleep */

static int sleeper_fd[4];
static char *sleeper_big;

static void *in_accept(void *arg)
{
	return (void *)(long)accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);
}

static void *in_recv(void *arg)
{
	char c = 0;

	return (void *)(long)(recv(*(int *)arg, &c, 1, 0) == 1 ? c : -errno);
}

static void *in_read(void *arg)
{
	char c = 0;

	return (void *)(long)(read(*(int *)arg, &c, 1) == 1 ? c : -errno);
}

static void *in_write(void *arg)
{
	return (void *)(long)write(*(int *)arg, sleeper_big, 1 << 20);
}

TEST(sleepers_go_on)
{
	static const struct {
		long nr;
		void *(*fn)(void *arg);
	} call[4] = {
		{ SYS_accept4, in_accept }, { SYS_recvfrom, in_recv },
		{ SYS_read, in_read }, { SYS_write, in_write },
	};
	int r[2], d[2], w[2];
	pthread_t thread[4];
	ssize_t n, sum = 0;
	void *ret;

	sleeper_big = calloc(1, 1 << 20);
	pair(SOCK_STREAM, r);
	pair(SOCK_SEQPACKET, d);
	pair(SOCK_STREAM, w);
	sleeper_fd[0] = listening(SOCK_STREAM, "@kcr-sleep", 1);
	sleeper_fd[1] = r[0];
	sleeper_fd[2] = d[0];
	sleeper_fd[3] = w[0];
	for (int i = 0; i < 4; i++)
		in_syscall(start_thread(&thread[i], call[i].fn, &sleeper_fd[i]),
			   call[i].nr);
	cut();
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(EBUSY, pthread_tryjoin_np(thread[i], &ret));
	connected(SOCK_STREAM, "@kcr-sleep");
	say(r[1], "r");
	say(d[1], "d");
	while (sum < 1 << 20) {
		n = read(w[1], sleeper_big, 1 << 20);
		ASSERT_LT(0, n);
		sum += n;
	}
	pthread_join(thread[0], &ret);
	EXPECT_LT(0, (long)ret);
	pthread_join(thread[1], &ret);
	EXPECT_EQ('r', (long)ret);
	pthread_join(thread[2], &ret);
	EXPECT_EQ('d', (long)ret);
	pthread_join(thread[3], &ret);
	EXPECT_EQ(1 << 20, (long)ret);
	EXPECT_STREQ("EAGAIN", hear(w[1]));
}

/* Refused */

/* A process that is not the tree's, until we close what is returned. */
static int leave_outside(void (*hold)(int fd), int fd)
{
	int end[2];
	char c;

	ASSERT_EQ(0, pipe(end));
	if (!fork()) {
		if (!fork()) {
			setsid();
			close(end[1]);
			hold(fd);
			(void)!read(end[0], &c, 1);
		}
		_exit(0);
	}
	ASSERT_LT(0, wait(NULL));
	close(end[0]);
	return end[1];
}

static void let_it_end(int end)
{
	close(end);
	usleep(200000);
}

static void hold_all_but(int fd)
{
	close(fd);
}

TEST_REFUSED(refuses_a_peer_outside,
	     "fd 3: UNIX stream socket (no address): its peer (no address) is outside of the tree")
{
	int fd[2], end;

	pair(SOCK_STREAM, fd);
	end = leave_outside(hold_all_but, fd[0]);
	close(fd[1]);
	cut();
	let_it_end(end);
}

static void hold(int fd)
{
	(void)fd;
}

TEST_REFUSED(refuses_a_socket_that_is_shared,
	     "fd 3: UNIX datagram socket: shared with a process outside")
{
	int end;

	ASSERT_EQ(3, bound(SOCK_DGRAM, "shared"));
	end = leave_outside(hold, 3);
	cut();
	let_it_end(end);
}

static void connect_too(int fd)
{
	close(fd);
	connected(SOCK_STREAM, "@kcr-door");
}

TEST_REFUSED(refuses_who_waits_outside,
	     "UNIX stream socket (@kcr-door), not accepted yet: its peer (no address) is outside")
{
	int l = listening(SOCK_STREAM, "@kcr-door", 1), end = leave_outside(connect_too, l);

	ASSERT_EQ(1, poll(&(struct pollfd) { l, POLLIN, 0 }, 1, 5000));
	cut();
	let_it_end(end);
}
