// SPDX-License-Identifier: GPL-2.0
/*
 * System V semaphores: sets with their values.
 *
 * Saved are the sets that the tree's processes have something to undo of when they
 * end (sem_undo.c), those where one of them was the last to change some semaphore,
 * and those that a thread waits for (used.c). Where it is seen that others use it
 * too, it is refused.
 *
 * Values are put in place at commit. (See ipc.c for sets that are still there.)
 *
 * struct sem_array, field by field:
 *   sem_perm			ipc.c
 *   sem_ctime			saved, and sem_otime, as semctl(IPC_STAT) tells it
 *   sems			semval and sempid are saved
 *   list_id			sem_undo.c
 *   pending_alter, pending_const, complex_count	who waits, waits again
 *   use_global_lock		the kernel's own
 */
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat/sem.h"
#include "ksym.h"
#include "internal.h"
#include "private.h"
#include <uapi/image/sysv_sem.h>

static struct kcr_sem_array *set_of(const struct kern_ipc_perm *perm)
{
	return container_of((struct kern_ipc_perm *)perm, struct kcr_sem_array, sem_perm);
}

/* Does the private structure look as we think it does? */
static bool looks_right(const struct kcr_sem_array *set)
{
	return set->sem_nsems > 0 && set->sem_nsems <= KCR_SEMS_MAX &&
	       set->complex_count >= 0 && set->use_global_lock <= KCR_SEM_GLOBAL_LOCK;
}

static struct kcr_sem_array *set_lock(int id)
{
	struct kern_ipc_perm *perm = kcr_ipc_lock(KCR_IPC_SEM, id);

	if (!perm || looks_right(set_of(perm)))
		return perm ? set_of(perm) : NULL;
	kcr_ipc_unlock(perm);
	return NULL;
}

static void set_unlock(struct kcr_sem_array *set)
{
	kcr_ipc_unlock(&set->sem_perm);
}

/* Against semop() on one semaphore too; the kernel finds out of it by itself. */
static void lock_all(struct kcr_sem_array *set)
{
	bool global = set->use_global_lock;
	int i;

	lockdep_assert_held(&set->sem_perm.lock);
	WRITE_ONCE(set->use_global_lock, KCR_SEM_GLOBAL_LOCK);
	for (i = 0; !global && i < set->sem_nsems; i++) {
		spin_lock(&set->sems[i].lock);
		spin_unlock(&set->sems[i].lock);
	}
}

/* Others */

static bool is_waited_for(const struct kcr_sem_array *set)
{
	int i;

	if (!list_empty(&set->pending_alter) || !list_empty(&set->pending_const))
		return true;
	for (i = 0; i < set->sem_nsems; i++)
		if (!list_empty(&set->sems[i].pending_alter) ||
		    !list_empty(&set->sems[i].pending_const))
			return true;
	return false;
}

static bool undone_by_tree(struct kcr_ctx *ctx, const struct sem_undo_list *list)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &ctx->threads, node)
		if (t->process && READ_ONCE(t->task->sysvsem.undo_list) == list)
			return true;
	return false;
}

static bool undone_by_others(struct kcr_ctx *ctx, const struct kcr_sem_array *set)
{
	struct kcr_sem_undo *un;

	list_for_each_entry(un, &set->list_id, list_id)
		if (!undone_by_tree(ctx, un->ulp))
			return true;
	return false;
}

/* A process outside of the tree that lives, and came last, or 0. */
static pid_t used_by_other(struct kcr_ctx *ctx, const struct kcr_sem_array *set)
{
	pid_t other = 0;
	int i;

	for (i = 0; !other && i < set->sem_nsems; i++)
		if (!i || set->sems[i].sempid != set->sems[i - 1].sempid)
			other = kcr_pid_other(ctx, set->sems[i].sempid);
	return other;
}

static int set_refuse(struct kcr_ctx *ctx, int semid)
{
	struct kcr_sem_array *set = set_lock(semid);
	bool waits, undone;
	pid_t other;

	if (!set)
		return kcr_refuse(ctx, "this kernel tells too little about it");
	lock_all(set);
	waits = is_waited_for(set);
	undone = undone_by_others(ctx, set);
	other = used_by_other(ctx, set);
	set_unlock(set);
	if (waits)
		return kcr_refuse(ctx, "a process outside of the tree waits for it");
	if (undone)
		return kcr_refuse(ctx, "a process outside of the tree has used it with SEM_UNDO");
	if (other)
		return kcr_refuse(ctx, "process %d, outside of the tree, has used it", other);
	return 0;
}

