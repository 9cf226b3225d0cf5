// SPDX-License-Identifier: GPL-2.0
/*
 * What System V objects of every kind have in common.
 *
 * They have ids of their own and live on when the processes that use them end.
 * So at restart the object may still be there. If it has the id, the key, the
 * creator and the time of change that it had at the cut, it is the one that was
 * saved: it is used, and what it holds is put back at commit. Another one with
 * the id, or with the key, is a reason to refuse. If there is none, one is made
 * under the same id, which takes the right to choose ids; it is removed again if
 * the restart fails.
 *
 * struct kern_ipc_perm: deleted, khtnode, rcu and refcount are the kernel's;
 * seq is part of id; security is given by the LSM when the object is made.
 */
#include <linux/capability.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <uapi/linux/msg.h>
#include <uapi/linux/sem.h>
#include <uapi/linux/shm.h>

#include "ksym.h"
#include "internal.h"
#include "policy.h"

#define TRIES	10	/* somebody else may take the id that we ask for */

/* kcr_ipc_name() - what it is called in sentences */
const char *kcr_ipc_name(enum kcr_ipc_type type)
{
	switch (type) {
	case KCR_IPC_SEM:
		return "System V semaphores";
	case KCR_IPC_MSG:
		return "System V message queue";
	default:
		return "System V shared memory";
	}
}

size_t kcr_ipc_where(struct kcr_ctx *ctx, enum kcr_ipc_type type, int id)
{
	return kcr_where(ctx, "%s %d", kcr_ipc_name(type), id);
}

/* kcr_ipc_ns() - the namespace of the caller, which is the program's */
struct ipc_namespace *kcr_ipc_ns(void)
{
	return current->nsproxy->ipc_ns;
}

/* kcr_ipc_lock() - an object under its lock, and rcu_read_lock(); NULL: none */
struct kern_ipc_perm *kcr_ipc_lock(enum kcr_ipc_type type, int id)
{
	struct kern_ipc_perm *perm;

	rcu_read_lock();
	perm = kcr_call(ipc_obtain_object_check)(&kcr_ipc_ns()->ids[type], id);
	if (IS_ERR(perm))
		goto out_unlock;
	spin_lock(&perm->lock);
	if (!perm->deleted) {
		__release(&perm->lock);	/* by kcr_ipc_unlock() */
		__release(RCU);
		return perm;
	}
	spin_unlock(&perm->lock);
out_unlock:
	rcu_read_unlock();
	return NULL;
}

void kcr_ipc_unlock(struct kern_ipc_perm *perm)
{
	__acquire(&perm->lock);
	__acquire(RCU);
	spin_unlock(&perm->lock);
	rcu_read_unlock();
}

/* Save */

void kcr_ipc_save(struct kcr_ctx *ctx, const struct kern_ipc_perm *perm,
		  struct kcr_img_ipc *img)
{
	struct user_namespace *ns = ctx->cred->user_ns;

	img->id = cpu_to_le32(perm->id);
	img->key = cpu_to_le32(perm->key);
	img->uid = cpu_to_le32(from_kuid_munged(ns, perm->uid));
	img->gid = cpu_to_le32(from_kgid_munged(ns, perm->gid));
	img->cuid = cpu_to_le32(from_kuid_munged(ns, perm->cuid));
	img->cgid = cpu_to_le32(from_kgid_munged(ns, perm->cgid));
	img->mode = cpu_to_le32(perm->mode & 0777);
}

/*
 * kcr_ipc_may_read() - may the caller have what is in there?
 *
 * Of an object that the program does not hold, but has used.
 */
int kcr_ipc_may_read(struct kcr_ctx *ctx, enum kcr_ipc_type type, int id)
{
	struct kern_ipc_perm *perm = kcr_ipc_lock(type, id);
	int ret = 0;

	if (!perm)
		return 0;
	__acquire(&perm->lock);
	__acquire(RCU);
	spin_unlock(&perm->lock);
	ret = kcr_call(ipcperms)(kcr_ipc_ns(), perm, 0444);
	rcu_read_unlock();
	return ret ? kcr_refuse(ctx, "you may not read it") : 0;
}

