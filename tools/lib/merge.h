/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A chain of images as one full image.
 */
#ifndef _KCR_MERGE_H
#define _KCR_MERGE_H

#include <stdatomic.h>

#include "chain.h"

/**
 * struct merge_sum - what was written
 * @bytes: of the full image, so far
 * @pages: in it
 * @earlier: of them, those that the newest image had left to others
 */
struct merge_sum {
	atomic_ullong bytes;
	uint64_t pages;
	uint64_t earlier;
};

int merge_write(const struct chain *c, int fd, struct merge_sum *sum, struct verdict *v);

#endif /* _KCR_MERGE_H */
