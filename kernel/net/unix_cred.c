// SPDX-License-Identifier: GPL-2.0
/*
 * Who a peer (SO_PEERCRED) or a sender (SCM_CREDENTIALS) was.
 *
 * Others believe that: so a restart may only tell what the restarter could have
 * told. Ids of users and groups are the restarter's own, unless they may take
 * any; an id of a process is one of the tree's, or one that nobody has, or,
 * for those who may claim any, somebody else's. An id that nobody has is
 * shown as it was, and leads to nobody. Ids of the tree's processes are put in
 * at commit, when all of them are there.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/user_namespace.h>

#include "ksym.h"
#include "made.h"
#include "unix.h"

/* kcr_unix_cred_get() - references; both NULL for a socket without a peer */
const struct cred *kcr_unix_cred_get(struct sock *sk, struct pid **pid)
{
	const struct cred *cred;

	spin_lock(&sk->sk_peer_lock);
	*pid = get_pid(sk->sk_peer_pid);
	cred = get_cred(sk->sk_peer_cred);
	spin_unlock(&sk->sk_peer_lock);
	return cred;
}

static bool may_claim_user(u32 nr)
{
	const struct cred *cred = current_cred();
	kuid_t uid = make_kuid(current_user_ns(), nr);

	return uid_valid(uid) &&
	       (uid_eq(uid, cred->uid) || uid_eq(uid, cred->euid) || uid_eq(uid, cred->suid) ||
		ns_capable(current_user_ns(), CAP_SETUID));
}

static bool may_claim_group(u32 nr)
{
	const struct cred *cred = current_cred();
	kgid_t gid = make_kgid(current_user_ns(), nr);

	return gid_valid(gid) &&
	       (gid_eq(gid, cred->gid) || gid_eq(gid, cred->egid) || gid_eq(gid, cred->sgid) ||
		in_group_p(gid) || ns_capable(current_user_ns(), CAP_SETGID));
}

static struct kcr_process *process_of(struct kcr_ctx *ctx, u32 nr)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->tgid == nr)
			return p;
	return NULL;
}

static bool id_in_use(struct kcr_ctx *ctx, u32 nr)
{
	bool used;

	rcu_read_lock();
	used = find_pid_ns(nr, ctx->pid_ns);
	rcu_read_unlock();
	return used;
}

/**
 * kcr_unix_cred_check() - may the restarter tell this of a peer or a sender?
 * @ctx: the operation, in the restarter
 * @pid: process
 * @uid: user
 * @gid: group
 * @groups: more groups
 * @nr_groups: how many
 */
int kcr_unix_cred_check(struct kcr_ctx *ctx, u32 pid, u32 uid, u32 gid,
			const __le32 *groups, u32 nr_groups)
{
	u32 i;

	if (!may_claim_user(uid))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"UNIX socket: its peer or sender is user %u, which you may not claim",
				uid);
	if (!may_claim_group(gid))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"UNIX socket: its peer or sender has group %u, which you may not claim",
				gid);
	for (i = 0; i < nr_groups; i++)
		if (!may_claim_group(le32_to_cpu(groups[i])))
			return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
					"UNIX socket: its peer has group %u, which you may not claim",
					le32_to_cpu(groups[i]));
	if (pid > PID_MAX_LIMIT)
		return kcr_bad_image(ctx, "a UNIX socket whose peer has id %u", pid);
	if (pid && !process_of(ctx, pid) && id_in_use(ctx, pid) &&
	    !ns_capable(ctx->pid_ns->user_ns, CAP_SYS_ADMIN))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"UNIX socket: its peer or sender was process %u; that id is somebody else's now, which you may not claim",
				pid);
	return 0;
}

/**
 * kcr_unix_pid() - the process that an id means
 * @ctx: the operation, at commit
 * @nr: its id, 0 for none
 * @pid: set to it, with a reference, or to NULL
 */
int kcr_unix_pid(struct kcr_ctx *ctx, u32 nr, struct pid **pid)
{
	struct kcr_process *p = nr ? process_of(ctx, nr) : NULL;

	*pid = NULL;
	if (!nr)
		return 0;
	if (p) {
		*pid = get_pid(task_tgid(p->leader));
		return 0;
	}
	rcu_read_lock();
	*pid = get_pid(find_pid_ns(nr, ctx->pid_ns));
	rcu_read_unlock();
	if (*pid)
		return 0;
	*pid = kcr_make_id(ctx, nr);
	if (!*pid)
		return ctx->error;
	get_pid(*pid);
	kcr_call(free_pid)(*pid);
	return 0;
}

static const struct cred *make_cred(const struct kcr_img_unix *img, const __le32 *groups)
{
	u32 i, nr = le32_to_cpu(img->peer_groups);
	struct cred *cred = prepare_creds();
	struct group_info *info = groups_alloc(nr);

	if (!cred || !info) {
		if (cred)
			abort_creds(cred);
		if (info)
			put_group_info(info);
		return NULL;
	}
	for (i = 0; i < nr; i++)
		info->gid[i] = make_kgid(cred->user_ns, le32_to_cpu(groups[i]));
	set_groups(cred, info);
	put_group_info(info);
	cred->euid = make_kuid(cred->user_ns, le32_to_cpu(img->peer_uid));
	cred->egid = make_kgid(cred->user_ns, le32_to_cpu(img->peer_gid));
	return cred;
}

/* kcr_unix_cred_set() - who its peer is, at commit */
int kcr_unix_cred_set(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct sock *sk)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	const struct cred *cred = NULL;
	struct kcr_unix_parts parts;
	struct pid *pid = NULL;
	int ret;

	if (img->state & cpu_to_le32(KCR_UNIX_DIALS))	/* who it was connected to now */
		return 0;
	kcr_unix_parts(rec, &parts);
	if (img->state & cpu_to_le32(KCR_UNIX_PEERCRED)) {
		ret = kcr_unix_pid(ctx, le32_to_cpu(img->peer_pid), &pid);
		if (ret)
			return ret;
		cred = make_cred(img, parts.groups);
		if (!cred) {
			put_pid(pid);
			return kcr_nomem(ctx);
		}
	}
	spin_lock(&sk->sk_peer_lock);
	swap(sk->sk_peer_pid, pid);
	swap(sk->sk_peer_cred, cred);
	spin_unlock(&sk->sk_peer_lock);
	put_pid(pid);
	put_cred(cred);
	return 0;
}