/* Restore */

static struct kcr_ipc_data *ipc_data(struct kcr_ctx *ctx)
{
	struct kcr_ipc_data *data = ctx->ipc_data;

	if (data)
		return data;
	data = kzalloc(sizeof(*data), GFP_KERNEL_ACCOUNT);
	if (!data) {
		kcr_nomem(ctx);
		return NULL;
	}
	INIT_LIST_HEAD(&data->objects);
	data->ns = current->nsproxy;
	get_nsproxy(data->ns);
	ctx->ipc_data = data;
	return data;
}

/* Whoever makes an object is its creator; another one takes a right. */
static bool may_be_creator(const struct kcr_img_ipc *img)
{
	kuid_t uid = make_kuid(current_user_ns(), le32_to_cpu(img->cuid));
	kgid_t gid = make_kgid(current_user_ns(), le32_to_cpu(img->cgid));

	return (uid_eq(uid, current_euid()) || ns_capable(current_user_ns(), CAP_SETUID)) &&
	       (gid_eq(gid, current_egid()) || in_egroup_p(gid) ||
		ns_capable(current_user_ns(), CAP_SETGID));
}

/* kcr_ipc_check() - is it sane, and may the caller have it? */
int kcr_ipc_check(struct kcr_ctx *ctx, const struct kcr_img_ipc *img, enum kcr_ipc_type type)
{
	struct user_namespace *ns = current_user_ns();
	int id = le32_to_cpu(img->id);

	if (id < 0 || le32_to_cpu(img->mode) & ~0777)
		return kcr_bad_image(ctx, "%s %d of mode %o", kcr_ipc_name(type), id,
				     le32_to_cpu(img->mode));
	if (!uid_valid(make_kuid(ns, le32_to_cpu(img->uid))) ||
	    !gid_valid(make_kgid(ns, le32_to_cpu(img->gid))) ||
	    !uid_valid(make_kuid(ns, le32_to_cpu(img->cuid))) ||
	    !gid_valid(make_kgid(ns, le32_to_cpu(img->cgid))))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EINVAL,
				"%s %d: its owner is not known here",
				kcr_ipc_name(type), id);
	if (!may_be_creator(img))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"%s %d: user %u has made it, and you may not act for them",
				kcr_ipc_name(type), id, le32_to_cpu(img->cuid));
	return 0;
}

/**
 * kcr_ipc_may_change() - is it the caller's, as IPC_SET asks?
 * @perm: the object, locked
 *
 * Asked when it is found, and again when it is changed: it may have been removed
 * meanwhile, and its id be that of somebody else's.
 */
bool kcr_ipc_may_change(const struct kern_ipc_perm *perm)
{
	kuid_t euid = current_euid();

	return uid_eq(euid, perm->cuid) || uid_eq(euid, perm->uid) ||
	       ns_capable(kcr_ipc_ns()->user_ns, CAP_SYS_ADMIN);
}

static bool same_names(const struct kern_ipc_perm *perm, const struct kcr_img_ipc *img)
{
	struct user_namespace *ns = current_user_ns();

	return perm->key == (key_t)le32_to_cpu(img->key) &&
	       uid_eq(perm->cuid, make_kuid(ns, le32_to_cpu(img->cuid))) &&
	       gid_eq(perm->cgid, make_kgid(ns, le32_to_cpu(img->cgid)));
}

/* 1: it is there, and may be used; 0: there is none */
static int look_for(struct kcr_ctx *ctx, const struct kcr_ipc_want *want)
{
	struct kern_ipc_perm *perm = kcr_ipc_lock(want->type, le32_to_cpu(want->img->id));
	bool same, may;

	if (!perm)
		return 0;
	same = same_names(perm, want->img) && want->same(perm, want);
	may = kcr_ipc_may_change(perm);
	kcr_ipc_unlock(perm);
	if (!same)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EEXIST,
				"there is one that is another, or is in use, or was changed since (see ipcs, ipcrm)");
	if (!may)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"it is there, and you may not change it");
	return 1;
}

