/* SPDX-License-Identifier: GPL-2.0 */
/* Times of a benchmark, in nanoseconds. */
#ifndef KCR_BENCH_H
#define KCR_BENCH_H

#include <stdlib.h>
#include <time.h>

static inline long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
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

#endif
