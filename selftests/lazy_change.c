// SPDX-License-Identifier: GPL-2.0
/*
 * restart --lazy: memory that has not come is forked, moved, dropped and unmapped
 * like any other; and its program may end.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "lazy.h"

static int ended(pid_t pid)
{
	int status = -1;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(goes_through_fork, .restart = "--lazy")
{
	char *p = filled();
	pid_t pid;

	cut();
	words(p, 5)[1] = 1;
	pid = fork();
	if (!pid) {
		pid = fork();	/* whose memory is a copy of a copy */
		if (!pid)
			_exit(wrong(p, 0, PAGES) || words(p, 5)[1] != 1 || words(p, 6)[1]);
		words(p, 7)[1] = 3;
		_exit(ended(pid) || wrong(p, 0, PAGES) || words(p, 6)[1]);
	}
	words(p, 6)[1] = 2;
	EXPECT_EQ(0, ended(pid));
	EXPECT_EQ(0, words(p, 7)[1]);
	EXPECT_EQ(0, wrong(p, 0, PAGES));
	comes_to_rest(p);
}

TEST(fork_leaves_out_and_wipes, .restart = "--lazy")
{
	char *p = filled();
	pid_t pid;

	cut();
	ASSERT_EQ(0, madvise(p, 256 * PAGE, MADV_WIPEONFORK));
	ASSERT_EQ(0, madvise(p + 256 * PAGE, 256 * PAGE, MADV_DONTFORK));
	pid = fork();
	if (!pid) {
		char *q = mmap(p + 256 * PAGE, 256 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		_exit(q != p + 256 * PAGE || !page_empty(p, 0) || !page_empty(p, 255) ||
		      !page_empty(p, 256) || !page_empty(p, 511) || wrong(p, 512, PAGES));
	}
	EXPECT_EQ(0, ended(pid));
	EXPECT_EQ(0, wrong(p, 0, PAGES));
	comes_to_rest(p);
}

TEST(moves_with_mremap, .restart = "--lazy")
{
	char *p = filled(), *q, *to;

	to = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(to != MAP_FAILED);
	cut();
	EXPECT_TRUE(page_right(p, 3));
	q = mremap(p, SIZE, 2 * SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, q);
	EXPECT_TRUE(page_empty(q, PAGES));
	/* New memory where it was, and where it has left. */
	ASSERT_EQ(p, mmap(p, SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_TRUE(page_empty(p, 3));
	EXPECT_TRUE(page_empty(p, 4));
	EXPECT_EQ(0, wrong(q, 0, PAGES));
	/* A half of it to the middle of what is left. */
	ASSERT_EQ(p + PAGE, mremap(q, SIZE / 2, SIZE / 2, MREMAP_MAYMOVE | MREMAP_FIXED,
				   p + PAGE));
	EXPECT_EQ(0, wrong(p + PAGE, 0, PAGES / 2));
	EXPECT_TRUE(page_empty(p, 0));
	comes_to_rest(p + PAGE);
	EXPECT_EQ(0, wrong(q, PAGES / 2, PAGES));
}

TEST(shrinks_as_it_moves, .restart = "--lazy")
{
	char *p = filled(), *q = filled(), *to;

	to = mmap(NULL, 256 * PAGE + SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(to != MAP_FAILED);
	ASSERT_EQ(to + 256 * PAGE, mremap(q, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
					  to + 256 * PAGE));
	q = to + 256 * PAGE;
	cut();
	ASSERT_EQ(to, mremap(p, 512 * PAGE, 256 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	EXPECT_EQ(0, wrong(q, 0, PAGES));
	EXPECT_EQ(0, wrong(to, 0, 256));
	EXPECT_EQ(0, wrong(p, 512, PAGES));
	comes_to_rest(q);
}

TEST(what_is_dropped_is_empty, .restart = "--lazy")
{
	char *p = filled();
	unsigned long n;

	cut();
	EXPECT_TRUE(page_right(p, 100));
	ASSERT_EQ(0, madvise(p + 64 * PAGE, 512 * PAGE, MADV_DONTNEED));
	for (n = 64; n < 576; n += 17)
		EXPECT_TRUE(page_empty(p, n));
	EXPECT_EQ(0, wrong(p, 0, 64));
	comes_to_rest(p);
	for (n = 64; n < 576; n++)
		EXPECT_TRUE(page_empty(p, n));
	EXPECT_EQ(0, wrong(p, 576, PAGES));
}

TEST(what_is_unmapped_is_gone, .restart = "--lazy")
{
	char *p = filled();

	cut();
	ASSERT_EQ(0, munmap(p + 10 * PAGE, 500 * PAGE));
	ASSERT_EQ(p + 20 * PAGE, mmap(p + 20 * PAGE, 100 * PAGE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	EXPECT_TRUE(page_empty(p, 20));
	words(p, 119)[0] = 1;
	EXPECT_EQ(0, wrong(p, 510, PAGES));
	EXPECT_EQ(0, wrong(p, 0, 10));
	comes_to_rest(p);
	EXPECT_TRUE(page_empty(p, 21));
	EXPECT_EQ(1, words(p, 119)[0]);
}

TEST(processes_share_and_do_not, .restart = "--lazy")
{
	char *p = filled(), *q;
	int go[2], ready[2];
	char c;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	if (!pid) {
		q = filled();
		words(p, 9)[2] = 4;
		if (write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(2);
		_exit(wrong(p, 0, PAGES) || wrong(q, 0, PAGES) || words(p, 9)[2] != 4);
	}
	q = filled();
	ASSERT_EQ(1, read(ready[0], &c, 1));
	cut();
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, wrong(q, 0, PAGES));
	EXPECT_EQ(0, wrong(p, 0, PAGES));
	EXPECT_EQ(0, words(p, 9)[2]);
	EXPECT_EQ(0, ended(pid));
	comes_to_rest(q);
}

TEST(it_may_end_before, .restart = "--lazy", .status = 7)
{
	char *p = filled();

	cut();
	_exit(page_right(p, 77) ? 7 : 1);
}

TEST(it_may_be_killed_before, .restart = "--lazy", .status = 128 + SIGKILL)
{
	char *p = filled();

	cut();
	if (page_right(p, 77))
		kill(getpid(), SIGKILL);
}

TEST(it_may_become_another, .restart = "--lazy", .status = 3)
{
	char *p = filled();

	cut();
	EXPECT_TRUE(page_right(p, 77));
	execl("/bin/sh", "sh", "-c", "exit 3", NULL);
}
