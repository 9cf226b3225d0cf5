// SPDX-License-Identifier: GPL-2.0
/*
 * Signals on I/O: F_SETOWN, F_SETSIG, O_ASYNC; and leases, which send them too.
 *
 * struct fown_struct, field by field:
 *   pid, pid_type		the owner, who is in the tree; one that has ended gets
 *				no signals, and is none
 *   uid, euid			whom the owner was set by, whose right to signal it
 *				counts; only what the restarter could be, too
 *   signum			saved
 *   lock, file			no state of their own
 *
 * O_ASYNC puts the open file into a list of its pipe, socket or terminal. There is
 * the descriptor that it was set through, as signals tell it. Others than these
 * are refused. What is watched of a directory (F_NOTIFY) is dnotify.c's.
 *
 * A lease belongs to an open file, but for the id of the process that took it: see
 * lease.c.
 *
 * All is restored at last, when nobody changes or opens the files any more.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/signal.h>
#include <linux/threads.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/user_namespace.h>

#include "compat/file.h"
#include "ksym.h"
#include "internal.h"
#include "pipe.h"
#include "task/task.h"
#include <uapi/image/fown.h>

#define LEASE	(KCR_FOWN_LEASE_READ | KCR_FOWN_LEASE_WRITE)

/* Who listens to a file with O_ASYNC: the kind's list, or NULL. */
static struct fasync_struct *listeners(struct file *file)
{
	struct pipe_inode_info *pipe = kcr_call(get_pipe_info)(file, false);
	struct socket *sock = sock_from_file(file);

	if (pipe)
		return file->f_mode & FMODE_READ ? pipe->fasync_readers : pipe->fasync_writers;
	if (sock)
		return sock->wq.fasync_list;
	if (file->f_op == &kcr_var(tty_fops))
		return ((struct tty_file_private *)file->private_data)->tty->fasync;
	return NULL;
}

static int async_fd(struct file *file)
{
	int fd;

	rcu_read_lock();
	fd = kcr_fasync_fd(listeners(file), file);
	rcu_read_unlock();
	return fd;
}

/* Has fcntl(F_SETLEASE) been called on the open file? */
static bool has_lease(struct file *file)
{
	struct kcr_lease lease;

	return kcr_lease_find(file, &lease);
}

static const u32 types[] = {
	[PIDTYPE_PID]	= KCR_FOWN_THREAD,
	[PIDTYPE_TGID]	= KCR_FOWN_PROCESS,
	[PIDTYPE_PGID]	= KCR_FOWN_GROUP,
};

/* The owner's, with a reference; NULL: nobody. */
static struct pid *owner_get(struct file *file, enum pid_type *type)
{
	struct fown_struct *owner = kcr_file_owner(file);
	struct pid *pid = NULL;

	if (!owner)
		return NULL;
	rcu_read_lock();
	read_lock_irq(&owner->lock);
	*type = owner->pid_type;
	if (owner->pid && pid_task(owner->pid, owner->pid_type))
		pid = get_pid(owner->pid);
	read_unlock_irq(&owner->lock);
	rcu_read_unlock();
	return pid;
}

static bool in_tree(struct kcr_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *task;
	bool found;

	if (type == PIDTYPE_PGID)
		return kcr_job_is_own(ctx, pid, type);
	task = get_pid_task(pid, type);
	found = task && kcr_tree_process(ctx, task);
	if (task)
		put_task_struct(task);
	return found;
}

static int refuse_owner(struct kcr_ctx *ctx, struct file *file)
{
	enum pid_type type = PIDTYPE_TGID;
	struct pid *pid = owner_get(file, &type);
	int ret = 0;

	if (pid && !in_tree(ctx, pid, type))
		ret = kcr_refuse(ctx, "signals on I/O go to %s %d, which is not in the tree",
				 type == PIDTYPE_PGID ? "process group" : "process",
				 pid_nr_ns(pid, ctx->pid_ns));
	put_pid(pid);
	return ret;
}

static bool sends_signals(struct file *file)
{
	const struct fown_struct *owner = kcr_file_owner(file);

	return file->f_flags & FASYNC || (owner && (owner->pid || owner->signum));
}

/**
 * kcr_fown_refuse() - signals that can't be restored, by name
 * @ctx: the operation; everything is parked
 * @file: an open file
 * @kind: that it is of
 */
