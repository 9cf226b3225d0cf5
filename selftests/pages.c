// SPDX-License-Identifier: GPL-2.0
/* Pages: all of one moment, huge ones huge, zeros for nothing. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "kcr_harness.h"
#include "maps.h"

#define PAGE	4096ul
#define HUGE	(2ul << 20)

static char *aligned(size_t len)
{
	char *p = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1));
}

static long huge_kb(char *p)
{
	struct mapping m = { 0 };

	ASSERT_TRUE(mapping_of(p, &m));
	return m.huge_kb;
}

TEST(keeps_huge_pages_huge)
{
	char *p = aligned(4 * HUGE);
	long before;
	int i;

	madvise(p, 4 * HUGE, MADV_HUGEPAGE);
	for (i = 0; i < 4; i++)
		memset(p + i * HUGE, i + 1, HUGE);
	before = huge_kb(p);
	if (before < 4 * HUGE / 1024)
		skip("no huge pages");
	cut();
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(i + 1, p[i * HUGE]);
		EXPECT_EQ(i + 1, p[i * HUGE + HUGE - 1]);
	}
	EXPECT_EQ(before, huge_kb(p));
}

TEST(keeps_small_pages_small)
{
	char *p = aligned(64 * HUGE);
	struct mapping m = { 0 };
	long before;
	int i;

	/* Advice comes after the pages: they stay as they are. */
	madvise(p, 64 * HUGE, MADV_NOHUGEPAGE);
	for (i = 0; i < 64; i++)
		p[i * HUGE + 5 * PAGE] = i + 1;
	ASSERT_TRUE(mapping_of(p, &m));
	before = m.rss_kb;
	cut();
	ASSERT_TRUE(mapping_of(p, &m));
	EXPECT_GE(before + 64, m.rss_kb);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(i + 1, p[i * HUGE + 5 * PAGE]);
}

TEST(keeps_sparse_pages_sparse_where_huge_ones_are_allowed)
{
	char *p = aligned(16 * HUGE);
	struct mapping m = { 0 };
	long before;
	int i;

	madvise(p, 16 * HUGE, MADV_NOHUGEPAGE);
	for (i = 0; i < 16; i++)
		p[i * HUGE] = i + 1;
	madvise(p, 16 * HUGE, MADV_HUGEPAGE);
	ASSERT_TRUE(mapping_of(p, &m));
	before = m.rss_kb;
	cut();
	for (i = 0; i < 16; i++)
		EXPECT_EQ(i + 1, p[i * HUGE]);
	ASSERT_TRUE(mapping_of(p, &m));
	/* khugepaged may have been there, but not everywhere. */
	EXPECT_GE(before + 8 * 2048, m.rss_kb);
}

TEST(keeps_half_a_huge_page)
{
	char *p = aligned(2 * HUGE);

	madvise(p, 2 * HUGE, MADV_HUGEPAGE);
	memset(p, 3, 2 * HUGE);
	munmap(p + HUGE + HUGE / 2, HUGE / 2);
	madvise(p + HUGE / 2, 64 * PAGE, MADV_DONTNEED);
	cut();
	EXPECT_EQ(3, p[HUGE / 2 - 1]);
	EXPECT_EQ(0, p[HUGE / 2]);
	EXPECT_EQ(0, p[HUGE / 2 + 64 * PAGE - 1]);
	EXPECT_EQ(3, p[HUGE / 2 + 64 * PAGE]);
	EXPECT_EQ(3, p[HUGE + HUGE / 2 - 1]);
}

/*
 * One thread writes the same number to every page in turn. At any moment the
 * numbers rise at most once by one along the way; a cut that is not one moment
 * shows more steps.
 */
#define BIG	(300ul << 20)

static volatile unsigned long *big;
static volatile bool enough;

static void *write_rounds(void *arg)
{
	unsigned long round, i;

	(void)arg;
	for (round = 1; !enough; round++)
		for (i = 0; i < BIG / PAGE && !enough; i++)
			big[i * PAGE / sizeof(*big)] = round;
	return NULL;
}

/* Steps along the way, -1 for one that can't be. */
static int steps(void)
{
	unsigned long last = big[0], i;
	int n = 0;

	for (i = 1; i < BIG / PAGE; i++) {
		unsigned long now = big[i * PAGE / sizeof(*big)];

		if (now == last)
			continue;
		if (now != last - 1)
			return -1;
		last = now;
		n++;
	}
	return n;
}

TEST(takes_a_heap_at_one_moment, .timeout = 120)
{
	pthread_t thread;

	big = (void *)aligned(BIG);
	start_thread(&thread, write_rounds, NULL);
	while (big[BIG / sizeof(*big) - PAGE / sizeof(*big)] < 1)
		usleep(10000);
	cut();
	enough = true;
	pthread_join(thread, NULL);
	EXPECT_LE(0, steps());
	EXPECT_GE(1, steps());
}

TEST(keeps_pages_that_were_only_read)
{
	volatile char *p = aligned(64 * PAGE);
	int i, sum = 0;

	for (i = 0; i < 64; i++)
		sum += p[i * PAGE];
	cut();
	for (i = 0; i < 64; i++)
		sum += p[i * PAGE];
	EXPECT_EQ(0, sum);
	p[0] = 1;
	EXPECT_EQ(1, p[0]);
}

/* The lines of /proc/self/status count; 64 MB of zeros would show in the image. */
TEST(comes_back_without_memory_for_zeros)
{
	struct mapping m = { 0 };
	char *p = aligned(64ul << 20);

	memset(p, 0, 64ul << 20);
	cut();
	EXPECT_EQ(0, p[12345]);
	EXPECT_TRUE(mapping_of(p, &m));
}

TEST(keeps_lazily_freed_pages_or_zeros)
{
	pid_t parent = getppid();
	int i, zeros = 0, n = 256;
	char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	memset(p, 5, n * PAGE);
	ASSERT_EQ(0, madvise(p, n * PAGE, MADV_FREE));
	strcpy(p + 100 * PAGE, "wanted after all");
	cut();
	EXPECT_STREQ("wanted after all", p + 100 * PAGE);
	EXPECT_EQ(5, p[101 * PAGE - 1]);
	for (i = 0; i < n; i++) {
		EXPECT_TRUE(i == 100 || p[i * PAGE] == 0 || p[i * PAGE] == 5);
		EXPECT_EQ(p[i * PAGE + 50], p[i * PAGE + 51]);
		zeros += !p[i * PAGE];
	}
	/* Not in the image; the kernel may not have got round to the last few. */
	if (getppid() != parent)
		EXPECT_LT(n - 70, zeros);
}
