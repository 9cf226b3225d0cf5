// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials of a thread: ids, groups, capabilities, securebits and
 * no_new_privs.
 *
 * A thread that is made has the restarter's credentials, and changes them
 * itself, by the system calls that any program would use: nothing is given that
 * the restarter could not take. (cred_check.c says beforehand what can't be
 * had.) What the restarter is confined by stays: no_new_privs is only ever set,
 * the bounding set only ever made smaller, seccomp filters, Landlock domain,
 * LSM label and loginuid are the restarter's.
 *
 * Not saved: user and ucounts follow from the ids; non_rcu is the kernel's;
 * keyrings and labels are refuse.c's. Changing ids makes a process undumpable
 * and forgets PR_SET_PDEATHSIG: both are put back.
 */
#include <linux/cred.h>
#include <linux/prctl.h>
#include <linux/sched/coredump.h>
#include <linux/securebits.h>
#include <linux/slab.h>

#include "compat/capability.h"
#include "kcr.h"
#include "ksym.h"
#include "task/cred.h"

static bool ids_encode(struct kcr_img_cred *img, const struct cred *cred,
		       struct user_namespace *ns)
{
	img->uid = cpu_to_le32(from_kuid(ns, cred->uid));
	img->euid = cpu_to_le32(from_kuid(ns, cred->euid));
	img->suid = cpu_to_le32(from_kuid(ns, cred->suid));
	img->fsuid = cpu_to_le32(from_kuid(ns, cred->fsuid));
	img->gid = cpu_to_le32(from_kgid(ns, cred->gid));
	img->egid = cpu_to_le32(from_kgid(ns, cred->egid));
	img->sgid = cpu_to_le32(from_kgid(ns, cred->sgid));
	img->fsgid = cpu_to_le32(from_kgid(ns, cred->fsgid));
	return ~img->uid && ~img->euid && ~img->suid && ~img->fsuid &&
	       ~img->gid && ~img->egid && ~img->sgid && ~img->fsgid;
}

static void caps_encode(struct kcr_img_cred *img, const struct cred *cred)
{
	img->inheritable = cpu_to_le64(kcr_cap_u64(cred->cap_inheritable));
	img->permitted = cpu_to_le64(kcr_cap_u64(cred->cap_permitted));
	img->effective = cpu_to_le64(kcr_cap_u64(cred->cap_effective));
	img->bounding = cpu_to_le64(kcr_cap_u64(cred->cap_bset));
	img->ambient = cpu_to_le64(kcr_cap_u64(cred->cap_ambient));
	img->securebits = cpu_to_le32(cred->securebits);
}

static int groups_write(struct kcr_ctx *ctx, const struct group_info *groups)
{
	int i, ret = 0;

	for (i = 0; i < groups->ngroups && !ret; i++) {
		__le32 gid = cpu_to_le32(from_kgid(ctx->cred->user_ns, groups->gid[i]));

		ret = ~gid ? kcr_rec_put(ctx, &gid, sizeof(gid)) :
			     kcr_refuse(ctx, "a group of its is not known in your user namespace");
	}
	return ret;
}

static u32 cred_flags(struct kcr_thread *t)
{
	u32 flags = 0;

	if (task_no_new_privs(t->task))
		flags |= KCR_CRED_NO_NEW_PRIVS;
	if (get_dumpable(t->process->mm) == SUID_DUMP_USER)
		flags |= KCR_CRED_DUMPABLE;
	return flags;
}

static int cred_write(struct kcr_ctx *ctx, struct kcr_thread *t, const struct cred *cred)
{
	struct kcr_img_cred img = {
		.flags = cpu_to_le32(cred_flags(t)),
		.groups = cpu_to_le32(cred->group_info->ngroups),
	};

	if (cred->user_ns != ctx->cred->user_ns)
		return kcr_refuse(ctx, "it is in another user namespace");
	if (!ids_encode(&img, cred, ctx->cred->user_ns))
		return kcr_refuse(ctx, "an id of its is not known in your user namespace");
	caps_encode(&img, cred);
	return kcr_rec_begin(ctx, KCR_KIND_CRED, 1, 0, t->id) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       groups_write(ctx, cred->group_info) ?: kcr_rec_end(ctx);
}

static int cred_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	const struct cred *cred = get_task_cred(t->task);
	int ret = cred_write(ctx, t, cred);

	put_cred(cred);
	return ret;
}

/* As capset(2) does it. */
static int set_caps(u64 effective, u64 inheritable, u64 permitted)
{
	kernel_cap_t e = kcr_cap_from_u64(effective);
	kernel_cap_t i = kcr_cap_from_u64(inheritable);
	kernel_cap_t p = kcr_cap_from_u64(permitted);
	const struct cred *old = current_cred();
	struct cred *new;
	int ret;

	if (kcr_cap_u64(old->cap_effective) == effective &&
	    kcr_cap_u64(old->cap_inheritable) == inheritable &&
	    kcr_cap_u64(old->cap_permitted) == permitted)
		return 0;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	ret = kcr_call(security_capset)(new, old, &e, &i, &p);
	if (ret) {
		abort_creds(new);
		return ret;
	}
	return commit_creds(new);
}

static u64 permitted_now(void)
{
	return kcr_cap_u64(current_cred()->cap_permitted);
}

/* Inheritable before bounding: it may hold what bounding no longer does. */
static int restore_inheritable(const struct kcr_img_cred *img)
{
	u64 effective = kcr_cap_u64(current_cred()->cap_effective);

	return set_caps(effective, le64_to_cpu(img->inheritable), permitted_now());
}

