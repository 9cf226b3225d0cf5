/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SYSV_SEM_H
#define _UAPI_KCR_IMAGE_SYSV_SEM_H

#include <linux/types.h>

#include "ipc_perm.h"

#define KCR_SEMS_MAX		65535
#define KCR_SEM_VALUE_MAX	32767

/**
 * struct kcr_img_sysv_sem - KCR_KIND_SYSV_SEM: a set of semaphores
 * @perm: names, owners, permissions
 * @otime: of the last semop(), in seconds
 * @ctime: when it was made, or last changed by semctl()
 * @count: semaphores, a struct kcr_img_sem each
 * @reserved: zero
 */
struct kcr_img_sysv_sem {
	struct kcr_img_ipc perm;
	__le64	otime;
	__le64	ctime;
	__le32	count;
	__le32	reserved;
};

/**
 * struct kcr_img_sem - a semaphore
 * @value: at most KCR_SEM_VALUE_MAX
 * @pid: process that changed it last
 */
struct kcr_img_sem {
	__le32	value;
	__le32	pid;
};

#endif /* _UAPI_KCR_IMAGE_SYSV_SEM_H */
