// SPDX-License-Identifier: GPL-2.0
/*
 * More system calls that a thread sleeps in: sleeps on other clocks, waits for
 * children, locks, events and lists of futexes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"

/* CPU time: spent by the main thread, waited for by others. */

static void spend(long long ms)
{
	long long until = now_ms(CLOCK_PROCESS_CPUTIME_ID) + ms;

	while (now_ms(CLOCK_PROCESS_CPUTIME_ID) < until)
		;
}

static long cpu_sleep(void)
{
	const struct timespec three = { .tv_sec = 3 };

	return result(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &three, NULL));
}

static struct timespec cpu_until;

static long cpu_sleep_until(void)
{
	return result(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME,
			      &cpu_until, NULL));
}

TEST(sleeps_of_cpu_time_go_on, .timeout = 60)
{
	struct call calls[] = {
		{ "relative", SYS_clock_nanosleep, cpu_sleep },
		{ "absolute", SYS_clock_nanosleep, cpu_sleep_until },
	};
	struct call *call;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_until);
	cpu_until.tv_sec += 3;	/* being saved costs CPU time, too */
	for_each_call(call, calls)
		start_call(call);
	spend(600);
	cut();
	for_each_call(call, calls)
		expect_asleep(call);
	spend(200);
	for_each_call(call, calls)
		expect_asleep(call);
	spend(2500);
	usleep(300000);
	for_each_call(call, calls) {
		if (!call->took)
			kcr_fail(true, __FILE__, __LINE__, "%s: still sleeps", call->name);
		expect_call(call, 0);
	}
}

static const struct timespec three = { .tv_sec = 3 };

static long alarm_real(void)
{
	return result(syscall(SYS_clock_nanosleep, CLOCK_REALTIME_ALARM, 0, &three, NULL));
}

static long alarm_boot(void)
{
	return result(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME_ALARM, 0, &three, NULL));
}

static long tai(void)
{
	return result(syscall(SYS_clock_nanosleep, CLOCK_TAI, 0, &three, NULL));
}

static uint32_t words[2];

static long list_of_futexes(void)
{
	struct futex_waitv w[2] = {
		{ .uaddr = (uintptr_t)&words[0], .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
		{ .uaddr = (uintptr_t)&words[1], .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
	};
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 3;
	return result(syscall(SYS_futex_waitv, w, 2, 0, &until, CLOCK_MONOTONIC));
}

TEST(sleeps_on_other_clocks_go_on, .timeout = 60)
{
	struct call calls[] = {
		{ "realtime alarm", SYS_clock_nanosleep, alarm_real, 0 },
		{ "boottime alarm", SYS_clock_nanosleep, alarm_boot, 0 },
		{ "TAI", SYS_clock_nanosleep, tai, 0 },
		{ "futex_waitv", SYS_futex_waitv, list_of_futexes, -ETIMEDOUT },
	};
	struct timespec none = { };
	struct call *call;

	if (syscall(SYS_clock_nanosleep, CLOCK_REALTIME_ALARM, 0, &none, NULL))
		skip("no clock that wakes the machine");
	for_each_call(call, calls)
		start_call(call);
	usleep(1500000);
	cut();
	for_each_call(call, calls) {
		expect_call(call, call->want);
		EXPECT_LE(3000, call->took);
		EXPECT_GT(4300, call->took);
	}
}

/* What waits until something happens. */

static int notify, timer, signals, counter, lock;
static pid_t child;

static long wait_inotify(void)
{
	char events[256];

	return result(read(notify, events, sizeof(events))) > 0;
}

static long wait_timer(void)
{
	uint64_t times = 0;

	return read(timer, &times, 8) == 8 ? (long)times : -errno;
}

static long wait_signal(void)
{
	struct signalfd_siginfo info;

	return read(signals, &info, sizeof(info)) == sizeof(info) ? (long)info.ssi_signo : -errno;
}

static long wait_count(void)
{
	uint64_t much = UINT64_MAX - 1;

	return result(write(counter, &much, 8));
}

static long wait_child(void)
{
	int status = 0;

	return syscall(SYS_wait4, child, &status, 0, NULL) == child ? WEXITSTATUS(status) : -errno;
}

static long wait_id(void)
{
	siginfo_t info = {};

	return syscall(SYS_waitid, P_PID, child, &info, WEXITED | WNOWAIT, NULL) ? -errno :
	       info.si_status;
}

static long wait_lock(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_len = 1 };
	int fd = open("locked", O_RDWR);

	return result(fcntl(fd, F_OFD_SETLKW, &range));
}

static long wait_list(void)
{
	struct futex_waitv w[2] = {
		{ .uaddr = (uintptr_t)&words[0], .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
		{ .uaddr = (uintptr_t)&words[1], .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG },
	};

	return result(syscall(SYS_futex_waitv, w, 2, 0, NULL, 0));
}

static struct call waits[] = {
	{ "inotify", SYS_read, wait_inotify, 1 },
	{ "timerfd", SYS_read, wait_timer, 1 },
	{ "signalfd", SYS_read, wait_signal, SIGUSR2 },
	{ "eventfd", SYS_write, wait_count, 8 },
	{ "waitid", SYS_waitid, wait_id, 7 },
	{ "fcntl", SYS_fcntl, wait_lock, 0 },
	{ "futex_waitv", SYS_futex_waitv, wait_list, 1 },
};

static void make_waits(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_len = 1 };
	const uint64_t one = 1;
	struct call *call;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, 0);
	notify = inotify_init();
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	counter = eventfd(0, 0);
	ASSERT_LE(0, signals);
	ASSERT_LE(0, notify);
	ASSERT_LE(0, timer);
	ASSERT_EQ(8, write(counter, &one, 8));
	ASSERT_LE(0, inotify_add_watch(notify, ".", IN_DELETE));
	lock = open("locked", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, fcntl(lock, F_OFD_SETLK, &range));
	child = fork();
	if (!child) {
		pause();
		_exit(7);
	}
	for_each_call(call, waits)
		start_call(call);
}

