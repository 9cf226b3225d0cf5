// SPDX-License-Identifier: GPL-2.0
/*
 * Where the frames of a compressed image are, as the table at its end tells.
 *
 * Nothing in it is trusted: it counts only if its frames fill the file up to it, and
 * none is so long that it can't be read as a whole.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "image/frames.h"
#include "kcr.h"
#include "lazy/internal.h"

#define TABLE_MAX	(256u << 20)	/* bytes of memory, for all images: of 16 TB */
#define STEP		256u		/* entries that are read at once */

static_assert((u64)SEEK_FRAMES_MAX * sizeof(struct lazy_frame) <= TABLE_MAX);

static int damaged(struct kcr_ctx *ctx)
{
	return kcr_bad_image(ctx, "the table of frames at the end is damaged");
}

static int read_failed(struct kcr_ctx *ctx, int err)
{
	if (err == -ENODATA)
		return damaged(ctx);
	return kcr_fail(ctx, KCR_CLASS_IO, err,
			"reading the table of frames of the image failed (errno %d)", -err);
}

static bool is_compressed(const struct lazy_image *img)
{
	u8 p[4];
	u32 magic;

	if (lazy_file_bytes(img, 0, p, sizeof(p)))
		return false;
	magic = get_le32(p);
	return magic == ZSTD_FRAME_MAGIC || magic == LZ4_FRAME_MAGIC ||
	       (magic & SKIP_MAGIC_MASK) == SKIP_MAGIC;
}

static int add_frame(struct kcr_ctx *ctx, struct lazy_image *img, const u8 *p)
{
	struct lazy_frame *f = &img->frames[img->nr_frames];
	u32 packed = get_le32(p), plain = get_le32(p + 4);

	if (packed > FRAME_MAX || plain > PACK_BLOCK_MAX)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EOPNOTSUPP,
				"the image is compressed in pieces of more than %u MB, and can't be restarted lazily",
				PACK_BLOCK_MAX >> 20);
	f[1].packed = f->packed + packed;
	f[1].plain = f->plain + plain;
	img->nr_frames++;
	return 0;
}

static int read_entries(struct kcr_ctx *ctx, struct lazy_image *img, const struct seek_foot *foot)
{
	u64 at = img->bytes - foot->size;
	u32 i, n, left;
	u8 *buf = kmalloc(STEP * SEEK_ENTRY_MAX, GFP_KERNEL);
	int ret = 0;

	if (!buf)
		return kcr_nomem(ctx);
	for (left = foot->count; left && !ret; left -= n, at += n * foot->entry) {
		n = min(left, STEP);
		ret = lazy_file_bytes(img, at, buf, n * foot->entry);
		if (ret)
			ret = read_failed(ctx, ret);
		for (i = 0; i < n && !ret; i++)
			ret = add_frame(ctx, img, buf + i * foot->entry);
		cond_resched();
	}
	kfree(buf);
	return ret;
}

static int read_table(struct kcr_ctx *ctx, struct lazy_image *img, const struct seek_foot *foot)
{
	u64 table = img->bytes - foot->size - SKIP_HEAD;
	u8 head[SKIP_HEAD];
	int ret = lazy_file_bytes(img, table, head, sizeof(head));

	if (ret)
		return read_failed(ctx, ret);
	if (get_le32(head) != SEEK_MAGIC || get_le32(head + 4) != foot->size)
		return damaged(ctx);
	ctx->lazy->frames += foot->count;
	if (ctx->lazy->frames > SEEK_FRAMES_MAX)
		return kcr_bad_image(ctx, "images of more than %u frames", SEEK_FRAMES_MAX);
	img->frames = kvcalloc((size_t)foot->count + 1, sizeof(*img->frames), GFP_KERNEL_ACCOUNT);
	if (!img->frames)
		return kcr_nomem(ctx);
	ret = read_entries(ctx, img, foot);
	if (ret)
		return ret;
	if (img->frames[img->nr_frames].packed != table)
		return damaged(ctx);
	img->size = img->frames[img->nr_frames].plain;
	return 0;
}

/**
 * lazy_frames_read() - read the table of a compressed image
 * @ctx: the operation
 * @img: the image; gets its frames if it is compressed
 */
int lazy_frames_read(struct kcr_ctx *ctx, struct lazy_image *img)
{
	struct seek_foot foot;
	u8 p[SEEK_FOOT];
	int ret;

	if (!is_compressed(img))
		return 0;
	ret = img->bytes < SEEK_FOOT + SKIP_HEAD ? -ENODATA :
	      lazy_file_bytes(img, img->bytes - SEEK_FOOT, p, sizeof(p));
	if (ret)
		return read_failed(ctx, ret);
	if (get_le32(p + 5) != SEEK_FOOT_MAGIC)
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EOPNOTSUPP,
				"the image is compressed in one piece, and can't be restarted lazily: checkpoint -z and --lz4 compress it in many");
	if (!seek_foot_parse(&foot, p, img->bytes))
		return damaged(ctx);
	return read_table(ctx, img, &foot);
}

/* lazy_frames_find() - the frame that holds a byte of the image; @nr_frames if none does */
size_t lazy_frames_find(const struct lazy_image *img, u64 plain)
{
	size_t low = 0, high = img->nr_frames, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (img->frames[mid + 1].plain <= plain)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
