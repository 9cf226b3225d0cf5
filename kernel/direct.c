// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of the program's go to the disk past the page cache, if that is asked for.
 *
 * Runs of pages begin at a multiple of the page size in the image, so that file
 * systems with direct I/O take them as they are, by reference. What else is in the
 * image, and runs that are short, goes through the page cache: no page of the file
 * has bytes of both.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/uio.h>

#include "compat/uio.h"
#include "kcr.h"
#include "stream.h"

#define DIRECT_MIN	SZ_256K	/* less is waited for longer than it is worth */

/* Of a file system on one disk: others wait for a network, or sum up what they write. */
static bool file_can(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && inode->i_sb->s_bdev &&
	       file->f_mode & FMODE_CAN_ODIRECT && !(file->f_flags & O_APPEND);
}

static bool may_be_direct(struct kcr_ctx *ctx, size_t len)
{
	return ctx->ckpt_flags & KCR_CKPT_DIRECT && !ctx->no_direct && len >= DIRECT_MIN &&
	       file_can(ctx->image) && PAGE_ALIGNED(ctx->image->f_pos);
}

/**
 * kcr_write_direct() - write pages past the page cache, where that can be
 * @ctx: the operation
 * @iter: whole pages; what is left of them is to be written otherwise
 *
 * Return: 0, or a negative errno after kcr_fail().
 */
int kcr_write_direct(struct kcr_ctx *ctx, struct iov_iter *iter)
{
	struct iov_iter left = *iter;
	struct kiocb kiocb;
	ssize_t ret;

	if (!may_be_direct(ctx, iov_iter_count(iter)))
		return 0;
	init_sync_kiocb(&kiocb, ctx->image);
	kiocb.ki_flags |= IOCB_DIRECT;
	kiocb.ki_pos = ctx->image->f_pos;
	ret = kcr_vfs_iocb_iter_write(&kiocb, &left);
	if (ret == -EINTR || ret == -ERESTARTSYS)
		return 0;
	if (!ret || ret == -EINVAL || ret == -EOPNOTSUPP) {
		ctx->no_direct = true;	/* not on this disk, or not so aligned */
		return 0;
	}
	if (ret < 0)
		return kcr_write_failed(ctx, ret);
	iov_iter_advance(iter, ret);
	ctx->image->f_pos += ret;
	WRITE_ONCE(ctx->written, ctx->written + ret);
	return 0;
}
