/* SPDX-License-Identifier: GPL-2.0 */
/* What is random in a test: its seed is printed, and taken from KCR_SEED. */
#ifndef KCR_CHANCE_H
#define KCR_CHANCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t chance_seed;

static inline void sow(void)
{
	const char *given = getenv("KCR_SEED");

	chance_seed = given && *given ? strtoull(given, NULL, 0) :
				       (uint64_t)time(NULL) * 2654435761u;
	fprintf(stderr, "KCR_SEED=%llu\n", (unsigned long long)chance_seed);
	chance_seed = chance_seed ?: 1;
}

static inline uint64_t random64(void)
{
	chance_seed ^= chance_seed << 13;
	chance_seed ^= chance_seed >> 7;
	chance_seed ^= chance_seed << 17;
	return chance_seed;
}

static inline size_t below(size_t n)
{
	return n ? random64() % n : 0;
}

#endif
