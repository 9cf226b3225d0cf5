/* SPDX-License-Identifier: GPL-2.0 */
/* Points of time in nanoseconds. */
#ifndef KCR_NANOSECONDS_H
#define KCR_NANOSECONDS_H

#include <time.h>

#include "kcr_harness.h"

#define MS	1000000ll	/* in nanoseconds */
#define S	(1000 * MS)

static inline struct timespec ts(long long ns)
{
	return (struct timespec){ ns / S, ns % S };
}

static inline long long ns(struct timespec t)
{
	return t.tv_sec * S + t.tv_nsec;
}

static inline long long now(clockid_t clock)
{
	struct timespec t;

	ASSERT_EQ(0, clock_gettime(clock, &t));
	return ns(t);
}

#endif
