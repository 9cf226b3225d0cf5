// SPDX-License-Identifier: GPL-2.0
/*
 * System calls on sockets and terminals that a thread sleeps in: no EINTR,
 * no short count, and time-outs that go on with what was left. Signals without
 * SA_RESTART end them as ever.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <termios.h>
#include <time.h>

#include "calls.h"

#define BEFORE_MS	1500
#define WHOLE_MS	3000
#define LATE_MS		1300	/* emulated machines are slow ... */
#define EARLY_MS	100	/* ... and lose ticks, which the kernel counts here */

/* What they sleep on. */

static int quiet[2], a_pipe[2], full[2], packets[2], listening, busy, some[2];
static int master, slave, timed_master, timed_slave, vtime_slave;
static struct sockaddr_un busy_addr = { .sun_family = AF_UNIX, .sun_path = "busy" };

static void set_timeout(int fd, int option, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv)));
}

static void fill(int fd)
{
	static char bytes[4096];

	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static int make_listening(const char *path, int backlog)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	ASSERT_EQ(0, listen(fd, backlog));
	return fd;
}

static void set_raw(int fd, int min, int time)
{
	struct termios t;

	ASSERT_EQ(0, tcgetattr(fd, &t));
	cfmakeraw(&t);
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	ASSERT_EQ(0, tcsetattr(fd, TCSANOW, &t));
}

static void make_timed(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, quiet));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, full));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, packets));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, some));
	fill(full[0]);
	fill(packets[0]);
	set_timeout(quiet[0], SO_RCVTIMEO, WHOLE_MS);
	set_timeout(some[0], SO_RCVTIMEO, WHOLE_MS);
	set_timeout(packets[0], SO_RCVTIMEO, WHOLE_MS);
	set_timeout(full[0], SO_SNDTIMEO, WHOLE_MS);
	set_timeout(packets[0], SO_SNDTIMEO, WHOLE_MS);
	listening = make_listening("listening", 1);
	set_timeout(listening, SO_RCVTIMEO, WHOLE_MS);
	busy = make_listening("busy", 0);
	ASSERT_EQ(0, connect(fd, (struct sockaddr *)&busy_addr, sizeof(busy_addr)));
	ASSERT_EQ(3, write(some[1], "abc", 3));
	ASSERT_EQ(0, openpty(&timed_master, &timed_slave, NULL, NULL, NULL));
	set_raw(timed_slave, 0, WHOLE_MS / 100);
}

/* With a time-out. */

static char buf[64];

static long timed_read(void)
{
	return result(read(quiet[0], buf, sizeof(buf)));
}

static long timed_recv(void)
{
	return result(recv(quiet[0], buf, sizeof(buf), 0));
}

static long timed_recvmsg(void)
{
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return result(recvmsg(packets[0], &msg, 0));
}

static long timed_waitall(void)
{
	char here[10] = "";
	long ret = result(recv(some[0], here, sizeof(here), MSG_WAITALL));

	return ret == 3 && !memcmp(here, "abc", 3) ? ret : -1000 + ret;
}

static long timed_accept(void)
{
	return result(accept(listening, NULL, NULL));
}

static long timed_accept4(void)
{
	return result(accept4(listening, NULL, NULL, SOCK_CLOEXEC));
}

static long timed_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	set_timeout(fd, SO_SNDTIMEO, WHOLE_MS);
	return result(connect(fd, (struct sockaddr *)&busy_addr, sizeof(busy_addr)));
}

static long timed_write(void)
{
	return result(write(full[0], buf, sizeof(buf)));
}

static long timed_sendmsg(void)
{
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return result(sendmsg(full[0], &msg, 0));
}

static long timed_send_packet(void)
{
	return result(send(packets[0], buf, sizeof(buf), 0));
}

static long timed_terminal(void)
{
	return result(read(timed_slave, buf, sizeof(buf)));
}

static struct call timed[] = {
	{ "read of a socket", SYS_read, timed_read, -EAGAIN, -EINTR },
	{ "recv", SYS_recvfrom, timed_recv, -EAGAIN, -EINTR },
	{ "recvmsg of packets", SYS_recvmsg, timed_recvmsg, -EAGAIN, -EINTR },
	{ "recv of all", SYS_recvfrom, timed_waitall, 3, 3 },
	{ "accept", SYS_accept, timed_accept, -EAGAIN, -EINTR },
	{ "accept4", SYS_accept4, timed_accept4, -EAGAIN, -EINTR },
	{ "connect", SYS_connect, timed_connect, -EAGAIN, -EINTR },
	{ "write to a socket", SYS_write, timed_write, -EAGAIN, -EINTR },
	{ "sendmsg", SYS_sendmsg, timed_sendmsg, -EAGAIN, -EINTR },
	{ "send of packets", SYS_sendto, timed_send_packet, -EAGAIN, -EINTR },
	{ "read of a terminal", SYS_read, timed_terminal, 0, -EINTR },
};

