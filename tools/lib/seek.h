/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table at the end of a compressed image: where each of its frames is.
 */
#ifndef _KCR_SEEK_H
#define _KCR_SEEK_H

#include "codec.h"

/**
 * struct seek_place - where a frame begins
 * @packed: in the compressed image
 * @plain: in the image
 */
struct seek_place {
	uint64_t packed;
	uint64_t plain;
};

/**
 * struct seek - the table
 * @places: of all frames, and one more for what is behind the last
 * @nr: of frames
 * @room: that there is room for
 */
struct seek {
	struct seek_place *places;
	size_t nr;
	size_t room;
};

int seek_add(struct seek *s, size_t packed, size_t plain);
uint8_t *seek_frame(const struct seek *s, size_t *len);
int seek_load(struct seek *s, int fd, uint64_t start, uint64_t end, struct fault *fault);
size_t seek_find(const struct seek *s, uint64_t plain);
void seek_free(struct seek *s);

#endif /* _KCR_SEEK_H */
