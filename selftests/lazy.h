/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that a lazy restart brings slowly, and a look at it. */
#ifndef KCR_LAZY_H
#define KCR_LAZY_H

#include <fcntl.h>
#include <sys/mman.h>

#include "kcr_harness.h"
#include "maps.h"

#define PAGE	4096ul
#define PAGES	1024ul
#define SIZE	(PAGES * PAGE)

#define RATE	"/sys/module/kcr/parameters/lazy_rate_mb"

/* What page @n begins and ends with. */
static inline unsigned long mark(unsigned long n)
{
	return (n + 1) * 0x9e3779b97f4a7c15ul;
}

static inline unsigned long *words(char *p, unsigned long n)
{
	return (unsigned long *)(p + n * PAGE);
}

#define LAST	(PAGE / sizeof(long) - 1)

static inline bool page_right(char *p, unsigned long n)
{
	return words(p, n)[0] == mark(n) && words(p, n)[LAST] == ~mark(n);
}

static inline bool page_empty(char *p, unsigned long n)
{
	return !words(p, n)[0] && !words(p, n)[LAST];
}

/* Pages that are not as they should be, looked at in an order that no reader has. */
static inline unsigned long wrong(char *p, unsigned long from, unsigned long to)
{
	unsigned long i, n, bad = 0;

	for (i = 0; i < PAGES; i++) {
		n = i * 389 % PAGES;
		if (n >= from && n < to && !page_right(p, n))
			bad++;
	}
	return bad;
}

static inline void set_rate(const char *rate)
{
	int fd = open(RATE, O_WRONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(strlen(rate), write(fd, rate, strlen(rate)));
	close(fd);
}

/* Memory with something in each page, which comes slowly. */
static inline char *filled(void)
{
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long n;

	ASSERT_TRUE(p != MAP_FAILED);
	madvise(p, SIZE, MADV_NOHUGEPAGE);
	for (n = 0; n < PAGES; n++) {
		words(p, n)[0] = mark(n);
		words(p, n)[LAST] = ~mark(n);
	}
	set_rate("1");
	return p;
}

/* All has come in the end, and nothing watches. */
static inline void comes_to_rest(char *p)
{
	struct mapping m = { 0 };
	int i;

	set_rate("0");
	for (i = 0; i < 400; i++) {
		ASSERT_TRUE(mapping_of(p, &m));
		if (!strstr(m.flags, " um "))
			return;
		usleep(25000);
	}
	EXPECT_STREQ("not watched", m.flags);
}

#endif