TEST(waits_end_by_what_they_wait_for)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct flock range = { .l_type = F_UNLCK, .l_len = 1 };
	struct call *call;
	uint64_t count;

	handle_usr1();
	make_waits();
	cut();
	usleep(200000);
	for_each_call(call, waits)
		expect_asleep(call);
	ASSERT_EQ(0, close(open("gone", O_CREAT | O_WRONLY, 0600)));
	ASSERT_EQ(0, unlink("gone"));
	ASSERT_EQ(0, timerfd_settime(timer, 0, &soon, NULL));
	ASSERT_EQ(0, kill(getpid(), SIGUSR2));
	ASSERT_EQ(8, read(counter, &count, 8));
	ASSERT_EQ(0, fcntl(lock, F_OFD_SETLK, &range));
	words[1] = 1;
	ASSERT_EQ(1, syscall(SYS_futex, &words[1], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	ASSERT_EQ(0, kill(child, SIGUSR1));
	for_each_call(call, waits)
		expect_call(call, call->want);
	EXPECT_EQ(child, waitpid(child, NULL, 0));
}

TEST(wait4_waits_for_its_child)
{
	struct call call = { "wait4", SYS_wait4, wait_child };

	handle_usr1();
	child = fork();
	if (!child) {
		pause();
		_exit(7);
	}
	cut_asleep(&call);
	ASSERT_EQ(0, kill(child, SIGUSR1));
	expect_call(&call, 7);
}

TEST(signals_end_them_as_ever)
{
	struct call *call;

	handle_usr1();
	make_waits();
	cut();
	usleep(100000);
	for_each_call(call, waits)
		pthread_kill(call->thread, SIGUSR1);
	for_each_call(call, waits)
		expect_call(call, call->fn == wait_inotify ? 0 : -EINTR);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static long get_events(void)
{
	aio_context_t ctx = 0;
	struct io_event ev;
	long ret;

	if (syscall(SYS_io_setup, 1, &ctx))
		return -errno;
	ret = result(syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL));
	syscall(SYS_io_destroy, ctx);
	return ret;
}

TEST_REFUSED(asynchronous_io_is_refused_at_once, "io_getevents")
{
	struct call call = { "io_getevents", SYS_io_getevents, get_events };

	handle_usr1();
	cut_asleep(&call);
	interrupt_call(&call);
}
