// SPDX-License-Identifier: GPL-2.0
/* What a process has used counts on, and when it began stays. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "kcr_harness.h"

#define LATE_MS		3000	/* what a slow machine may use between two looks */

static void spend_ms(clockid_t clock, long ms)
{
	long long until = now_ms(clock) + ms;

	while (now_ms(clock) < until)
		;
}

TEST(clocks_of_cpu_time_go_on)
{
	long long process, thread;

	spend_ms(CLOCK_THREAD_CPUTIME_ID, 300);
	process = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	thread = now_ms(CLOCK_THREAD_CPUTIME_ID);
	cut();
	EXPECT_LE(process, now_ms(CLOCK_PROCESS_CPUTIME_ID));
	EXPECT_GT(process + LATE_MS, now_ms(CLOCK_PROCESS_CPUTIME_ID));
	EXPECT_LE(thread, now_ms(CLOCK_THREAD_CPUTIME_ID));
	EXPECT_GT(thread + LATE_MS, now_ms(CLOCK_THREAD_CPUTIME_ID));
}

static void *spend(void *arg)
{
	spend_ms(CLOCK_THREAD_CPUTIME_ID, (long)arg);
	return NULL;
}

TEST(a_thread_that_has_ended_counts)
{
	pthread_t thread;
	long long used;

	start_thread(&thread, spend, (void *)300);
	pthread_join(thread, NULL);
	used = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	EXPECT_LE(300, used);
	cut();
	EXPECT_LE(used, now_ms(CLOCK_PROCESS_CPUTIME_ID));
	EXPECT_GT(used + LATE_MS, now_ms(CLOCK_PROCESS_CPUTIME_ID));
}

static long ms_of(struct timeval tv)
{
	return tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

static void expect_no_less(int who, const struct rusage *before)
{
	struct rusage now;

	ASSERT_EQ(0, getrusage(who, &now));
	EXPECT_LE(ms_of(before->ru_utime), ms_of(now.ru_utime));
	EXPECT_LE(ms_of(before->ru_stime), ms_of(now.ru_stime));
	EXPECT_LE(before->ru_maxrss, now.ru_maxrss);
	EXPECT_LE(before->ru_minflt, now.ru_minflt);
	EXPECT_LE(before->ru_majflt, now.ru_majflt);
	EXPECT_LE(before->ru_nvcsw, now.ru_nvcsw);
	EXPECT_LE(before->ru_nivcsw, now.ru_nivcsw);
	EXPECT_LE(before->ru_inblock, now.ru_inblock);
	EXPECT_LE(before->ru_oublock, now.ru_oublock);
}

static void use_something(void)
{
	size_t i, size = 8 << 20;
	char *mem = malloc(size);

	for (i = 0; i < size; i += 4096)
		((volatile char *)mem)[i] = 1;
	free(mem);
	for (i = 0; i < 200; i++)
		usleep(10);
	spend_ms(CLOCK_THREAD_CPUTIME_ID, 200);
}

TEST(getrusage_tells_of_before)
{
	struct rusage self, thread;

	use_something();
	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &self));
	ASSERT_EQ(0, getrusage(RUSAGE_THREAD, &thread));
	EXPECT_LE(400, self.ru_minflt);
	cut();
	expect_no_less(RUSAGE_SELF, &self);
	expect_no_less(RUSAGE_THREAD, &thread);
}

TEST(children_waited_for_count)
{
	struct rusage before;
	pid_t pid = fork();

	if (!pid) {
		use_something();
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	ASSERT_EQ(0, getrusage(RUSAGE_CHILDREN, &before));
	EXPECT_LE(150, ms_of(before.ru_utime) + ms_of(before.ru_stime));
	cut();
	expect_no_less(RUSAGE_CHILDREN, &before);
}

TEST(wait4_tells_what_an_ended_child_has_used)
{
	struct rusage used;
	siginfo_t info;
	pid_t pid = fork();

	if (!pid) {
		use_something();
		_exit(3);
	}
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	cut();
	ASSERT_EQ(pid, wait4(pid, NULL, 0, &used));
	EXPECT_LE(150, ms_of(used.ru_utime) + ms_of(used.ru_stime));
	EXPECT_GT(LATE_MS, ms_of(used.ru_utime) + ms_of(used.ru_stime));
	EXPECT_LE(400, used.ru_minflt);
	EXPECT_LE(8 << 10, used.ru_maxrss);
}

/* A number of /proc/self/task/TID/stat, counted from 1 as in proc(5). */
static long long stat_of(pid_t tid, int field)
{
	char path[64], line[1024];
	FILE *file;
	char *p;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	ASSERT_TRUE(file);
	ASSERT_TRUE(fgets(line, sizeof(line), file));
	fclose(file);
	p = strrchr(line, ')') + 1;
	for (field -= 3; field > 0; field--)
		p = strchr(p + 1, ' ');
	return atoll(p);
}

static volatile int stop;

static void *idle(void *arg)
{
	while (!stop)
		usleep(10000);
	return arg;
}

TEST(it_began_when_it_began)
{
	long long leader, thread;
	pthread_t other;
	pid_t tid;

	usleep(50000);
	tid = start_thread(&other, idle, NULL);
	leader = stat_of(gettid(), 22);
	thread = stat_of(tid, 22);
	EXPECT_LT(leader, thread);
	cut();
	EXPECT_EQ(leader, stat_of(gettid(), 22));
	EXPECT_EQ(thread, stat_of(tid, 22));
	stop = 1;
	pthread_join(other, NULL);
}

TEST(a_user_counts_on, .user = "alice")
{
	long long used;

	spend_ms(CLOCK_THREAD_CPUTIME_ID, 300);
	used = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	cut();
	EXPECT_LE(used, now_ms(CLOCK_PROCESS_CPUTIME_ID));
}

static volatile int told;

static void on_xcpu(int sig)
{
	told = sig;
}

TEST(the_limit_of_cpu_time_counts_on, .timeout = 60)
{
	const struct rlimit limit = { 2, 60 };

	signal(SIGXCPU, on_xcpu);
	spend_ms(CLOCK_PROCESS_CPUTIME_ID, 1200);
	ASSERT_EQ(0, setrlimit(RLIMIT_CPU, &limit));
	cut();
	EXPECT_EQ(0, told);
	while (!told && now_ms(CLOCK_PROCESS_CPUTIME_ID) < 20000)
		;
	EXPECT_EQ(SIGXCPU, told);
	EXPECT_LE(1900, now_ms(CLOCK_PROCESS_CPUTIME_ID));
	EXPECT_GT(2900, now_ms(CLOCK_PROCESS_CPUTIME_ID));
}

static long long io_of(const char *name)
{
	char line[128];
	long long val = -1;
	FILE *file = fopen("/proc/self/io", "re");

	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			val = atoll(line + strlen(name));
	fclose(file);
	return val;
}

TEST(bytes_read_and_written_count_on)
{
	long long rchar = io_of("rchar:"), wchar, syscw;
	static const char zeros[4096];
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(4096, write(fds[1], zeros, sizeof(zeros)));
	close(fds[0]);
	close(fds[1]);
	wchar = io_of("wchar:");
	syscw = io_of("syscw:");
	EXPECT_LE(4096, wchar);
	cut();
	EXPECT_LE(rchar, io_of("rchar:"));
	EXPECT_LE(wchar, io_of("wchar:"));
	EXPECT_LE(syscw, io_of("syscw:"));
}
