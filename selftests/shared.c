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
		board->value[0] = fork_with(CLONE_FILES | CLONE_PARENT);
		if (!board->value[0]) {
			wait_turn(2);
			board->value[1] = is_open(50);
			close(50);
			next_turn();
			_exit(0);
		}
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
