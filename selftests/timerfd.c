// SPDX-License-Identifier: GPL-2.0
/* Promises: timers that are read from descriptors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "kcr_harness.h"
#include "nanoseconds.h"

static int make(clockid_t clock, int how, long long value, long long interval)
{
	struct itimerspec it = { ts(interval), ts(value) };
	int fd = timerfd_create(clock, TFD_NONBLOCK);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, timerfd_settime(fd, how, &it, NULL));
	return fd;
}

static long long left(int fd, long long *interval)
{
	struct itimerspec it;

	ASSERT_EQ(0, timerfd_gettime(fd, &it));
	if (interval)
		*interval = ns(it.it_interval);
	return ns(it.it_value);
}

/* Ticks, or the negative errno. */
static long long ticks(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) < 0 ? -errno : (long long)n;
}

static long long wait_ticks(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 ? ticks(fd) : 0;
}

/* What fdinfo shows under a name. */
static void shown(int fd, const char *name, char *value)
{
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	ASSERT_TRUE(f);
	strcpy(value, "none");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %63[^\n]", value);
	fclose(f);
}

#define EXPECT_SHOWN(want, fd, name) do {	\
	char value[64];				\
						\
	shown(fd, name, value);			\
	EXPECT_STREQ(want, value);		\
} while (0)

TEST(keeps_clock_and_flags)
{
	static const clockid_t clock[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	static const char *const name[] = { "0", "1", "7" };
	int fd[3], flags[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = timerfd_create(clock[i], i ? TFD_CLOEXEC : TFD_NONBLOCK);
		flags[i] = fcntl(fd[i], F_GETFL);
	}
	cut();
	for (i = 0; i < 3; i++) {
		EXPECT_SHOWN(name[i], fd[i], "clockid");
		EXPECT_SHOWN("00", fd[i], "settime flags");
		EXPECT_EQ(flags[i], fcntl(fd[i], F_GETFL));
		EXPECT_EQ(i ? FD_CLOEXEC : 0, fcntl(fd[i], F_GETFD));
		EXPECT_EQ(0, left(fd[i], NULL));
	}
}

TEST(expires_in_time)
{
	long long begun = now(CLOCK_MONOTONIC), took;
	int fd = make(CLOCK_MONOTONIC, 0, 2500 * MS, 0);

	cut();
	EXPECT_EQ(1, wait_ticks(fd, 10000));
	took = now(CLOCK_MONOTONIC) - begun;
	EXPECT_LE(2500 * MS, took);
	EXPECT_GT(3500 * MS, took);
	EXPECT_EQ(0, left(fd, NULL));
	EXPECT_EQ(-EAGAIN, ticks(fd));
}

TEST(an_absolute_time_is_one_on_the_programs_clock)
{
	long long at = now(CLOCK_MONOTONIC) + 2500 * MS;
	long long boot = now(CLOCK_BOOTTIME) + 2600 * MS;
	int fd = make(CLOCK_MONOTONIC, TFD_TIMER_ABSTIME, at, 0);
	int fd2 = make(CLOCK_BOOTTIME, TFD_TIMER_ABSTIME, boot, 0);

	cut();
	EXPECT_SHOWN("01", fd, "settime flags");
	EXPECT_EQ(1, wait_ticks(fd, 10000));
	EXPECT_LE(at, now(CLOCK_MONOTONIC));
	EXPECT_GT(at + S, now(CLOCK_MONOTONIC));
	EXPECT_EQ(1, wait_ticks(fd2, 10000));
	EXPECT_LE(boot, now(CLOCK_BOOTTIME));
	EXPECT_GT(boot + S, now(CLOCK_BOOTTIME));
}

TEST(far_off_keeps_its_time)
{
	int fd[3] = {
		make(CLOCK_MONOTONIC, 0, 600 * S, 7 * S),
		make(CLOCK_BOOTTIME, 0, 600 * S, 7 * S),
		make(CLOCK_REALTIME, 0, 600 * S, 7 * S),
	};
	long long interval;
	int i;

	cut();
	for (i = 0; i < 3; i++) {
		EXPECT_GE(600 * S, left(fd[i], &interval));
		EXPECT_LT(590 * S, left(fd[i], NULL));
		EXPECT_EQ(7 * S, interval);
		EXPECT_EQ(-EAGAIN, ticks(fd[i]));
	}
}

/* The world's clock goes on while there is no program. */
TEST(the_worlds_time_stays)
{
	long long at = now(CLOCK_REALTIME) + 600 * S;
	int fd = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, at, 0);
	long long error;

	cut();
	error = now(CLOCK_REALTIME) + left(fd, NULL) - at;
	EXPECT_LT(-500 * MS, error);
	EXPECT_GT(500 * MS, error);
	EXPECT_SHOWN("01", fd, "settime flags");
}

