/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_INOTIFY_H
#define _KCR_COMPAT_INOTIFY_H

#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/version.h>

/*
 * What is private to fs/notify/inotify, the same in 6.1 and in 6.12. Whoever
 * uses it compares what it finds with the ids of the group's watches, and with
 * what an event may hold, so that another layout is seen.
 */
struct kcr_inotify_event {
	struct fsnotify_event fse;
	u32 mask;
	int wd;
	u32 sync_cookie;
	int name_len;
	char name[];
};

struct kcr_inotify_mark {
	struct fsnotify_mark fsn_mark;
	int wd;
};

/*
 * 6.10 (07a3b8d0bf72) made a connector point to the inode, and no more to a
 * field of it. Goes with 6.1.
 */
static inline struct inode *kcr_mark_inode(const struct fsnotify_mark *mark)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return mark->connector->obj;
#else
	return container_of(mark->connector->obj, struct inode, i_fsnotify_marks);
#endif
}

#endif /* _KCR_COMPAT_INOTIFY_H */
