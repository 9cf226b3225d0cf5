/* SPDX-License-Identifier: GPL-2.0 */
/* Times of a benchmark, in nanoseconds. */
#ifndef KCR_BENCH_H
#define KCR_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline long long clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static inline long long now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* The same for everybody, also for a program whose other clocks are its own. */
static inline long long stamp(void)
{
	return clock_ns(CLOCK_REALTIME);
}

static inline int by_size(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* Of @count times, which are sorted for that. */
static inline long long median(long long *took, int count)
{
	qsort(took, count, sizeof(*took), by_size);
	return took[count / 2];
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Fills memory with what no compression and no comparison makes small. */
static inline void fill_random(void *p, size_t bytes, unsigned long long seed)
{
	unsigned long long x = seed * 0x9e3779b97f4a7c15ull | 1, *word = p;
	size_t i;

	for (i = 0; i < bytes / sizeof(x); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		word[i] = x;
	}
}

#endif
