/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_FOWN_H
#define _UAPI_KCR_IMAGE_FOWN_H

#include <linux/types.h>

#define KCR_FOWN_NOBODY		0 /* who gets the signals */
#define KCR_FOWN_THREAD		1
#define KCR_FOWN_PROCESS	2
#define KCR_FOWN_GROUP		3

#define KCR_FOWN_ASYNC		(1u << 0) /* O_ASYNC */
#define KCR_FOWN_LEASE_READ	(1u << 1) /* fcntl(F_SETLEASE, F_RDLCK) */
#define KCR_FOWN_LEASE_WRITE	(1u << 2) /* fcntl(F_SETLEASE, F_WRLCK) */
#define KCR_FOWN_DOWNGRADE	(1u << 3) /* which somebody waits for to be one on reading */
#define KCR_FOWN_UNLOCK		(1u << 4) /* the lease is to be given up */
#define KCR_FOWN_BREAKING	(3u << 3) /* one of these two */

/**
 * struct kcr_img_fown_file - an open file that sends signals
 * @fd: a descriptor of it
 * @flags: KCR_FOWN_*
 * @type: KCR_FOWN_NOBODY and so on
 * @id: of the thread, process or group; 0 for KCR_FOWN_NOBODY
 * @signum: fcntl(F_SETSIG), 0: SIGIO without further information
 * @uid: real user who asked for signals
 * @euid: effective user who did
 * @async_fd: descriptor that KCR_FOWN_ASYNC was set through: si_fd of signals
 * @lease_fd: likewise, of the lease
 * @downgrade_ms: with KCR_FOWN_DOWNGRADE, milliseconds after which the kernel does it; 0:
 *	none
 * @unlock_ms: likewise, with KCR_FOWN_UNLOCK (version 2)
 * @reserved: zero (version 2)
 */
struct kcr_img_fown_file {
	__le32	fd;
	__le32	flags;
	__le32	type;
	__le32	id;
	__le32	signum;
	__le32	uid;
	__le32	euid;
	__le32	async_fd;
	__le32	lease_fd;
	__le32	downgrade_ms;
	__le32	unlock_ms;
	__le32	reserved;
};

#define KCR_FOWN_FILE_LEN_1	40 /* bytes of version 1 */

/**
 * struct kcr_img_fown - KCR_KIND_FOWN: signals on I/O
 * @count: how many @file there are
 * @reserved: zero
 * @file: open files
 */
struct kcr_img_fown {
	__le32	count;
	__le32	reserved;
	struct kcr_img_fown_file file[];
};

#endif /* _UAPI_KCR_IMAGE_FOWN_H */
