// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that a thread sleeps in until something happens: no EINTR, and no
 * short count. Those with a time-out are in blocked_time.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "calls.h"

/* What they wait for happens below the cut. */

static int a_pipe[2], an_event, a_file;
static int word;

static long wait_read(void)
{
	char buf[16] = "";
	long n = read(a_pipe[0], buf, sizeof(buf));

	return n == 5 && !memcmp(buf, "hello", 5) ? 5 : result(n);
}

static long wait_readv(void)
{
	char a[2], b[8];
	struct iovec iov[] = { { a, 2 }, { b, 8 } };
	long n = readv(a_pipe[0], iov, 2);

	return n == 5 && !memcmp(a, "he", 2) && !memcmp(b, "llo", 3) ? 5 : result(n);
}

static long wait_eventfd(void)
{
	uint64_t val = 0;
	long n = read(an_event, &val, sizeof(val));

	return n == 8 ? val : result(n);
}

static long wait_poll(void)
{
	struct pollfd pfd = { .fd = a_pipe[0], .events = POLLIN };

	return result(syscall(SYS_poll, &pfd, 1, -1));
}

static long wait_ppoll_mask(void)
{
	struct pollfd pfd = { .fd = a_pipe[0], .events = POLLIN };
	sigset_t set = all_but_usr1();

	return result(syscall(SYS_ppoll, &pfd, 1, NULL, &set, 8));
}

static long wait_select(void)
{
	fd_set in;

	FD_ZERO(&in);
	FD_SET(a_pipe[0], &in);
	return result(syscall(SYS_select, a_pipe[0] + 1, &in, NULL, NULL, NULL));
}

static long wait_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 77 };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(fd, EPOLL_CTL_ADD, a_pipe[0], &ev);
	if (syscall(SYS_epoll_wait, fd, &ev, 1, -1) < 0)
		return -errno;
	return ev.data.u64;
}

static long wait_epoll_mask(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 78 };
	int fd = epoll_create1(EPOLL_CLOEXEC);
	sigset_t set = all_but_usr1();

	epoll_ctl(fd, EPOLL_CTL_ADD, a_pipe[0], &ev);
	if (syscall(SYS_epoll_pwait, fd, &ev, 1, -1, &set, 8) < 0)
		return -errno;
	return ev.data.u64;
}

static long wait_futex(void)
{
	return result(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
}

static long wait_futex_shared(void)
{
	return result(syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0));
}

static long wait_sigwait(void)
{
	siginfo_t info = {};
	sigset_t set;
	long sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sig = syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8);
	return sig == info.si_signo ? sig : result(sig);
}

static long wait_sigsuspend(void)
{
	sigset_t set = all_but_usr1();

	return result(syscall(SYS_rt_sigsuspend, &set, 8));
}

static long wait_pause(void)
{
	return result(syscall(SYS_pause));
}

static long wait_flock(void)
{
	int fd = open("locked", O_RDWR | O_CREAT, 0600);

	return result(flock(fd, LOCK_EX));
}

static struct call waits[] = {
	{ "poll", SYS_poll, wait_poll, 1 },
	{ "ppoll with mask", SYS_ppoll, wait_ppoll_mask, 1 },
	{ "select", SYS_select, wait_select, 1 },
	{ "epoll_wait", SYS_epoll_wait, wait_epoll, 77 },
	{ "epoll_pwait", SYS_epoll_pwait, wait_epoll_mask, 78 },
	{ "futex", SYS_futex, wait_futex, 0 },
	{ "futex shared", SYS_futex, wait_futex_shared, 0 },
	{ "flock", SYS_flock, wait_flock, 0 },
	{ "eventfd", SYS_read, wait_eventfd, 42 },
	{ "sigwait", SYS_rt_sigtimedwait, wait_sigwait, SIGUSR2 },
	{ "sigsuspend", SYS_rt_sigsuspend, wait_sigsuspend, -EINTR },
	{ "pause", SYS_pause, wait_pause, -EINTR },
};

static void make_something(void)
{
	ASSERT_EQ(0, pipe(a_pipe));
	an_event = eventfd(0, 0);
	ASSERT_LE(0, an_event);
	handle_usr1();
	a_file = open("locked", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, flock(a_file, LOCK_EX));
}

TEST(waits_end_by_what_they_wait_for, .timeout = 60)
{
	const uint64_t val = 42;
	struct call *call;

	make_something();
	for_each_call(call, waits)
		start_call(call);
	cut();
	usleep(300000);
	for_each_call(call, waits)
		expect_asleep(call);

	ASSERT_EQ(5, write(a_pipe[1], "hello", 5));
	ASSERT_EQ(8, write(an_event, &val, 8));
	flock(a_file, LOCK_UN);
	word = 1;
	syscall(SYS_futex, &word, FUTEX_WAKE, 10, NULL, NULL, 0);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
	for_each_call(call, waits) {
		if (call->nr == SYS_rt_sigtimedwait)
			pthread_kill(call->thread, SIGUSR2);
		if (call->nr == SYS_rt_sigsuspend || call->nr == SYS_pause)
			pthread_kill(call->thread, SIGUSR1);
	}
	for_each_call(call, waits)
		expect_call(call, call->want);
	EXPECT_EQ(2 * SIGUSR1, handled);
}

TEST(readers_of_a_pipe_get_what_is_written)
{
	struct call calls[] = {
		{ "read", SYS_read, wait_read, 5 },
		{ "readv", SYS_readv, wait_readv, 5 },
	};

	make_something();
	start_call(&calls[0]);
	start_call(&calls[1]);
	cut();
	ASSERT_EQ(5, write(a_pipe[1], "hello", 5));
	usleep(100000);
	ASSERT_EQ(5, write(a_pipe[1], "hello", 5));
	expect_call(&calls[0], calls[0].want);
	expect_call(&calls[1], calls[1].want);
}

