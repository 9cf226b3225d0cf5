/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What System V objects of every kind have in common. */
#ifndef _UAPI_KCR_IMAGE_IPC_PERM_H
#define _UAPI_KCR_IMAGE_IPC_PERM_H

#include <linux/types.h>

/**
 * struct kcr_img_ipc - names, owners and permissions of a System V object
 * @id: as shmget(), semget() or msgget() gave it
 * @key: IPC_PRIVATE is 0
 * @uid: owner, in the checkpointer's user namespace
 * @gid: group of the owner
 * @cuid: who made it
 * @cgid: group of whoever made it
 * @mode: permission bits
 * @reserved: zero
 */
struct kcr_img_ipc {
	__le32	id;
	__le32	key;
	__le32	uid;
	__le32	gid;
	__le32	cuid;
	__le32	cgid;
	__le32	mode;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_IPC_PERM_H */
