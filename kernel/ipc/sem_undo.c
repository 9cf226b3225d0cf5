// SPDX-License-Identifier: GPL-2.0
/*
 * What the end of a process does to System V semaphores (SEM_UNDO).
 *
 * Threads share one list of adjustments, as pthread_create() has them do; a
 * thread with a list of its own is refused where there is something in it. A list
 * that a process shares with who makes it (task/cloned.c) is saved with that one.
 *
 * Restored is each adjustment by the process itself, with two operations in one
 * semop(): one up, one down, and of them the one that counts with SEM_UNDO.
 * Values stay what they are, and nobody is woken.
 */
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sem.h>

#include "compat/sem.h"
#include "ksym.h"
#include "internal.h"
#include "private.h"
#include <uapi/image/process.h>
#include <uapi/image/sem_undo.h>
#include <uapi/image/sysv_sem.h>

#define STEP	16000	/* less than half of SEMVMX: up or down, one fits */

/* Save */

/* kcr_undo_of() - what a task undoes at its end, and how many others do with it */
const void *kcr_undo_of(struct task_struct *task, unsigned int *users)
{
	struct sem_undo_list *list = READ_ONCE(task->sysvsem.undo_list);

	*users = list ? refcount_read(&list->refcnt) : 0;
	return list;
}

static bool is_used(struct sem_undo_list *list)
{
	return list && !list_empty(&list->list_proc);
}

/* The list of the process; NULL if there is nothing in it. */
static int list_of(struct kcr_ctx *ctx, struct kcr_process *p, struct sem_undo_list **found)
{
	struct sem_undo_list *list;
	struct kcr_thread *t;

	*found = NULL;
	if (p->shares & KCR_PROCESS_SHARES_UNDO)
		return 0;
	list_for_each_entry(t, &p->threads, sibling) {
		list = READ_ONCE(t->task->sysvsem.undo_list);
		if (t->state != KCR_THREAD_GONE && is_used(list))
			*found = list;
	}
	if (!*found)
		return 0;
	list_for_each_entry(t, &p->threads, sibling) {
		if (t->state == KCR_THREAD_GONE)
			continue;
		if (READ_ONCE(t->task->sysvsem.undo_list) != *found)
			return kcr_refuse(ctx, "its threads undo semaphore operations (SEM_UNDO) each for itself");
	}
	return 0;
}

/* The set of the adjustments that stand at @index; -1: it is gone, -2: no more. */
static int set_at(struct sem_undo_list *list, unsigned int index)
{
	struct kcr_sem_undo *un;
	int id = -2;

	spin_lock(&list->lock);
	list_for_each_entry(un, &list->list_proc, list_proc)
		if (!index--) {
			id = un->semid;
			break;
		}
	spin_unlock(&list->lock);
	return id;
}

/* Those that are not zero; @adj has room for as many as there are semaphores. */
static u32 adjustments(struct sem_undo_list *list, struct kern_ipc_perm *perm,
		       struct kcr_img_sem_adj *adj, u32 room)
{
	struct kcr_sem_undo *un;
	u32 i, n = 0;

	lockdep_assert_held(&perm->lock);
	spin_lock(&list->lock);
	list_for_each_entry(un, &list->list_proc, list_proc) {
		if (un->semid != perm->id)
			continue;
		for (i = 0; i < room; i++) {
			if (!un->semadj[i])
				continue;
			adj[n].sem = cpu_to_le32(i);
			adj[n++].add = cpu_to_le32(un->semadj[i]);
		}
		break;
	}
	spin_unlock(&list->lock);
	return n;
}

static int undo_write(struct kcr_ctx *ctx, struct kcr_process *p, u32 set,
		      const struct kcr_img_sem_adj *adj, u32 count)
{
	struct kcr_img_sem_undo img = {
		.set = cpu_to_le32(set),
		.count = cpu_to_le32(count),
	};

	if (!count)
		return 0;
	return kcr_rec_begin(ctx, KCR_KIND_SEM_UNDO, 1, 0, p->id) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, adj, count * sizeof(*adj)) ?: kcr_rec_end(ctx);
}

/* How many semaphores a set has, 0 if it is gone. */
static u32 sems_in(int semid)
{
	struct kern_ipc_perm *perm = kcr_ipc_lock(KCR_IPC_SEM, semid);
	u32 n;

	if (!perm)
		return 0;
	n = container_of(perm, struct kcr_sem_array, sem_perm)->sem_nsems;
	kcr_ipc_unlock(perm);
	return n;
}

static int set_undo_save(struct kcr_ctx *ctx, struct kcr_process *p,
			 struct sem_undo_list *list, int semid)
{
	u32 set, n = 0, room = sems_in(semid);
	struct kcr_img_sem_adj *adj;
	struct kern_ipc_perm *perm;
	int ret;

