// SPDX-License-Identifier: GPL-2.0
/*
 * What threads share: tables of descriptors, and where paths begin.
 *
 * Mostly a process has one of each, and nobody else has it. But any thread may have
 * its own (unshare(2), clone(2) without CLONE_FILES), and any process may have
 * another one's. So there is a record for each, owned by the first process that has
 * it, and a thread's record says which it has.
 *
 * Restored, the first one of a process is what its leader was born with. The leader
 * makes others beside: it wears an empty one for as long as it fills it. Who wants
 * one joins when it has nothing more to do with its own: a system call could only
 * give it at birth.
 */
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "ksym.h"
#include "internal.h"
#include <uapi/image/thread.h>

/* Save */

/* kcr_shared_find() - what is known of it; NULL: it was not met yet */
struct kcr_shared *kcr_shared_find(struct kcr_files *files, const void *obj)
{
	struct kcr_shared *s;

	hash_for_each_possible(files->shared, s, hash, (uintptr_t)obj)
		if (s->obj == obj)
			return s;
	return NULL;
}

/**
 * kcr_shared_add() - a thread has it
 * @files: of the operation
 * @t: the thread, parked
 * @obj: its files_struct or fs_struct
 * @own: list of its process, in case that nobody before had it
 *
 * Return: the entry, NULL for lack of memory.
 */
struct kcr_shared *kcr_shared_add(struct kcr_files *files, struct kcr_thread *t,
				  const void *obj, struct list_head *own)
{
	struct kcr_shared *s = kcr_shared_find(files, obj);

	if (!s) {
		s = kzalloc(sizeof(*s), GFP_KERNEL);
		if (!s)
			return NULL;
		s->obj = obj;
		s->process = t->process;
		s->task = t->task;
		hash_add(files->shared, &s->hash, (uintptr_t)obj);
		list_add_tail(&s->node, own);
	}
	s->users++;
	return s;
}

/* kcr_shared_drop() - forget all */
void kcr_shared_drop(struct kcr_files *files)
{
	struct hlist_node *next;
	struct kcr_shared *s;
	unsigned int i;

	hash_for_each_safe(files->shared, i, next, s, hash) {
		hash_del(&s->hash);
		list_del(&s->node);
		kfree(s);
	}
}

static bool table_outside(const struct kcr_shared *s)
{
	const struct files_struct *files;
	bool more;

	task_lock(s->task);
	files = s->task->files;
	more = files == s->obj && atomic_read(&files->count) > s->users;
	task_unlock(s->task);
	return more;
}

static bool fs_outside(const struct kcr_shared *s)
{
	const struct fs_struct *fs;
	bool more;

	task_lock(s->task);
	fs = s->task->fs;
	more = fs == s->obj && fs->users > s->users;
	task_unlock(s->task);
	return more;
}

/* kcr_shared_outside() - who is not of the tree must not have it too */
int kcr_shared_outside(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_shared *s;
	int ret = 0;

	list_for_each_entry(s, &p->tables, node)
		if (!ret && table_outside(s))
			ret = kcr_refuse(ctx, "its descriptor table is shared with a process outside");
	list_for_each_entry(s, &p->roots, node)
		if (!ret && fs_outside(s))
			ret = kcr_refuse(ctx, "its working directory is shared with a process outside");
	return ret;
}

u32 kcr_shared_id(const struct list_head *own, const struct kcr_shared *shared)
{
	return !shared || own->next == &shared->node ? 0 : shared->id;
}

/* Check */

static u32 files_of(const struct kcr_rec *thread)
{
	return thread->version < 2 ? 0 :
	       le32_to_cpu(kcr_rec_as(thread, struct kcr_img_thread)->files);
}

static u32 fs_of(const struct kcr_rec *thread)
{
	return thread->version < 2 ? 0 :
	       le32_to_cpu(kcr_rec_as(thread, struct kcr_img_thread)->fs);
}