TEST(never_stays_never)
{
	int fd = make(CLOCK_MONOTONIC, 0, 9000000000ll * S, 0);
	int fd2 = make(CLOCK_BOOTTIME, TFD_TIMER_ABSTIME, 9000000000ll * S, 0);

	cut();
	EXPECT_LT(8000000000ll * S, left(fd, NULL));
	EXPECT_LT(8000000000ll * S, left(fd2, NULL));
	EXPECT_EQ(-EAGAIN, ticks(fd));
}

TEST(keeps_a_tick)
{
	int fd = make(CLOCK_MONOTONIC, 0, 1, 0);

	usleep(10000);
	cut();
	EXPECT_SHOWN("1", fd, "ticks");
	EXPECT_EQ(0, left(fd, NULL));
	EXPECT_EQ(1, ticks(fd));
	EXPECT_EQ(-EAGAIN, ticks(fd));
}

TEST(counts_the_ticks_of_a_period)
{
	long long begun = now(CLOCK_MONOTONIC), n, most;
	int fd = make(CLOCK_MONOTONIC, 0, 50 * MS, 50 * MS);

	usleep(200000);
	cut();
	n = ticks(fd);
	most = (now(CLOCK_MONOTONIC) - begun) / (50 * MS);
	EXPECT_LE(4, n);
	EXPECT_LE(most - 2, n);
	EXPECT_GE(most, n);
	n += wait_ticks(fd, 5000);
	n += wait_ticks(fd, 5000);
	most = (now(CLOCK_MONOTONIC) - begun) / (50 * MS);
	EXPECT_LE(most - 2, n);
	EXPECT_GE(most, n);
}

/* An hour from then on, though it has expired and nobody has read that. */
TEST(a_period_keeps_its_phase)
{
	int fd = make(CLOCK_MONOTONIC, 0, 1, 3600 * S);
	long long begun = now(CLOCK_MONOTONIC), next;

	usleep(10000);
	cut();
	EXPECT_EQ(1, ticks(fd));
	next = now(CLOCK_MONOTONIC) + left(fd, NULL) - 3600 * S;
	EXPECT_LT(begun - 500 * MS, next);
	EXPECT_GT(begun + 500 * MS, next);
}

TEST(what_is_off_stays_off)
{
	struct itimerspec off = { .it_interval.tv_sec = 3 };
	int fd = make(CLOCK_MONOTONIC, 0, S, S);
	long long interval;

	ASSERT_EQ(0, timerfd_settime(fd, TFD_TIMER_ABSTIME, &off, NULL));
	cut();
	EXPECT_EQ(0, left(fd, &interval));
	EXPECT_EQ(3 * S, interval);
	EXPECT_SHOWN("01", fd, "settime flags");
	EXPECT_EQ(-EAGAIN, ticks(fd));
}

static void expect_one_after(int ms)
{
	int fd = make(CLOCK_MONOTONIC, 0, ms * MS, 0);

	cut();
	EXPECT_EQ(1, wait_ticks(fd, 2000));
	EXPECT_EQ(0, wait_ticks(fd, 20));
}