static void expect_in_time(struct call *call)
{
	expect_call(call, call->want);
	if (call->took < WHOLE_MS - EARLY_MS || call->took > WHOLE_MS + LATE_MS)
		kcr_fail(false, __FILE__, __LINE__, "%s: took %lld ms", call->name, call->took);
}

static void time_outs_go_on(void)
{
	struct call *call;

	make_timed();
	for_each_call(call, timed)
		start_call(call);
	usleep(BEFORE_MS * 1000);
	cut();
	for_each_call(call, timed)
		expect_in_time(call);
}

TEST(time_outs_of_files_go_on, .timeout = 60)
{
	time_outs_go_on();
}

TEST(signals_end_them_as_ever, .timeout = 60)
{
	struct call *call;

	handle_usr1();
	make_timed();
	for_each_call(call, timed)
		start_call(call);
	cut();
	usleep(200000);
	for_each_call(call, timed)
		pthread_kill(call->thread, SIGUSR1);
	for_each_call(call, timed)
		expect_call(call, call->signalled);
	EXPECT_EQ(COUNT(timed) * SIGUSR1, handled);
}

/* Nothing is called again from user space. */
TEST(they_go_on_without_restart_syscall, .timeout = 60)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { COUNT(code), code };

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
	time_outs_go_on();
}

/* Bytes that were moved stay moved, and the rest follows. */

#define BIG	(1 << 20)

static unsigned char big[BIG], got[BIG];

static void make_big(void)
{
	int i;

	for (i = 0; i < BIG; i++)
		big[i] = i * 7 + i / 251;
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, full));
}

static long big_write(void)
{
	return result(write(full[0], big, BIG));
}

static long big_send(void)
{
	return result(send(full[0], big, BIG, 0));
}

static long big_sendmsg(void)
{
	struct iovec iov[] = {
		{ big, 1 }, { big + 1, 99999 }, { big + 100000, BIG - 100000 },
	};
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = 3,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(cmsg) = full[0];
	return result(sendmsg(full[0], &msg, 0));
}

static long big_sendfile(void)
{
	off_t off = 0;
	int fd = open("big", O_RDWR | O_CREAT, 0600);
	long ret;

	ASSERT_EQ(BIG, write(fd, big, BIG));
	ret = result(sendfile(full[0], fd, &off, BIG));
	return ret == off ? ret : -1000;
}

/* Counts the descriptors that come along: each comes once. */
static int receive_big(void)
{
	char control[CMSG_SPACE(4 * sizeof(int))];
	int n = 0, fds = 0;

	while (n < BIG) {
		struct iovec iov = { got + n, BIG - n };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		ssize_t len = recvmsg(full[1], &msg, 0);

		ASSERT_LT(0, len);
		n += len;
		fds += CMSG_FIRSTHDR(&msg) ? 1 : 0;
	}
	EXPECT_EQ(0, memcmp(got, big, BIG));
	return fds;
}

static void send_big(long (*fn)(void), long nr, int fds)
{
	struct call call = { "sending", nr, fn };

	make_big();
	cut_asleep(&call);
	EXPECT_EQ(fds, receive_big());
	expect_call(&call, BIG);
}

TEST(a_write_to_a_socket_is_not_cut_short)
{
	send_big(big_write, SYS_write, 0);
}

TEST(a_send_is_not_cut_short)
{
	send_big(big_send, SYS_sendto, 0);
}

TEST(a_sendmsg_is_not_cut_short)
{
	send_big(big_sendmsg, SYS_sendmsg, 1);
}

TEST(a_sendfile_is_not_cut_short)
{
	send_big(big_sendfile, SYS_sendfile, 0);
}

TEST(a_send_ends_short_when_the_reader_goes)
{
	struct call call = { "write", SYS_write, big_write };

	make_big();		/* SIGPIPE would end the test */
	start_call(&call);
	cut();
	close(full[1]);
	pthread_join(call.thread, NULL);
	EXPECT_LT(0, call.got);
	EXPECT_GT(BIG, call.got);
}

TEST(a_signal_cuts_a_send_short)
{
	struct call call = { "write", SYS_write, big_write };

	handle_usr1();
	make_big();
	start_call(&call);
	cut();
	usleep(200000);
	pthread_kill(call.thread, SIGUSR1);
	pthread_join(call.thread, NULL);
	EXPECT_LT(0, call.got);
	EXPECT_GT(BIG, call.got);
}

