// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that a thread sleeps in: no EINTR, no short count, and a
 * time-out goes on with what it had left.
 *
 * Those with a time-out sleep side by side, each in a thread of its own: begun
 * two seconds before the cut, they end four seconds after they began, on the
 * program's clock. A call that began anew would take six.
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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "kcr_harness.h"

#define BEFORE_MS	2000
#define WHOLE_MS	4000
#define LATE_MS		1500	/* emulated machines are slow */

struct call {
	const char *name;
	long nr;
	long (*fn)(void);
	long want;		/* result, or -errno */
	bool wall;		/* measured on CLOCK_REALTIME */
	/* filled in by the thread */
	pthread_t thread;
	pid_t tid;
	long got;
	long long took;
};

static const struct timespec four = { .tv_sec = WHOLE_MS / 1000 };
static int never[2];		/* a pipe in which nothing is written */
static int epfd;

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static void make_nothing(void)
{
	struct epoll_event ev = { .events = EPOLLIN };

	ASSERT_EQ(0, pipe(never));
	epfd = epoll_create1(0);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, never[0], &ev));
}

static long call_nanosleep(void)
{
	return result(syscall(SYS_nanosleep, &four, NULL));
}

static long call_nanosleep_rem(void)
{
	struct timespec rem;

	return result(syscall(SYS_nanosleep, &four, &rem));
}

static long call_clock_nanosleep(void)
{
	return result(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &four, NULL));
}

static long call_clock_nanosleep_abs(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 4;
	return result(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
}

static long call_poll(void)
{
	struct pollfd pfd = { .fd = never[0], .events = POLLIN };

	return result(syscall(SYS_poll, &pfd, 1, WHOLE_MS));
}

static long call_ppoll(void)
{
	struct pollfd pfd = { .fd = never[0], .events = POLLIN };
	struct timespec ts = four;

	return result(syscall(SYS_ppoll, &pfd, 1, &ts, NULL, 0));
}

static sigset_t all_but_usr1(void)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	return set;
}

static long call_ppoll_mask(void)
{
	struct pollfd pfd = { .fd = never[0], .events = POLLIN };
	struct timespec ts = four;
	sigset_t set = all_but_usr1();

	return result(syscall(SYS_ppoll, &pfd, 1, &ts, &set, 8));
}

/* The kernel can't write back what is left. */
static long call_ppoll_readonly(void)
{
	struct pollfd pfd = { .fd = never[0], .events = POLLIN };

	return result(syscall(SYS_ppoll, &pfd, 1, &four, NULL, 0));
}

static long call_select(void)
{
	struct timeval tv = { .tv_sec = 4 };
	fd_set in;

	FD_ZERO(&in);
	FD_SET(never[0], &in);
	return result(syscall(SYS_select, never[0] + 1, &in, NULL, NULL, &tv));
}

static long call_select_readonly(void)
{
	static const struct timeval tv = { .tv_sec = 4 };

	return result(syscall(SYS_select, 0, NULL, NULL, NULL, &tv));
}

static long call_pselect_mask(void)
{
	struct timespec ts = four;
	sigset_t set = all_but_usr1();
	struct { const sigset_t *set; size_t size; } arg = { &set, 8 };

	return result(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts, &arg));
}

static long call_epoll_wait(void)
{
	struct epoll_event ev;

	return result(syscall(SYS_epoll_wait, epfd, &ev, 1, WHOLE_MS));
}

static long call_epoll_pwait(void)
{
	sigset_t set = all_but_usr1();
	struct epoll_event ev;

	return result(syscall(SYS_epoll_pwait, epfd, &ev, 1, WHOLE_MS, &set, 8));
}

static long call_epoll_pwait2(void)
{
	struct epoll_event ev;

	return result(syscall(SYS_epoll_pwait2, epfd, &ev, 1, &four, NULL, 0));
}

static long call_futex(void)
{
	static int word;

	return result(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &four, NULL, 0));
}

static long call_futex_bitset(void)
{
	struct timespec until;
	static int word;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 4;
	return result(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &until, NULL,
			      FUTEX_BITSET_MATCH_ANY));
}

/* Wall time goes on while the program is not there. */
static long call_futex_realtime(void)
{
	struct timespec until;
	static int word;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 4;
	return result(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0,
			      &until, NULL, FUTEX_BITSET_MATCH_ANY));
}

static long call_futex_lock_pi(void)
{
	struct timespec until;
	static int word;

	word = getpid();	/* the main thread holds it */
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 4;
	return result(syscall(SYS_futex, &word, FUTEX_LOCK_PI2_PRIVATE, 0, &until, NULL, 0));
}

static long call_sigtimedwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return result(syscall(SYS_rt_sigtimedwait, &set, NULL, &four, 8));
}

