/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What message queues of System V and of POSIX have in common. */
#ifndef _UAPI_KCR_IMAGE_MESSAGE_H
#define _UAPI_KCR_IMAGE_MESSAGE_H

#include <linux/types.h>

#define KCR_MESSAGE_ALIGN	8	/* of each, in the record */

/**
 * struct kcr_img_message - a message in a queue
 * @type: as msgsnd() has it, or the priority
 * @len: bytes that follow, padded with zeros
 * @reserved: zero
 */
struct kcr_img_message {
	__le64	type;
	__le32	len;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_MESSAGE_H */
