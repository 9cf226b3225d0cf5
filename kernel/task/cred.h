/* SPDX-License-Identifier: GPL-2.0 */
/* Credentials: what cred.c and cred_check.c have in common. */
#ifndef _KCR_TASK_CRED_H
#define _KCR_TASK_CRED_H

#include <linux/user_namespace.h>

#include "kcr.h"
#include <uapi/image/cred.h>

static inline kuid_t kcr_cred_uid(__le32 uid)
{
	return make_kuid(current_user_ns(), le32_to_cpu(uid));
}

static inline kgid_t kcr_cred_gid(__le32 gid)
{
	return make_kgid(current_user_ns(), le32_to_cpu(gid));
}

/* Whether the current thread has exactly these supplementary groups. */
bool kcr_cred_same_groups(const struct kcr_img_cred *img);
/* The image's supplementary groups, or an ERR_PTR. */
struct group_info *kcr_cred_groups(const struct kcr_img_cred *img);

int kcr_cred_check(struct kcr_ctx *ctx, const struct kcr_rec *rec);

#endif /* _KCR_TASK_CRED_H */
