// SPDX-License-Identifier: GPL-2.0
/* What a process is: its number, session, group, name, and its threads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

TEST(keeps_its_pid)
{
	pid_t pid = getpid(), tid = gettid();

	cut();
	EXPECT_EQ(pid, getpid());
	EXPECT_EQ(tid, gettid());
	EXPECT_EQ(pid, syscall(SYS_getpid));
}

TEST(keeps_leading_its_session_and_group)
{
	ASSERT_EQ(getpid(), getsid(0));
	cut();
	EXPECT_EQ(getpid(), getsid(0));
	EXPECT_EQ(getpid(), getpgrp());
}

TEST(keeps_its_name)
{
	char name[16] = "";

	prctl(PR_SET_NAME, "walrus");
	cut();
	prctl(PR_GET_NAME, name);
	EXPECT_STREQ("walrus", name);
}

TEST(keeps_its_personality)
{
	ASSERT_NE(-1, personality(ADDR_NO_RANDOMIZE | SHORT_INODE));
	cut();
	EXPECT_EQ(ADDR_NO_RANDOMIZE | SHORT_INODE, personality(0xffffffff));
}

TEST(keeps_its_program)
{
	char before[4096] = "", after[4096] = "";

	ASSERT_LT(0, readlink("/proc/self/exe", before, sizeof(before) - 1));
	cut();
	ASSERT_LT(0, readlink("/proc/self/exe", after, sizeof(after) - 1));
	EXPECT_STREQ(before, after);
}

static ssize_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buf, size);

	close(fd);
	return n;
}

TEST(keeps_arguments_and_environment)
{
	static char before[8192], after[8192];
	ssize_t n = slurp("/proc/self/cmdline", before, sizeof(before)), m;

	ASSERT_LT(0, n);
	cut();
	EXPECT_EQ(n, slurp("/proc/self/cmdline", after, sizeof(after)));
	EXPECT_EQ(0, memcmp(before, after, n));

	m = slurp("/proc/self/environ", after, sizeof(after));
	EXPECT_LT(0, m);
	m = slurp("/proc/self/auxv", after, sizeof(after));
	EXPECT_LT(100, m);
}

TEST(keeps_oom_score_adj)
{
	char buf[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	ASSERT_EQ(3, write(fd, "321", 3));
	close(fd);
	cut();
	slurp("/proc/self/oom_score_adj", buf, sizeof(buf) - 1);
	EXPECT_EQ(321, atoi(buf));
}

TEST(keeps_being_a_subreaper)
{
	int on = 0;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cut();
	prctl(PR_GET_CHILD_SUBREAPER, &on);
	EXPECT_EQ(1, on);
}

TEST(keeps_parent_death_signal)
{
	int sig = 0;

	prctl(PR_SET_PDEATHSIG, SIGUSR2);
	cut();
	prctl(PR_GET_PDEATHSIG, &sig);
	EXPECT_EQ(SIGUSR2, sig);
}

#define NR_THREADS	200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool open_sesame;

static void *wait_inside(void *arg)
{
	pid_t before = gettid();

	pthread_mutex_lock(&lock);
	while (!open_sesame)
		pthread_cond_wait(&cond, &lock);
	pthread_mutex_unlock(&lock);
	*(pid_t *)arg = before == gettid() ? before : -1;
	return NULL;
}

TEST(keeps_two_hundred_threads, .timeout = 60)
{
	static pthread_t thread[NR_THREADS];
	static pid_t tid[NR_THREADS], now[NR_THREADS];
	int i;

	for (i = 0; i < NR_THREADS; i++)
		tid[i] = start_thread(&thread[i], wait_inside, &now[i]);
	cut();
	pthread_mutex_lock(&lock);
	open_sesame = true;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < NR_THREADS; i++) {
		EXPECT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(tid[i], now[i]);
	}
}

static void *count(void *arg)
{
	volatile unsigned long *n = arg;

	while (!*(volatile bool *)&open_sesame)
		(*n)++;
	return NULL;
}

TEST(keeps_threads_that_run)
{
	pthread_t a, b;
	unsigned long n = 0, m = 0, before;

	start_thread(&a, count, &n);
	start_thread(&b, count, &m);
	while (!*(volatile unsigned long *)&n || !*(volatile unsigned long *)&m)
		usleep(1000);
	cut();
	before = *(volatile unsigned long *)&n;
	usleep(200000);
	EXPECT_LT(before, *(volatile unsigned long *)&n);
	open_sesame = true;
	pthread_join(a, NULL);
	pthread_join(b, NULL);
}

TEST(can_start_threads_afterwards)
{
	pthread_t thread;
	pid_t now = 0;

	cut();
	open_sesame = true;
	start_thread(&thread, wait_inside, &now);
	pthread_join(thread, NULL);
	EXPECT_LT(0, now);
}
