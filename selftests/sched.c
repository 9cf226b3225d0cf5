// SPDX-License-Identifier: GPL-2.0
/* Policy, priority, nice value, affinity, I/O priority. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

TEST(keeps_its_nice_value)
{
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, 0, 7));
	cut();
	EXPECT_EQ(7, getpriority(PRIO_PROCESS, 0));
	EXPECT_EQ(SCHED_OTHER, sched_getscheduler(0));
}

TEST(keeps_a_negative_nice_value)
{
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, 0, -5));
	cut();
	EXPECT_EQ(-5, getpriority(PRIO_PROCESS, 0));
}

static void keeps_policy(int policy, int priority, int flags)
{
	struct sched_param param = { .sched_priority = priority };

	ASSERT_EQ(0, sched_setscheduler(0, policy | flags, &param));
	cut();
	EXPECT_EQ(policy | flags, sched_getscheduler(0));
	ASSERT_EQ(0, sched_getparam(0, &param));
	EXPECT_EQ(priority, param.sched_priority);
}

TEST(keeps_fifo)
{
	keeps_policy(SCHED_FIFO, 17, 0);
}

TEST(keeps_round_robin_and_reset_on_fork)
{
	keeps_policy(SCHED_RR, 3, SCHED_RESET_ON_FORK);
}

TEST(keeps_batch)
{
	keeps_policy(SCHED_BATCH, 0, 0);
}

TEST(keeps_idle)
{
	keeps_policy(SCHED_IDLE, 0, 0);
}

static void goes_back_to_its_nice_value(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	ASSERT_EQ(0, setpriority(PRIO_PROCESS, 0, 7));
	ASSERT_EQ(0, sched_setscheduler(0, policy, &param));
	cut();
	EXPECT_EQ(7, getpriority(PRIO_PROCESS, 0));
	param.sched_priority = 0;
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_OTHER, &param));
	EXPECT_EQ(7, getpriority(PRIO_PROCESS, 0));
}

TEST(goes_back_from_fifo_to_its_nice_value)
{
	goes_back_to_its_nice_value(SCHED_FIFO, 17);
}

TEST(goes_back_from_idle_to_its_nice_value)
{
	goes_back_to_its_nice_value(SCHED_IDLE, 0);
}

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

TEST(keeps_a_deadline)
{
	struct attr attr = {
		.size = sizeof(attr), .policy = 6, .runtime = 20000000,
		.deadline = 80000000, .period = 100000000,
	}, got = {};

	if (syscall(SYS_sched_setattr, 0, &attr, 0))
		skip("no SCHED_DEADLINE");
	cut();
	ASSERT_EQ(0, syscall(SYS_sched_getattr, 0, &got, sizeof(got), 0));
	EXPECT_EQ(6, got.policy);
	EXPECT_EQ(attr.runtime, got.runtime);
	EXPECT_EQ(attr.deadline, got.deadline);
	EXPECT_EQ(attr.period, got.period);
}

TEST(keeps_its_affinity)
{
	cpu_set_t set;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip("one processor");
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
	cut();
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(set), &set));
	EXPECT_EQ(1, CPU_COUNT(&set));
	EXPECT_EQ(1, CPU_ISSET(1, &set));
}

TEST(keeps_running_everywhere)
{
	cpu_set_t before, after;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(before), &before));
	cut();
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(after), &after));
	EXPECT_EQ(1, CPU_EQUAL(&before, &after));
}

#define IOPRIO_BE	(2 << 13)

TEST(keeps_its_io_priority)
{
	ASSERT_EQ(0, syscall(SYS_ioprio_set, 1, 0, IOPRIO_BE | 6));
	cut();
	EXPECT_EQ(IOPRIO_BE | 6, syscall(SYS_ioprio_get, 1, 0));
}

static volatile int go;

static void *own_policy(void *arg)
{
	struct sched_param param = { .sched_priority = (long)arg };

	sched_setscheduler(0, SCHED_FIFO, &param);
	while (!go)
		usleep(1000);
	sched_getparam(0, &param);
	return (void *)(long)param.sched_priority;
}

TEST(each_thread_keeps_its_own)
{
	pthread_t thread[3];
	void *priority;
	long i;

	for (i = 0; i < 3; i++)
		start_thread(&thread[i], own_policy, (void *)(i + 10));
	usleep(50000);
	cut();
	go = 1;
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], &priority);
		EXPECT_EQ(i + 10, (long)priority);
	}
}

TEST(alice_keeps_being_nice, .user = "alice")
{
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, 0, 5));
	cut();
	EXPECT_EQ(5, getpriority(PRIO_PROCESS, 0));
}
