/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SYSV_MSG_H
#define _UAPI_KCR_IMAGE_SYSV_MSG_H

#include <linux/types.h>

#include "ipc_perm.h"
#include "message.h"

/**
 * struct kcr_img_sysv_msg - KCR_KIND_SYSV_MSG: a System V message queue
 * @perm: names, owners, permissions
 * @stime: of the last msgsnd(), in seconds
 * @rtime: of the last msgrcv()
 * @ctime: when it was made, or last changed by msgctl()
 * @qbytes: how many bytes it may hold
 * @count: messages that follow, a struct kcr_img_message each, oldest first
 * @lspid: process that sent the last one
 * @lrpid: process that received the last one
 * @reserved: zero
 */
struct kcr_img_sysv_msg {
	struct kcr_img_ipc perm;
	__le64	stime;
	__le64	rtime;
	__le64	ctime;
	__le64	qbytes;
	__le32	count;
	__le32	lspid;
	__le32	lrpid;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_SYSV_MSG_H */
