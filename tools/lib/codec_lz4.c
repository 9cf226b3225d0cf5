// SPDX-License-Identifier: GPL-2.0
/*
 * lz4: frames as doc/lz4_Frame_format.md of lz4 has them.
 */
#include <errno.h>
#include <lz4frame.h>
#include <stdlib.h>

#include "codec.h"
#include "library.h"

#define LZ4_BLOCK_MAX	(4u << 20)

#define FUNCTIONS(x) \
	x(compressFrameBound) x(compressFrame) x(createDecompressionContext) \
	x(freeDecompressionContext) x(resetDecompressionContext) x(decompress) \
	x(isError) x(getErrorName)

static struct {
#define POINTER(name) __typeof__(LZ4F_##name) *name;
	FUNCTIONS(POINTER)
} lz4;

static const struct library_function functions[] = {
#define ADDRESS(name) { "LZ4F_" #name, &lz4.name },
	FUNCTIONS(ADDRESS)
	{ NULL, NULL }
};

static struct library library = { .name = "liblz4.so.1", .functions = functions };

static LZ4F_preferences_t preferences(size_t len)
{
	return (LZ4F_preferences_t){
		.frameInfo = {
			.blockSizeID = LZ4F_max1MB,
			.blockMode = LZ4F_blockIndependent,
			.contentChecksumFlag = LZ4F_contentChecksumEnabled,
			.contentSize = len,
		},
	};
}

static size_t lz4_bound(size_t len)
{
	LZ4F_preferences_t p = preferences(len);

	return lz4.compressFrameBound(len, &p);
}

/* Nothing is needed from one frame to the next. */
static void *lz4_pack_new(int level)
{
	(void)level;
	return malloc(1);
}

static ssize_t lz4_pack(void *ctx, void *to, size_t room, const void *from, size_t len)
{
	LZ4F_preferences_t p = preferences(len);
	size_t n = lz4.compressFrame(to, room, from, len, &p);

	(void)ctx;
	return lz4.isError(n) ? -1 : (ssize_t)n;
}

static void lz4_unpack_free(void *ctx)
{
	lz4.freeDecompressionContext(ctx);
}

static void *lz4_unpack_new(void)
{
	LZ4F_dctx *ctx;

	return lz4.isError(lz4.createDecompressionContext(&ctx, LZ4F_VERSION)) ? NULL : ctx;
}

static void lz4_unpack_reset(void *ctx)
{
	lz4.resetDecompressionContext(ctx);
}

static int lz4_unpack(void *ctx, struct codec_io *io, struct fault *fault)
{
	size_t in = io->left, out = io->room;
	size_t r = lz4.decompress(ctx, io->to, &out, io->from, &in, NULL);

	if (lz4.isError(r))
		return fault_set(fault, -EBADMSG, "is damaged (lz4: %s)", lz4.getErrorName(r));
	io->from += in;
	io->left -= in;
	io->to += out;
	io->room -= out;
	return !r;
}

static uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static ssize_t lz4_head(struct frame *f, const uint8_t *p, size_t len)
{
	size_t n = LZ4_FIXED_HEAD;

	if (len < n)
		return n;
	n += p[4] & LZ4_HAS_SIZE ? 8 : 0;
	n += p[4] & LZ4_HAS_DICTIONARY ? 4 : 0;
	if (len < n)
		return n;
	f->content = p[4] & LZ4_HAS_SIZE ? get_le64(p + 6) : FRAME_UNKNOWN;
	f->checksum = p[4] & LZ4_HAS_CHECKSUM ? 4 : 0;
	f->block_checksum = p[4] & LZ4_HAS_BLOCK_CHECKSUM ? 4 : 0;
	f->at = n;
	return 0;
}

static ssize_t lz4_measure(struct frame *f, const uint8_t *p, size_t len)
{
	uint32_t block;

	while (!f->last) {
		if (f->at > FRAME_MAX)
			return -E2BIG;
		if (len < f->at + LZ4_BLOCK_HEAD)
			return f->at + LZ4_BLOCK_HEAD;
		block = get_le32(p + f->at);
		f->at += LZ4_BLOCK_HEAD;
		f->last = !block;
		block &= ~LZ4_STORED;
		if (block > LZ4_BLOCK_MAX)
			return -EBADMSG;
		f->at += f->last ? f->checksum : block + f->block_checksum;
	}
	if (f->at > FRAME_MAX)
		return -E2BIG;
	return len < f->at ? (ssize_t)f->at : 0;
}

const struct codec codec_lz4 = {
	.name		= "lz4",
	.library	= &library,
	.magic		= LZ4_FRAME_MAGIC,
	.bound		= lz4_bound,
	.pack_new	= lz4_pack_new,
	.pack_free	= free,
	.pack		= lz4_pack,
	.unpack_new	= lz4_unpack_new,
	.unpack_free	= lz4_unpack_free,
	.unpack_reset	= lz4_unpack_reset,
	.unpack		= lz4_unpack,
	.head		= lz4_head,
	.measure	= lz4_measure,
};
