// SPDX-License-Identifier: GPL-2.0
/*
 * Decompressing frames of an image, with what the kernel itself has for that.
 *
 * A frame is decompressed as a whole, into the room that its block takes: no window
 * is needed, and nothing that it says can ask for more memory. Some blocks are kept,
 * as pages are mostly wanted in their order. That a frame is right by its own
 * checksum is not enough, and need not be looked at: each record has a checksum, and
 * each page its hash in the index.
 */
#include <linux/lz4.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/zstd.h>

#include "image/frames.h"
#include "kcr.h"
#include "lazy/internal.h"

#define CACHE	(4u << 20)	/* bytes of blocks; one has room in any case */

#if IS_REACHABLE(CONFIG_ZSTD_DECOMPRESS)
static size_t zstd_room(void)
{
	return zstd_dctx_workspace_bound();
}

static int zstd_unpack(struct lazy_unpack *u, const u8 *from, size_t len, u8 *to, size_t expected)
{
	zstd_dctx *dctx = zstd_init_dctx(u->workspace, zstd_room());
	size_t n;

	if (!dctx)
		return -EINVAL;
	n = zstd_decompress_dctx(dctx, to, expected, from, len);
	return !zstd_is_error(n) && n == expected ? 0 : -EBADMSG;
}
#else
static size_t zstd_room(void)
{
	return 1;
}

static int zstd_unpack(struct lazy_unpack *u, const u8 *from, size_t len, u8 *to, size_t expected)
{
	return -EOPNOTSUPP;
}
#endif

#if IS_REACHABLE(CONFIG_LZ4_DECOMPRESS)
static int lz4_block(const u8 *from, size_t len, u8 *to, size_t room)
{
	return LZ4_decompress_safe((const char *)from, (char *)to, len, room);
}
#else
static int lz4_block(const u8 *from, size_t len, u8 *to, size_t room)
{
	return -EOPNOTSUPP;
}
#endif

/* Bytes that the head takes; those that need what is not in the frame are refused. */
static int lz4_head(const u8 *p, size_t len)
{
	size_t n = LZ4_FIXED_HEAD + (len > 4 && p[4] & LZ4_HAS_SIZE ? 8 : 0);

	if (len < n || (p[4] & LZ4_VERSION_MASK) != LZ4_VERSION_1 || p[4] & LZ4_HAS_DICTIONARY)
		return -EBADMSG;
	return p[4] & LZ4_IS_INDEPENDENT ? n : -EBADMSG;
}

/* A block, of which @len bytes are there; bytes that it holds. */
static int lz4_put(const u8 *p, size_t len, bool stored, u8 *to, size_t room)
{
	if (!stored)
		return lz4_block(p, len, to, room);
	if (len > room)
		return -EBADMSG;
	memcpy(to, p, len);
	return len;
}

static int lz4_unpack(const u8 *p, size_t len, u8 *to, size_t expected)
{
	int ret = lz4_head(p, len);
	size_t at = ret, done = 0, behind, block;
	u32 word;

	if (ret < 0)
		return ret;
	behind = p[4] & LZ4_HAS_BLOCK_CHECKSUM ? 4 : 0;
	for (; len - at >= LZ4_BLOCK_HEAD; at += block + behind, done += ret) {
		word = get_le32(p + at);
		block = word & ~LZ4_STORED;
		at += LZ4_BLOCK_HEAD;
		if (!word)
			return done == expected ? 0 : -EBADMSG;
		if (block > len - at || behind > len - at - block)
			return -EBADMSG;
		ret = lz4_put(p + at, block, word & LZ4_STORED, to + done, expected - done);
		if (ret < 0)
			return ret == -EOPNOTSUPP ? ret : -EBADMSG;
	}
	return -EBADMSG;
}

static int unpack(struct lazy_unpack *u, const u8 *p, size_t len, u8 *to, size_t expected)
{
	u32 magic = len < 4 ? 0 : get_le32(p);

	if (magic == ZSTD_FRAME_MAGIC)
		return zstd_unpack(u, p, len, to, expected);
	if (magic == LZ4_FRAME_MAGIC)
		return lz4_unpack(p, len, to, expected);
	return -EBADMSG;
}

static size_t packed_len(const struct lazy_image *img, size_t nr)
{
	return img->frames[nr + 1].packed - img->frames[nr].packed;
}

