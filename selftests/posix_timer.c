// SPDX-License-Identifier: GPL-2.0
/* Promises: timers of timer_create(2). */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "kcr_harness.h"
#include "nanoseconds.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define SIG	(SIGRTMIN + 3)

/* The kernel's own id. */
static int create(clockid_t clock, int notify, int tid, int value)
{
	struct sigevent ev = {
		.sigev_notify = notify, .sigev_signo = SIG, .sigev_value.sival_int = value,
	};
	int id = -1;

	ev.sigev_notify_thread_id = tid;
	return syscall(SYS_timer_create, clock, &ev, &id) ? -1 : id;
}

static void set(int id, int flags, long long value, long long interval)
{
	struct itimerspec it = { ts(interval), ts(value) };

	ASSERT_EQ(0, syscall(SYS_timer_settime, id, flags, &it, NULL));
}

static int make(clockid_t clock, int value, long long first, long long interval)
{
	int id = create(clock, SIGEV_SIGNAL, 0, value);

	ASSERT_LE(0, id);
	set(id, 0, first, interval);
	return id;
}

static long long left(int id, long long *interval)
{
	struct itimerspec it;

	ASSERT_EQ(0, syscall(SYS_timer_gettime, id, &it));
	if (interval)
		*interval = ns(it.it_interval);
	return ns(it.it_value);
}

static int overrun(int id)
{
	return syscall(SYS_timer_getoverrun, id);
}

static sigset_t the_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	return set;
}

static void block(void)
{
	sigset_t set = the_set();

	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
}

static bool pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIG);
}

static void await_pending(void)
{
	while (!pending())
		usleep(1000);
}

/* The value of a signal that comes within some time, or -1. */
static int take(long ms, siginfo_t *info)
{
	const struct timespec t = ts(ms * MS);
	sigset_t set = the_set();
	siginfo_t own;

	info = info ?: &own;
	return sigtimedwait(&set, info, &t) == SIG ? info->si_value.sival_int : -1;
}

TEST(keeps_ids)
{
	int id[4], i;

	for (i = 0; i < 4; i++)
		id[i] = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, i);
	ASSERT_EQ(id[0] + 3, id[3]);
	ASSERT_EQ(0, syscall(SYS_timer_delete, id[1]));
	ASSERT_EQ(0, syscall(SYS_timer_delete, id[3]));
	cut();
	EXPECT_EQ(0, left(id[0], NULL));
	EXPECT_EQ(-1, syscall(SYS_timer_delete, id[1]));
	EXPECT_EQ(0, syscall(SYS_timer_delete, id[2]));
	EXPECT_EQ(-1, syscall(SYS_timer_delete, id[3]));
	EXPECT_EQ(id[3] + 1, create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 0));
}

TEST(the_next_id_follows_those_that_are_gone)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 0);

	ASSERT_EQ(0, syscall(SYS_timer_delete, id));
	cut();
	EXPECT_EQ(id + 1, create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 0));
}

static void expires_in_time(clockid_t clock)
{
	long long begun, took;
	siginfo_t info;
	int id;

	block();
	begun = now(CLOCK_MONOTONIC);
	id = make(clock, 42, 2500 * MS, 0);
	cut();
	EXPECT_EQ(42, take(10000, &info));
	took = now(CLOCK_MONOTONIC) - begun;
	EXPECT_LE(2500 * MS, took);
	EXPECT_GT(3500 * MS, took);
	EXPECT_EQ(SI_TIMER, info.si_code);
	EXPECT_EQ(id, info.si_timerid);
	EXPECT_EQ(0, info.si_overrun);
	EXPECT_EQ(0, left(id, NULL));
	EXPECT_EQ(-1, take(0, NULL));
}

TEST(monotonic_time_goes_on)
{
	expires_in_time(CLOCK_MONOTONIC);
}

TEST(boottime_goes_on)
{
	expires_in_time(CLOCK_BOOTTIME);
}

TEST(relative_real_time_goes_on)
{
	expires_in_time(CLOCK_REALTIME);
}

static const clockid_t world[] = { CLOCK_REALTIME, CLOCK_TAI, CLOCK_REALTIME_ALARM };

