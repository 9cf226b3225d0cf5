/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SEM_UNDO_H
#define _UAPI_KCR_IMAGE_SEM_UNDO_H

#include <linux/types.h>

/**
 * struct kcr_img_sem_undo - KCR_KIND_SEM_UNDO
 * @set: id of the KCR_KIND_SYSV_SEM record
 * @count: semaphores that are adjusted, a struct kcr_img_sem_adj each
 */
struct kcr_img_sem_undo {
	__le32	set;
	__le32	count;
};

/**
 * struct kcr_img_sem_adj - what the end of the process does to a semaphore
 * @sem: its number in the set
 * @add: what is added to its value, -32767 to 32767
 */
struct kcr_img_sem_adj {
	__le32	sem;
	__le32	add;
};

#endif /* _UAPI_KCR_IMAGE_SEM_UNDO_H */
