// SPDX-License-Identifier: GPL-2.0
/* Seccomp: what was denied stays denied, from the first instruction on, and no more. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kcr_harness.h"

static long install(long nr, unsigned int action, unsigned int flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static void deny(long nr, int error)
{
	ASSERT_EQ(0, install(nr, SECCOMP_RET_ERRNO | error, 0));
}

static int error_of(long nr)
{
	return syscall(nr) < 0 ? errno : 0;
}

/* A line of /proc/self/task/TID/status. */
static int status_of(pid_t tid, const char *name)
{
	char path[64], line[256];
	int val = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "re");
	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			val = atoi(line + strlen(name));
	fclose(file);
	return val;
}

TEST(a_filter_stays_in_force)
{
	deny(SYS_getppid, 77);
	cut();
	EXPECT_EQ(77, error_of(SYS_getppid));
	EXPECT_EQ(0, error_of(SYS_getuid));
	EXPECT_EQ(2, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(0, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	EXPECT_EQ(1, status_of(gettid(), "Seccomp_filters:"));
}

TEST(filters_count_together)
{
	deny(SYS_getppid, 77);
	deny(SYS_getuid, 78);
	ASSERT_EQ(0, install(SYS_getgid, SECCOMP_RET_ERRNO | 79, SECCOMP_FILTER_FLAG_LOG));
	cut();
	EXPECT_EQ(77, error_of(SYS_getppid));
	EXPECT_EQ(78, error_of(SYS_getuid));
	EXPECT_EQ(79, error_of(SYS_getgid));
	EXPECT_EQ(3, status_of(gettid(), "Seccomp_filters:"));
}

TEST(a_user_stays_confined, .user = "alice")
{
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	deny(SYS_getppid, 77);
	cut();
	EXPECT_EQ(77, error_of(SYS_getppid));
	EXPECT_EQ(1, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static volatile int succeeded, stop;

static void *try_denied(void *arg)
{
	(void)arg;
	while (!stop)
		if (syscall(SYS_getppid) >= 0)
			succeeded++;
	return NULL;
}

TEST(nothing_slips_through)
{
	pthread_t thread;

	deny(SYS_getppid, 77);
	start_thread(&thread, try_denied, NULL);
	cut();
	usleep(50000);
	stop = 1;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, succeeded);
}

static volatile int turn, seen[2];

/* Denies one more for itself, and looks when told. */
static void *deny_more(void *arg)
{
	(void)arg;
	deny(SYS_getuid, 78);
	turn = 1;
	while (turn != 2)
		usleep(1000);
	seen[0] = error_of(SYS_getppid);
	seen[1] = error_of(SYS_getuid);
	return NULL;
}

TEST(each_thread_has_its_own)
{
	pthread_t thread;

	start_thread(&thread, deny_more, NULL);
	while (turn != 1)
		usleep(1000);
	deny(SYS_getppid, 77);
	cut();
	turn = 2;
	pthread_join(thread, NULL);
	EXPECT_EQ(77, error_of(SYS_getppid));
	EXPECT_EQ(0, error_of(SYS_getuid));
	EXPECT_EQ(0, seen[0]);
	EXPECT_EQ(78, seen[1]);
}

static void *look_later(void *arg)
{
	(void)arg;
	while (turn != 2)
		usleep(1000);
	seen[0] = error_of(SYS_getppid);
	seen[1] = error_of(SYS_getuid);
	return NULL;
}

/* The kernel lets a thread confine others if theirs is one of its own filters. */
TEST(a_shared_filter_is_still_the_same)
{
	pthread_t thread;

	deny(SYS_getppid, 77);
	start_thread(&thread, look_later, NULL);
	deny(SYS_getgid, 79);
	cut();
	EXPECT_EQ(0, install(SYS_getuid, SECCOMP_RET_ERRNO | 78, SECCOMP_FILTER_FLAG_TSYNC));
	turn = 2;
	pthread_join(thread, NULL);
	EXPECT_EQ(77, seen[0]);
	EXPECT_EQ(78, seen[1]);
	EXPECT_EQ(77, error_of(SYS_getppid));
}

static int child_exits_with(int rd)
{
	char go;

	deny(SYS_getuid, 78);
	if (read(rd, &go, 1) != 1)
		return 1;
	return error_of(SYS_getppid) == 77 && error_of(SYS_getuid) == 78 ? 7 : 2;
}

TEST(a_child_has_what_its_parent_had)
{
	int fds[2], status;
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	deny(SYS_getppid, 77);
	pid = fork();
	if (!pid)
		_exit(child_exits_with(fds[0]));
	usleep(100000);
	cut();
	EXPECT_EQ(77, error_of(SYS_getppid));
	EXPECT_EQ(0, error_of(SYS_getuid));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, WEXITSTATUS(status));
}

static int to_strict[2], from_strict[2];

static void *be_strict(void *arg)
{
	char c;

	(void)arg;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		c = 'n';
	else if (read(to_strict[0], &c, 1) != 1)
		c = 'r';
	if (write(from_strict[1], &c, 1) != 1)
		c = 'w';
	syscall(SYS_exit, 0);
	return NULL;
}

TEST(strict_mode_stays)
{
	pid_t tid;
	char c;

	ASSERT_EQ(0, pipe(to_strict));
	ASSERT_EQ(0, pipe(from_strict));
	tid = start_thread(NULL, be_strict, NULL);
	in_syscall(tid, SYS_read);
	cut();
	EXPECT_EQ(1, status_of(tid, "Seccomp:"));
	EXPECT_EQ(0, status_of(gettid(), "Seccomp:"));
	ASSERT_EQ(1, write(to_strict[1], "k", 1));
	ASSERT_EQ(1, read(from_strict[0], &c, 1));
	EXPECT_EQ('k', c);
}

/* Time-outs that the kernel would continue by restart_syscall(). */

static const struct timespec three = { .tv_sec = 3 };
static int word;

static long sleep_nanosleep(void)
{
	struct timespec rem;

	return syscall(SYS_nanosleep, &three, &rem);
}

static long sleep_poll(void)
{
	return syscall(SYS_poll, NULL, 0, 3000);
}

static long sleep_futex(void)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &three, NULL, 0) == -1 &&
	       errno == ETIMEDOUT ? 0 : -1;
}

