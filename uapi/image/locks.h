/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_LOCKS_H
#define _UAPI_KCR_IMAGE_LOCKS_H

#include <linux/types.h>

#define KCR_LOCK_POSIX		1 /* fcntl(F_SETLK): the process's */
#define KCR_LOCK_OFD		2 /* fcntl(F_OFD_SETLK): the open file's */
#define KCR_LOCK_FLOCK		3 /* flock(2): the open file's */

#define KCR_LOCK_EXCLUSIVE	(1u << 0)

/**
 * struct kcr_img_lock - one lock
 * @fd: a descriptor of the open file that it was taken through
 * @type: KCR_LOCK_*
 * @flags: KCR_LOCK_EXCLUSIVE
 * @reserved: zero
 * @start: first byte; 0 for KCR_LOCK_FLOCK
 * @len: bytes; 0: to the end, however far that goes
 */
struct kcr_img_lock {
	__le32	fd;
	__le32	type;
	__le32	flags;
	__le32	reserved;
	__le64	start;
	__le64	len;
};

/**
 * struct kcr_img_locks - KCR_KIND_LOCKS: locks on files
 * @count: how many @lock there are
 * @table: id of the KCR_KIND_FDTABLE record whose descriptors these are, and that
 *	POSIX locks belong to; 0: the first one of its process. In version 1: zero
 * @lock: the locks
 */
struct kcr_img_locks {
	__le32	count;
	__le32	table;
	struct kcr_img_lock lock[];
};

#endif /* _UAPI_KCR_IMAGE_LOCKS_H */
