/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module wants to know of an image to write an increment to it.
 */
#ifndef _KCR_BASE_H
#define _KCR_BASE_H

#include "chain.h"

/**
 * struct base - of the newest image of a chain
 * @fd: file in memory with the runs and hashes, -1: none
 * @runs: how many
 * @id: of the image
 */
struct base {
	int fd;
	uint32_t runs;
	__u8 id[16];
};

int base_make(struct base *b, const struct chain *c, struct verdict *v);
void base_fill(const struct base *b, struct kcr_checkpoint *request);
void base_close(struct base *b);

#endif /* _KCR_BASE_H */
