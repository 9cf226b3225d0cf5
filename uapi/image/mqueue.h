/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_MQUEUE_H
#define _UAPI_KCR_IMAGE_MQUEUE_H

#include <linux/types.h>

#include "file.h"
#include "message.h"

#define KCR_MQUEUE_UNLINKED	(1u << 0) /* has no name any more; this is the one it had */
#define KCR_MQUEUE_STATE	1u

#define KCR_MQUEUE_NOTIFY_NONE	1	/* SIGEV_NONE */
#define KCR_MQUEUE_NOTIFY_SIGNAL 2	/* SIGEV_SIGNAL */

#define KCR_MQUEUE_MESSAGES_MAX	65536
#define KCR_MQUEUE_SIZE_MAX	(16u << 20)
#define KCR_MQUEUE_PRIO_MAX	32767
#define KCR_MQUEUE_NAME_MAX	256	/* with its NUL */

/**
 * struct kcr_img_mqueue - KCR_KIND_MQUEUE: an open POSIX message queue
 * @flags: KCR_FILE_*
 * @first: id of the first record of the same queue, which tells all below but
 *	@pos; 0: this is it
 * @pos: where read() goes on
 * @state: KCR_MQUEUE_*
 * @mode: permission bits
 * @uid: owner, in the checkpointer's user namespace
 * @gid: group, likewise
 * @ino: number of its inode
 * @max_messages: how many it may hold, mq_maxmsg
 * @max_size: bytes that one may have, mq_msgsize
 * @count: messages that follow the name, highest priority first, oldest first
 * @name_len: bytes of the name that follows, with its NUL; padded to
 *	KCR_MESSAGE_ALIGN
 * @notify: KCR_MQUEUE_NOTIFY_*; 0: nobody waits for a notification
 * @signo: of a notification
 * @notify_pid: process that it is for
 * @reserved: zero
 * @value: sigev_value
 */
struct kcr_img_mqueue {
	__le32	flags;
	__le32	first;
	__le64	pos;
	__le32	state;
	__le32	mode;
	__le32	uid;
	__le32	gid;
	__le64	ino;
	__le32	max_messages;
	__le32	max_size;
	__le32	count;
	__le32	name_len;
	__le32	notify;
	__le32	signo;
	__le32	notify_pid;
	__le32	reserved;
	__le64	value;
};

#endif /* _UAPI_KCR_IMAGE_MQUEUE_H */
