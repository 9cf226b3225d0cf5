/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_FILE_H
#define _KCR_COMPAT_FILE_H

#include <linux/fs.h>
#include <linux/version.h>

/*
 * 6.12 (1934b212615d) made struct file.f_owner a pointer, NULL until somebody
 * asks for signals. Goes with 6.1.
 */
static inline struct fown_struct *kcr_file_owner(struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return file_f_owner(file);
#else
	return &file->f_owner;
#endif
}

/* So that there is one. Goes with 6.1. */
static inline int kcr_file_owner_make(struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return file_f_owner_allocate(file);
#else
	return 0;
#endif
}

/*
 * Since 6.7 (def3ae83da02) a mapping of an overlayfs file holds a file with
 * the path of the layer, and the path that was opened stands beside it;
 * before, f_path was a copy of the latter. Goes with 6.1.
 */
static inline const struct path *kcr_file_path(const struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return file_user_path(file);
#else
	return &file->f_path;
#endif
}

#endif /* _KCR_COMPAT_FILE_H */