TEST(none_is_lost_or_doubled_after_3_ms)
{
	expect_one_after(3);
}

TEST(none_is_lost_or_doubled_after_15_ms)
{
	expect_one_after(15);
}

/* To what it is anyway: that is enough. */
static void set_the_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec = t.tv_nsec / 2;
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &t));
}

TEST(tells_that_the_clock_was_set)
{
	int fd = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		      now(CLOCK_REALTIME) + 3600 * S, 0);

	set_the_clock();
	cut();
	EXPECT_SHOWN("03", fd, "settime flags");
	EXPECT_EQ(-ECANCELED, ticks(fd));
	EXPECT_EQ(-EAGAIN, ticks(fd));
	set_the_clock();
	EXPECT_EQ(-ECANCELED, ticks(fd));
}

TEST(will_tell_that_the_clock_is_set)
{
	int fd = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		      now(CLOCK_REALTIME) + 3600 * S, 0);

	cut();
	EXPECT_SHOWN("03", fd, "settime flags");
	EXPECT_EQ(-EAGAIN, ticks(fd));
	set_the_clock();
	EXPECT_EQ(-ECANCELED, ticks(fd));
}

TEST(alarms_wake_too)
{
	int fd, fd2;

	fd = timerfd_create(CLOCK_BOOTTIME_ALARM, 0);
	if (fd < 0)
		skip("no alarms");
	close(fd);
	fd = make(CLOCK_BOOTTIME_ALARM, 0, 600 * S, 0);
	fd2 = make(CLOCK_REALTIME_ALARM, 0, 1500 * MS, 5 * S);
	cut();
	EXPECT_SHOWN("9", fd, "clockid");
	EXPECT_GE(600 * S, left(fd, NULL));
	EXPECT_LT(590 * S, left(fd, NULL));
	EXPECT_SHOWN("8", fd2, "clockid");
	EXPECT_LE(1, wait_ticks(fd2, 5000));
	EXPECT_GE(5 * S, left(fd2, NULL));
	EXPECT_LT(0, left(fd2, NULL));
}

TEST(is_watched_by_epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 1 };
	int soon = make(CLOCK_MONOTONIC, 0, 1500 * MS, 0);
	int ready = make(CLOCK_MONOTONIC, 0, 1, 0), ep = epoll_create1(0);

	usleep(10000);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, ready, &event));
	event.data.u32 = 2;
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, soon, &event));
	cut();
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, 0));
	EXPECT_EQ(1, event.data.u32);
	EXPECT_EQ(1, ticks(ready));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, 5000));
	EXPECT_EQ(2, event.data.u32);
	EXPECT_EQ(1, ticks(soon));
}

static int waiting_fd;

static void *reads(void *unused)
{
	(void)unused;
	return (void *)(long)ticks(waiting_fd);
}

TEST(who_waits_in_read_goes_on_waiting)
{
	long long begun = now(CLOCK_MONOTONIC);
	pthread_t thread;
	void *got;

	waiting_fd = make(CLOCK_MONOTONIC, 0, 2500 * MS, 0);
	ASSERT_EQ(0, fcntl(waiting_fd, F_SETFL, 0));
	in_syscall(start_thread(&thread, reads, NULL), SYS_read);
	cut();
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(1, (long)got);
	EXPECT_LE(2500 * MS, now(CLOCK_MONOTONIC) - begun);
	EXPECT_GT(3500 * MS, now(CLOCK_MONOTONIC) - begun);
}

TEST(is_one_timer_for_duplicates)
{
	int fd = make(CLOCK_MONOTONIC, 0, 1, 0), twin = dup(fd);

	usleep(10000);
	cut();
	EXPECT_EQ(1, ticks(twin));
	EXPECT_EQ(-EAGAIN, ticks(fd));
}
