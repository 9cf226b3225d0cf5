// SPDX-License-Identifier: GPL-2.0
/*
 * zstd: frames as RFC 8878 has them.
 */
#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "codec.h"
#include "library.h"

/* As zstd -d: what needs a window of more than 128 MB is refused. */
#define ZSTD_WINDOW_LOG	27

#define ZSTD_FIXED_HEAD	5	/* magic and descriptor */
#define ZSTD_BLOCK_HEAD	3
#define ZSTD_BLOCK_RLE	1
#define ZSTD_BLOCK_BAD	3

#define FUNCTIONS(x) \
	x(compressBound) x(createCCtx) x(freeCCtx) x(CCtx_setParameter) x(compress2) \
	x(createDCtx) x(freeDCtx) x(DCtx_setParameter) x(DCtx_reset) \
	x(decompressStream) x(getFrameContentSize) x(isError) x(getErrorCode) \
	x(getErrorName)

static struct {
#define POINTER(name) __typeof__(ZSTD_##name) *name;
	FUNCTIONS(POINTER)
} zstd;

static const struct library_function functions[] = {
#define ADDRESS(name) { "ZSTD_" #name, &zstd.name },
	FUNCTIONS(ADDRESS)
	{ NULL, NULL }
};

static struct library library = { .name = "libzstd.so.1", .functions = functions };

static size_t zstd_bound(size_t len)
{
	return zstd.compressBound(len);
}

static void zstd_pack_free(void *ctx)
{
	zstd.freeCCtx(ctx);
}

static void *zstd_pack_new(int level)
{
	ZSTD_CCtx *ctx = zstd.createCCtx();

	if (!ctx)
		return NULL;
	if (zstd.isError(zstd.CCtx_setParameter(ctx, ZSTD_c_compressionLevel, level)) ||
	    zstd.isError(zstd.CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1))) {
		zstd.freeCCtx(ctx);
		return NULL;
	}
	return ctx;
}

static ssize_t zstd_pack(void *ctx, void *to, size_t room, const void *from, size_t len)
{
	size_t n = zstd.compress2(ctx, to, room, from, len);

	return zstd.isError(n) ? -1 : (ssize_t)n;
}

static void zstd_unpack_free(void *ctx)
{
	zstd.freeDCtx(ctx);
}

static void *zstd_unpack_new(void)
{
	ZSTD_DCtx *ctx = zstd.createDCtx();

	if (ctx)
		zstd.DCtx_setParameter(ctx, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	return ctx;
}

static void zstd_unpack_reset(void *ctx)
{
	zstd.DCtx_reset(ctx, ZSTD_reset_session_only);
}

static int zstd_fail(size_t code, struct fault *fault)
{
	if (zstd.getErrorCode(code) == ZSTD_error_memory_allocation)
		return fault_set(fault, -ENOMEM, "not enough memory");
	if (zstd.getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
		return fault_set(fault, -EBADMSG,
				 "needs more than %u MB to be decompressed",
				 1u << (ZSTD_WINDOW_LOG - 20));
	return fault_set(fault, -EBADMSG, "is damaged (zstd: %s)", zstd.getErrorName(code));
}

static int zstd_unpack(void *ctx, struct codec_io *io, struct fault *fault)
{
	ZSTD_inBuffer in = { .src = io->from, .size = io->left };
	ZSTD_outBuffer out = { .dst = io->to, .size = io->room };
	size_t r = zstd.decompressStream(ctx, &out, &in);

	io->from += in.pos;
	io->left -= in.pos;
	io->to += out.pos;
	io->room -= out.pos;
	return zstd.isError(r) ? zstd_fail(r, fault) : !r;
}

static ssize_t zstd_head(struct frame *f, const uint8_t *p, size_t len)
{
	static const uint8_t dictionary[] = { 0, 1, 2, 4 };
	static const uint8_t content[] = { 0, 2, 4, 8 };
	unsigned long long size;
	bool single;
	size_t n;

	if (len < ZSTD_FIXED_HEAD)
		return ZSTD_FIXED_HEAD;
	single = p[4] & 0x20;
	n = ZSTD_FIXED_HEAD + !single + dictionary[p[4] & 3] + content[p[4] >> 6];
	if (single && !(p[4] >> 6))
		n++;
	if (len < n)
		return n;
	size = zstd.getFrameContentSize(p, len);
	if (size == ZSTD_CONTENTSIZE_ERROR)
		return -EBADMSG;
	f->content = size == ZSTD_CONTENTSIZE_UNKNOWN ? FRAME_UNKNOWN : size;
	f->checksum = p[4] & 4 ? 4 : 0;
	f->at = n;
	return 0;
}

static ssize_t zstd_measure(struct frame *f, const uint8_t *p, size_t len)
{
	uint32_t block;

	while (!f->last) {
		if (f->at > FRAME_MAX)
			return -E2BIG;
		if (len < f->at + ZSTD_BLOCK_HEAD)
			return f->at + ZSTD_BLOCK_HEAD;
		block = p[f->at] | p[f->at + 1] << 8 | p[f->at + 2] << 16;
		if ((block >> 1 & 3) == ZSTD_BLOCK_BAD)
			return -EBADMSG;
		f->last = block & 1;
		f->at += ZSTD_BLOCK_HEAD;
		f->at += (block >> 1 & 3) == ZSTD_BLOCK_RLE ? 1 : block >> 3;
		if (f->last)
			f->at += f->checksum;
	}
	if (f->at > FRAME_MAX)
		return -E2BIG;
	return len < f->at ? (ssize_t)f->at : 0;
}

const struct codec codec_zstd = {
	.name		= "zstd",
	.library	= &library,
	.magic		= ZSTD_MAGICNUMBER,
	.level_min	= 1,
	.level_max	= 19,
	.level		= 3,
	.bound		= zstd_bound,
	.pack_new	= zstd_pack_new,
	.pack_free	= zstd_pack_free,
	.pack		= zstd_pack,
	.unpack_new	= zstd_unpack_new,
	.unpack_free	= zstd_unpack_free,
	.unpack_reset	= zstd_unpack_reset,
	.unpack		= zstd_unpack,
	.head		= zstd_head,
	.measure	= zstd_measure,
};
