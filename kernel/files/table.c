// SPDX-License-Identifier: GPL-2.0
/*
 * The target's descriptors: taken once, at the cut, so that it is known which
 * open files belong to the process alone.
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

static struct files_struct *table_of(struct task_struct *task)
{
	struct files_struct *files;

	task_lock(task);
	files = task->files;
	task_unlock(task);
	return files;
}

/* The one table of all threads, and of nobody else. */
static int table_is_private(struct kcr_ctx *ctx, struct task_struct *leader)
{
	struct files_struct *files = table_of(leader);
	struct kcr_thread *t;
	int users = 0, ret;

	if (!files)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it has exited");
	list_for_each_entry(t, &ctx->threads, node) {
		struct files_struct *own = table_of(t->task);

		if (t->state == KCR_THREAD_GONE || !own)
			continue;
		users += own == files;
		if (own == files)
			continue;
		ret = kcr_refuse(ctx, "thread %d has a descriptor table of its own", t->tid);
		if (ret)
			return ret;
	}
	if (atomic_read(&files->count) > users)
		return kcr_refuse(ctx, "its descriptor table is shared with another process");
	return 0;
}

static int table_add(struct kcr_ctx *ctx, struct kcr_files *files, const struct kcr_fd *fd)
{
	struct kcr_fd *fds;
	unsigned int max;

	if (files->nr_fds == files->max_fds) {
		max = files->max_fds ? 2 * files->max_fds : 16;
		fds = kvmalloc_array(max, sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return kcr_nomem(ctx);
		memcpy(fds, files->fds, files->nr_fds * sizeof(*fds));
		kvfree(files->fds);
		files->fds = fds;
		files->max_fds = max;
	}
	files->fds[files->nr_fds++] = *fd;
	return 0;
}

/**
 * kcr_table_read() - take all descriptors of the target
 * @ctx: the operation; everything is parked
 * @leader: the target
 *
 * References are held: a parked thread may be killed, and then it closes.
 */
int kcr_table_read(struct kcr_ctx *ctx, struct task_struct *leader)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_fd fd = { };
	int ret;

	if (!files)
		return -ENOMEM;
	ret = table_is_private(ctx, leader);
	if (ret)
		return ret;
	for (; (fd.file = kcr_task_next_fd(leader, &fd.fd, &fd.cloexec)); fd.fd++) {
		ret = table_add(ctx, files, &fd);
		if (ret) {
			fput(fd.file);
			return ret;
		}
	}
	return 0;
}

/* kcr_table_slots() - how many descriptors of the target are this open file */
unsigned int kcr_table_slots(struct kcr_ctx *ctx, const struct file *file)
{
	struct kcr_files *files = ctx->files_data;
	unsigned int i, slots = 0;

	for (i = 0; files && i < files->nr_fds; i++)
		slots += files->fds[i].file == file;
	return slots;
}

/* kcr_table_writes() - may the target write to the file through a descriptor? */
bool kcr_table_writes(struct kcr_ctx *ctx, const struct inode *inode)
{
	struct kcr_files *files = ctx->files_data;
	unsigned int i;

	for (i = 0; files && i < files->nr_fds; i++)
		if (d_inode(files->fds[i].file->f_path.dentry) == inode &&
		    files->fds[i].file->f_mode & FMODE_WRITE)
			return true;
	return false;
}

/**
 * kcr_file_shared() - does anybody outside the process hold the open file?
 * @ctx: the operation, after kcr_table_read()
 * @file: an open file of a kind that is reached through descriptors only
 *
 * Whoever looks into /proc holds it for an instant: so ask again.
 */
bool kcr_file_shared(struct kcr_ctx *ctx, struct file *file)
{
	long own = 2 * kcr_table_slots(ctx, file);	/* theirs, and ours */
	int i;

	for (i = 0; i < 5; i++) {
		if (file_count(file) <= own)
			return false;
		usleep_range(500, 1000);
	}
	return true;
}