static struct sleeper {
	long nr;
	long (*fn)(void);
	pthread_t thread;
	long got;
	long long took;
} sleepers[] = {
	{ SYS_nanosleep, sleep_nanosleep },
	{ SYS_poll, sleep_poll },
	{ SYS_futex, sleep_futex },
};

static void *run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;
	long long begun = now_ms(CLOCK_MONOTONIC);

	sleeper->got = sleeper->fn();
	sleeper->took = now_ms(CLOCK_MONOTONIC) - begun;
	return NULL;
}

TEST(sleeping_calls_go_on_without_restart_syscall)
{
	unsigned int i;

	ASSERT_EQ(0, install(SYS_restart_syscall, SECCOMP_RET_KILL_PROCESS, 0));
	for (i = 0; i < 3; i++)
		in_syscall(start_thread(&sleepers[i].thread, run_sleeper, &sleepers[i]),
			   sleepers[i].nr);
	usleep(1000000);
	cut();
	for (i = 0; i < 3; i++) {
		pthread_join(sleepers[i].thread, NULL);
		EXPECT_EQ(0, sleepers[i].got);
		EXPECT_LE(3000, sleepers[i].took);
		EXPECT_GT(3900, sleepers[i].took);
	}
}

static volatile int handled;

static void on_usr1(int sig)
{
	handled += sig;
}

static void *sleep_until_signal(void *arg)
{
	(void)arg;
	return (void *)(nanosleep(&(struct timespec){ 100, 0 }, NULL) ? (long)errno : 0);
}

TEST(a_signal_still_ends_such_a_call)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	pthread_t thread;
	void *error;

	sigaction(SIGUSR1, &sa, NULL);
	ASSERT_EQ(0, install(SYS_restart_syscall, SECCOMP_RET_KILL_PROCESS, 0));
	in_syscall(start_thread(&thread, sleep_until_signal, NULL), SYS_clock_nanosleep);
	cut();
	usleep(100000);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, &error);
	EXPECT_EQ(EINTR, (long)error);
	EXPECT_EQ(SIGUSR1, handled);
}
