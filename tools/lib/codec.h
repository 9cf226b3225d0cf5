/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compressed images: a row of frames, each of which the plain command (zstd,
 * lz4) can decompress.
 *
 * What we write are frames of PACK_BLOCK bytes of the image. What we read may
 * come from elsewhere: one frame may hold all.
 */
#ifndef _KCR_CODEC_H
#define _KCR_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../kernel/image/frames.h"
#include "fault.h"

#define PACK_BLOCK	(1u << 20)	/* of the image, in a frame that we write */

#define FRAME_HEAD	19u		/* that the longest head has */
#define FRAME_UNKNOWN	UINT64_MAX

struct codec;
struct library;

/**
 * struct frame - a frame whose bytes are coming in
 * @codec: who reads it
 * @content: bytes that it says to hold, or FRAME_UNKNOWN
 * @at: so many of its bytes are understood; all of them when it is measured
 * @last: its last block has been seen
 * @checksum: bytes behind the last block
 * @block_checksum: bytes behind each block
 */
struct frame {
	const struct codec *codec;
	uint64_t content;
	size_t at;
	bool last;
	uint8_t checksum;
	uint8_t block_checksum;
};

/**
 * struct codec_io - a step of decompression; all four move on
 * @from: compressed bytes
 * @left: of them
 * @to: where to
 * @room: bytes there
 */
struct codec_io {
	const uint8_t *from;
	size_t left;
	uint8_t *to;
	size_t room;
};

/**
 * struct codec - a way to compress
 * @name: of it
 * @library: what has to be loaded before the functions below are called: codec_load()
 * @magic: first four bytes of its frames
 * @level_min: lowest level
 * @level_max: highest level
 * @level: that is taken if nobody asks for one
 * @bound: bytes that so many may take
 * @pack_new: what a worker needs to compress at a level, or NULL
 * @pack_free: let go of it
 * @pack: compress @len bytes into a frame; returns its length or -1
 * @unpack_new: what is needed to decompress, or NULL
 * @unpack_free: let go of it
 * @unpack_reset: a frame begins
 * @unpack: go on as far as bytes and room reach; returns 1 when the frame has
 *	ended and is right, 0, or -EBADMSG
 * @head: understand the head of a frame, of which @len bytes are there; returns
 *	0, bytes that must be there, or -EBADMSG
 * @measure: the same for all of it; -E2BIG if it is longer than FRAME_MAX
 */
struct codec {
	const char *name;
	struct library *library;
	uint32_t magic;
	int level_min;
	int level_max;
	int level;
	size_t (*bound)(size_t len);
	void *(*pack_new)(int level);
	void (*pack_free)(void *ctx);
	ssize_t (*pack)(void *ctx, void *to, size_t room, const void *from, size_t len);
	void *(*unpack_new)(void);
	void (*unpack_free)(void *ctx);
	void (*unpack_reset)(void *ctx);
	int (*unpack)(void *ctx, struct codec_io *io, struct fault *fault);
	ssize_t (*head)(struct frame *frame, const uint8_t *p, size_t len);
	ssize_t (*measure)(struct frame *frame, const uint8_t *p, size_t len);
};

extern const struct codec codec_zstd;
extern const struct codec codec_lz4;

const struct codec *codec_of(uint32_t magic);
bool codec_skips(uint32_t magic);
int frame_failed(struct fault *fault, uint64_t at, int error, const char *why);
int codec_load(const struct codec *codec, struct fault *fault);

/**
 * struct unpackers - what one thread needs to decompress either way
 * @zstd: for zstd, NULL: not needed yet
 * @lz4: for lz4
 */
struct unpackers {
	void *zstd;
	void *lz4;
};

void *unpackers_get(struct unpackers *u, const struct codec *codec);
void unpackers_free(struct unpackers *u);
int unpack_frame(struct unpackers *u, const void *from, size_t len, void *to,
		 size_t expected, struct fault *fault);

#endif /* _KCR_CODEC_H */