static size_t plain_len(const struct lazy_image *img, size_t nr)
{
	return img->frames[nr + 1].plain - img->frames[nr].plain;
}

static int load(struct lazy_unpack *u, struct lazy_block *b, const struct lazy_image *img,
		size_t nr)
{
	size_t len = packed_len(img, nr);
	int ret;

	b->img = NULL;
	ret = lazy_file_bytes(img, img->frames[nr].packed, u->packed, len) ?:
	      unpack(u, u->packed, len, b->bytes, plain_len(img, nr));
	if (ret)
		return ret;
	b->img = img;
	b->nr = nr;
	return 0;
}

/* Sets @found. */
static int block_get(struct lazy_unpack *u, const struct lazy_image *img, size_t nr,
		     struct lazy_block **found)
{
	struct lazy_block *b = u->blocks;
	unsigned int i;
	int ret = 0;

	lockdep_assert_held(&u->lock);

	for (i = 0; i < u->nr; i++) {
		if (u->blocks[i].img == img && u->blocks[i].nr == nr) {
			b = &u->blocks[i];
			break;
		}
		if (u->blocks[i].used < b->used)
			b = &u->blocks[i];
	}
	if (i == u->nr)
		ret = load(u, b, img, nr);
	b->used = ++u->clock;
	*found = b;
	return ret;
}

static int read_locked(struct lazy_unpack *u, const struct lazy_image *img, u64 offset,
		       struct iov_iter *iter)
{
	struct lazy_block *b;
	size_t nr, in, n;
	int ret;

	for (; iov_iter_count(iter); offset += n) {
		nr = lazy_frames_find(img, offset);
		if (nr == img->nr_frames)
			return -ENODATA;
		ret = block_get(u, img, nr, &b);
		if (ret)
			return ret;
		in = offset - img->frames[nr].plain;
		n = min(plain_len(img, nr) - in, iov_iter_count(iter));
		if (copy_to_iter(b->bytes + in, n, iter) != n)
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/* lazy_unpack_read() - lazy_image_read() of a compressed one */
int lazy_unpack_read(struct lazy_unpack *u, const struct lazy_image *img, u64 offset,
		     struct iov_iter *iter)
{
	int ret;

	mutex_lock(&u->lock);
	ret = read_locked(u, img, offset, iter);
	mutex_unlock(&u->lock);
	return ret;
}

/* The longest of all; true if there are any. */
static bool rooms(const struct lazy_image *images, unsigned int nr, size_t *packed, size_t *plain)
{
	const struct lazy_image *img;
	bool any = false;
	size_t i;

	*packed = 1;
	*plain = 1;
	for (img = images; img < images + nr; img++) {
		for (i = 0; i < img->nr_frames; i++) {
			*packed = max(*packed, packed_len(img, i));
			*plain = max(*plain, plain_len(img, i));
		}
		any |= !!img->frames;
	}
	return any;
}

/**
 * lazy_unpack_begin() - have all memory that is needed
 * @ctx: the operation
 * @u: to be ended, also after a failure
 * @images: all images, with their frames
 * @nr: how many
 */
int lazy_unpack_begin(struct kcr_ctx *ctx, struct lazy_unpack *u,
		      const struct lazy_image *images, unsigned int nr)
{
	size_t packed, plain;
	unsigned int blocks;

	if (!rooms(images, nr, &packed, &plain))
		return 0;
	u->workspace = kvmalloc(zstd_room(), GFP_KERNEL_ACCOUNT);
	u->packed = kvmalloc(packed, GFP_KERNEL_ACCOUNT);
	if (!u->workspace || !u->packed)
		return kcr_nomem(ctx);
	blocks = clamp_t(size_t, CACHE / plain, 1, LAZY_BLOCKS);
	for (; u->nr < blocks; u->nr++) {
		u->blocks[u->nr].bytes = kvmalloc(plain, GFP_KERNEL_ACCOUNT);
		if (!u->blocks[u->nr].bytes)
			return kcr_nomem(ctx);
	}
	return 0;
}

/* lazy_unpack_end() - free it; more than once is fine */
void lazy_unpack_end(struct lazy_unpack *u)
{
	while (u->nr)
		kvfree(u->blocks[--u->nr].bytes);
	kvfree(u->packed);
	kvfree(u->workspace);
	u->packed = NULL;
	u->workspace = NULL;
}
