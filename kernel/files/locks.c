// SPDX-License-Identifier: GPL-2.0
/*
 * Locks on files: POSIX, of the table of descriptors; OFD and flock, of an open file.
 *
 * They are taken again when all descriptors are there. If somebody else has
 * one by then, the restart fails: the program relies on it. A thread that waits
 * for a lock asks for it again by itself. Leases are fown.c's.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/filelock.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/locks.h>

struct locks {
	struct kcr_img_lock *img;
	u32 count, max;
};

/* A descriptor of the table for the open file, or -1. */
static int fd_of(const struct kcr_shared *table, const struct file *file)
{
	unsigned int i, nr;
	const struct kcr_fd *fds = kcr_table_fds(table->process->ctx, table, &nr);

	for (i = 0; i < nr; i++)
		if (fds[i].file == file)
			return fds[i].fd;
	return -1;
}

/* What belongs to an open file is saved with the first table that has it. */
static bool has_first(const struct kcr_shared *table, const struct file *file)
{
	const struct kcr_open *o = kcr_table_find(table->process->ctx, file);

	return o && o->table == table;
}

/* Each inode once, by its first descriptor. */
static bool first_of_inode(const struct kcr_fd *fds, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (file_inode(fds[i].file) == file_inode(fds[nr].file))
			return false;
	return true;
}

static void describe(kcr_lock_t *lock, u32 type, int fd, struct kcr_img_lock *img)
{
	u64 start = 0, len = 0;

	if (type != KCR_LOCK_FLOCK) {
		start = kcr_lock_range(lock)->fl_start;
		if (kcr_lock_range(lock)->fl_end != OFFSET_MAX)
			len = kcr_lock_range(lock)->fl_end - start + 1;
	}
	*img = (struct kcr_img_lock) {
		.fd = cpu_to_le32(fd),
		.type = cpu_to_le32(type),
		.flags = cpu_to_le32(kcr_lock_type(lock) == F_WRLCK ? KCR_LOCK_EXCLUSIVE : 0),
		.start = cpu_to_le64(start),
		.len = cpu_to_le64(len),
	};
}

/* Type of a lock that is the table's, 0 for somebody else's. */
static u32 type_of(const struct kcr_shared *table, kcr_lock_t *lock)
{
	if (kcr_lock_flags(lock) & FL_OFDLCK)
		return has_first(table, kcr_lock_file(lock)) ? KCR_LOCK_OFD : 0;
	if (kcr_lock_flags(lock) & FL_FLOCK)
		return has_first(table, kcr_lock_file(lock)) ? KCR_LOCK_FLOCK : 0;
	return kcr_lock_owner(lock) == (fl_owner_t)table->obj ? KCR_LOCK_POSIX : 0;
}

/* Returns how many there are; writes those that there is room for. */
static u32 collect(const struct kcr_shared *table, struct list_head *list,
		   struct kcr_img_lock *img, u32 room)
{
	kcr_lock_t *lock;
	u32 count = 0, type;

	list_for_each_entry(lock, list, kcr_lock_list) {
		type = type_of(table, lock);
		if (!type)
			continue;
		if (count < room)
			describe(lock, type, fd_of(table, kcr_lock_file(lock)), &img[count]);
		count++;
	}
	return count;
}

static int make_room(struct kcr_ctx *ctx, struct locks *locks, u32 more)
{
	struct kcr_img_lock *img;
	u32 max = max(locks->count + more, 2 * locks->max);

	if (locks->count + more <= locks->max)
		return 0;
	img = kvmalloc_array(max, sizeof(*img), GFP_KERNEL);
	if (!img)
		return kcr_nomem(ctx);
	memcpy(img, locks->img, locks->count * sizeof(*img));
	kvfree(locks->img);
	locks->img = img;
	locks->max = max;
	return 0;
}

/* Others may lock meanwhile, the target may not: its locks only get fewer. */
static int save_inode(struct kcr_ctx *ctx, const struct kcr_shared *table,
		      struct file_lock_context *flc, struct locks *locks)
{
	u32 posix, flock;
	int ret;

	spin_lock(&flc->flc_lock);
	posix = collect(table, &flc->flc_posix, NULL, 0);
	flock = collect(table, &flc->flc_flock, NULL, 0);
	spin_unlock(&flc->flc_lock);

	ret = make_room(ctx, locks, posix + flock);
	if (ret)
		return ret;
	spin_lock(&flc->flc_lock);
	posix = min(posix, collect(table, &flc->flc_posix,
				   locks->img + locks->count, posix));
	flock = min(flock, collect(table, &flc->flc_flock,
				   locks->img + locks->count + posix, flock));
	spin_unlock(&flc->flc_lock);
	locks->count += posix + flock;
	return 0;
}

static int save_all(struct kcr_ctx *ctx, const struct kcr_shared *table, struct locks *locks)
{
	unsigned int i, nr;
	const struct kcr_fd *fds = kcr_table_fds(ctx, table, &nr);
	size_t mark;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		struct file_lock_context *flc = locks_inode_context(file_inode(fds[i].file));

		if (!flc || !first_of_inode(fds, i))
			continue;
		mark = kcr_where(ctx, "fd %u", fds[i].fd);
		ret = save_inode(ctx, table, flc, locks);
		kcr_where_end(ctx, mark);
		cond_resched();
	}
	return ret;
}

