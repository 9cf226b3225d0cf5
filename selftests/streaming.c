// SPDX-License-Identifier: GPL-2.0
/*
 * What a program does to its address space while its snapshot is written: it is
 * right, and so is the image, which is of before that. Each child is asked twice
 * to do the same, while the writer waits and after a restart, and its status says
 * whether it found what it should.
 */
#define _GNU_SOURCE
#include <stdint.h>

#include "maps.h"
#include "streamed.h"

#define PAGE		4096ul
#define HUGE		(2ul << 20)
#define SIZE		(16ul << 20)
#define KSM		"/sys/kernel/mm/ksm/"
#define SPLIT		"/sys/kernel/debug/split_huge_pages"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static uint64_t word_of(size_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ull;
}

static void fill(char *p)
{
	uint64_t *words = (uint64_t *)p;
	size_t i;

	for (i = 0; i < SIZE / sizeof(*words); i++)
		words[i] = word_of(i);
}

/* The bytes from @from to @to of what fill() made, at @p. */
static bool whole(const char *p, size_t from, size_t to)
{
	const uint64_t *words = (const uint64_t *)p;
	size_t i;

	for (i = from / sizeof(*words); i < to / sizeof(*words); i++)
		if (words[i] != word_of(i))
			return false;
	return true;
}

static bool zeros(const char *p, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++)
		if (p[i])
			return false;
	return true;
}

/* Aligned as huge pages are, with as much room behind it. */
static char *reserve(void)
{
	char *p = mmap(NULL, 2 * SIZE + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(2);
	return (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1));
}

static char *map(int advice)
{
	char *p = reserve();

	mprotect(p, SIZE, PROT_READ | PROT_WRITE);
	madvise(p, SIZE, advice);
	fill(p);
	return p;
}

static char *begin(int advice, int ready)
{
	char *p;

	become_victim();
	p = map(advice);
	until_asked(ready);
	return p;
}

static void check(pid_t (*start)(void), void (*meanwhile)(pid_t pid))
{
	int image = image_while(start(), meanwhile);

	expect_comes_back(image);
	close(image);
}

/* The same for all: how each victim is started. */
#define STARTS(victim)							\
	static pid_t start_##victim(void)				\
	{								\
		return start_victim(victim);				\
	}

/* mremap */