TEST(the_worlds_time_stays)
{
	long long at[3], error;
	int id[3], i;

	for (i = 0; i < 3; i++) {
		at[i] = now(i < 2 ? world[i] : CLOCK_REALTIME) + 600 * S;
		id[i] = create(world[i], SIGEV_SIGNAL, 0, i);
		if (id[i] < 0)
			skip("no alarms");
		set(id[i], TIMER_ABSTIME, at[i], 0);
	}
	cut();
	for (i = 0; i < 3; i++) {
		error = now(i < 2 ? world[i] : CLOCK_REALTIME) + left(id[i], NULL) - at[i];
		EXPECT_LT(-500 * MS, error);
		EXPECT_GT(500 * MS, error);
	}
}

TEST(absolute_is_what_the_programs_clock_shows)
{
	long long at = now(CLOCK_MONOTONIC) + 2500 * MS;
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 7);

	block();
	set(id, TIMER_ABSTIME, at, 0);
	cut();
	EXPECT_EQ(7, take(10000, NULL));
	EXPECT_LE(at, now(CLOCK_MONOTONIC));
	EXPECT_GT(at + S, now(CLOCK_MONOTONIC));
}

TEST(far_off_keeps_its_time)
{
	static const clockid_t clock[] = {
		CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME, CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_THREAD_CPUTIME_ID, CLOCK_BOOTTIME_ALARM,
	};
	long long interval;
	int id[6], i;

	for (i = 0; i < 6; i++) {
		id[i] = create(clock[i], SIGEV_SIGNAL, 0, i);
		if (id[i] >= 0)
			set(id[i], 0, 600 * S, 7 * S);
	}
	ASSERT_LE(0, id[4]);
	cut();
	for (i = 0; i < 6 && id[i] >= 0; i++) {
		EXPECT_GE(600 * S, left(id[i], &interval));
		EXPECT_LT(590 * S, left(id[i], NULL));
		EXPECT_EQ(7 * S, interval);
		EXPECT_EQ(0, overrun(id[i]));
	}
}

TEST(one_that_is_off_stays_off)
{
	int id = make(CLOCK_MONOTONIC, 0, S, S);
	long long interval;

	set(id, 0, 0, 0);
	cut();
	EXPECT_EQ(0, left(id, &interval));
	EXPECT_EQ(0, interval);
	EXPECT_FALSE(pending());
}

TEST(what_has_expired_is_signalled_once)
{
	siginfo_t info;
	int id;

	block();
	id = make(CLOCK_MONOTONIC, 5, 1, 0);
	await_pending();
	cut();
	EXPECT_TRUE(pending());
	EXPECT_EQ(5, take(0, &info));
	EXPECT_EQ(SI_TIMER, info.si_code);
	EXPECT_EQ(id, info.si_timerid);
	EXPECT_EQ(0, info.si_overrun);
	EXPECT_EQ(-1, take(20, NULL));
	EXPECT_EQ(0, left(id, NULL));
}

/* One signal, and all that it stands for. */
static void counts_what_it_misses(clockid_t clock)
{
	long long begun, most;
	siginfo_t info;
	int id;

	block();
	begun = now(CLOCK_MONOTONIC);
	id = make(clock, 6, 50 * MS, 50 * MS);
	usleep(300000);
	cut();
	EXPECT_TRUE(pending());
	EXPECT_EQ(6, take(0, &info));
	most = (now(CLOCK_MONOTONIC) - begun) / (50 * MS);
	EXPECT_EQ(info.si_overrun, overrun(id));
	EXPECT_LE(5 - 1, info.si_overrun);
	EXPECT_LE(most - 3, 1 + info.si_overrun);
	EXPECT_GE(most, 1 + info.si_overrun);
	EXPECT_EQ(6, take(2000, NULL));
	EXPECT_EQ(6, take(2000, NULL));
}

TEST(counts_what_it_misses_of_monotonic_time)
{
	counts_what_it_misses(CLOCK_MONOTONIC);
}

TEST(counts_what_it_misses_of_an_alarm)
{
	if (create(CLOCK_BOOTTIME_ALARM, SIGEV_SIGNAL, 0, 0) < 0)
		skip("no alarms");
	counts_what_it_misses(CLOCK_BOOTTIME_ALARM);
}