static int restore_bounding(const struct kcr_img_cred *img)
{
	u64 drop = kcr_cap_u64(current_cred()->cap_bset) & ~le64_to_cpu(img->bounding);
	int cap, ret = 0;

	for (cap = 0; cap <= CAP_LAST_CAP && !ret; cap++)
		if (drop & BIT_ULL(cap))
			ret = kcr_syscall(prctl, PR_CAPBSET_DROP, cap);
	return ret;
}

static int restore_groups(const struct kcr_img_cred *img)
{
	struct group_info *groups;

	if (kcr_cred_same_groups(img))
		return 0;
	if (!kcr_call(may_setgroups)())
		return -EPERM;
	groups = kcr_cred_groups(img);
	if (IS_ERR(groups))
		return PTR_ERR(groups);
	set_current_groups(groups);
	put_group_info(groups);
	return 0;
}

static int restore_gids(const struct kcr_img_cred *img)
{
	const struct cred *old = current_cred();
	u32 fsgid = le32_to_cpu(img->fsgid);
	int ret = 0;

	if (!gid_eq(old->gid, kcr_cred_gid(img->gid)) ||
	    !gid_eq(old->egid, kcr_cred_gid(img->egid)) ||
	    !gid_eq(old->sgid, kcr_cred_gid(img->sgid)))
		ret = kcr_syscall(setresgid, le32_to_cpu(img->gid), le32_to_cpu(img->egid),
				  le32_to_cpu(img->sgid));
	if (ret || gid_eq(current_fsgid(), kcr_cred_gid(img->fsgid)))
		return ret;
	kcr_syscall(setfsgid, fsgid);
	return gid_eq(current_fsgid(), kcr_cred_gid(img->fsgid)) ? 0 : -EPERM;
}

/*
 * Leaving user 0 drops all capabilities; those that the program has are kept
 * by SECURE_KEEP_CAPS, and what else is left is dropped in the end.
 */
static int restore_uids(const struct kcr_img_cred *img)
{
	const struct cred *old = current_cred();
	int ret = 0;

	if (!uid_eq(old->uid, kcr_cred_uid(img->uid)) ||
	    !uid_eq(old->euid, kcr_cred_uid(img->euid)) ||
	    !uid_eq(old->suid, kcr_cred_uid(img->suid))) {
		ret = kcr_syscall(prctl, PR_SET_KEEPCAPS, 1) ?:
		      kcr_syscall(setresuid, le32_to_cpu(img->uid),
				  le32_to_cpu(img->euid), le32_to_cpu(img->suid)) ?:
		      set_caps(permitted_now(), le64_to_cpu(img->inheritable),
			       permitted_now());
	}
	if (ret || uid_eq(current_fsuid(), kcr_cred_uid(img->fsuid)))
		return ret;
	kcr_syscall(setfsuid, le32_to_cpu(img->fsuid));
	return uid_eq(current_fsuid(), kcr_cred_uid(img->fsuid)) ? 0 : -EPERM;
}

static int restore_ambient(const struct kcr_img_cred *img)
{
	u64 want = le64_to_cpu(img->ambient);
	int cap, ret = 0;

	if (kcr_cap_u64(current_cred()->cap_ambient) == want)
		return 0;
	ret = kcr_syscall(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
	for (cap = 0; cap <= CAP_LAST_CAP && !ret; cap++)
		if (want & BIT_ULL(cap))
			ret = kcr_syscall(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
	return ret;
}

static int restore_securebits(const struct kcr_img_cred *img)
{
	u32 want = le32_to_cpu(img->securebits);
	u32 change = current_cred()->securebits ^ want;

	if (!change)
		return 0;
	if (change == issecure_mask(SECURE_KEEP_CAPS))
		return kcr_syscall(prctl, PR_SET_KEEPCAPS, !!(want & change));
	return kcr_syscall(prctl, PR_SET_SECUREBITS, want);
}

static int restore_flags(const struct kcr_img_cred *img, int pdeath_signal)
{
	u32 flags = le32_to_cpu(img->flags);

	if (flags & KCR_CRED_DUMPABLE && get_dumpable(current->mm) != SUID_DUMP_USER)
		kcr_call(set_dumpable)(current->mm, SUID_DUMP_USER);
	current->pdeath_signal = pdeath_signal;
	if (flags & KCR_CRED_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	return 0;
}

static int cred_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct kcr_img_cred *img = kcr_rec_as(rec, struct kcr_img_cred);
	int pdeath_signal = current->pdeath_signal;
	int ret = restore_inheritable(img) ?: restore_bounding(img) ?:
		  restore_groups(img) ?: restore_gids(img) ?: restore_uids(img) ?:
		  restore_ambient(img) ?: restore_securebits(img) ?:
		  set_caps(le64_to_cpu(img->effective), le64_to_cpu(img->inheritable),
			   le64_to_cpu(img->permitted)) ?:
		  restore_flags(img, pdeath_signal);

	if (ret)
		return kcr_fail(ctx, ret == -EPERM ? KCR_CLASS_PERMISSION : KCR_CLASS_ENVIRONMENT,
				ret, "thread %d can't be given its ids and capabilities (errno %d)",
				t->tid, -ret);
	return 0;
}

const struct kcr_ops kcr_cred_ops = {
	.kind		= KCR_KIND_CRED,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "cred",
	.save_thread	= cred_save,
	.check		= kcr_cred_check,
	.restore_thread	= cred_restore,
};
