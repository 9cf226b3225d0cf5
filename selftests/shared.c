// SPDX-License-Identifier: GPL-2.0
/* What processes share beyond memory that is mapped as shared. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

/* Seen by all; what it tells of is done by whoever finds his number in turn. */
static struct {
	int turn;
	int value[8];
} *board;

static void make_board(void)
{
	board = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)board);
}

static void wait_turn(int turn)
{
	int i;

	for (i = 0; i < 5000 && __atomic_load_n(&board->turn, __ATOMIC_ACQUIRE) != turn; i++)
		usleep(2000);
	if (board->turn != turn)
		_exit(99);
}

static void next_turn(void)
{
	__atomic_add_fetch(&board->turn, 1, __ATOMIC_ACQ_REL);
}

/* As fork(), with more in common. */
static pid_t fork_with(unsigned long flags)
{
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	ASSERT_NE(-1, pid);
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return status;
}

static void make_file(const char *name, int fd)
{
	int made = open(name, O_RDWR | O_CREAT, 0600);

	ASSERT_LE(0, made);
	ASSERT_EQ((ssize_t)strlen(name), write(made, name, strlen(name)));
	ASSERT_EQ(fd, dup2(made, fd));
	close(made);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void files_with_a_child(void)
{
	pid_t pid;

	make_board();
	make_file("before", 50);
	pid = fork_with(CLONE_FILES);
	if (!pid) {
		wait_turn(1);
		board->value[0] = is_open(50);
		close(50);
		make_file("after", 51);
		next_turn();
		_exit(0);
	}
	cut();
	EXPECT_TRUE(is_open(50));
	next_turn();
	wait_turn(2);
	EXPECT_EQ(1, board->value[0]);
	EXPECT_FALSE(is_open(50));
	EXPECT_TRUE(is_open(51));
	EXPECT_EQ(0, status_of(pid));
}

TEST(descriptors_shared_with_a_child)
{
	files_with_a_child();
}

TEST(anybody_may_share_them, .user = "alice")
{
	files_with_a_child();
}

/* Neither's parent has it: the second is made by the first, as its brother. */
TEST(descriptors_shared_by_brothers)
{
	pid_t pid[2];

	make_board();
	pid[0] = fork();
	if (!pid[0]) {
		make_file("theirs", 50);
		pid[1] = fork_with(CLONE_FILES | CLONE_PARENT);
		if (!pid[1]) {
			wait_turn(2);
			board->value[1] = is_open(50);
			close(50);
			next_turn();
			_exit(0);
		}
		board->value[0] = pid[1];
		next_turn();
		wait_turn(3);
		board->value[2] = is_open(50);
		_exit(0);
	}
	wait_turn(1);
	pid[1] = board->value[0];
	ASSERT_FALSE(is_open(50));
	cut();
	next_turn();
	EXPECT_EQ(0, status_of(pid[0]));
	EXPECT_EQ(0, status_of(pid[1]));
	EXPECT_EQ(1, board->value[1]);
	EXPECT_EQ(0, board->value[2]);
	EXPECT_FALSE(is_open(50));
}

TEST(a_working_directory_shared_with_a_child)
{
	char cwd[PATH_MAX];
	pid_t pid;

	make_board();
	ASSERT_EQ(0, mkdir("sub", 0755));
	umask(022);
	pid = fork_with(CLONE_FS);
	if (!pid) {
		wait_turn(1);
		board->value[0] = umask(077);
		board->value[1] = chdir("sub");
		next_turn();
		_exit(0);
	}
	cut();
	next_turn();
	wait_turn(2);
	EXPECT_EQ(022, board->value[0]);
	EXPECT_EQ(0, board->value[1]);
	EXPECT_EQ(077, umask(077));
	ASSERT_TRUE(getcwd(cwd, sizeof(cwd)));
	EXPECT_STREQ("/sub", cwd + strlen(cwd) - 4);
	EXPECT_EQ(0, status_of(pid));
}

/* Memory: written by one, read by the other. It is not mapped as shared. */
static struct {
	int turn, got, handled;
	pid_t pid;
	char big[64 * 4096];
} common;

static char stack[4][16384] __attribute__((aligned(16)));

static void wait_common(int turn)
{
	int i;

	for (i = 0; i < 5000 && __atomic_load_n(&common.turn, __ATOMIC_ACQUIRE) != turn; i++)
		usleep(2000);
	if (common.turn != turn)
		_exit(99);
}

static void next_common(void)
{
	__atomic_add_fetch(&common.turn, 1, __ATOMIC_ACQ_REL);
}

static pid_t clone_with(int nr, int (*fn)(void *), int flags)
{
	pid_t pid = clone(fn, stack[nr] + sizeof(stack[nr]), flags | SIGCHLD, NULL);

	ASSERT_NE(-1, pid);
	return pid;
}

static void handler(int sig)
{
	common.handled = sig;
}

/* With what it is made to share it does what the other one then sees. */
static int changes_all(void *arg)
{
	(void)arg;
	wait_common(1);
	common.got = common.big[4097];
	memset(common.big, 'c', sizeof(common.big));
	common.pid = getpid();
	signal(SIGUSR1, handler);
	close(50);
	next_common();
	_exit(5);
}

static bool all_are(const char *p, size_t len, char c)
{
	while (len && *p == c) {
		p++;
		len--;
	}
	return !len;
}

static void memory_with_a_child(int flags)
{
	struct sigaction action;
	pid_t pid;

	memset(common.big, 'p', sizeof(common.big));
	make_file("file", 50);
	pid = clone_with(0, changes_all, CLONE_VM | flags);
	cut();
	EXPECT_TRUE(all_are(common.big, sizeof(common.big), 'p'));
	next_common();
	wait_common(2);
	EXPECT_EQ(5 << 8, status_of(pid));
	EXPECT_EQ('p', common.got);
	EXPECT_TRUE(all_are(common.big, sizeof(common.big), 'c'));
	EXPECT_EQ(pid, common.pid);
	ASSERT_EQ(0, sigaction(SIGUSR1, NULL, &action));
	EXPECT_EQ((void *)(flags & CLONE_SIGHAND ? handler : SIG_DFL) == action.sa_handler, true);
	EXPECT_EQ(!(flags & CLONE_FILES), is_open(50));
}

TEST(memory_shared_with_a_child)
{
	memory_with_a_child(0);
}

TEST(memory_and_handlers_shared_with_a_child)
{
	memory_with_a_child(CLONE_SIGHAND);
}

TEST(all_of_it_shared_with_a_child, .user = "alice")
{
	memory_with_a_child(CLONE_SIGHAND | CLONE_FILES | CLONE_FS);
}

/* Its copy is of what they had when it was forked. */
static int forks(void *arg)
{
	pid_t pid;

	(void)arg;
	wait_common(1);
	pid = fork();
	if (!pid) {
		wait_turn(1);
		board->value[0] = all_are(common.big, sizeof(common.big), 'p');
		_exit(board->value[0] ? 0 : 1);
	}
	memset(common.big, 'q', sizeof(common.big) / 2);
	next_common();
	wait_common(3);
	_exit(status_of(pid));
}

TEST(a_grandchild_has_its_own_copy)
{
	pid_t pid;

	make_board();
	memset(common.big, 'p', sizeof(common.big));
	pid = clone_with(0, forks, CLONE_VM);
	next_common();
	wait_common(2);
	cut();
	EXPECT_TRUE(all_are(common.big, sizeof(common.big) / 2, 'q'));
	EXPECT_TRUE(all_are(common.big + sizeof(common.big) / 2, sizeof(common.big) / 2, 'p'));
	memset(common.big, 'r', sizeof(common.big));
	next_turn();
	next_common();
	EXPECT_EQ(0, status_of(pid));
}

static int brother(void *arg)
{
	(void)arg;
	wait_turn(2);
	board->value[1] = common.got;
	common.got = 8;
	signal(SIGUSR1, handler);
	next_turn();
	_exit(6);
}

/* Whose memory it has is not its parent. */
TEST(memory_shared_by_brothers)
{
	pid_t pid[2];

	make_board();
	pid[0] = fork();
	if (!pid[0]) {
		struct sigaction action;

		common.got = 7;
		board->value[0] = clone_with(1, brother, CLONE_VM | CLONE_SIGHAND | CLONE_PARENT);
		next_turn();
		wait_turn(3);
		sigaction(SIGUSR1, NULL, &action);
		_exit(common.got == 8 && action.sa_handler == handler ? 0 : 1);
	}
	wait_turn(1);
	pid[1] = board->value[0];
	cut();
	next_turn();
	EXPECT_EQ(6 << 8, status_of(pid[1]));
	EXPECT_EQ(0, status_of(pid[0]));
	EXPECT_EQ(7, board->value[1]);
	EXPECT_EQ(0, common.got);
}

static void *is_main(void *arg)
{
	next_common();
	wait_common(2);
	next_common();
	syscall(SYS_exit, 0);
	return arg;
}

static int ends_its_main_thread(void *arg)
{
	pthread_t thread;

	(void)arg;
	pthread_create(&thread, NULL, is_main, NULL);
	syscall(SYS_exit, 0);
	return 0;
}

/* Its memory is another's, and its main thread has ended. */
TEST(memory_shared_with_one_whose_main_thread_has_ended)
{
	pid_t pid = clone_with(2, ends_its_main_thread, CLONE_VM | CLONE_SIGHAND | CLONE_FILES);

	wait_common(1);
	usleep(100000);
	cut();
	next_common();
	wait_common(3);
	EXPECT_EQ(0, status_of(pid));
}

/* Whose parent is not the test: it is of no tree that is saved. */
static pid_t outsider(unsigned long flags)
{
	pid_t pid = fork_with(flags | CLONE_PARENT);

	if (pid)
		return pid;
	wait_turn(1);
	_exit(0);
}

TEST_REFUSED(descriptors_shared_with_the_outside,
	     "its descriptor table is shared with a process outside")
{
	make_board();
	outsider(CLONE_FILES);
	cut();
	next_turn();
}

TEST_REFUSED(a_directory_shared_with_the_outside,
	     "its working directory is shared with a process outside")
{
	make_board();
	outsider(CLONE_FS);
	cut();
	next_turn();
}

static int waits_for_turn(void *arg)
{
	(void)arg;
	wait_common(1);
	_exit(0);
}

TEST_REFUSED(memory_shared_with_the_outside, "shared with a process outside")
{
	clone_with(3, waits_for_turn, CLONE_VM | CLONE_PARENT);
	cut();
	next_common();
}