int kcr_fown_refuse(struct kcr_ctx *ctx, struct file *file, enum kcr_kind kind)
{
	const struct kcr_open *o = kcr_table_find(ctx, file);

	if (!sends_signals(file) && !has_lease(file))
		return 0;
	if (kind == KCR_KIND_EXTERNAL)
		return kcr_refuse(ctx, "signals on I/O of what is open outside of the tree: not supported");
	if (o && o->table && o->table->task != o->process->live)
		return kcr_refuse(ctx, "signals on I/O of what only a thread's own descriptors lead to: not supported");
	if (file->f_flags & FASYNC && async_fd(file) < 0 && !has_lease(file))
		return kcr_refuse(ctx, "signals on I/O (O_ASYNC) of such a file: not supported yet");
	if (!o || !o->slots)
		return kcr_refuse(ctx, "signals on I/O of a file without a descriptor: not supported yet");
	return kcr_lease_refuse(ctx, file) ?: refuse_owner(ctx, file);
}

/* Save */

static void describe_owner(struct kcr_ctx *ctx, struct file *file,
			   struct kcr_img_fown_file *img)
{
	const struct fown_struct *owner = kcr_file_owner(file);
	enum pid_type type = PIDTYPE_TGID;
	struct pid *pid = owner_get(file, &type);

	if (owner)
		img->signum = cpu_to_le32(owner->signum);
	if (!pid)
		return;
	img->type = cpu_to_le32(types[type]);
	img->id = cpu_to_le32(pid_nr_ns(pid, ctx->pid_ns));
	img->uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, owner->uid));
	img->euid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, owner->euid));
	put_pid(pid);
}

static void describe(struct kcr_ctx *ctx, const struct kcr_fd *fd, struct kcr_img_fown_file *img)
{
	struct kcr_lease lease;
	u32 flags;
	int at;

	*img = (struct kcr_img_fown_file) { .fd = cpu_to_le32(fd->fd) };
	kcr_lease_find(fd->file, &lease);
	flags = lease.flags;
	if (flags)
		img->lease_fd = cpu_to_le32(lease.fd);
	img->downgrade_ms = cpu_to_le32(lease.downgrade);
	img->unlock_ms = cpu_to_le32(lease.unlock);
	at = async_fd(fd->file);	/* a lease sets FASYNC, too */
	if (at >= 0) {
		flags |= KCR_FOWN_ASYNC;
		img->async_fd = cpu_to_le32(at);
	}
	img->flags = cpu_to_le32(flags);
	describe_owner(ctx, fd->file, img);
}

/* Saved with the first descriptor of the tree that the open file has. */
static bool is_ours(struct kcr_ctx *ctx, const struct kcr_fd *fd)
{
	const struct kcr_open *o = kcr_table_find(ctx, fd->file);

	return o && o->table == fd->table && o->fd == fd->fd &&
	       (sends_signals(fd->file) || has_lease(fd->file));
}

/* The descriptors of its first thread, if no process before it has them, too. */
static const struct kcr_shared *first_table(struct kcr_process *p)
{
	const struct kcr_shared *table = list_first_entry_or_null(&p->tables, struct kcr_shared,
								  node);

	return table && table->task == p->live ? table : NULL;
}

static int fown_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct kcr_shared *table = first_table(p);
	struct kcr_img_fown *img;
	unsigned int i, nr, count = 0;
	const struct kcr_fd *fds;
	int ret = 0;

	if (!table)
		return 0;
	fds = kcr_table_fds(ctx, table, &nr);
	for (i = 0; i < nr; i++)
		count += is_ours(ctx, &fds[i]);
	if (!count)
		return 0;
	if (struct_size(img, file, count) > KCR_REC_MAX)
		return kcr_refuse(ctx, "%u files that send signals: not supported yet", count);
	img = kvzalloc(struct_size(img, file, count), GFP_KERNEL);
	if (!img)
		return kcr_nomem(ctx);
	img->count = cpu_to_le32(count);
	for (i = 0, count = 0; i < nr && count < le32_to_cpu(img->count); i++)
		if (is_ours(ctx, &fds[i]))
			describe(ctx, &fds[i], &img->file[count++]);
	ret = kcr_write_rec(ctx, KCR_KIND_FOWN, 2, kcr_new_id(ctx), p->id, img,
			    struct_size(img, file, le32_to_cpu(img->count)));
	kvfree(img);
	return ret;
}

