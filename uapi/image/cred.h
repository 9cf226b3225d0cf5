/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_CRED_H
#define _UAPI_KCR_IMAGE_CRED_H

#include <linux/types.h>

#define KCR_CRED_NO_NEW_PRIVS	(1u << 0)
#define KCR_CRED_DUMPABLE	(1u << 1) /* PR_SET_DUMPABLE, which changing ids clears */

#define KCR_CRED_GROUPS_MAX	65536

/**
 * struct kcr_img_cred - KCR_KIND_CRED
 * @uid: real user id; all ids are those of the checkpointer's user namespace
 * @euid: effective
 * @suid: saved
 * @fsuid: for files
 * @gid: real group id
 * @egid: effective
 * @sgid: saved
 * @fsgid: for files
 * @inheritable: capability set; bit n is capability n of capabilities(7)
 * @permitted: likewise
 * @effective: likewise
 * @bounding: likewise
 * @ambient: likewise
 * @securebits: SECBIT_* as capabilities(7) has them
 * @flags: KCR_CRED_*
 * @groups: supplementary groups, at most KCR_CRED_GROUPS_MAX
 * @reserved: zero
 *
 * @groups group ids follow, __le32 each.
 */
struct kcr_img_cred {
	__le32	uid;
	__le32	euid;
	__le32	suid;
	__le32	fsuid;
	__le32	gid;
	__le32	egid;
	__le32	sgid;
	__le32	fsgid;
	__le64	inheritable;
	__le64	permitted;
	__le64	effective;
	__le64	bounding;
	__le64	ambient;
	__le32	securebits;
	__le32	flags;
	__le32	groups;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_CRED_H */