/* A number of bytes that is waited for. */

static long read_all(void)
{
	char here[8] = "";
	long ret = result(recv(quiet[0], here, 6, MSG_WAITALL));

	return ret == 6 && !memcmp(here, "abcdef", 6) ? ret : -1000 + ret;
}

static long read_lowat(void)
{
	char here[8] = "";
	struct iovec iov[] = { { here, 2 }, { here + 2, 6 } };
	int four = 4;
	long ret;

	setsockopt(some[0], SOL_SOCKET, SO_RCVLOWAT, &four, sizeof(four));
	ret = result(readv(some[0], iov, 2));
	return ret == 5 && !memcmp(here, "abcde", 5) ? ret : -1000 + ret;
}

static long read_terminal(void)
{
	char here[8] = "";
	long ret = result(read(slave, here, sizeof(here)));

	return ret == 5 && !memcmp(here, "abcde", 5) ? ret : -1000 + ret;
}

/* Four seconds after the last byte it is over. */
static long read_vtime(void)
{
	char here[8] = "";
	long ret = result(read(vtime_slave, here, sizeof(here)));

	return ret == 3 && !memcmp(here, "abc", 3) ? ret : -1000 + ret;
}

TEST(reads_wait_for_as_many_bytes_as_asked)
{
	struct call calls[] = {
		{ "recv of all", SYS_recvfrom, read_all, 6 },
		{ "readv with SO_RCVLOWAT", SYS_readv, read_lowat, 5 },
		{ "read with VMIN", SYS_read, read_terminal, 5 },
	};
	struct call *call;
	int i;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, quiet));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, some));
	ASSERT_EQ(0, openpty(&master, &slave, NULL, NULL, NULL));
	set_raw(slave, 4, 0);
	ASSERT_EQ(2, write(quiet[1], "ab", 2));
	ASSERT_EQ(2, write(some[1], "ab", 2));
	ASSERT_EQ(2, write(master, "ab", 2));
	for_each_call(call, calls)
		start_call(call);
	usleep(200000);
	cut();
	for (i = 0; i < 2; i++) {
		usleep(200000);
		for_each_call(call, calls)
			expect_asleep(call);
		if (i)
			break;
		ASSERT_EQ(1, write(quiet[1], "c", 1));
		ASSERT_EQ(1, write(some[1], "c", 1));
		ASSERT_EQ(1, write(master, "c", 1));
	}
	ASSERT_EQ(3, write(quiet[1], "def", 3));
	ASSERT_EQ(2, write(some[1], "de", 2));
	ASSERT_EQ(2, write(master, "de", 2));
	for_each_call(call, calls)
		expect_call(call, call->want);
}

TEST(a_terminal_waits_for_one_byte_after_another)
{
	struct call call = { "read with VTIME", SYS_read, read_vtime };
	long long start;

	ASSERT_EQ(0, openpty(&timed_master, &vtime_slave, NULL, NULL, NULL));
	set_raw(vtime_slave, 5, 40);
	start_call(&call);
	ASSERT_EQ(2, write(timed_master, "ab", 2));
	usleep(1000000);
	start = now_ms(CLOCK_MONOTONIC);
	cut();
	usleep(200000);
	expect_asleep(&call);
	ASSERT_EQ(1, write(timed_master, "c", 1));
	expect_call(&call, 3);
	EXPECT_LE(4100, now_ms(CLOCK_MONOTONIC) - start);
	EXPECT_GT(7500, now_ms(CLOCK_MONOTONIC) - start);
}

/* What a splice to a socket has moved stays moved. */

#define SPLICED	(BIG / 2)

static long splice_to_socket(void)
{
	return result(splice(a_pipe[0], NULL, full[0], NULL, SPLICED, 0));
}

TEST(a_splice_to_a_socket_is_not_cut_short)
{
	struct call call = { "splice", SYS_splice, splice_to_socket };
	int n = 0, small = 1;

	make_big();
	ASSERT_EQ(0, setsockopt(full[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	ASSERT_EQ(0, pipe(a_pipe));
	ASSERT_EQ(BIG, fcntl(a_pipe[1], F_SETPIPE_SZ, BIG));
	ASSERT_EQ(SPLICED, write(a_pipe[1], big, SPLICED));
	cut_asleep(&call);
	while (n < SPLICED) {
		ssize_t len = read(full[1], got + n, SPLICED - n);

		ASSERT_LT(0, len);
		n += len;
	}
	EXPECT_EQ(0, memcmp(got, big, SPLICED));
	expect_call(&call, SPLICED);
}