/* Restore */

/* Whoever may become that user may also have asked for signals as that. */
static bool may_be(u32 nr)
{
	kuid_t uid = make_kuid(current_user_ns(), nr);

	return uid_valid(uid) && (uid_eq(uid, current_uid()) || uid_eq(uid, current_euid()) ||
				  ns_capable(current_user_ns(), CAP_SETUID));
}

/* Version 1 had shorter ones, of leases that nobody breaks. */
static size_t file_len(const struct kcr_rec *rec)
{
	return rec->version < 2 ? KCR_FOWN_FILE_LEN_1 : sizeof(struct kcr_img_fown_file);
}

static const struct kcr_img_fown_file *file_at(const struct kcr_rec *rec, u32 i)
{
	const struct kcr_img_fown *img = kcr_rec_as(rec, struct kcr_img_fown);

	return (const void *)img->file + i * file_len(rec);
}

static bool lease_ok(u32 flags, unsigned int version)
{
	u32 lease = flags & LEASE;

	if (flags & KCR_FOWN_BREAKING && (version < 2 || !lease))
		return false;
	if (flags & KCR_FOWN_DOWNGRADE && lease != KCR_FOWN_LEASE_WRITE)
		return false;
	return lease != LEASE;
}

static int check_file(struct kcr_ctx *ctx, const struct kcr_img_fown_file *img,
		      unsigned int version)
{
	u32 type = le32_to_cpu(img->type), flags = le32_to_cpu(img->flags);

	if (type > KCR_FOWN_GROUP || flags & ~(KCR_FOWN_ASYNC | LEASE | KCR_FOWN_BREAKING) ||
	    !lease_ok(flags, version) || (type == KCR_FOWN_NOBODY) != !img->id ||
	    le32_to_cpu(img->id) > PID_MAX_LIMIT || !valid_signal(le32_to_cpu(img->signum)) ||
	    le32_to_cpu(img->fd) > INT_MAX || le32_to_cpu(img->async_fd) > INT_MAX ||
	    le32_to_cpu(img->lease_fd) > INT_MAX)
		return kcr_bad_image(ctx, "signals on I/O that make no sense");
	if (type != KCR_FOWN_NOBODY &&
	    (!may_be(le32_to_cpu(img->uid)) || !may_be(le32_to_cpu(img->euid))))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"fd %u: user %u asked for signals on I/O: you may not be that user",
				le32_to_cpu(img->fd), le32_to_cpu(img->euid));
	return 0;
}

static int fown_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fown *img = kcr_rec_as(rec, struct kcr_img_fown);
	u32 i;
	int ret = 0;

	BUILD_BUG_ON(offsetof(struct kcr_img_fown_file, unlock_ms) != KCR_FOWN_FILE_LEN_1);
	if (!kcr_files(ctx))
		return -ENOMEM;
	if (rec->len < sizeof(*img) ||
	    rec->len != sizeof(*img) + (u64)le32_to_cpu(img->count) * file_len(rec))
		return kcr_bad_image(ctx, "a record of signals on I/O of a wrong length");
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++)
		ret = check_file(ctx, file_at(rec, i), rec->version);
	kcr_files(ctx)->last_fown = rec;
	return ret;
}

/* Only those that were made here. */
static struct pid *owner_of(struct kcr_process *p, u32 type, pid_t nr)
{
	struct kcr_thread *t;

	switch (type) {
	case KCR_FOWN_PROCESS:
		return p->tgid == nr ? task_tgid(p->leader) : NULL;
	case KCR_FOWN_GROUP:
		return p->own_group && task_pgrp_nr_ns(p->leader, p->ctx->pid_ns) == nr ?
		       task_pgrp(p->leader) : NULL;
	default:
		list_for_each_entry(t, &p->threads, sibling)
			if (t->task && t->tid == nr)
				return task_pid(t->task);
		return NULL;
	}
}

static struct pid *owner_find(struct kcr_ctx *ctx, u32 type, pid_t nr)
{
	struct kcr_process *p;
	struct pid *pid = NULL;

