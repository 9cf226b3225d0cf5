/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_INOTIFY_H
#define _UAPI_KCR_IMAGE_INOTIFY_H

#include <linux/types.h>

#include "file.h"

#define KCR_INOTIFY_WATCH	1 /* a watch */
#define KCR_INOTIFY_EVENT	2 /* an event that was not read */

/**
 * struct kcr_img_inotify_item - a watch or an event
 * @type: KCR_INOTIFY_*
 * @wd: watch descriptor; of the event that tells of lost ones, -1
 * @mask: IN_* as inotify(7) has them; with IN_ISDIR a watch is on a directory
 * @cookie: EVENT: joins two of them
 * @len: bytes that follow, with a final NUL: the path of what is watched, or
 *	the name that the event tells; 0: none
 *
 * The path is absolute, as seen from the checkpointer's root.
 */
struct kcr_img_inotify_item {
	__le32	type;
	__le32	wd;
	__le32	mask;
	__le32	cookie;
	__le32	len;
};

/**
 * struct kcr_img_inotify - KCR_KIND_INOTIFY: an inotify instance
 * @flags: KCR_FILE_*
 * @next_wd: the next watch descriptor, if that is free
 * @watches: how many watches follow
 * @events: how many events follow them, the oldest first
 */
struct kcr_img_inotify {
	__le32	flags;
	__le32	next_wd;
	__le32	watches;
	__le32	events;
};

#endif /* _UAPI_KCR_IMAGE_INOTIFY_H */