/* Of the same process, or of one that is made before it. */
static bool is_before(struct kcr_ctx *ctx, u32 id, enum kcr_kind kind,
		      const struct kcr_process *p)
{
	const struct kcr_rec *rec = kcr_rec_find(ctx, id, kind);

	return rec && rec->process && rec->process->nr <= p->nr;
}

/**
 * kcr_shared_has_table() - has the process of a record that table of its own?
 * @ctx: the operation
 * @rec: the record
 * @id: of a KCR_KIND_FDTABLE record, 0: the first one of the process
 */
bool kcr_shared_has_table(struct kcr_ctx *ctx, const struct kcr_rec *rec, u32 id)
{
	const struct kcr_rec *table = kcr_rec_find(ctx, id, KCR_KIND_FDTABLE);

	return id ? table && table->process == rec->process : rec->process->nr_fdtables;
}

static int check_join(struct kcr_ctx *ctx, const struct kcr_thread *t)
{
	const struct kcr_rec *thread = kcr_rec_find(ctx, t->id, KCR_KIND_THREAD);
	const struct kcr_process *p = t->process;
	u32 files = files_of(thread), fs = fs_of(thread);

	if (files ? !is_before(ctx, files, KCR_KIND_FDTABLE, p) : !p->nr_fdtables)
		return kcr_bad_image(ctx, "thread %d has descriptors (%u) that are nowhere before it",
				     t->tid, files);
	if (fs && !is_before(ctx, fs, KCR_KIND_FS, p))
		return kcr_bad_image(ctx, "thread %d has a working directory (%u) that is nowhere before it",
				     t->tid, fs);
	return 0;
}

int kcr_files_check_joins(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	int ret = 0;

	list_for_each_entry(t, &ctx->threads, node) {
		ret = t->leader && t->process->leader_ended ? 0 : check_join(ctx, t);
		if (ret)
			break;
		cond_resched();
	}
	return ret;
}

/* Restore */

void kcr_fdtable_put(void *files)
{
	kcr_call(put_files_struct)(files);
}

/* kcr_fdtable_wear() - another table of descriptors, for the one that is returned */
struct files_struct *kcr_fdtable_wear(struct files_struct *files)
{
	task_lock(current);
	swap(current->files, files);
	task_unlock(current);
	return files;
}

struct fs_struct *kcr_fs_get(struct fs_struct *fs)
{
	spin_lock(&fs->lock);
	fs->users++;
	spin_unlock(&fs->lock);
	return fs;
}

void kcr_fs_put(void *obj)
{
	struct fs_struct *fs = obj;
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	if (last)
		kcr_call(free_fs_struct)(fs);
}

/* kcr_fs_wear() - other places where paths begin, for those that are returned */
struct fs_struct *kcr_fs_wear(struct fs_struct *fs)
{
	task_lock(current);
	swap(current->fs, fs);
	task_unlock(current);
	return fs;
}

static int join_table(struct kcr_ctx *ctx, u32 id)
{
	struct files_struct *files = kcr_object_get(ctx, id, KCR_KIND_FDTABLE);

	if (!files)
		return kcr_bad_image(ctx, "%u is no table of descriptors", id);
	atomic_inc(&files->count);
	kcr_fdtable_put(kcr_fdtable_wear(files));
	return 0;
}

static int join_fs(struct kcr_ctx *ctx, u32 id)
{
	struct fs_struct *fs = kcr_object_get(ctx, id, KCR_KIND_FS);

	if (!fs)
		return kcr_bad_image(ctx, "%u is no working directory", id);
	kcr_fs_put(kcr_fs_wear(kcr_fs_get(fs)));
	return 0;
}

/* What is joined has been made: by its process's leader, before that made threads. */
int kcr_files_join(struct kcr_ctx *ctx, const struct kcr_rec *thread)
{
	u32 files = files_of(thread), fs = fs_of(thread);

	return (files ? join_table(ctx, files) : 0) ?: (fs ? join_fs(ctx, fs) : 0);
}
