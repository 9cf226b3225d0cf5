// SPDX-License-Identifier: GPL-2.0
/*
 * The inside of a test: runs in the process that is saved and restored, and
 * holds no descriptor open that the test did not ask for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <time.h>

#include "harness.h"

static char dir_of_test[PATH_MAX / 2];
static bool was_cut;
static bool may_cut;
static bool failed;

static const char *in_dir(const char *name)
{
	static __thread char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir_of_test, name);
	return path;
}

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(KCR_EXIT_FAIL);
}

void kcr_fail(bool fatal, const char *file, int line, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int len;

	len = snprintf(text, sizeof(text), "%s:%d: %s", file, line,
		       was_cut ? "below the cut: " : "");
	va_start(args, fmt);
	len += vsnprintf(text + len, sizeof(text) - len - 1, fmt, args);
	va_end(args);
	if (len > (int)sizeof(text) - 2)
		len = sizeof(text) - 2;
	strcpy(text + len, "\n");
	say(text);
	failed = true;
	if (fatal)
		_exit(KCR_EXIT_FAIL);
}

static void short_sleep(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

void cut(void)
{
	int fd;

	ASSERT_TRUE(may_cut);
	ASSERT_FALSE(was_cut);
	fd = open(in_dir(KCR_FILE_READY), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(fd));
	while (access(in_dir(KCR_FILE_GO), F_OK))
		short_sleep();
	was_cut = true;
}

void skip(const char *reason)
{
	FILE *file = fopen(in_dir(KCR_FILE_SKIP), "we");

	ASSERT_TRUE(file);
	fprintf(file, "%s\n", reason);
	fclose(file);
	_exit(KCR_EXIT_SKIP);
}

/* The first word of /proc/self/task/TID/NAME, or what stands behind the comm. */
static bool read_task(pid_t tid, const char *name, char *buf, size_t size)
{
	char path[64];
	FILE *file;
	bool got;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fgets(buf, size, file);
	fclose(file);
	return got;
}

void in_syscall(pid_t tid, long nr)
{
	char line[256];
	char *end;

	for (;;) {
		ASSERT_TRUE(read_task(tid, "syscall", line, sizeof(line)));
		if (strtol(line, &end, 10) == nr && end != line)
			return;
		short_sleep();
	}
}

void running(pid_t tid)
{
	char line[512];

	for (;;) {
		ASSERT_TRUE(read_task(tid, "stat", line, sizeof(line)));
		ASSERT_TRUE(strrchr(line, ')'));
		if (!strncmp(strrchr(line, ')'), ") R", 3))
			return;
		short_sleep();
	}
}

struct start {
	void *(*fn)(void *arg);
	void *arg;
	pid_t tid;
};

static void *begin_thread(void *arg)
{
	struct start *start = arg;
	struct start own = *start;

	__atomic_store_n(&start->tid, gettid(), __ATOMIC_RELEASE);
	return own.fn(own.arg);
}

pid_t start_thread(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	struct start start = { .fn = fn, .arg = arg };
	pthread_t unnamed;
	pid_t tid;

	ASSERT_EQ(0, pthread_create(thread ?: &unnamed, NULL, begin_thread, &start));
	while (!(tid = __atomic_load_n(&start.tid, __ATOMIC_ACQUIRE)))
		short_sleep();
	return tid;
}

long long now_ms(clockid_t clock)
{
	struct timespec now;

	ASSERT_EQ(0, clock_gettime(clock, &now));
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void kcr_inside(const struct kcr_test *test, const char *dir)
{
	snprintf(dir_of_test, sizeof(dir_of_test), "%s", dir);
	may_cut = !test->plain;
	test->body();
	if (may_cut && !was_cut)
		kcr_fail(false, test->name, 0, "the test ended without a cut");
	fflush(stdout);
	say(KCR_LAST_LINE);
	_exit(failed ? KCR_EXIT_FAIL : 0);
}
