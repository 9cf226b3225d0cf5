/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_DNOTIFY_H
#define _UAPI_KCR_IMAGE_DNOTIFY_H

#include <linux/types.h>

/* As fcntl(F_NOTIFY) has them. */
#define KCR_DNOTIFY_ACCESS	(1u << 0)
#define KCR_DNOTIFY_MODIFY	(1u << 1)
#define KCR_DNOTIFY_CREATE	(1u << 2)
#define KCR_DNOTIFY_DELETE	(1u << 3)
#define KCR_DNOTIFY_RENAME	(1u << 4)
#define KCR_DNOTIFY_ATTRIB	(1u << 5)
#define KCR_DNOTIFY_EVENTS	((1u << 6) - 1)
#define KCR_DNOTIFY_MULTISHOT	(1u << 31)

/**
 * struct kcr_img_dnotify_watch - a directory that is watched
 * @fd: descriptor that it was asked for through: si_fd of signals
 * @events: KCR_DNOTIFY_*, one event at least
 */
struct kcr_img_dnotify_watch {
	__le32	fd;
	__le32	events;
};

/**
 * struct kcr_img_dnotify - KCR_KIND_DNOTIFY: directories that are watched
 * @count: how many @watch there are
 * @table: id of the KCR_KIND_FDTABLE record whose descriptors these are; 0: the
 *	first one of its process
 * @watch: the directories
 */
struct kcr_img_dnotify {
	__le32	count;
	__le32	table;
	struct kcr_img_dnotify_watch watch[];
};

#endif /* _UAPI_KCR_IMAGE_DNOTIFY_H */
