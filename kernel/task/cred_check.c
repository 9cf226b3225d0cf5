// SPDX-License-Identifier: GPL-2.0
/*
 * May the restarter become what the image says?
 *
 * The kernel decides that when cred.c asks it; this is only here to say early,
 * and by name, what is missing.
 */
#include <linux/cred.h>
#include <linux/securebits.h>
#include <linux/slab.h>

#include "compat/capability.h"
#include "ksym.h"
#include "task/cred.h"

struct group_info *kcr_cred_groups(const struct kcr_img_cred *img)
{
	const __le32 *gids = (const __le32 *)(img + 1);
	u32 i, n = le32_to_cpu(img->groups);
	struct group_info *groups = groups_alloc(n);

	if (!groups)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < n; i++) {
		groups->gid[i] = kcr_cred_gid(gids[i]);
		if (!gid_valid(groups->gid[i])) {
			put_group_info(groups);
			return ERR_PTR(-EINVAL);
		}
	}
	groups_sort(groups);
	return groups;
}

/*
 * A supplementary group may have no number in a user namespace that was made for
 * the restart, and still be the restarter's: then the number outside counts.
 * Only ever compared with what the restarter has.
 */
static kgid_t gid_outside(__le32 gid)
{
	struct user_namespace *ns;
	kgid_t kgid = INVALID_GID;

	for (ns = current_user_ns(); ns && !gid_valid(kgid); ns = ns->parent)
		kgid = make_kgid(ns, le32_to_cpu(gid));
	return kgid;
}

bool kcr_cred_same_groups(const struct kcr_img_cred *img)
{
	const __le32 *gids = (const __le32 *)(img + 1);
	const struct group_info *have = current_cred()->group_info;
	u32 i, n = le32_to_cpu(img->groups);

	if (have->ngroups != n)
		return false;
	for (i = 0; i < n; i++)
		if (!gid_eq(have->gid[i], gid_outside(gids[i])))
			return false;
	return true;
}

static int may_not(struct kcr_ctx *ctx, const char *what, u64 nr)
{
	return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
			"the program has %s %llu, which you may not take", what, nr);
}

static bool own_uid(kuid_t uid)
{
	const struct cred *cred = current_cred();

	return uid_eq(uid, cred->uid) || uid_eq(uid, cred->euid) || uid_eq(uid, cred->suid);
}

static bool own_gid(kgid_t gid)
{
	const struct cred *cred = current_cred();

	return gid_eq(gid, cred->gid) || gid_eq(gid, cred->egid) || gid_eq(gid, cred->sgid);
}

static int check_ids(struct kcr_ctx *ctx, const struct kcr_img_cred *img)
{
	__le32 uids[] = { img->uid, img->euid, img->suid, img->fsuid };
	__le32 gids[] = { img->gid, img->egid, img->sgid, img->fsgid };
	bool any_uid = ns_capable(current_user_ns(), CAP_SETUID);
	bool any_gid = ns_capable(current_user_ns(), CAP_SETGID);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uids); i++) {
		kuid_t uid = kcr_cred_uid(uids[i]);

		if (!uid_valid(uid) || !(any_uid || own_uid(uid)))
			return may_not(ctx, "user id", le32_to_cpu(uids[i]));
	}
	for (i = 0; i < ARRAY_SIZE(gids); i++) {
		kgid_t gid = kcr_cred_gid(gids[i]);

		if (!gid_valid(gid) || !(any_gid || own_gid(gid)))
			return may_not(ctx, "group id", le32_to_cpu(gids[i]));
	}
	return 0;
}

static int check_groups(struct kcr_ctx *ctx, const struct kcr_img_cred *img)
{
	const __le32 *gids = (const __le32 *)(img + 1);
	u32 i;

	if (kcr_cred_same_groups(img))
		return 0;
	for (i = 0; i < le32_to_cpu(img->groups); i++)
		if (!gid_valid(kcr_cred_gid(gids[i])))
			return may_not(ctx, "supplementary group", le32_to_cpu(gids[i]));
	if (kcr_call(may_setgroups)())
		return 0;
	for (i = 0; i < le32_to_cpu(img->groups); i++)
		if (!in_group_p(kcr_cred_gid(gids[i])))
			return may_not(ctx, "supplementary group", le32_to_cpu(gids[i]));
	return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
			"the program is not in all of your supplementary groups, and you may not leave them");
}

static int check_caps(struct kcr_ctx *ctx, const struct kcr_img_cred *img)
{
	const struct cred *cred = current_cred();
	u64 permitted = kcr_cap_u64(cred->cap_permitted);
	u64 bounding = kcr_cap_u64(cred->cap_bset);
	u64 have = permitted | kcr_cap_u64(cred->cap_inheritable);
	u64 lack;

	lack = le64_to_cpu(img->permitted) & ~permitted;
	if (!lack)
		lack = le64_to_cpu(img->bounding) & ~bounding;
	if (!lack && !ns_capable(cred->user_ns, CAP_SETPCAP))
		lack = le64_to_cpu(img->inheritable) & ~have;
	if (lack)
		return may_not(ctx, "capability", __ffs64(lack));

	if (ns_capable(cred->user_ns, CAP_SETPCAP))
		return 0;
	lack = bounding & ~le64_to_cpu(img->bounding);
	if (lack)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"the program can never get capability %u, and you may not give up getting it",
				(unsigned int)__ffs64(lack));
	if ((le32_to_cpu(img->securebits) ^ cred->securebits) &
	    ~issecure_mask(SECURE_KEEP_CAPS))
		return may_not(ctx, "securebits", le32_to_cpu(img->securebits));
	return 0;
}

/* Sets that the kernel would never have let come about. */
static bool sane(const struct kcr_img_cred *img)
{
	u64 permitted = le64_to_cpu(img->permitted);
	u64 all = permitted | le64_to_cpu(img->inheritable) | le64_to_cpu(img->bounding);

	return !(le64_to_cpu(img->effective) & ~permitted) &&
	       !(le64_to_cpu(img->ambient) & ~(permitted & le64_to_cpu(img->inheritable))) &&
	       !(all >> (CAP_LAST_CAP + 1)) &&
	       !(le32_to_cpu(img->securebits) & ~(SECURE_ALL_BITS | SECURE_ALL_LOCKS)) &&
	       !(le32_to_cpu(img->flags) & ~(KCR_CRED_NO_NEW_PRIVS | KCR_CRED_DUMPABLE));
}

int kcr_cred_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_cred *img = kcr_rec_as(rec, struct kcr_img_cred);
	u32 groups;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "credentials record of %zu bytes", rec->len);
	groups = le32_to_cpu(img->groups);
	if (groups > KCR_CRED_GROUPS_MAX ||
	    rec->len != sizeof(*img) + groups * sizeof(__le32))
		return kcr_bad_image(ctx, "%u groups in %zu bytes", groups, rec->len);
	if (!sane(img))
		return kcr_bad_image(ctx, "capabilities or securebits that make no sense here");
	return check_ids(ctx, img) ?: check_groups(ctx, img) ?: check_caps(ctx, img);
}
