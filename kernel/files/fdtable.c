// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of descriptors: mostly one of a process, see shared.c.
 *
 * Restored into the empty table of the leader, or one made beside it. While that is done its own
 * limit on open files is raised to the hard one; the program's limits come
 * later, and with lower ones descriptors above them stay open, as ever.
 */
#include <linux/close_range.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched/signal.h>

#include "choice.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/external.h>
#include <uapi/image/fdtable.h>

static int save_fd(struct kcr_ctx *ctx, const struct kcr_fd *fd, struct kcr_img_fd *img)
{
	size_t mark = kcr_where(ctx, "fd %u", fd->fd);
	u32 id = 0;
	int ret = kcr_file_save(ctx, fd->file, &id) ?:
		  kcr_content_need(ctx, fd->file, id, 0, MAX_LFS_FILESIZE);

	kcr_where_end(ctx, mark);
	*img = (struct kcr_img_fd) {
		.fd = cpu_to_le32(fd->fd),
		.file = cpu_to_le32(id),
		.flags = cpu_to_le32(fd->cloexec ? KCR_FD_CLOEXEC : 0),
	};
	return ret;
}

static int table_save(struct kcr_ctx *ctx, struct kcr_shared *table)
{
	struct kcr_img_fdtable *img;
	unsigned int i, nr, left = 0;
	struct kcr_fd *fds = kcr_table_fds(ctx, table, &nr);
	size_t size = struct_size(img, fd, nr);
	int ret = 0;

	if (size > KCR_REC_MAX)
		return kcr_refuse(ctx, "%u open descriptors: not supported yet", nr);
	img = kvzalloc(size, GFP_KERNEL);
	if (!img)
		return kcr_nomem(ctx);
	for (i = 0; i < nr && !ret; i++) {
		if (kcr_choice_of(ctx, fds[i].file) == KCR_CHOICE_CLOSE)
			continue;
		ret = save_fd(ctx, &fds[i], &img->fd[left++]);
		cond_resched();
	}
	img->count = cpu_to_le32(left);
	table->id = kcr_new_id(ctx);
	if (!ret)
		ret = kcr_write_rec(ctx, KCR_KIND_FDTABLE, 1, table->id, table->process->id,
				    img, struct_size(img, fd, left));
	kvfree(img);
	return ret;
}

static int fdtable_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_shared *table;
	int ret = 0;

	list_for_each_entry(table, &p->tables, node)
		ret = ret ?: table_save(ctx, table);
	return ret;
}

/**
 * kcr_fd_limit() - how many descriptors a process may have that is made for the caller
 *
 * Whoever may raise its limits has those of the program, which are set last.
 */
unsigned long kcr_fd_limit(void)
{
	unsigned long limit = rlimit_max(RLIMIT_NOFILE);

	return capable(CAP_SYS_RESOURCE) ? max(limit, KCR_FDS_MAX) : limit;
}

static int fdtable_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fdtable *img = kcr_rec_as(rec, struct kcr_img_fdtable);
	unsigned long limit = kcr_fd_limit();
	u32 i, fd = 0;

	if (rec->len < sizeof(*img) ||
	    rec->len != struct_size(img, fd, le32_to_cpu(img->count)))
		return kcr_bad_image(ctx, "a table of descriptors of a wrong length");
	for (i = 0; i < le32_to_cpu(img->count); i++) {
		if (i && le32_to_cpu(img->fd[i].fd) <= fd)
			return kcr_bad_image(ctx, "a table of descriptors that is not in order");
		if (le32_to_cpu(img->fd[i].flags) & ~KCR_FD_CLOEXEC)
			return kcr_bad_image(ctx, "a descriptor with a flag not known here");
		fd = le32_to_cpu(img->fd[i].fd);
	}
	if (fd >= limit)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EMFILE,
				"fd %u: not more than %lu open files are allowed here (ulimit -Hn)",
				fd, limit);
	return 0;
}

/**
 * kcr_files_begin() - an empty table of descriptors
 * @ctx: the operation, in a leader
 * @p: its process
 *
 * 0, 1 and 2 are kept aside: they may be the program's too.
 */
int kcr_files_begin(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_files *files = kcr_files(ctx);
	unsigned int i;
	int ret;

	if (!files)
		return -ENOMEM;
	ret = p == ctx->root ? kcr_given_take(ctx) : 0;
	if (ret)
		return ret;
	for (i = 0; p == ctx->root && i < ARRAY_SIZE(files->stream); i++)
		files->stream[i] = fget(i);
	kcr_syscall(close_range, 0, UINT_MAX, 0);
	return 0;
}

/* Until the program's own limits are set. */
static void raise_limit(void)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_NOFILE];

	task_lock(current->group_leader);
	limit->rlim_cur = kcr_fd_limit();
	task_unlock(current->group_leader);
}

/* A standard stream is restart's own of the same number, if it may be that one. */
static struct file *file_of(struct kcr_ctx *ctx, u32 id, u32 fd)
{
	const struct kcr_img_external *img;
	struct kcr_rec *rec;

	if (fd > 2 || !kcr_object_get(ctx, id, KCR_KIND_EXTERNAL))
		return kcr_file_restored(ctx, id);
	rec = kcr_rec_find(ctx, id, KCR_KIND_EXTERNAL);
	img = kcr_rec_as(rec, struct kcr_img_external);
	if (!(le32_to_cpu(img->streams) & 1u << fd))
		return kcr_file_restored(ctx, id);
	return kcr_external_stream(ctx, fd, le32_to_cpu(img->flags));
}

static int restore_fd(struct kcr_ctx *ctx, const struct kcr_img_fd *img)
{
	u32 fd = le32_to_cpu(img->fd);
	struct file *file = file_of(ctx, le32_to_cpu(img->file), fd);
	int ret;

	if (!file)
		return ctx->error;
	ret = kcr_call(replace_fd)(fd, file, img->flags ? O_CLOEXEC : 0);
	fput(file);
	if (ret < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret, "fd %u: can't be opened (errno %d)",
				fd, -ret);
	return 0;
}

static int fill(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fdtable *img = kcr_rec_as(rec, struct kcr_img_fdtable);
	u32 i;
	int ret = 0;

	raise_limit();
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++) {
		ret = restore_fd(ctx, &img->fd[i]);
		cond_resched();
	}
	return ret;
}

/* The leader's own counts on while the new one, which begins empty, is worn. */
static int fill_beside(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct files_struct *own = current->files, *made;
	long ret;

	atomic_inc(&own->count);
	ret = kcr_syscall(close_range, 0, UINT_MAX, CLOSE_RANGE_UNSHARE);
	if (ret)
		ret = kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
			       "no table of descriptors can be made (errno %ld)", -ret);
	else
		ret = fill(ctx, rec);
	made = kcr_fdtable_wear(own);
	if (!ret)
		return kcr_object_add(ctx, rec, made);
	kcr_fdtable_put(made);
	return ret;
}

static int fdtable_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	int ret;

	if (rec->process->has_table)
		return fill_beside(ctx, rec);
	rec->process->has_table = true;
	ret = fill(ctx, rec);
	if (ret || !rec->id)
		return ret;
	atomic_inc(&current->files->count);
	return kcr_object_add(ctx, rec, current->files);
}

const struct kcr_ops kcr_fdtable_ops = {
	.kind		= KCR_KIND_FDTABLE,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "fdtable",
	.save_process	= fdtable_save,
	.check		= fdtable_check,
	.restore	= fdtable_restore,
	.put		= kcr_fdtable_put,
};