static void moves(int ready)
{
	char *p = begin(MADV_NOHUGEPAGE, ready), *to = p + SIZE;

	if (mremap(p, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		_exit(3);
	if (msync(p, PAGE, MS_ASYNC) != -1 || errno != ENOMEM)
		_exit(4);	/* still there */
	_exit(!whole(to, 0, SIZE));
}

STARTS(moves)

TEST_PLAIN(mremap_while_it_is_written)
{
	check(start_moves, expect_asked_is_right);
}

/* Huge pages, of which one is cut in two. */
static void moves_a_part(int ready)
{
	char *p = begin(MADV_HUGEPAGE, ready), *to = p + SIZE;
	size_t from = HUGE / 2, end = SIZE - HUGE;

	if (mremap(p + from, end - from, end - from, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to + from) != to + from)
		_exit(3);
	_exit(!(whole(p, 0, from) && whole(to, from, end) && whole(p, end, SIZE)));
}

STARTS(moves_a_part)

TEST_PLAIN(mremap_of_parts_of_huge_pages_while_they_are_written)
{
	check(start_moves_a_part, expect_asked_is_right);
}

/* MADV_DONTNEED */

static void gives_up(int ready)
{
	char *p = begin(MADV_HUGEPAGE, ready);
	size_t from = HUGE + 5 * PAGE, end = SIZE / 2 + 3 * PAGE;

	if (madvise(p + from, end - from, MADV_DONTNEED))
		_exit(3);
	if (!zeros(p, from, end) || !whole(p, 0, from) || !whole(p, end, SIZE))
		_exit(4);
	memset(p, 1, SIZE);
	_exit(p[0] != 1 || memcmp(p, p + 1, SIZE - 1));
}

STARTS(gives_up)

TEST_PLAIN(dontneed_while_it_is_written)
{
	check(start_gives_up, expect_asked_is_right);
}

/* exec, fork, exit */

static void executes(int ready)
{
	begin(MADV_NOHUGEPAGE, ready);
	execl("/bin/true", "true", NULL);
	_exit(3);
}

STARTS(executes)

TEST_PLAIN(exec_while_it_is_written)
{
	check(start_executes, expect_asked_is_right);
}

static void forks(int ready)
{
	char *p = begin(MADV_NOHUGEPAGE, ready);
	pid_t pid = fork();
	int status;

	if (!pid) {
		memset(p, 1, SIZE / 2);
		_exit(!whole(p, SIZE / 2, SIZE));
	}
	memset(p + SIZE / 2, 2, SIZE / 2);
	if (waitpid(pid, &status, 0) != pid || status)
		_exit(3);
	_exit(!whole(p, 0, SIZE / 2));
}

STARTS(forks)

TEST_PLAIN(fork_while_it_is_written)
{
	check(start_forks, expect_asked_is_right);
}

/* Huge pages come and go */

static long huge_kb_of(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "AnonHugePages: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

static void is_whole(int ready)
{
	_exit(!whole(begin(MADV_HUGEPAGE, ready), 0, SIZE));
}

static void split_all(pid_t pid)
{
	long before = huge_kb_of(pid);

	put_line(SPLIT, "1");
	if (before)
		EXPECT_GT(before, huge_kb_of(pid));
	expect_asked_is_right(pid);
}

STARTS(is_whole)

TEST_PLAIN(huge_pages_are_split_while_they_are_written)
{
	if (access(SPLIT, W_OK))
		skip("nobody can split huge pages here");
	check(start_is_whole, split_all);
}

static void cuts_up(int ready)
{
	char *p = begin(MADV_HUGEPAGE, ready);
	size_t at;

	for (at = 0; at < SIZE; at += HUGE) {
		munmap(p + at + 7 * PAGE, PAGE);
		mprotect(p + at + 300 * PAGE, 3 * PAGE, PROT_READ);
		madvise(p + at + 500 * PAGE, PAGE, MADV_DONTNEED);
	}
	for (at = 0; at < SIZE; at += HUGE)
		if (!whole(p, at, at + 7 * PAGE) ||
		    !whole(p, at + 8 * PAGE, at + 500 * PAGE) ||
		    !zeros(p, at + 500 * PAGE, at + 501 * PAGE) ||
		    !whole(p, at + 501 * PAGE, at + HUGE))
			_exit(3);
	_exit(0);
}

STARTS(cuts_up)

TEST_PLAIN(huge_pages_are_cut_up_while_they_are_written)
{
	check(start_cuts_up, expect_asked_is_right);
}

/* As khugepaged would; whether it can depends on who else has the page. */
static void collapses(int ready)
{
	char *p = begin(MADV_NOHUGEPAGE, ready);
	size_t at;

	madvise(p, SIZE, MADV_HUGEPAGE);
	for (at = 0; at < SIZE; at += HUGE)
		if (madvise(p + at, HUGE, MADV_COLLAPSE) && errno == EINVAL)
			break;	/* a kernel that has no such advice */
	if (!whole(p, 0, SIZE))
		_exit(3);
	p[SIZE - 1] ^= 1;
	for (at = 0; at < SIZE - PAGE; at += PAGE)
		p[at] ^= 1;
	for (at = 0; at < SIZE - PAGE; at += PAGE)
		p[at] ^= 1;
	p[SIZE - 1] ^= 1;
	_exit(!whole(p, 0, SIZE));
}

STARTS(collapses)

TEST_PLAIN(pages_become_huge_while_they_are_written)
{
	check(start_collapses, expect_asked_is_right);
}

/* KSM */

static void set_ksm(const char *run)
{
	put_line(KSM "pages_to_scan", "20000");
	put_line(KSM "sleep_millisecs", "5");
	put_line(KSM "run", run);
}

static long merged(void)
{
	FILE *f = fopen(KSM "pages_sharing", "re");
	long n = 0;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/*
 * The second half is as the first, page by page: one that the writer holds can't be
 * merged, nor can another with it. Each is one of its own again when it is written to.
 */
static void twins(int ready)
{
	size_t half = SIZE / 2, at;
	char *p;

	become_victim();
	p = map(MADV_NOHUGEPAGE);
	memcpy(p + half, p, half);
	if (madvise(p, SIZE, MADV_MERGEABLE))
		_exit(2);
	until_asked(ready);
	for (at = 0; at < half; at += 2 * PAGE)
		p[at + 100] ^= 1;
	for (at = 0; at < half; at += 2 * PAGE)
		p[at + 100] ^= p[half + at + 100];
	for (at = 0; at < half; at += 2 * PAGE) {
		if (p[at + 100] != 1)
			_exit(3);
		p[at + 100] = p[half + at + 100];
	}
	_exit(!whole(p, 0, half) || memcmp(p, p + half, half));
}

static void merge(pid_t pid)
{
	int i;

	set_ksm("1");
	for (i = 0; i < 200 && merged() < 1000; i++)
		usleep(20000);
	EXPECT_LT(1000l, merged());
	expect_asked_is_right(pid);
	set_ksm("2");
}

STARTS(twins)

TEST_PLAIN(equal_pages_become_one_while_they_are_written, .timeout = 60)
{
	if (access(KSM "run", W_OK))
		skip("no KSM in this kernel");
	check(start_twins, merge);
	set_ksm("0");
}

/* Merged before the cut, and some of it rewritten after it. */
static pid_t start_merged(void)
{
	pid_t pid = start_twins();
	int i;

	set_ksm("1");
	for (i = 0; i < 200 && merged() < 1000; i++)
		usleep(20000);
	EXPECT_LT(1000l, merged());
	return pid;
}

TEST_PLAIN(pages_that_are_one_are_written, .timeout = 60)
{
	if (access(KSM "run", W_OK))
		skip("no KSM in this kernel");
	check(start_merged, expect_asked_is_right);
	set_ksm("2");
	set_ksm("0");
}
