/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_UIO_H
#define _KCR_COMPAT_UIO_H

#include <linux/fs.h>
#include <linux/uio.h>
#include <linux/version.h>

/* Named since 6.2 (de4eda9de2d9); before, WRITE and READ. Goes with 6.1. */
#ifndef ITER_SOURCE
#define ITER_SOURCE	1
#define ITER_DEST	0
#endif

/*
 * Since 6.8 (6ae654392bb5) vfs_iter_write() takes the freeze protection
 * itself; before, that is the caller's. Goes with 6.1.
 */
static inline ssize_t kcr_vfs_iter_write(struct file *file, struct iov_iter *iter,
					 loff_t *pos)
{
	ssize_t ret;

	if (!file->f_op->write_iter)
		return -EINVAL;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	if (S_ISREG(file_inode(file)->i_mode))
		sb_start_write(file_inode(file)->i_sb);
#endif
	ret = vfs_iter_write(file, iter, pos, 0);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	if (S_ISREG(file_inode(file)->i_mode))
		sb_end_write(file_inode(file)->i_sb);
#endif
	return ret;
}

/* The same with an iocb of the caller's. Goes with 6.1. */
static inline ssize_t kcr_vfs_iocb_iter_write(struct kiocb *iocb, struct iov_iter *iter)
{
	struct file *file = iocb->ki_filp;
	ssize_t ret;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	if (S_ISREG(file_inode(file)->i_mode))
		sb_start_write(file_inode(file)->i_sb);
#endif
	ret = vfs_iocb_iter_write(file, iocb, iter);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	if (S_ISREG(file_inode(file)->i_mode))
		sb_end_write(file_inode(file)->i_sb);
#endif
	return ret;
}

#endif /* _KCR_COMPAT_UIO_H */