/* A write that is larger than its pipe stops in the middle. */

#define BIG	(1 << 20)

static unsigned char big[BIG];

static void fill_big(void)
{
	int i;

	for (i = 0; i < BIG; i++)
		big[i] = i * 7 + i / 251;
}

static long wait_write(void)
{
	return result(write(a_pipe[1], big, BIG));
}

static long wait_writev(void)
{
	struct iovec iov[] = {
		{ big, 1 }, { big + 1, 99999 }, { big + 100000, 0 },
		{ big + 100000, BIG - 100000 },
	};

	return result(writev(a_pipe[1], iov, 4));
}

static void expect_big(void)
{
	static unsigned char got[BIG + 1];
	size_t n = 0;
	ssize_t len;

	fcntl(a_pipe[0], F_SETFL, O_NONBLOCK);
	while (n < BIG) {
		len = read(a_pipe[0], got + n, sizeof(got) - n);
		if (len < 0 && errno == EAGAIN) {
			usleep(1000);
			continue;
		}
		ASSERT_LT(0, len);
		n += len;
	}
	EXPECT_EQ(BIG, n);
	EXPECT_EQ(0, memcmp(got, big, BIG));
}

static void write_in_pieces(struct call *call, int read_before)
{
	static char some[BIG];

	fill_big();
	make_something();
	start_call(call);
	/* Let it get further, and stop in the middle of a page. */
	if (read_before)
		ASSERT_EQ(read_before, read(a_pipe[0], some, read_before));
	usleep(100000);
	cut();
	if (read_before) {
		memmove(big, big + read_before, BIG - read_before);
		memset(big + BIG - read_before, 0, read_before);
	}
}

TEST(a_write_is_not_cut_short)
{
	struct call call = { "write", SYS_write, wait_write, BIG };

	write_in_pieces(&call, 0);
	expect_big();
	expect_call(&call, call.want);
}

TEST(a_writev_is_not_cut_short)
{
	struct call call = { "writev", SYS_writev, wait_writev, BIG };

	write_in_pieces(&call, 0);
	expect_big();
	expect_call(&call, call.want);
}

TEST(a_write_ends_short_when_the_reader_goes)
{
	struct call call = { "write", SYS_write, wait_write, 65536 };

	signal(SIGPIPE, SIG_IGN);
	write_in_pieces(&call, 0);
	close(a_pipe[0]);
	expect_call(&call, call.want);
}

/* A signal ends a call as it always does. */

static long wait_epoll_signal(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(fd, EPOLL_CTL_ADD, an_event, &ev);
	return result(syscall(SYS_epoll_wait, fd, &ev, 1, 60000));
}

static long wait_nanosleep_signal(void)
{
	struct timespec ts = { .tv_sec = 60 }, rem = {};
	long ret = result(syscall(SYS_nanosleep, &ts, &rem));

	return ret == -EINTR && rem.tv_sec >= 40 && rem.tv_sec < 60 ? ret : rem.tv_sec;
}

static long wait_poll_signal(void)
{
	return result(syscall(SYS_poll, NULL, 0, 60000));
}

static long wait_write_signal(void)
{
	return wait_write();
}

static long wait_sigtimedwait_signal(void)
{
	const struct timespec ts = { .tv_sec = 60 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return result(syscall(SYS_rt_sigtimedwait, &set, NULL, &ts, 8));
}

TEST(signals_end_calls_as_ever, .timeout = 60)
{
	struct call calls[] = {
		{ "epoll_wait", SYS_epoll_wait, wait_epoll_signal, -EINTR },
		{ "nanosleep", SYS_nanosleep, wait_nanosleep_signal, -EINTR },
		{ "poll", SYS_poll, wait_poll_signal, -EINTR },
		{ "write", SYS_write, wait_write_signal, 65536 },
		{ "sigtimedwait", SYS_rt_sigtimedwait, wait_sigtimedwait_signal, -EINTR },
	};
	struct call *call;

	make_something();
	for_each_call(call, calls)
		start_call(call);
	cut();
	usleep(300000);
	for_each_call(call, calls)
		pthread_kill(call->thread, SIGUSR1);
	for_each_call(call, calls)
		expect_call(call, call->want);
	EXPECT_EQ(5 * SIGUSR1, handled);
}

/* The mask of a call holds until it ends, and then its thread's is back. */

static sigset_t mask_after;

static long wait_masked(void)
{
	struct pollfd pfd = { .fd = a_pipe[0], .events = POLLIN };
	sigset_t set;
	long ret;

	sigfillset(&set);
	ret = result(syscall(SYS_ppoll, &pfd, 1, NULL, &set, 8));
	pthread_sigmask(SIG_BLOCK, NULL, &mask_after);
	return ret;
}

TEST(a_signal_blocked_in_ppoll_waits_for_its_end)
{
	struct call call = { "ppoll", SYS_ppoll, wait_masked, 1 };

	make_something();
	start_call(&call);
	pthread_kill(call.thread, SIGUSR1);	/* the thread itself lets it in */
	cut();
	usleep(300000);
	EXPECT_EQ(0, handled);
	ASSERT_EQ(1, write(a_pipe[1], "x", 1));
	expect_call(&call, call.want);
	EXPECT_EQ(SIGUSR1, handled);
	EXPECT_EQ(0, sigismember(&mask_after, SIGUSR1));
}

