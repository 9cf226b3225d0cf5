/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A compressed image in a file, whose blocks are read in any order.
 */
#ifndef _KCR_BLOCKS_H
#define _KCR_BLOCKS_H

#include "seek.h"

/**
 * struct blocks - the file
 * @fd: of it
 * @start: where the image begins in it
 * @size: bytes of it
 * @name: how the block was compressed that was read last
 * @seek: where the blocks are
 * @packed: a block as it is there
 * @packed_room: bytes at @packed
 * @unpackers: to decompress
 */
struct blocks {
	int fd;
	uint64_t start;
	uint64_t size;
	const char *name;
	struct seek seek;
	uint8_t *packed;
	size_t packed_room;
	struct unpackers unpackers;
};

int blocks_open(struct blocks *b, int fd, struct fault *fault);
size_t blocks_len(const struct blocks *b, size_t nr);
int blocks_read(struct blocks *b, size_t nr, void *to, struct fault *fault);
void blocks_close(struct blocks *b);

#endif /* _KCR_BLOCKS_H */
