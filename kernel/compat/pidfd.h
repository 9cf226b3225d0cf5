/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_PIDFD_H
#define _KCR_COMPAT_PIDFD_H

#include <linux/fs.h>
#include <linux/version.h>

/*
 * Since 6.9 (cb12fd8e0dab) a pidfd is a file of pidfs, whose inode is the pid's;
 * before, its private data was the pid. Goes with 6.1.
 *
 * Both files are pidfds that nobody uses.
 */
static inline void kcr_pidfd_swap(struct file *a, struct file *b)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	swap(*(struct path *)&a->f_path, *(struct path *)&b->f_path);
	swap(a->f_inode, b->f_inode);
	swap(a->f_mapping, b->f_mapping);
#endif
	swap(a->private_data, b->private_data);
}

#endif /* _KCR_COMPAT_PIDFD_H */
