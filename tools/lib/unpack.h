/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A compressed image, decompressed from front to back by several threads.
 */
#ifndef _KCR_UNPACK_H
#define _KCR_UNPACK_H

#include "crew.h"

/**
 * struct unpack - where from, and how far
 * @fd: where from
 * @crew: who does it
 * @nudge: how it is ended
 * @buf: what was read and not understood yet
 * @start: of it in @buf
 * @have: bytes of it
 * @offset: of it in the compressed image
 * @frame: where the frame began that is open
 * @open: who reads a frame that comes in pieces, NULL: none is open
 * @ctx: for @open
 * @own: what the fetching thread needs
 * @carry: the last byte that @open has given, which is held back
 * @carries: there is one
 * @slot: the piece that the caller has
 * @used: bytes of it that unpack_read() has given
 * @packed: bytes read so far
 * @name: how the first frame was compressed, NULL: none has been there
 * @fault: what has ended it
 */
struct unpack {
	int fd;
	struct crew crew;
	struct nudge nudge;
	uint8_t *buf;
	size_t start;
	size_t have;
	uint64_t offset;
	uint64_t frame;
	const struct codec *open;
	void *ctx;
	struct unpackers own;
	uint8_t carry;
	bool carries;
	struct slot *slot;
	size_t used;
	atomic_ullong packed;
	const char *name;
	struct fault fault;
};

int unpack_begin(struct unpack *u, int fd, unsigned int threads);
ssize_t unpack_next(struct unpack *u, const uint8_t **p);
ssize_t unpack_read(struct unpack *u, void *p, size_t len);
void unpack_stop(struct unpack *u);
void unpack_end(struct unpack *u);

#endif /* _KCR_UNPACK_H */
