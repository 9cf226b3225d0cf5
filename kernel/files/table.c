// SPDX-License-Identifier: GPL-2.0
/*
 * The tree's descriptors: taken once, at the cut, so that it is known which
 * open files belong to the tree alone.
 */
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * kcr_task_next_fd() - the next open descriptor of a task
 * @task: the task; it may be running
 * @fd: where to look from; set to the descriptor
 * @cloexec: set to its close-on-exec flag; may be NULL
 *
 * Return: its file, with a reference, or NULL when there are no more.
 */
struct file *kcr_task_next_fd(struct task_struct *task, unsigned int *fd, bool *cloexec)
{
	struct files_struct *files;
	struct file *file = NULL;
	struct fdtable *fdt;

	task_lock(task);
	files = task->files;
	if (!files) {
		task_unlock(task);
		return NULL;
	}
	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	for (; *fd < fdt->max_fds; ++*fd) {
		*fd = find_next_bit(fdt->open_fds, fdt->max_fds, *fd);
		if (*fd >= fdt->max_fds)
			break;
		file = rcu_dereference_check_fdtable(files, fdt->fd[*fd]);
		if (!file)
			continue;	/* reserved by an open() under way */
		get_file(file);
		if (cloexec)
			*cloexec = test_bit(*fd, fdt->close_on_exec);
		break;
	}
	spin_unlock(&files->file_lock);
	task_unlock(task);
	return file;
}

/* kcr_table_find() - what is known of an open file; NULL: not the tree's */
struct kcr_open *kcr_table_find(struct kcr_ctx *ctx, const struct file *file)
{
	struct kcr_files *files = ctx->files_data;
	struct kcr_open *o;

	if (!files)
		return NULL;
	hash_for_each_possible(files->opens, o, by_file, (uintptr_t)file)
		if (o->file == file)
			return o;
	return NULL;
}

/* The entry of @fd->file, which may be new; NULL after kcr_nomem(). */
static struct kcr_open *open_of(struct kcr_ctx *ctx, struct kcr_files *files,
				const struct kcr_fd *fd)
{
	struct kcr_open *o = kcr_table_find(ctx, fd->file);

	if (o)
		return o;
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (!o) {
		kcr_nomem(ctx);
		return NULL;
	}
	o->file = fd->file;
	o->process = fd->process;
	o->table = fd->table;
	o->fd = fd->fd;
	hash_add(files->opens, &o->by_file, (uintptr_t)o->file);
	hash_add(files->inodes, &o->by_inode, (uintptr_t)kcr_inode_of(o->file));
	return o;
}

static int count_slot(struct kcr_ctx *ctx, struct kcr_files *files, const struct kcr_fd *fd)
{
	struct kcr_open *o = open_of(ctx, files, fd);

	if (!o)
		return -ENOMEM;
	o->slots++;
	return 0;
}

/**
 * kcr_table_flight() - an open file is in a message to the tree, and belongs to it
 * @ctx: the operation, after kcr_files_read_tables()
 * @fd: the file, and the descriptor that the message can be received from
 */
int kcr_table_flight(struct kcr_ctx *ctx, const struct kcr_fd *fd)
{
	struct kcr_open *o = open_of(ctx, ctx->files_data, fd);

	if (!o)
		return -ENOMEM;
	if (!o->flights++)
		get_file(o->file);
	return 0;
}

/* Takes over the reference of @fd->file. */
static int table_add(struct kcr_ctx *ctx, struct kcr_files *files, const struct kcr_fd *fd)
{
	struct kcr_fd *fds;
	unsigned int max;

	if (files->nr_fds == files->max_fds) {
		max = files->max_fds ? 2 * files->max_fds : 16;
		fds = kvmalloc_array(max, sizeof(*fds), GFP_KERNEL);
		if (!fds) {
			fput(fd->file);
			return kcr_nomem(ctx);
		}
		memcpy(fds, files->fds, files->nr_fds * sizeof(*fds));
		kvfree(files->fds);
		files->fds = fds;
		files->max_fds = max;
	}
	files->fds[files->nr_fds++] = *fd;
	return count_slot(ctx, files, fd);
}

static int table_read(struct kcr_ctx *ctx, struct kcr_files *files, struct kcr_shared *table)
{
	struct kcr_fd fd = { .process = table->process, .table = table };
	int ret = 0;

	table->first_fd = files->nr_fds;
	for (; !ret && (fd.file = kcr_task_next_fd(table->task, &fd.fd, &fd.cloexec)); fd.fd++)
		ret = table_add(ctx, files, &fd);
	table->nr_fds = files->nr_fds - table->first_fd;
	return ret;
}