TEST(a_period_keeps_its_phase)
{
	long long begun, next, interval;
	int id;

	block();
	begun = now(CLOCK_MONOTONIC);
	id = make(CLOCK_MONOTONIC, 8, 1, 3600 * S);
	await_pending();
	cut();
	EXPECT_EQ(8, take(0, NULL));
	EXPECT_EQ(0, overrun(id));
	next = now(CLOCK_MONOTONIC) + left(id, &interval) - 3600 * S;
	EXPECT_EQ(3600 * S, interval);
	EXPECT_LT(begun - 500 * MS, next);
	EXPECT_GT(begun + 500 * MS, next);
	EXPECT_EQ(-1, take(0, NULL));
}

TEST(keeps_an_overrun)
{
	siginfo_t info;
	int id;

	block();
	id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 6);
	set(id, TIMER_ABSTIME, 1, MS);
	await_pending();
	ASSERT_EQ(6, take(0, &info));
	ASSERT_LT(100, info.si_overrun);
	cut();
	EXPECT_EQ(info.si_overrun, overrun(id));
	EXPECT_GE(2 * MS, left(id, NULL));	/* clocks of two processors may differ */
	EXPECT_EQ(6, take(2000, NULL));
}

TEST(signals_stay_in_their_order)
{
	block();
	ASSERT_EQ(0, sigqueue(getpid(), SIG, (union sigval){ .sival_int = 1 }));
	make(CLOCK_MONOTONIC, 2, 1, 0);
	usleep(20000);
	ASSERT_EQ(0, sigqueue(getpid(), SIG, (union sigval){ .sival_int = 3 }));
	make(CLOCK_MONOTONIC, 4, 1, 0);
	usleep(20000);
	cut();
	EXPECT_EQ(1, take(0, NULL));
	EXPECT_EQ(2, take(0, NULL));
	EXPECT_EQ(3, take(0, NULL));
	EXPECT_EQ(4, take(0, NULL));
	EXPECT_EQ(-1, take(0, NULL));
}

static void expect_one_after(int ms)
{
	block();
	make(CLOCK_MONOTONIC, 1, ms * MS, 0);
	cut();
	EXPECT_EQ(1, take(2000, NULL));
	EXPECT_EQ(-1, take(20, NULL));
}

TEST(none_is_lost_or_doubled_after_3_ms)
{
	expect_one_after(3);
}

TEST(none_is_lost_or_doubled_after_10_ms)
{
	expect_one_after(10);
}

TEST(none_is_lost_or_doubled_after_30_ms)
{
	expect_one_after(30);
}

TEST(without_notification_it_only_counts)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
	int past = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
	int period = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
	long long interval;

	set(id, 0, 600 * S, 0);
	set(past, 0, 1, 0);
	set(period, 0, 1, 1800 * S);
	usleep(10000);
	cut();
	EXPECT_GE(600 * S, left(id, NULL));
	EXPECT_LT(590 * S, left(id, NULL));
	EXPECT_EQ(0, left(past, NULL));
	EXPECT_GE(1800 * S, left(period, &interval));
	EXPECT_LT(1790 * S, left(period, NULL));
	EXPECT_EQ(1800 * S, interval);
}

static volatile int go;

static void *takes(void *unused)
{
	(void)unused;
	while (!go)
		usleep(1000);
	return (void *)(long)take(5000, NULL);
}

TEST(signals_its_thread)
{
	pthread_t thread, other;
	void *got;
	int tid, id, later;

	block();
	tid = start_thread(&thread, takes, NULL);
	start_thread(&other, takes, NULL);
	id = create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, tid, 9);
	later = create(CLOCK_BOOTTIME, SIGEV_THREAD_ID, gettid(), 10);
	ASSERT_LE(0, id);
	set(id, 0, MS, 0);
	set(later, 0, 1500 * MS, 500 * MS);
	usleep(20000);
	cut();
	go = 1;
	ASSERT_EQ(0, pthread_join(thread, &got));
	EXPECT_EQ(9, (long)got);
	EXPECT_EQ(10, take(5000, NULL));
	EXPECT_EQ(10, take(5000, NULL));
	ASSERT_EQ(0, pthread_join(other, &got));
	EXPECT_EQ(-1, (long)got);
}

