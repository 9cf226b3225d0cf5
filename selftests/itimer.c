// SPDX-License-Identifier: GPL-2.0
/* Interval timers: they expire when they would have, as often as they would have. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>

#include "kcr_harness.h"

#define MS	1000	/* in microseconds */

static volatile int expired;

static void on_expiry(int sig)
{
	(void)sig;
	expired++;
}

static void set_timer(int which, long first_ms, long then_ms)
{
	struct itimerval it = {
		.it_value = { first_ms / 1000, first_ms % 1000 * MS },
		.it_interval = { then_ms / 1000, then_ms % 1000 * MS },
	};

	ASSERT_EQ(0, setitimer(which, &it, NULL));
}

static long left_ms(int which, long *interval_ms)
{
	struct itimerval it;

	ASSERT_EQ(0, getitimer(which, &it));
	if (interval_ms)
		*interval_ms = it.it_interval.tv_sec * 1000 + it.it_interval.tv_usec / MS;
	return it.it_value.tv_sec * 1000 + (it.it_value.tv_usec + MS - 1) / MS;
}

static void block_alarm(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
}

/* Take a SIGALRM that comes within some time. */
static bool take_alarm(long ms)
{
	const struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	return sigtimedwait(&set, NULL, &ts) == SIGALRM;
}

static void await_pending(void)
{
	sigset_t set;

	do {
		usleep(1000);
		sigpending(&set);
	} while (!sigismember(&set, SIGALRM));
}

TEST(an_alarm_goes_off_in_time)
{
	long long begun = now_ms(CLOCK_MONOTONIC), took;

	signal(SIGALRM, on_expiry);
	alarm(3);
	cut();
	while (!expired)
		usleep(1000);
	took = now_ms(CLOCK_MONOTONIC) - begun;
	EXPECT_LE(3000, took);
	EXPECT_GT(3600, took);
	EXPECT_EQ(0, left_ms(ITIMER_REAL, NULL));
}

TEST(an_alarm_far_off_keeps_its_time)
{
	long left;

	alarm(600);
	cut();
	left = alarm(0);
	EXPECT_LE(590, left);
	EXPECT_GE(600, left);
}

TEST(a_period_goes_on)
{
	long interval, left;
	int i;

	block_alarm();
	set_timer(ITIMER_REAL, 500, 100);
	cut();
	left = left_ms(ITIMER_REAL, &interval);
	EXPECT_EQ(100, interval);
	EXPECT_GE(500, left);
	for (i = 0; i < 5; i++)
		EXPECT_TRUE(take_alarm(2000));
	set_timer(ITIMER_REAL, 0, 0);
}

TEST(what_has_expired_is_signalled_once)
{
	block_alarm();
	set_timer(ITIMER_REAL, 1, 0);
	await_pending();
	cut();
	EXPECT_TRUE(take_alarm(0));
	EXPECT_FALSE(take_alarm(50));
	EXPECT_EQ(0, left_ms(ITIMER_REAL, NULL));
}

TEST(a_period_goes_on_when_its_signal_is_taken)
{
	long interval, left;

	block_alarm();
	set_timer(ITIMER_REAL, 1, 60000);
	await_pending();
	cut();
	EXPECT_TRUE(take_alarm(0));
	EXPECT_FALSE(take_alarm(0));
	left = left_ms(ITIMER_REAL, &interval);
	EXPECT_EQ(60000, interval);
	EXPECT_LT(50000, left);
	EXPECT_GE(60000, left);
}

/* A short one expires while all is stopped, or before, or while the image is written. */
static void expect_one_after(int ms)
{
	block_alarm();
	set_timer(ITIMER_REAL, ms, 0);
	cut();
	EXPECT_TRUE(take_alarm(2000));
	EXPECT_FALSE(take_alarm(30));
}

TEST(none_is_lost_or_doubled_after_2_ms)
{
	expect_one_after(2);
}

TEST(none_is_lost_or_doubled_after_5_ms)
{
	expect_one_after(5);
}

TEST(none_is_lost_or_doubled_after_10_ms)
{
	expect_one_after(10);
}

TEST(none_is_lost_or_doubled_after_20_ms)
{
	expect_one_after(20);
}

TEST(none_is_lost_or_doubled_after_40_ms)
{
	expect_one_after(40);
}

static void spend_until_expiry(void)
{
	volatile unsigned long n = 0;

	while (!expired)
		n++;
}

TEST(cpu_time_is_what_its_timers_count, .timeout = 120)
{
	long interval, left;

	signal(SIGVTALRM, on_expiry);
	signal(SIGPROF, on_expiry);
	set_timer(ITIMER_PROF, 1000000, 7000);
	set_timer(ITIMER_VIRTUAL, 300, 0);
	cut();
	left = left_ms(ITIMER_PROF, &interval);
	EXPECT_EQ(7000, interval);
	EXPECT_LE(990000, left);
	EXPECT_GE(1000010, left);
	EXPECT_EQ(0, expired);
	spend_until_expiry();
	EXPECT_EQ(1, expired);
	EXPECT_EQ(0, left_ms(ITIMER_VIRTUAL, NULL));
}