static struct call timed[] = {
	{ "nanosleep", SYS_nanosleep, call_nanosleep },
	{ "nanosleep with remainder", SYS_nanosleep, call_nanosleep_rem },
	{ "clock_nanosleep", SYS_clock_nanosleep, call_clock_nanosleep },
	{ "clock_nanosleep absolute", SYS_clock_nanosleep, call_clock_nanosleep_abs },
	{ "poll", SYS_poll, call_poll },
	{ "ppoll", SYS_ppoll, call_ppoll },
	{ "ppoll with mask", SYS_ppoll, call_ppoll_mask },
	{ "ppoll of constant time", SYS_ppoll, call_ppoll_readonly },
	{ "select", SYS_select, call_select },
	{ "select of constant time", SYS_select, call_select_readonly },
	{ "pselect with mask", SYS_pselect6, call_pselect_mask },
	{ "epoll_wait", SYS_epoll_wait, call_epoll_wait },
	{ "epoll_pwait", SYS_epoll_pwait, call_epoll_pwait },
	{ "epoll_pwait2", SYS_epoll_pwait2, call_epoll_pwait2 },
	{ "futex", SYS_futex, call_futex, -ETIMEDOUT },
	{ "futex bitset", SYS_futex, call_futex_bitset, -ETIMEDOUT },
	{ "futex realtime", SYS_futex, call_futex_realtime, -ETIMEDOUT, true },
	{ "futex lock pi", SYS_futex, call_futex_lock_pi, -ETIMEDOUT },
	{ "sigtimedwait", SYS_rt_sigtimedwait, call_sigtimedwait, -EAGAIN },
};

#define for_each_call(call, calls)	\
	for (call = calls; call < calls + sizeof(calls) / sizeof(*calls); call++)

static void *run_call(void *arg)
{
	struct call *call = arg;
	clockid_t clock = call->wall ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	long long start = now_ms(clock);

	call->got = call->fn();
	call->took = now_ms(clock) - start;
	return NULL;
}

TEST(time_outs_go_on_with_what_was_left, .timeout = 60)
{
	struct call *call;

	make_nothing();
	for_each_call(call, timed) {
		call->tid = start_thread(&call->thread, run_call, call);
		in_syscall(call->tid, call->nr);
	}
	usleep(BEFORE_MS * 1000);
	cut();
	for_each_call(call, timed) {
		pthread_join(call->thread, NULL);
		if (call->got != call->want || call->took < WHOLE_MS ||
		    (call->took > WHOLE_MS + LATE_MS && !call->wall))
			kcr_fail(false, __FILE__, __LINE__, "%s: returned %ld after %lld ms",
				 call->name, call->got, call->took);
	}
}

/* Those without a time-out wait until something happens below the cut. */

static int a_pipe[2], an_event, a_file;
static int word;
static volatile int handled;

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

static void on_usr1(int sig)
{
	handled += sig;
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

static void start_calls(struct call *calls, struct call *end)
{
	struct call *call;

	for (call = calls; call < end; call++) {
		call->tid = start_thread(&call->thread, run_call, call);
		in_syscall(call->tid, call->nr);
	}
}

static void end_call(struct call *call)
{
	pthread_join(call->thread, NULL);
	if (call->got != call->want)
		kcr_fail(false, __FILE__, __LINE__, "%s: returned %ld instead of %ld",
			 call->name, call->got, call->want);
}

static void make_something(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };

	ASSERT_EQ(0, pipe(a_pipe));
	an_event = eventfd(0, 0);
	ASSERT_LE(0, an_event);
	sigaction(SIGUSR1, &sa, NULL);
	a_file = open("locked", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, flock(a_file, LOCK_EX));
}

TEST(waits_end_by_what_they_wait_for, .timeout = 60)
{
	const uint64_t val = 42;
	struct call *call;

	make_something();
	start_calls(waits, waits + sizeof(waits) / sizeof(*waits));
	cut();
	usleep(300000);
	for_each_call(call, waits)
		if (call->took)
			kcr_fail(false, __FILE__, __LINE__, "%s: returned %ld before its time",
				 call->name, call->got);

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
		end_call(call);
	EXPECT_EQ(2 * SIGUSR1, handled);
}

TEST(readers_of_a_pipe_get_what_is_written)
{
	struct call calls[] = {
		{ "read", SYS_read, wait_read, 5 },
		{ "readv", SYS_readv, wait_readv, 5 },
	};

	make_something();
	start_calls(calls, calls + 2);
	cut();
	ASSERT_EQ(5, write(a_pipe[1], "hello", 5));
	usleep(100000);
	ASSERT_EQ(5, write(a_pipe[1], "hello", 5));
	end_call(&calls[0]);
	end_call(&calls[1]);
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
	start_calls(call, call + 1);
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
	end_call(&call);
}

TEST(a_writev_is_not_cut_short)
{
	struct call call = { "writev", SYS_writev, wait_writev, BIG };

	write_in_pieces(&call, 0);
	expect_big();
	end_call(&call);
}

TEST(a_write_ends_short_when_the_reader_goes)
{
	struct call call = { "write", SYS_write, wait_write, 65536 };

	signal(SIGPIPE, SIG_IGN);
	write_in_pieces(&call, 0);
	close(a_pipe[0]);
	end_call(&call);
}

/* A signal ends a call as it always does. */

static long wait_epoll_signal(void)
{
	struct epoll_event ev;

	return result(syscall(SYS_epoll_wait, epfd, &ev, 1, 60000));
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

	make_nothing();
	make_something();
	start_calls(calls, calls + 5);
	cut();
	usleep(300000);
	for_each_call(call, calls)
		pthread_kill(call->thread, SIGUSR1);
	for_each_call(call, calls)
		end_call(call);
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
	start_calls(&call, &call + 1);
	pthread_kill(call.thread, SIGUSR1);	/* the thread itself lets it in */
	cut();
	usleep(300000);
	EXPECT_EQ(0, handled);
	ASSERT_EQ(1, write(a_pipe[1], "x", 1));
	end_call(&call);
	EXPECT_EQ(SIGUSR1, handled);
	EXPECT_EQ(0, sigismember(&mask_after, SIGUSR1));
}