/* Save */

static bool set_read(struct kcr_ctx *ctx, int semid, struct kcr_img_sysv_sem *img,
		     struct kcr_img_sem *sems)
{
	struct kcr_sem_array *set = set_lock(semid);
	time64_t otime = 0;
	int i;

	if (!set)
		return false;
	lock_all(set);
	kcr_ipc_save(ctx, &set->sem_perm, &img->perm);
	img->ctime = cpu_to_le64(set->sem_ctime);
	for (i = 0; i < set->sem_nsems; i++) {
		sems[i].value = cpu_to_le32(set->sems[i].semval);
		sems[i].pid = cpu_to_le32(pid_nr_ns(set->sems[i].sempid, ctx->pid_ns));
		otime = max(otime, set->sems[i].sem_otime);
	}
	img->otime = cpu_to_le64(otime);
	set_unlock(set);
	return true;
}

/* @obj can't be removed: its ids are locked. */
static int sem_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct kcr_sem_array *set = set_of(obj);
	struct kcr_img_sysv_sem img = { .count = cpu_to_le32(set->sem_nsems) };
	size_t len = array_size(set->sem_nsems, sizeof(struct kcr_img_sem));
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_SEM, set->sem_perm.id);
	struct kcr_img_sem *sems;
	int ret = set_refuse(ctx, set->sem_perm.id);

	sems = kvzalloc(len, GFP_KERNEL);
	if (!ret && !sems)
		ret = kcr_nomem(ctx);
	if (!ret && !set_read(ctx, set->sem_perm.id, &img, sems))
		ret = kcr_refuse(ctx, "it can't be found in its namespace");
	if (!ret)
		ret = kcr_rec_begin(ctx, KCR_KIND_SYSV_SEM, 1, id, 0) ?:
		      kcr_rec_put(ctx, &img, sizeof(img)) ?:
		      kcr_rec_put(ctx, sems, len) ?: kcr_rec_end(ctx);
	kvfree(sems);
	kcr_where_end(ctx, mark);
	return ret;
}

static bool changed_by_tree(struct kcr_ctx *ctx, const struct kern_ipc_perm *perm)
{
	struct kcr_sem_array *set = set_of(perm);
	int i;

	if (!looks_right(set))
		return false;
	lock_all(set);
	for (i = 0; i < set->sem_nsems; i++)
		if (kcr_pid_in_tree(ctx, set->sems[i].sempid))
			return true;
	return false;
}

static int sem_save_image(struct kcr_ctx *ctx)
{
	return kcr_ipc_save_used(ctx, KCR_IPC_SEM, KCR_KIND_SYSV_SEM, changed_by_tree);
}

/* Restore */

static const struct kcr_img_sem *sems_of(const struct kcr_img_sysv_sem *img)
{
	return (const struct kcr_img_sem *)(img + 1);
}

static int sem_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_sem *img = kcr_rec_as(rec, struct kcr_img_sysv_sem);
	u32 i, count;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "semaphores in %zu bytes", rec->len);
	count = le32_to_cpu(img->count);
	if (!count || count > KCR_SEMS_MAX || !rec->id ||
	    rec->len != sizeof(*img) + count * sizeof(struct kcr_img_sem))
		return kcr_bad_image(ctx, "%u semaphores in %zu bytes", count, rec->len);
	for (i = 0; i < count; i++)
		if (le32_to_cpu(sems_of(img)[i].value) > KCR_SEM_VALUE_MAX)
			return kcr_bad_image(ctx, "a semaphore of %u",
					     le32_to_cpu(sems_of(img)[i].value));
	return kcr_ipc_check(ctx, &img->perm, KCR_IPC_SEM);
}

static bool used_by_living(struct kcr_sem_array *set)
{
	int i;

	lock_all(set);
	for (i = 0; i < set->sem_nsems; i++)
		if (kcr_pid_lives(set->sems[i].sempid))
			return true;
	return false;
}

static bool sem_same(const struct kern_ipc_perm *perm, const struct kcr_ipc_want *want)
{
	struct kcr_sem_array *set = set_of(perm);

	return looks_right(set) && set->sem_nsems == want->size &&
	       set->sem_ctime == want->ctime && list_empty(&set->list_id) &&
	       !is_waited_for(set) && !used_by_living(set);
}

