/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_DNOTIFY_H
#define _KCR_COMPAT_DNOTIFY_H

#include <linux/dnotify.h>
#include <linux/fsnotify_backend.h>
#include <linux/version.h>

/* What is private to fs/notify/dnotify, the same in 6.1 and in 6.12. */
struct kcr_dnotify_mark {
	struct fsnotify_mark fsn_mark;
	struct dnotify_struct *dn;
};

/*
 * 6.10 (230d97d39e0c) has marks found by the inode, and not by a field of it. Goes
 * with 6.1.
 */
static inline struct fsnotify_mark *kcr_inode_mark(struct inode *inode,
						   struct fsnotify_group *group)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return fsnotify_find_inode_mark(inode, group);
#else
	return fsnotify_find_mark(&inode->i_fsnotify_marks, group);
#endif
}

#endif /* _KCR_COMPAT_DNOTIFY_H */
