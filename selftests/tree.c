// SPDX-License-Identifier: GPL-2.0
/* A process with its descendants: who is whose, and what they share. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "maps.h"

/* What a child is to tell about itself, when it is asked. */
struct told {
	pid_t pid, ppid, pgid, sid;
	int value;
};

static struct told tell(void)
{
	return (struct told) { getpid(), getppid(), getpgrp(), getsid(0), 0 };
}

/* Shared by all that are forked after it was made. */
static struct told *board;
static int *ask, *answered;

static void make_board(void)
{
	board = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)board);
	ask = (int *)(board + 1000);
	answered = ask + 1;
}

static void wait_ask(void)
{
	while (!__atomic_load_n(ask, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, ask, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void do_ask(void)
{
	__atomic_store_n(ask, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, ask, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Waits until it is asked, tells, and ends with 0. */
static void child_body(int nr)
{
	wait_ask();
	board[nr] = tell();
	__atomic_add_fetch(answered, 1, __ATOMIC_ACQ_REL);
}

static pid_t child(int nr)
{
	pid_t pid = fork();

	ASSERT_NE(-1, pid);
	if (pid)
		return pid;
	child_body(nr);
	_exit(0);
}

static void ask_all(int count)
{
	int i;

	do_ask();
	for (i = 0; i < 5000 && __atomic_load_n(answered, __ATOMIC_ACQUIRE) < count; i++)
		usleep(2000);
	ASSERT_EQ(count, *answered);
}

static int ends_with(pid_t pid)
{
	int status = -1;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

TEST(a_child_goes_on)
{
	pid_t pid;

	make_board();
	pid = child(0);
	cut();
	ask_all(1);
	EXPECT_EQ(pid, board[0].pid);
	EXPECT_EQ(getpid(), board[0].ppid);
	EXPECT_EQ(getpgrp(), board[0].pgid);
	EXPECT_EQ(getsid(0), board[0].sid);
	EXPECT_EQ(0, ends_with(pid));
}

/* A chain of @deep more generations, each of which waits for the next. */
static void generation(int nr, int deep)
{
	pid_t pid = deep ? fork() : -1;

	if (!pid) {
		generation(nr + 1, deep - 1);
		_exit(0);
	}
	child_body(nr);
	if (deep)
		_exit(WEXITSTATUS(ends_with(pid)));
}

TEST(generations_stay_in_line)
{
	pid_t pid;
	int i;

	make_board();
	pid = fork();
	if (!pid) {
		generation(0, 4);
		_exit(0);
	}
	usleep(100000);
	cut();
	ask_all(5);
	EXPECT_EQ(getpid(), board[0].ppid);
	for (i = 1; i < 5; i++)
		EXPECT_EQ(board[i - 1].pid, board[i].ppid);
	EXPECT_EQ(0, ends_with(pid));
}

TEST(groups_and_sessions)
{
	pid_t pid[3];

	make_board();
	pid[0] = child(0);
	setpgid(pid[0], pid[0]);
	pid[1] = child(1);
	setpgid(pid[1], pid[0]);
	pid[2] = fork();
	if (!pid[2]) {
		setsid();
		child_body(2);
		_exit(0);
	}
	usleep(100000);
	cut();
	ask_all(3);
	EXPECT_EQ(pid[0], board[0].pgid);
	EXPECT_EQ(pid[0], board[1].pgid);
	EXPECT_EQ(getsid(0), board[1].sid);
	EXPECT_EQ(pid[2], board[2].sid);
	EXPECT_EQ(pid[2], board[2].pgid);
}

TEST(a_group_and_a_session_without_their_leaders)
{
	pid_t leader;
	int up[2];
	char c;

	make_board();
	ASSERT_EQ(0, pipe(up));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	leader = fork();
	if (!leader) {
		setsid();
		if (!fork()) {
			setpgid(0, 0);
			if (!fork()) {
				board[1] = tell();
				ASSERT_EQ(1, write(up[1], "x", 1));
				child_body(0);
			}
		}
		_exit(0);	/* the session's leader, and the group's */
	}
	EXPECT_EQ(0, ends_with(leader));
	ASSERT_EQ(1, read(up[0], &c, 1));
	usleep(200000);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	cut();
	ask_all(1);
	EXPECT_EQ(leader, board[0].sid);
	EXPECT_NE(board[0].pid, board[0].pgid);
	EXPECT_EQ(board[1].pgid, board[0].pgid);
	EXPECT_EQ(getpid(), board[0].ppid);
}

static volatile int children_ended;

static void count_child(int sig __attribute__((unused)))
{
	children_ended++;
}

TEST(children_that_have_ended_tell_how)
{
	pid_t seven, killed;
	siginfo_t info;
	int status;

	signal(SIGCHLD, count_child);
	seven = fork();
	if (!seven)
		_exit(7);
	killed = fork();
	if (!killed) {
		pause();
		_exit(0);
	}
	kill(killed, SIGTERM);
	ASSERT_EQ(0, waitid(P_PID, seven, &info, WEXITED | WNOWAIT));
	ASSERT_EQ(0, waitid(P_PID, killed, &info, WEXITED | WNOWAIT));
	ASSERT_LE(1, children_ended);
	children_ended = 0;
	cut();
	usleep(50000);
	EXPECT_EQ(0, children_ended);	/* that was told before */
	status = ends_with(seven);
	EXPECT_EQ(7 << 8, status);
	status = ends_with(killed);
	EXPECT_EQ(SIGTERM, status);
	EXPECT_EQ(-1, waitpid(-1, &status, WNOHANG));
}

TEST(a_child_that_ends_later_is_told)
{
	pid_t pid;

	signal(SIGCHLD, count_child);
	make_board();
	pid = child(0);
	cut();
	EXPECT_EQ(0, children_ended);
	ask_all(1);
	EXPECT_EQ(0, ends_with(pid));
	EXPECT_EQ(1, children_ended);
}

static pid_t child_of_thread;

static void *fork_and_wait(void *arg)
{
	child_of_thread = child(0);
	/* Waits for its own children alone. */
	*(int *)arg = waitpid(child_of_thread, NULL, __WNOTHREAD) == child_of_thread;
	return NULL;
}

TEST(a_child_belongs_to_the_thread_that_made_it)
{
	pthread_t thread;
	int waited = 0;

	make_board();
	in_syscall(start_thread(&thread, fork_and_wait, &waited), SYS_wait4);
	cut();
	ask_all(1);
	pthread_join(thread, NULL);
	EXPECT_EQ(1, waited);
}

TEST(they_share_a_pipe_and_an_offset)
{
	char buf[8] = "";
	int down[2], up[2], fd;
	pid_t pid;

	fd = open("text", O_CREAT | O_RDWR, 0600);
	ASSERT_EQ(8, write(fd, "abcdefgh", 8));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(0, pipe(down));
	ASSERT_EQ(0, pipe(up));
	pid = fork();
	if (!pid) {
		close(down[1]);
		close(up[0]);
		ASSERT_EQ(1, read(down[0], buf, 1));
		ASSERT_EQ(3, read(fd, buf, 3));
		ASSERT_EQ(3, write(up[1], buf, 3));
		ASSERT_EQ(0, read(down[0], buf, 1));	/* until the parent closes */
		_exit(5);
	}
	close(down[0]);
	close(up[1]);
	ASSERT_EQ(1, read(fd, buf, 1));
	cut();
	ASSERT_EQ(1, write(down[1], "x", 1));
	ASSERT_EQ(3, read(up[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "bcd", 3));
	EXPECT_EQ(4, lseek(fd, 0, SEEK_CUR));
	close(down[1]);
	EXPECT_EQ(5 << 8, ends_with(pid));
	EXPECT_EQ(0, read(up[0], buf, 1));
}

TEST(an_eventfd_wakes_the_other)
{
	int fd = eventfd(0, 0);
	uint64_t n = 42;
	pid_t pid = fork();

	if (!pid) {
		n = 0;
		ASSERT_EQ(8, read(fd, &n, 8));
		_exit(n);
	}
	usleep(200000);
	cut();
	ASSERT_EQ(8, write(fd, &n, 8));
	EXPECT_EQ(42 << 8, ends_with(pid));
}

/* Is any byte of it another? */
static bool differs(const char *p, char c, size_t size)
{
	return *p != c || memcmp(p, p + 1, size - 1);
}

TEST(memory_of_their_own_stays_their_own)
{
	static char big[1 << 20];
	pid_t pid;
	int i, wrong = 0;

	make_board();
	memset(big, 'p', sizeof(big));
	pid = fork();
	if (!pid) {
		memset(big + 4096, 'c', 65536);
		wait_ask();
		for (i = 0; i < (int)sizeof(big); i++)
			wrong += big[i] != (i >= 4096 && i < 4096 + 65536 ? 'c' : 'p');
		_exit(!!wrong);
	}
	usleep(100000);
	memset(big + 200000, 'q', 4096);
	cut();
	big[300000] = 'r';
	do_ask();
	EXPECT_EQ(0, ends_with(pid));
	EXPECT_EQ('p', big[4096]);
	EXPECT_EQ('q', big[200000]);
	EXPECT_EQ('r', big[300000]);
}

/* What only one of them has said of a mapping does not make it the other's too. */
TEST(advice_of_one_of_them)
{
	size_t size = 3 * 4096;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	make_board();
	memset(p, 'p', size);
	pid = fork();
	if (!pid) {
		madvise(p + 2 * 4096, 4096, MADV_DONTFORK);
		wait_ask();
		_exit(differs(p, 'p', size) || has_flag(p, "dc") ||
		      has_flag(p + 4096, "wf") || !has_flag(p + 2 * 4096, "dc"));
	}
	madvise(p, 4096, MADV_DONTFORK);
	madvise(p + 4096, 4096, MADV_WIPEONFORK);
	usleep(100000);
	cut();
	do_ask();
	EXPECT_EQ(0, ends_with(pid));
	EXPECT_TRUE(has_flag(p, "dc"));
	EXPECT_TRUE(has_flag(p + 4096, "wf"));
	EXPECT_FALSE(has_flag(p + 2 * 4096, "dc"));
	EXPECT_FALSE(differs(p, 'p', size));
}

/* Kilobytes of memory that the process alone has, or those that it has in all. */
static long smaps_sum(const char *field)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[256];
	long sum = 0;

	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, field, strlen(field)))
			sum += atol(line + strlen(field));
	fclose(file);
	return sum;
}

#define SHARED_MB	16
#define SHARERS		5

/* Of what is not written after fork() there is one copy, in the image too. */
TEST(memory_that_they_share_stays_one, .timeout = 60)
{
	size_t size = SHARED_MB << 20, i;
	char *big = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid[SHARERS];
	int n, wrong;

	ASSERT_NE(MAP_FAILED, big);
	make_board();
	for (i = 0; i < size; i += 4096)
		*(size_t *)(big + i) = i + 1;
	for (n = 0; n < SHARERS; n++) {
		pid[n] = fork();
		if (pid[n])
			continue;
		*(size_t *)(big + 40960 * n) = 77;		/* its own */
		munmap(big + size - 8192, 4096);		/* and this not at all */
		madvise(big + 4096, 4096, MADV_DONTNEED);	/* zeros again */
		wait_ask();
		for (i = 0, wrong = 0; i < size; i += 4096)
			if (i != size - 8192)
				wrong += *(size_t *)(big + i) != (i == 40960 * n ? 77 :
								  i == 4096 ? 0 : i + 1);
		board[n].value = smaps_sum("Private_Dirty:") + smaps_sum("Private_Clean:");
		_exit(wrong);
	}
	usleep(200000);
	big[4096 * 100] = 55;			/* the parent's alone since then */
	cut();
	do_ask();
	for (n = 0; n < SHARERS; n++) {
		EXPECT_EQ(0, ends_with(pid[n]));
		EXPECT_GT(2048, board[n].value);
	}
	EXPECT_EQ(55, big[4096 * 100]);
}

/* Grandchildren share with their own parent, and with what it had from its. */
TEST(memory_through_generations)
{
	size_t size = 4 << 20, i;
	char *big = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int deep, wrong = 0;
	pid_t pid = 0;

	make_board();
	memset(big, 'a', size);
	for (deep = 0; deep < 4; deep++) {
		memset(big + deep * 65536, 'b' + deep, 65536);
		pid = fork();
		if (pid)
			break;
	}
	if (deep == 4)
		child_body(0);
	memset(big + 1048576 + deep * 65536, 'A' + deep, 65536);	/* after the fork */
	if (deep) {
		wait_ask();
		for (i = 0; i < size; i++) {
			size_t part = i / 65536;
			char want = part < 4 && (int)part <= deep ? 'b' + part : 'a';

			if (i >= 1048576 && (i - 1048576) / 65536 == deep)
				want = 'A' + deep;
			wrong += big[i] != want;
		}
		if (deep < 4)
			wrong += !!ends_with(pid);
		_exit(!!wrong);
	}
	usleep(300000);
	cut();
	do_ask();
	EXPECT_EQ(0, ends_with(pid));
	EXPECT_EQ('A', big[1048576]);
	EXPECT_EQ('b', big[0]);
}

TEST(locks_keep_them_apart)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };
	int fd = open("locked", O_CREAT | O_RDWR, 0600), ready[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, flock(fd, LOCK_EX));	/* of the open file: both have it */
	make_board();
	pid = fork();
	if (!pid) {
		ASSERT_EQ(0, fcntl(fd, F_SETLK, &lock));
		ASSERT_EQ(1, write(ready[1], "x", 1));
		child_body(0);
		_exit(0);
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	cut();
	lock.l_type = F_WRLCK;
	ASSERT_EQ(0, fcntl(fd, F_GETLK, &lock));
	EXPECT_EQ(F_WRLCK, lock.l_type);
	EXPECT_EQ(pid, lock.l_pid);
	EXPECT_EQ(-1, flock(open("locked", O_RDWR), LOCK_EX | LOCK_NB));
	ask_all(1);
	EXPECT_EQ(0, ends_with(pid));
}

TEST(a_stopped_child_stays_stopped)
{
	int status = 0;
	pid_t pid;

	make_board();
	pid = child(0);
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	cut();
	do_ask();
	usleep(100000);
	EXPECT_EQ(0, *answered);
	kill(pid, SIGCONT);
	ask_all(1);
	EXPECT_EQ(0, ends_with(pid));
}

TEST(another_program, .timeout = 60)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execlp("sleep", "sleep", "1.5", NULL);
		_exit(1);
	}
	usleep(300000);
	cut();
	status = ends_with(pid);
	EXPECT_EQ(0, status);
}

/* A child of vfork() shares its parent's memory and stops it: it goes on first. */
TEST(vfork_is_waited_for)
{
	pid_t pid = fork();

	if (!pid) {
		if (!vfork()) {
			syscall(SYS_nanosleep, &(struct timespec){ 1, 0 }, NULL);
			_exit(0);
		}
		wait(NULL);
		_exit(9);
	}
	usleep(100000);
	cut();
	EXPECT_EQ(9 << 8, ends_with(pid));
}

#define MANY	100

TEST(a_hundred_children, .timeout = 120)
{
	pid_t pid[MANY];
	int i;

	make_board();
	for (i = 0; i < MANY; i++)
		pid[i] = child(i);
	cut();
	ask_all(MANY);
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(pid[i], board[i].pid);
		EXPECT_EQ(0, ends_with(pid[i]));
	}
}

TEST_REFUSED(alone_it_would_leave_a_child, "it has a child", .checkpoint = "--single")
{
	pid_t pid;

	make_board();
	pid = child(0);
	cut();
	ask_all(1);
	EXPECT_EQ(0, ends_with(pid));
}

TEST(alone_with_nobody_left_behind, .checkpoint = "--single")
{
	cut();
}

/* It forks and its children end while it is being parked. */
TEST(a_tree_that_never_stands_still, .timeout = 60)
{
	pid_t pid = fork();
	int fd[2];
	char c;

	ASSERT_EQ(0, pipe(fd));
	if (!pid) {
		for (;;) {
			pid_t one = fork();

			if (!one) {
				pid_t two = fork();

				if (!two)
					_exit(3);
				_exit(ends_with(two) != 3 << 8);
			}
			if (ends_with(one))
				_exit(1);
		}
	}
	cut();
	usleep(100000);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	kill(pid, SIGKILL);
	EXPECT_EQ(SIGKILL, ends_with(pid));
	close(fd[1]);
	EXPECT_EQ(0, read(fd[0], &c, 1));
}