/* As they are, for a restart that fails after it has made what is undone at exit. */
static int values_keep(struct kcr_ctx *ctx, struct kcr_ipc *ipc, u32 count)
{
	struct kcr_sem_array *set;
	u32 i;

	ipc->values = kvcalloc(count, sizeof(*ipc->values), GFP_KERNEL_ACCOUNT);
	if (!ipc->values)
		return kcr_nomem(ctx);
	ipc->nr_values = count;
	set = set_lock(ipc->id);
	if (!set)
		return kcr_ipc_gone(ctx);
	for (i = 0; i < count && i < set->sem_nsems; i++)
		ipc->values[i] = set->sems[i].semval;
	set_unlock(set);
	return 0;
}

/* The set may have been removed meanwhile, and another one may have its id. */
void kcr_sem_put_back(struct kcr_ipc *ipc)
{
	struct kcr_sem_array *set = set_lock(ipc->id);
	u32 i;

	if (!set)
		return;
	lock_all(set);
	if (ipc->nr_values == set->sem_nsems && kcr_ipc_may_change(&set->sem_perm))
		for (i = 0; i < ipc->nr_values; i++)
			set->sems[i].semval = ipc->values[i];
	set_unlock(set);
}

static int sem_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_sem *img = kcr_rec_as(rec, struct kcr_img_sysv_sem);
	struct kcr_ipc_want want = {
		.type = KCR_IPC_SEM,
		.img = &img->perm,
		.size = le32_to_cpu(img->count),
		.ctime = le64_to_cpu(img->ctime),
		.same = sem_same,
	};
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_SEM, le32_to_cpu(img->perm.id));
	struct kcr_ipc *ipc = kcr_ipc_restore(ctx, rec, &want);
	int ret = ipc ? 0 : ctx->error ?: -EEXIST;

	if (ipc && !ipc->made)
		ret = values_keep(ctx, ipc, want.size);
	kcr_where_end(ctx, mark);
	return ret;
}

/* Who came last at each; they change places with those that are there. */
static struct pid **last_of(struct kcr_ctx *ctx, const struct kcr_img_sem *sems, u32 count)
{
	struct pid **pids = kvcalloc(count, sizeof(*pids), GFP_KERNEL);
	u32 i;

	for (i = 0; pids && i < count; i++) {
		if (i && sems[i].pid == sems[i - 1].pid)
			pids[i] = get_pid(pids[i - 1]);
		else
			pids[i] = kcr_pid_of(ctx, sems[i].pid);
		cond_resched();
	}
	return pids;
}

static void settle(struct kcr_sem_array *set, const struct kcr_img_sysv_sem *img,
		   struct pid **pids)
{
	int i;

	lock_all(set);
	kcr_ipc_settle(&set->sem_perm, &img->perm);
	for (i = 0; i < set->sem_nsems; i++) {
		set->sems[i].semval = le32_to_cpu(sems_of(img)[i].value);
		set->sems[i].sem_otime = i ? 0 : le64_to_cpu(img->otime);
		kcr_pid_set(&set->sems[i].sempid, &pids[i]);
	}
	set->sem_ctime = le64_to_cpu(img->ctime);
}

/* Was made, or is still as it was found. */
static bool is_ours(struct kcr_ctx *ctx, const struct kcr_rec *rec,
		    const struct kcr_sem_array *set, u32 count)
{
	return kcr_ipc_find(ctx, rec->id, KCR_IPC_SEM) && set->sem_nsems == count &&
	       !is_waited_for(set) && kcr_ipc_may_change(&set->sem_perm);
}

static int sem_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_sem *img = kcr_rec_as(rec, struct kcr_img_sysv_sem);
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_SEM, le32_to_cpu(img->perm.id));
	u32 i, count = le32_to_cpu(img->count);
	struct pid **pids = last_of(ctx, sems_of(img), count);
	struct kcr_sem_array *set;
	bool done = false;

	set = pids ? set_lock(le32_to_cpu(img->perm.id)) : NULL;
	if (set) {
		done = is_ours(ctx, rec, set, count);
		if (done)
			settle(set, img, pids);
		set_unlock(set);
	}
	for (i = 0; pids && i < count; i++)
		put_pid(pids[i]);
	kvfree(pids);
	if (!pids)
		kcr_nomem(ctx);
	else if (!done)
		kcr_ipc_gone(ctx);
	kcr_where_end(ctx, mark);
	return done ? 0 : ctx->error ?: -EIDRM;
}

const struct kcr_ops kcr_sysv_sem_ops = {
	.kind		= KCR_KIND_SYSV_SEM,
	.version	= 1,
	.name		= "sysv_sem",
	.save		= sem_save,
	.save_image	= sem_save_image,
	.check		= sem_check,
	.restore	= sem_restore,
	.commit		= sem_commit,
};