	rcu_read_lock();
	kcr_for_each_process(ctx, p) {
		pid = p->leader ? get_pid(owner_of(p, type, nr)) : NULL;
		if (pid)
			break;
	}
	rcu_read_unlock();
	return pid;
}

static int owner_set(struct kcr_ctx *ctx, struct file *file, const struct kcr_img_fown_file *img)
{
	u32 type = le32_to_cpu(img->type), i;
	struct fown_struct *owner;
	struct pid *pid = NULL;

	if (type != KCR_FOWN_NOBODY) {
		pid = owner_find(ctx, type, le32_to_cpu(img->id));
		if (!pid)
			return kcr_bad_image(ctx, "fd %u: signals on I/O for %u, who is not in the image",
					     le32_to_cpu(img->fd), le32_to_cpu(img->id));
	}
	if (kcr_file_owner_make(file)) {
		put_pid(pid);
		return kcr_nomem(ctx);
	}
	for (i = PIDTYPE_PID; i < PIDTYPE_PGID && types[i] != type; i++)
		;
	__f_setown(file, pid, pid ? i : PIDTYPE_TGID, 1);
	put_pid(pid);
	owner = kcr_file_owner(file);
	write_lock_irq(&owner->lock);
	if (type != KCR_FOWN_NOBODY) {
		owner->uid = make_kuid(current_user_ns(), le32_to_cpu(img->uid));
		owner->euid = make_kuid(current_user_ns(), le32_to_cpu(img->euid));
	}
	owner->signum = le32_to_cpu(img->signum);
	write_unlock_irq(&owner->lock);
	return 0;
}

/* The owner comes last: taking a lease, or O_ASYNC of a terminal, makes one. */
static int restore_file(struct kcr_ctx *ctx, struct task_struct *leader, struct file *file,
			const struct kcr_img_fown_file *img)
{
	int ret = 0;

	if (img->flags & cpu_to_le32(LEASE))
		ret = kcr_lease_take(ctx, leader, file, img);
	if (!ret && img->flags & cpu_to_le32(KCR_FOWN_ASYNC)) {
		ret = file->f_op->fasync ?
		      file->f_op->fasync(le32_to_cpu(img->async_fd), file, 1) : -EINVAL;
		if (ret < 0)
			return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
					"fd %u: O_ASYNC can't be set (errno %d)",
					le32_to_cpu(img->fd), -ret);
	}
	return ret < 0 ? ret : owner_set(ctx, file, img);
}

static struct file *file_of(struct kcr_ctx *ctx, const struct kcr_rec *rec, u32 fd)
{
	struct file *file = kcr_call(fget_task)(rec->process->leader, fd);

	if (!file)
		kcr_bad_image(ctx, "signals on I/O of fd %u, which is not open", fd);
	return file;
}

static int break_leases(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fown *img = kcr_rec_as(rec, struct kcr_img_fown);
	const struct kcr_img_fown_file *file;
	struct file *open;
	u32 i;

	for (i = 0; i < le32_to_cpu(img->count); i++) {
		file = file_at(rec, i);
		if (!(file->flags & cpu_to_le32(KCR_FOWN_BREAKING)))
			continue;
		open = file_of(ctx, rec, le32_to_cpu(file->fd));
		if (!open)
			return ctx->error;
		kcr_lease_break(open, file);
		fput(open);
	}
	return 0;
}

/* All have been taken. */
static int break_all(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node)
		if (!ret && rec->kind == KCR_KIND_FOWN)
			ret = break_leases(ctx, rec);
	return ret;
}

static int fown_start(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fown *img = kcr_rec_as(rec, struct kcr_img_fown);
	struct file *file;
	int ret = 0;
	u32 i;

	kcr_files_settled(ctx);		/* who writes to a file gets no lease of it */
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++) {
		file = file_of(ctx, rec, le32_to_cpu(file_at(rec, i)->fd));
		if (!file)
			return ctx->error;
		ret = restore_file(ctx, rec->process->leader, file, file_at(rec, i));
		fput(file);
	}
	if (!ret && kcr_files(ctx)->last_fown == rec)
		ret = break_all(ctx);
	return ret;
}

const struct kcr_ops kcr_fown_ops = {
	.kind		= KCR_KIND_FOWN,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "fown",
	.save_process	= fown_save,
	.check		= fown_check,
	.start		= fown_start,
};
