// SPDX-License-Identifier: GPL-2.0
/* Promises: UNIX sockets: pairs, options, and threads that sleep in them. */
#define _GNU_SOURCE
#include "unix_sockets.h"

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
