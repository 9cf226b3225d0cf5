/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_UNIX_MSG_H
#define _UAPI_KCR_IMAGE_UNIX_MSG_H

#include <linux/types.h>

#define KCR_UNIX_MSG_CREDS	(1u << 0) /* pid, uid and gid hold */
#define KCR_UNIX_MSG_OOB	(1u << 1) /* out of band, not read */
#define KCR_UNIX_MSG_MARK	(1u << 2) /* out of band, read: only its place is left */

#define KCR_UNIX_FILES_MAX	253u	/* descriptors in a message */

/**
 * struct kcr_img_unix_msg - KCR_KIND_UNIX_MSG: a message that was not received
 * @to: id of the socket that will receive it
 * @from: id of the socket that it was sent from
 * @flags: KCR_UNIX_MSG_*
 * @pid: SCM_CREDENTIALS; 0: of another pid namespace
 * @uid: likewise
 * @gid: likewise
 * @files: SCM_RIGHTS, how many
 * @len: bytes
 * @stamp_ns: when it was sent (SO_TIMESTAMP), 0: not known
 *
 * @files __le32, ids of open files, follow, then the bytes. A socket's messages
 * are in order. Long ones of a stream are several.
 */
struct kcr_img_unix_msg {
	__le32	to;
	__le32	from;
	__le32	flags;
	__le32	pid;
	__le32	uid;
	__le32	gid;
	__le32	files;
	__le32	len;
	__le64	stamp_ns;
};

#endif /* _UAPI_KCR_IMAGE_UNIX_MSG_H */
