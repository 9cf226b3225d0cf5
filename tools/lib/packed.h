/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A compressed image as something that an image is read from.
 */
#ifndef _KCR_PACKED_H
#define _KCR_PACKED_H

#include "blocks.h"
#include "image.h"
#include "unpack.h"

/**
 * struct packed - either blocks in any order, or all from front to back
 * @source: what image_open_source() wants
 * @seeks: in any order
 * @blocks: with @seeks
 * @nr: number of the next block
 * @block: bytes of the one that is being read
 * @len: of them
 * @used: of them
 * @at: how far in the image
 * @unpack: without @seeks
 * @fault: what has gone wrong
 */
struct packed {
	struct image_source source;
	bool seeks;
	struct blocks blocks;
	size_t nr;
	uint8_t *block;
	size_t len;
	size_t used;
	uint64_t at;
	struct unpack unpack;
	struct fault fault;
};

bool packed_is(int fd);
int packed_open(struct packed *p, int fd);
const char *packed_name(const struct packed *p);
uint64_t packed_bytes(const struct packed *p);
void packed_close(struct packed *p);

#endif /* _KCR_PACKED_H */
