// SPDX-License-Identifier: GPL-2.0
/*
 * An image in a regular file, any bytes of which can be read.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uio.h>

#include "compat/uio.h"
#include "kcr.h"
#include "lazy/internal.h"

/* lazy_file_read() - bytes of the file, from @at behind the image's beginning on */
int lazy_file_read(const struct lazy_image *img, u64 at, struct iov_iter *iter)
{
	loff_t pos = img->base + at;
	struct iov_iter left;
	ssize_t ret;

	while (iov_iter_count(iter)) {
		left = *iter;	/* not all file systems advance it */
		ret = vfs_iter_read(img->file, &left, &pos, 0);
		if (ret <= 0)
			return ret ?: -ENODATA;
		iov_iter_advance(iter, ret);
	}
	return 0;
}

static void iter_over(struct iov_iter *iter, struct kvec *vec, void *buf, size_t len)
{
	*vec = (struct kvec) { .iov_base = buf, .iov_len = len };
	iov_iter_kvec(iter, ITER_DEST, vec, 1, len);
}

int lazy_file_bytes(const struct lazy_image *img, u64 at, void *buf, size_t len)
{
	struct iov_iter iter;
	struct kvec vec;

	iter_over(&iter, &vec, buf, len);
	return lazy_file_read(img, at, &iter);
}

/**
 * lazy_image_read() - bytes of the image as it is when it is not compressed
 * @lazy: whose image it is
 * @img: the image
 * @offset: of the first byte
 * @iter: where they go; all of it is filled
 */
int lazy_image_read(struct kcr_lazy *lazy, const struct lazy_image *img, u64 offset,
		    struct iov_iter *iter)
{
	if (!img->frames)
		return lazy_file_read(img, offset, iter);
	return lazy_unpack_read(&lazy->unpack, img, offset, iter);
}

int lazy_image_bytes(struct kcr_lazy *lazy, const struct lazy_image *img, u64 offset, void *buf,
		     size_t len)
{
	struct iov_iter iter;
	struct kvec vec;

	iter_over(&iter, &vec, buf, len);
	return lazy_image_read(lazy, img, offset, &iter);
}

/* lazy_image_failed() - say why lazy_image_read() has failed, before anything runs */
int lazy_image_failed(struct kcr_ctx *ctx, int err, u64 offset)
{
	switch (err) {
	case -ENODATA:
		return kcr_bad_image(ctx, "the image ends early, at byte %llu", offset);
	case -EBADMSG:
		return kcr_bad_image(ctx, "the frame that byte %llu of the image is in is damaged",
				     offset);
	case -EOPNOTSUPP:
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err,
				"this kernel can't decompress the image, and it can't be restarted lazily here");
	}
	return kcr_fail(ctx, KCR_CLASS_IO, err, "reading the image failed (errno %d)", -err);
}

/* lazy_image_open() - find out how long it is, and whether it is compressed */
int lazy_image_open(struct kcr_ctx *ctx, struct lazy_image *img)
{
	struct inode *inode = file_inode(img->file);
	u64 size;

	if (!S_ISREG(inode->i_mode))
		return kcr_fail(ctx, KCR_CLASS_USAGE, -ESPIPE,
				"a lazy restart needs the image in a regular file");
	size = i_size_read(inode);
	img->base = img->file->f_pos;
	img->bytes = size > img->base ? size - img->base : 0;
	img->size = img->bytes;
	return lazy_frames_read(ctx, img);
}

/* lazy_image_close() - nothing of it is needed any more */
void lazy_image_close(struct lazy_image *img)
{
	lazy_index_drop(&img->index);
	kvfree(img->frames);
	fput(img->file);
}
