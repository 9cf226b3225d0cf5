/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Any bytes of an image in a file, plain or compressed.
 */
#ifndef _KCR_ACCESS_H
#define _KCR_ACCESS_H

#include "blocks.h"
#include "image.h"

#define ACCESS_BLOCKS	4u

/**
 * struct access_block - a block that was decompressed lately
 * @bytes: of it, NULL: none
 * @nr: its number
 * @used: when it was wanted last
 */
struct access_block {
	uint8_t *bytes;
	size_t nr;
	uint64_t used;
};

/**
 * struct access - the file
 * @fd: of it; it stays the caller's
 * @start: where the image begins there
 * @size: bytes of the image
 * @packed: it is compressed
 * @blocks: with @packed
 * @cache: with @packed: some of them
 * @clock: counts what is wanted
 * @source: what image_open_source() wants, to read from front to back
 * @at: how far that has come
 * @fault: what has gone wrong
 */
struct access {
	int fd;
	uint64_t start;
	uint64_t size;
	bool packed;
	struct blocks blocks;
	struct access_block cache[ACCESS_BLOCKS];
	uint64_t clock;
	struct image_source source;
	uint64_t at;
	struct fault fault;
};

int access_open(struct access *a, int fd);
int access_read(struct access *a, uint64_t offset, void *p, size_t len);
void access_rewind(struct access *a);
uint64_t access_bytes(const struct access *a);
void access_close(struct access *a);

#endif /* _KCR_ACCESS_H */