static long get_new(const struct kcr_ipc_want *want)
{
	unsigned long key = le32_to_cpu(want->img->key);
	/* Until it is settled, whoever makes it must be able to use it. */
	int flags = IPC_CREAT | IPC_EXCL | want->flags | 0600;

	switch (want->type) {
	case KCR_IPC_SEM:
		return kcr_syscall(semget, key, want->size, flags);
	case KCR_IPC_MSG:
		return kcr_syscall(msgget, key, flags);
	default:
		return kcr_syscall(shmget, key, want->size, flags);
	}
}

static void remove_id(enum kcr_ipc_type type, int id)
{
	if (type == KCR_IPC_SEM)
		kcr_syscall(semctl, id, 0, IPC_RMID, 0);
	else if (type == KCR_IPC_MSG)
		kcr_syscall(msgctl, id, IPC_RMID, 0);
	else
		kcr_syscall(shmctl, id, IPC_RMID, 0);
}

static bool may_choose(struct kcr_ctx *ctx)
{
	return checkpoint_restore_ns_capable(kcr_ipc_ns()->user_ns) || kcr_policy_pid(ctx);
}

static int not_made(struct kcr_ctx *ctx, const struct kcr_ipc_want *want, long err)
{
	if (err == -EEXIST)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, err,
				"its key %#x is in use by another (see ipcs)",
				le32_to_cpu(want->img->key));
	if (err >= 0)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EEXIST, "its id is in use");
	if (want->page_shift && err == -ENOMEM)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"too few huge pages of %llu kB are free here (vm.nr_hugepages)",
				1ull << want->page_shift >> 10);
	if (want->page_shift && err == -EPERM)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, err,
				"you may not make some of huge pages (CAP_IPC_LOCK, vm.hugetlb_shm_group)");
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err, "can't be made (errno %ld)", -err);
}

/* What kernel.shm_next_id does: the next one gets it, if it is free. */
static int make(struct kcr_ctx *ctx, const struct kcr_ipc_want *want)
{
	struct ipc_ids *ids = &kcr_ipc_ns()->ids[want->type];
	int id = le32_to_cpu(want->img->id), i;
	long got = 0;

	if (!may_choose(ctx))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"you may not choose ids (module parameter pid_choice)");
	for (i = 0; i < TRIES; i++) {
		WRITE_ONCE(ids->next_id, id);
		got = get_new(want);
		if (got == id)
			return 0;
		if (got < 0)
			break;
		remove_id(want->type, got);
	}
	cmpxchg(&ids->next_id, id, -1);
	return not_made(ctx, want, got);
}

static struct kcr_ipc *ipc_add(struct kcr_ctx *ctx, const struct kcr_rec *rec,
			       const struct kcr_ipc_want *want)
{
	struct kcr_ipc_data *data = ipc_data(ctx);
	struct kcr_ipc *ipc;

	if (!data)
		return NULL;
	list_for_each_entry(ipc, &data->objects, node)
		if (ipc->type == want->type &&
		    (ipc->rec == rec->id || ipc->id == le32_to_cpu(want->img->id))) {
			kcr_bad_image(ctx, "it is there twice");
			return NULL;
		}
	ipc = kzalloc(sizeof(*ipc), GFP_KERNEL_ACCOUNT);
	if (!ipc) {
		kcr_nomem(ctx);
		return NULL;
	}
	ipc->type = want->type;
	ipc->rec = rec->id;
	ipc->id = le32_to_cpu(want->img->id);
	list_add_tail(&ipc->node, &data->objects);
	return ipc;
}

