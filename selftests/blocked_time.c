// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that a thread sleeps in for some time: that goes on with what it
 * had left.
 *
 * They sleep side by side, each in a thread of its own: begun two seconds before
 * the cut, they end four seconds after they began, on the program's clock. A call
 * that began anew would take six.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

#include "calls.h"

#define BEFORE_MS	2000
#define WHOLE_MS	4000
#define LATE_MS		1500	/* emulated machines are slow */

static const struct timespec four = { .tv_sec = WHOLE_MS / 1000 };
static int never[2];		/* a pipe in which nothing is written */
static int epfd;

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
	{ "futex realtime", SYS_futex, call_futex_realtime, -ETIMEDOUT, .wall = true },
	{ "futex lock pi", SYS_futex, call_futex_lock_pi, -ETIMEDOUT },
	{ "sigtimedwait", SYS_rt_sigtimedwait, call_sigtimedwait, -EAGAIN },
};

TEST(time_outs_go_on_with_what_was_left, .timeout = 60)
{
	struct call *call;

	make_nothing();
	for_each_call(call, timed)
		start_call(call);
	usleep(BEFORE_MS * 1000);
	cut();
	for_each_call(call, timed) {
		pthread_join(call->thread, NULL);
		if (call->got != call->want || call->took <= WHOLE_MS ||
		    (call->took > WHOLE_MS + LATE_MS && !call->wall))
			kcr_fail(false, __FILE__, __LINE__, "%s: returned %ld after %lld ms",
				 call->name, call->got, call->took);
	}
}
