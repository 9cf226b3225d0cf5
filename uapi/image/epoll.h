/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_EPOLL_H
#define _UAPI_KCR_IMAGE_EPOLL_H

#include <linux/types.h>

#include "file.h"

/**
 * struct kcr_img_epoll_item - a file that an epoll set watches
 * @fd: descriptor that it was added under; it may have been closed since
 * @file: id of the open file's record
 * @data: epoll_event.data
 * @events: epoll_event.events, the numbers of the system call; an item that
 *	EPOLLONESHOT has disabled has no event in it
 * @reserved: zero
 */
struct kcr_img_epoll_item {
	__le32	fd;
	__le32	file;
	__le64	data;
	__le32	events;
	__le32	reserved;
};

/**
 * struct kcr_img_epoll - KCR_KIND_EPOLL: an epoll set
 * @flags: KCR_FILE_*
 * @count: how many @item there are
 * @item: what the set watches
 */
struct kcr_img_epoll {
	__le32	flags;
	__le32	count;
	struct kcr_img_epoll_item item[];
};

#endif /* _UAPI_KCR_IMAGE_EPOLL_H */
