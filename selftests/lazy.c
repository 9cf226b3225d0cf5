// SPDX-License-Identifier: GPL-2.0
/*
 * restart --lazy: whoever looks at memory that has not come sees what was there,
 * also in system calls, and in many threads at once.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "lazy.h"

TEST(every_page_is_right, .restart = "--lazy")
{
	char *p = filled();

	cut();
	EXPECT_EQ(0, wrong(p, 0, PAGES));
	comes_to_rest(p);
	EXPECT_EQ(0, wrong(p, 0, PAGES));
}

TEST(what_was_written_stays, .restart = "--lazy")
{
	char *p = filled();
	unsigned long n;

	cut();
	for (n = 0; n < PAGES; n += 3)
		words(p, n)[7] = n;
	comes_to_rest(p);
	for (n = 0; n < PAGES; n++)
		EXPECT_EQ(n % 3 ? 0 : n, words(p, n)[7]);
	EXPECT_EQ(0, wrong(p, 0, PAGES));
}

TEST(system_calls_see_it, .restart = "--lazy")
{
	int fd = open("copy", O_RDWR | O_CREAT | O_EXCL, 0600);
	char *p = filled(), *q;

	ASSERT_GE(fd, 0);
	cut();
	ASSERT_EQ(SIZE / 2, pwrite(fd, p, SIZE / 2, 0));
	/* Half a page from a file, the other half from the image. */
	ASSERT_EQ(8, pread(fd, p + SIZE - PAGE, 8, 8 * PAGE));
	EXPECT_EQ(mark(8), words(p, PAGES - 1)[0]);
	EXPECT_EQ(~mark(PAGES - 1), words(p, PAGES - 1)[LAST]);
	q = mmap(NULL, SIZE / 2, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_TRUE(q != MAP_FAILED);
	EXPECT_EQ(0, wrong(q, 0, PAGES / 2));
	EXPECT_EQ(0, wrong(p, 0, PAGES - 1));
	comes_to_rest(p);
}

TEST(protection_and_locks_change, .restart = "--lazy")
{
	char *p = filled();

	cut();
	ASSERT_EQ(0, mprotect(p, SIZE / 2, PROT_NONE));
	ASSERT_EQ(0, mprotect(p + SIZE / 4, SIZE / 2, PROT_READ));
	ASSERT_EQ(0, mlock(p + SIZE / 2, SIZE / 4));
	EXPECT_EQ(0, wrong(p, PAGES / 4, PAGES));
	ASSERT_EQ(0, mprotect(p, SIZE, PROT_READ | PROT_WRITE));
	words(p, 0)[9] = 1;
	EXPECT_EQ(0, wrong(p, 0, PAGES));
	comes_to_rest(p);
}

/* Threads that all look for the same, from different ends, and end. */
static char *common;

static void *look(void *arg)
{
	unsigned long first = (unsigned long)arg, i, bad = 0;

	for (i = 0; i < PAGES; i++)
		if (!page_right(common, (first + i * 101) % PAGES))
			bad++;
	return (void *)bad;
}

static int word;

static void *wait_and_look(void *arg)
{
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
	return look(arg);
}

TEST(threads_look_at_once, .restart = "--lazy")
{
	pthread_t sleeper[3], fresh[3];
	unsigned long i;
	void *bad;

	common = filled();
	for (i = 0; i < 3; i++)
		in_syscall(start_thread(&sleeper[i], wait_and_look, (void *)(i * 300)), SYS_futex);
	cut();
	for (i = 0; i < 3; i++)
		start_thread(&fresh[i], look, (void *)(i * 200));
	word = 1;
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 3);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, pthread_join(fresh[i], &bad));
		EXPECT_EQ(NULL, bad);
		EXPECT_EQ(0, pthread_join(sleeper[i], &bad));
		EXPECT_EQ(NULL, bad);
	}
	comes_to_rest(common);
}

/* One that ends without a look at anything, and whose page tells its joiner. */
static volatile int *tid_word;

static int end_at_once(void *arg __attribute__((unused)))
{
	syscall(SYS_pause);
	return 0;
}

static void end_now(int signo __attribute__((unused)))
{
	syscall(SYS_exit, 0);
}

TEST(a_thread_that_ends_is_joined, .restart = "--lazy")
{
	char *p = filled();
	int tid;

	signal(SIGUSR1, end_now);
	tid_word = (int *)(p + 700 * PAGE + 16);
	tid = clone(end_at_once, p + 100 * PAGE, CLONE_VM | CLONE_FS | CLONE_FILES |
		    CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID |
		    CLONE_PARENT_SETTID, NULL, (int *)tid_word, NULL, (int *)tid_word);
	ASSERT_TRUE(tid > 0);
	in_syscall(tid, SYS_pause);
	cut();
	EXPECT_EQ(0, syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
	while (*tid_word)
		syscall(SYS_futex, tid_word, FUTEX_WAIT, tid, NULL);
	comes_to_rest(p);
}