static void *waits(void *unused)
{
	while (!go)
		usleep(1000);
	return unused;
}

TEST(of_a_thread_that_has_ended_it_only_counts)
{
	pthread_t thread;
	int tid = start_thread(&thread, waits, NULL), id;

	id = create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, tid, 9);
	ASSERT_LE(0, id);
	set(id, 0, 600 * S, 0);
	go = 1;
	block();
	ASSERT_EQ(0, pthread_join(thread, NULL));
	cut();
	EXPECT_LT(590 * S, left(id, NULL));
	set(id, 0, 1, 0);
	usleep(20000);
	EXPECT_FALSE(pending());
}

static volatile int expired;

static void on_expiry(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	expired |= 1 << info->si_value.sival_int;
}

static void spend(long long cpu)
{
	long long end = now(CLOCK_THREAD_CPUTIME_ID) + cpu;

	while (now(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

TEST(cpu_time_is_what_they_count, .timeout = 60)
{
	struct sigaction sa = { .sa_sigaction = on_expiry, .sa_flags = SA_SIGINFO };
	int process, own;

	ASSERT_EQ(0, sigaction(SIG, &sa, NULL));
	process = make(CLOCK_PROCESS_CPUTIME_ID, 1, 1000 * MS, 0);
	own = make(CLOCK_THREAD_CPUTIME_ID, 2, 1200 * MS, 0);
	spend(30 * MS);
	cut();
	usleep(50000);
	EXPECT_EQ(0, expired);
	EXPECT_GE(971 * MS, left(process, NULL));
	EXPECT_LT(400 * MS, left(process, NULL));
	EXPECT_GE(1171 * MS, left(own, NULL));
	spend(1300 * MS);
	EXPECT_EQ(1 << 1 | 1 << 2, expired);
	EXPECT_EQ(0, left(process, NULL));
	EXPECT_EQ(0, left(own, NULL));
}

TEST(counts_what_it_misses_of_cpu_time, .timeout = 60)
{
	siginfo_t info;

	block();
	make(CLOCK_PROCESS_CPUTIME_ID, 3, 20 * MS, 20 * MS);
	spend(120 * MS);
	cut();
	EXPECT_TRUE(pending());
	EXPECT_EQ(3, take(0, &info));
	EXPECT_LE(3, info.si_overrun);
	EXPECT_GE(50, info.si_overrun);
	EXPECT_EQ(-1, take(0, NULL));
	spend(60 * MS);
	EXPECT_EQ(3, take(0, NULL));
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *sleeps(void *unused)
{
	pthread_mutex_lock(&gate);
	spend(200 * MS);
	return unused;
}

TEST(another_threads_cpu_time_is_counted, .timeout = 60)
{
	pthread_t thread;
	clockid_t clock;
	int id;

	block();
	pthread_mutex_lock(&gate);
	in_syscall(start_thread(&thread, sleeps, NULL), SYS_futex);
	ASSERT_EQ(0, pthread_getcpuclockid(thread, &clock));
	id = make(clock, 4, 150 * MS, 0);
	cut();
	spend(200 * MS);
	EXPECT_FALSE(pending());
	EXPECT_LT(50 * MS, left(id, NULL));
	pthread_mutex_unlock(&gate);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(4, take(0, NULL));
}

/* glibc's: a thread of its own calls the function. */
static void notified(union sigval value)
{
	__atomic_fetch_add((int *)value.sival_ptr, 1, __ATOMIC_SEQ_CST);
}

TEST(a_function_is_called)
{
	static int calls;
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notified,
		.sigev_value.sival_ptr = &calls,
	};
	struct itimerspec it = { ts(100 * MS), ts(1000 * MS) };
	int i, before;
	timer_t timer;

	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &ev, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &it, NULL));
	cut();
	before = calls;
	for (i = 0; i < 5000 && __atomic_load_n(&calls, __ATOMIC_SEQ_CST) < before + 3; i++)
		usleep(1000);
	EXPECT_LE(before + 3, calls);
	EXPECT_EQ(0, timer_delete(timer));
}
