// SPDX-License-Identifier: GPL-2.0
/*
 * Compressed images: which way, and whole frames.
 */
#include <errno.h>

#include "codec.h"
#include "library.h"

/**
 * codec_of() - who reads a frame
 * @magic: its first four bytes
 *
 * Returns NULL if nobody does.
 */
const struct codec *codec_of(uint32_t magic)
{
	if (magic == codec_zstd.magic)
		return &codec_zstd;
	return magic == codec_lz4.magic ? &codec_lz4 : NULL;
}

/* codec_skips() - is this a frame that has no data? */
bool codec_skips(uint32_t magic)
{
	return (magic & SKIP_MAGIC_MASK) == SKIP_MAGIC;
}

/**
 * frame_failed() - tell why a frame can't be decompressed
 * @fault: told
 * @at: where in the file it begins
 * @error: negative errno; if it is not -EBADMSG, the frame can't help it
 * @why: in words
 */
int frame_failed(struct fault *fault, uint64_t at, int error, const char *why)
{
	if (error != -EBADMSG)
		return fault_set(fault, error, "%s", why);
	return fault_set(fault, error, "byte %llu of the compressed image: the frame %s",
			 (unsigned long long)at, why);
}

/* codec_load() - before it compresses or decompresses; 0 or -ELIBACC */
int codec_load(const struct codec *codec, struct fault *fault)
{
	return library_load(codec->library, fault);
}

/**
 * unpackers_get() - what is needed to decompress a frame that begins
 * @u: of this thread
 * @codec: which way; loaded
 *
 * Returns NULL without memory.
 */
void *unpackers_get(struct unpackers *u, const struct codec *codec)
{
	void **ctx = codec == &codec_zstd ? &u->zstd : &u->lz4;

	if (!*ctx)
		*ctx = codec->unpack_new();
	else
		codec->unpack_reset(*ctx);
	return *ctx;
}

void unpackers_free(struct unpackers *u)
{
	if (u->zstd)
		codec_zstd.unpack_free(u->zstd);
	if (u->lz4)
		codec_lz4.unpack_free(u->lz4);
	*u = (struct unpackers){ 0 };
}

/**
 * unpack_frame() - decompress a frame that is there as a whole
 * @u: of this thread
 * @from: the frame, and nothing else
 * @len: bytes of it
 * @to: where to
 * @expected: bytes that it must hold
 * @fault: told of a failure
 */
int unpack_frame(struct unpackers *u, const void *from, size_t len, void *to,
		 size_t expected, struct fault *fault)
{
	struct codec_io io = { .from = from, .left = len, .to = to, .room = expected };
	const struct codec *codec = len < 4 ? NULL : codec_of(get_le32(from));
	size_t left, room;
	void *ctx;
	int r;

	if (!codec)
		return fault_set(fault, -EBADMSG, "is no frame of zstd or lz4");
	r = codec_load(codec, fault);
	if (r)
		return r;
	ctx = unpackers_get(u, codec);
	if (!ctx)
		return fault_set(fault, -ENOMEM, "not enough memory");
	do {
		left = io.left;
		room = io.room;
		r = codec->unpack(ctx, &io, fault);
	} while (!r && (io.left != left || io.room != room));
	if (r < 0)
		return r;
	if (!r || io.left || io.room)
		return fault_set(fault, -EBADMSG, "has another length than it should");
	return 0;
}