	ret = room ? kcr_ipc_save_id(ctx, KCR_IPC_SEM, KCR_KIND_SYSV_SEM, semid, &set) : 0;
	if (ret || !room || !set)
		return ret;
	adj = kvcalloc(room, sizeof(*adj), GFP_KERNEL);
	if (!adj)
		return kcr_nomem(ctx);
	perm = kcr_ipc_lock(KCR_IPC_SEM, semid);
	if (perm) {
		n = adjustments(list, perm, adj, room);
		kcr_ipc_unlock(perm);
	}
	ret = undo_write(ctx, p, set, adj, n);
	kvfree(adj);
	return ret;
}

static int undo_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct sem_undo_list *list;
	int ret = list_of(ctx, p, &list);
	unsigned int index;
	int semid;

	for (index = 0; !ret && list; index++) {
		semid = set_at(list, index);
		if (semid < -1)
			break;
		if (semid >= 0)
			ret = set_undo_save(ctx, p, list, semid);
	}
	return ret;
}

/* Restore */

static const struct kcr_img_sem_adj *adj_of(const struct kcr_img_sem_undo *img)
{
	return (const struct kcr_img_sem_adj *)(img + 1);
}

static int undo_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sem_undo *img = kcr_rec_as(rec, struct kcr_img_sem_undo);
	struct kcr_rec *set;
	u32 i, count, sems;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "SEM_UNDO in %zu bytes", rec->len);
	count = le32_to_cpu(img->count);
	set = kcr_rec_find(ctx, le32_to_cpu(img->set), KCR_KIND_SYSV_SEM);
	if (!set || set->len < sizeof(struct kcr_img_sysv_sem))
		return kcr_bad_image(ctx, "SEM_UNDO of %u, which is no set of semaphores",
				     le32_to_cpu(img->set));
	sems = le32_to_cpu(kcr_rec_as(set, struct kcr_img_sysv_sem)->count);
	if (count > KCR_SEMS_MAX ||
	    rec->len != sizeof(*img) + count * sizeof(struct kcr_img_sem_adj))
		return kcr_bad_image(ctx, "SEM_UNDO of %u semaphores in %zu bytes", count,
				     rec->len);
	for (i = 0; i < count; i++) {
		int add = le32_to_cpu(adj_of(img)[i].add);

		if (le32_to_cpu(adj_of(img)[i].sem) >= sems || add > KCR_SEM_VALUE_MAX ||
		    add < -KCR_SEM_VALUE_MAX)
			return kcr_bad_image(ctx, "SEM_UNDO adds %d to semaphore %u", add,
					     le32_to_cpu(adj_of(img)[i].sem));
	}
	return 0;
}

static long two_ops(int semid, unsigned int sem, int first, int second, bool undo_first)
{
	struct sembuf ops[] = {
		{ sem, first, IPC_NOWAIT | (undo_first ? SEM_UNDO : 0) },
		{ sem, second, IPC_NOWAIT | (undo_first ? 0 : SEM_UNDO) },
	};

	return kcr_call(__do_semtimedop)(semid, ops, ARRAY_SIZE(ops), NULL, kcr_ipc_ns());
}

/* What counts is the one down if @add goes up; whichever fits comes first. */
static long adjust(int semid, unsigned int sem, int add)
{
	long ret = 0;
	int step;

	for (; !ret && add; add -= step) {
		step = clamp(add, -STEP, STEP);
		ret = two_ops(semid, sem, step, -step, false);
		if (ret == -ERANGE || ret == -EAGAIN)
			ret = two_ops(semid, sem, -step, step, true);
	}
	return ret;
}

static int undo_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sem_undo *img = kcr_rec_as(rec, struct kcr_img_sem_undo);
	struct kcr_ipc *ipc = kcr_ipc_find(ctx, le32_to_cpu(img->set), KCR_IPC_SEM);
	u32 i, count = le32_to_cpu(img->count);
	long ret = 0;

	if (!ipc)
		return kcr_bad_image(ctx, "SEM_UNDO of %u, which is no set of semaphores",
				     le32_to_cpu(img->set));
	for (i = 0; !ret && i < count; i++)
		ret = adjust(ipc->id, le32_to_cpu(adj_of(img)[i].sem),
			     le32_to_cpu(adj_of(img)[i].add));
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"System V semaphores %d: SEM_UNDO can't be restored (errno %ld)",
				ipc->id, -ret);
	return 0;
}

const struct kcr_ops kcr_sem_undo_ops = {
	.kind		= KCR_KIND_SEM_UNDO,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "sem_undo",
	.save_process	= undo_save,
	.check		= undo_check,
	.link		= undo_link,
};