/**
 * kcr_ipc_restore() - find or make the object of a record
 * @ctx: the operation
 * @rec: the record
 * @want: what it must be
 *
 * Return: the object, or NULL with a sentence.
 */
struct kcr_ipc *kcr_ipc_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec,
				const struct kcr_ipc_want *want)
{
	struct kcr_ipc *ipc = ipc_add(ctx, rec, want);
	int ret;

	if (!ipc)
		return NULL;
	ret = look_for(ctx, want);
	if (ret > 0)
		return ipc;
	if (ret < 0 || make(ctx, want))
		return NULL;
	ipc->made = true;
	return ipc;
}

/* kcr_ipc_find() - what a record was made into, or NULL */
struct kcr_ipc *kcr_ipc_find(struct kcr_ctx *ctx, u32 rec, enum kcr_ipc_type type)
{
	struct kcr_ipc_data *data = ctx->ipc_data;
	struct kcr_ipc *ipc;

	if (!data)
		return NULL;
	list_for_each_entry(ipc, &data->objects, node)
		if (ipc->rec == rec && ipc->type == type)
			return ipc;
	return NULL;
}

/* kcr_ipc_settle() - give an object its owners; kcr_ipc_check() found them good */
void kcr_ipc_settle(struct kern_ipc_perm *perm, const struct kcr_img_ipc *img)
{
	struct user_namespace *ns = current_user_ns();

	perm->uid = make_kuid(ns, le32_to_cpu(img->uid));
	perm->gid = make_kgid(ns, le32_to_cpu(img->gid));
	perm->cuid = make_kuid(ns, le32_to_cpu(img->cuid));
	perm->cgid = make_kgid(ns, le32_to_cpu(img->cgid));
	perm->mode = (perm->mode & ~0777) | le32_to_cpu(img->mode);
}

/* kcr_ipc_gone() - somebody has removed it meanwhile, or begun to use it */
int kcr_ipc_gone(struct kcr_ctx *ctx)
{
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EIDRM,
			"it was removed or used by others while the program was made");
}

/* The end */

static void undo(struct kcr_ipc *ipc)
{
	if (ipc->made)
		remove_id(ipc->type, ipc->id);
	else if (ipc->values)
		kcr_sem_put_back(ipc);
	ipc->made = false;
}

/* put_nsproxy() is not for modules: it goes with a task that parts from it. */
static void put_ns(struct nsproxy *ns)
{
	struct nsproxy *own = current->nsproxy;

	if (own)
		get_nsproxy(own);
	kcr_call(switch_task_namespaces)(current, ns);
	kcr_call(switch_task_namespaces)(current, own);
}

/*
 * kcr_ipc_abort() - take away what was made
 *
 * The restart tool may be ending, and have left its namespaces.
 */
void kcr_ipc_abort(struct kcr_ctx *ctx)
{
	struct kcr_ipc_data *data = ctx->ipc_data;
	bool lent = !current->nsproxy;
	struct kcr_ipc *ipc;

	if (!data)
		return;
	if (lent) {
		get_nsproxy(data->ns);
		kcr_call(switch_task_namespaces)(current, data->ns);
	}
	list_for_each_entry(ipc, &data->objects, node)
		undo(ipc);
	if (lent)
		kcr_call(switch_task_namespaces)(current, NULL);
	kcr_ipc_drop(ctx);
}

/* kcr_ipc_drop() - forget all */
void kcr_ipc_drop(struct kcr_ctx *ctx)
{
	struct kcr_ipc_data *data = ctx->ipc_data;
	struct kcr_ipc *ipc, *next;

	if (!data)
		return;
	list_for_each_entry_safe(ipc, next, &data->objects, node) {
		if (ipc->memory)
			fput(ipc->memory);
		if (ipc->base)
			fput(ipc->base);
		kvfree(ipc->values);
		kfree(ipc);
	}
	put_ns(data->ns);
	kfree(data);
	ctx->ipc_data = NULL;
}