static int save_of(struct kcr_ctx *ctx, struct kcr_process *p, const struct kcr_shared *table)
{
	struct kcr_img_locks img = {
		.table = cpu_to_le32(kcr_shared_id(&p->tables, table)),
	};
	struct locks locks = { };
	int ret = save_all(ctx, table, &locks);

	if (!ret && locks.count > (KCR_REC_MAX - sizeof(img)) / sizeof(*locks.img))
		ret = kcr_refuse(ctx, "%u locks on files: not supported yet", locks.count);
	img.count = cpu_to_le32(locks.count);
	if (!ret && locks.count)
		ret = kcr_rec_begin(ctx, KCR_KIND_LOCKS, 2, kcr_new_id(ctx), p->id) ?:
		      kcr_rec_put(ctx, &img, sizeof(img)) ?:
		      kcr_rec_put(ctx, locks.img, locks.count * sizeof(*locks.img)) ?:
		      kcr_rec_end(ctx);
	kvfree(locks.img);
	return ret;
}

static int locks_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct kcr_shared *table;
	int ret = 0;

	list_for_each_entry(table, &p->tables, node)
		ret = ret ?: save_of(ctx, p, table);
	return ret;
}

static u32 table_of(const struct kcr_rec *rec)
{
	return rec->version < 2 ? 0 : le32_to_cpu(kcr_rec_as(rec, struct kcr_img_locks)->table);
}

static int locks_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_locks *img = kcr_rec_as(rec, struct kcr_img_locks);
	u32 i, type;

	if (rec->len < sizeof(*img) ||
	    rec->len != struct_size(img, lock, le32_to_cpu(img->count)))
		return kcr_bad_image(ctx, "a record of locks of a wrong length");
	if (!kcr_shared_has_table(ctx, rec, table_of(rec)))
		return kcr_bad_image(ctx, "locks through descriptors (%u) that process %d does not have",
				     table_of(rec), rec->process->tgid);
	for (i = 0; i < le32_to_cpu(img->count); i++) {
		type = le32_to_cpu(img->lock[i].type);
		if (!type || type > KCR_LOCK_FLOCK ||
		    le32_to_cpu(img->lock[i].flags) & ~KCR_LOCK_EXCLUSIVE ||
		    le64_to_cpu(img->lock[i].start) > OFFSET_MAX ||
		    le64_to_cpu(img->lock[i].len) > OFFSET_MAX)
			return kcr_bad_image(ctx, "a lock that makes no sense");
	}
	return 0;
}

static long take_range(struct file *file, const struct kcr_img_lock *img)
{
	struct flock range = {
		.l_type = img->flags ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = le64_to_cpu(img->start),
		.l_len = le64_to_cpu(img->len),
	};
	unsigned int cmd = le32_to_cpu(img->type) == KCR_LOCK_OFD ? F_OFD_SETLK : F_SETLK;

	return kcr_call(fcntl_setlk)(le32_to_cpu(img->fd), file, cmd, &range);
}

static long take(struct file *file, const struct kcr_img_lock *img)
{
	if (le32_to_cpu(img->type) != KCR_LOCK_FLOCK)
		return take_range(file, img);
	return kcr_syscall(flock, le32_to_cpu(img->fd),
			   (img->flags ? LOCK_EX : LOCK_SH) | LOCK_NB);
}

static int restore_lock(struct kcr_ctx *ctx, const struct kcr_img_lock *img)
{
	u32 fd = le32_to_cpu(img->fd);
	struct file *file = fget(fd);
	const char *name;
	char *buf;
	long ret;

	if (!file)
		return kcr_bad_image(ctx, "a lock through fd %u, which is not open", fd);
	ret = take(file, img);
	if (ret) {
		name = kcr_path_show(&file->f_path, &buf);
		if (ret == -EAGAIN || ret == -EACCES)
			kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EAGAIN,
				 "fd %u: %s: another process holds a lock on it", fd, name);
		else
			kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				 "fd %u: %s: can't be locked (errno %ld)", fd, name, -ret);
		kfree(buf);
	}
	fput(file);
	return ret ? ctx->error : 0;
}

/* After the epoll sets, which may close descriptors on their way. */
static int locks_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_locks *img = kcr_rec_as(rec, struct kcr_img_locks);
	struct files_struct *table = kcr_object_get(ctx, table_of(rec), KCR_KIND_FDTABLE);
	u32 i;
	int ret = 0;

	table = kcr_fdtable_wear(table ?: current->files);
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++)
		ret = restore_lock(ctx, &img->lock[i]);
	kcr_fdtable_wear(table);
	return ret;
}

const struct kcr_ops kcr_locks_ops = {
	.kind		= KCR_KIND_LOCKS,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "locks",
	.save_process	= locks_save,
	.check		= locks_check,
	.link		= locks_link,
};