static int thread_read(struct kcr_ctx *ctx, struct kcr_files *files, struct kcr_thread *t)
{
	const struct files_struct *table;
	const struct fs_struct *fs;

	task_lock(t->task);
	table = t->task->files;
	fs = t->task->fs;
	task_unlock(t->task);
	if (!table || !fs)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it has exited");
	t->fs = kcr_shared_add(files, t, fs, &t->process->roots);
	t->table = kcr_shared_add(files, t, table, &t->process->tables);
	if (!t->fs || !t->table)
		return kcr_nomem(ctx);
	return t->table->users == 1 ? table_read(ctx, files, t->table) : 0;
}

static int process_read(struct kcr_ctx *ctx, struct kcr_files *files, struct kcr_process *p)
{
	size_t mark = kcr_where_process(ctx, p);
	struct kcr_thread *t;
	int ret = 0;

	list_for_each_entry(t, &p->threads, sibling)
		if (!ret && t->state != KCR_THREAD_GONE)
			ret = thread_read(ctx, files, t);
	kcr_where_end(ctx, mark);
	cond_resched();
	return ret;
}

/**
 * kcr_files_read_tables() - take all descriptors of the tree
 * @ctx: the operation; everything is parked
 *
 * References are held: a parked thread may be killed, and then it closes.
 */
int kcr_files_read_tables(struct kcr_ctx *ctx)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_process *p;
	size_t mark;
	int ret = 0;

	if (!files)
		return -ENOMEM;
	kcr_for_each_process(ctx, p)
		if (!ret && !p->zombie)
			ret = process_read(ctx, files, p);
	kcr_for_each_process(ctx, p) {
		if (ret)
			break;
		mark = kcr_where_process(ctx, p);
		ret = kcr_shared_outside(ctx, p);
		kcr_where_end(ctx, mark);
	}
	return ret;
}

/* kcr_table_fds() - the descriptors of a table, @nr of them, ascending */
struct kcr_fd *kcr_table_fds(struct kcr_ctx *ctx, const struct kcr_shared *table,
			     unsigned int *nr)
{
	struct kcr_files *files = ctx->files_data;

	*nr = table->nr_fds;
	return files->fds + table->first_fd;
}

/* kcr_table_drop() - forget them, and let go of the files */
void kcr_table_drop(struct kcr_files *files)
{
	struct hlist_node *next;
	struct kcr_open *o;
	unsigned int i;

	hash_for_each_safe(files->opens, i, next, o, by_file) {
		hash_del(&o->by_file);
		hash_del(&o->by_inode);
		if (o->flights)
			fput(o->file);
		kfree(o);
	}
	for (i = 0; i < files->nr_fds; i++)
		fput(files->fds[i].file);
	kcr_shared_drop(files);
	kvfree(files->fds);
	files->fds = NULL;
	files->nr_fds = 0;
	files->max_fds = 0;
}

/* kcr_table_slots() - how many descriptors and messages of the tree are this open file */
unsigned int kcr_table_slots(struct kcr_ctx *ctx, const struct file *file)
{
	const struct kcr_open *o = kcr_table_find(ctx, file);

	return o ? o->slots + o->flights : 0;
}

/* kcr_table_writes() - may the tree write to the file through a descriptor? */
bool kcr_table_writes(struct kcr_ctx *ctx, const struct inode *inode)
{
	struct kcr_files *files = ctx->files_data;
	struct kcr_open *o;

	if (!files)
		return false;
	kcr_for_each_open_of(files, o, inode)
		if (o->file->f_mode & FMODE_WRITE)
			return true;
	return false;
}

/**
 * kcr_table_first() - the record of the same inode that was saved first
 * @ctx: the operation
 * @file: an open file that is being saved
 *
 * It has the lowest id. Return: 0 if it is that of @file.
 */
u32 kcr_table_first(struct kcr_ctx *ctx, struct file *file)
{
	struct kcr_files *files = ctx->files_data;
	u32 id, first = kcr_saved_id(ctx, file);
	const u32 own = first;
	struct kcr_open *o;

	kcr_for_each_open_of(files, o, kcr_inode_of(file)) {
		id = o->file->f_mode & FMODE_PATH ? 0 : kcr_saved_id(ctx, o->file);
		if (id && id < first)
			first = id;
	}
	return first == own ? 0 : first;
}

/**
 * kcr_file_shared() - does anybody outside the tree hold the open file?
 * @ctx: the operation, after kcr_files_read_tables()
 * @file: an open file of a kind that is reached through descriptors only
 *
 * Whoever looks into /proc holds it for an instant: so ask again.
 */
bool kcr_file_shared(struct kcr_ctx *ctx, struct file *file)
{
	const struct kcr_open *o = kcr_table_find(ctx, file);
	/* Theirs, and ours. */
	long own = o ? 2 * o->slots + o->flights + !!o->flights : 0;
	int i;

	for (i = 0; i < 5; i++) {
		if (file_count(file) <= own)
			return false;
		usleep_range(500, 1000);
	}
	return true;
}
