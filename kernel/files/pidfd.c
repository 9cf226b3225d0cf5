// SPDX-License-Identifier: GPL-2.0
/*
 * pidfds of processes and threads of the tree, zombies among them.
 *
 * When open files are restored most processes are not there yet. So a pidfd
 * is made of the one that restores it, and becomes what it should be as soon as
 * that is there: in the link pass, before an epoll set may look at it, for the
 * first process with its children and threads; at commit for all others.
 *
 * Not kept: which process a pidfd was of that has ended and been waited for,
 * which is refused.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>

#include "compat/pidfd.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/pidfd.h>

#define KCR_PIDFD_FLAGS	(O_ACCMODE | O_NONBLOCK | O_CLOEXEC | O_EXCL)

bool kcr_pidfd_match(struct kcr_ctx *ctx, struct file *file)
{
	return !IS_ERR(kcr_call(pidfd_pid)(file));
}

/* Saving */

static struct kcr_process *process_of(struct kcr_ctx *ctx, pid_t id, bool thread)
{
	struct kcr_process *p;
	struct kcr_thread *t;

	kcr_for_each_process(ctx, p) {
		if (p->tgid == id)
			return p;
		list_for_each_entry(t, &p->threads, sibling)
			if (thread && t->tid == id && t->state != KCR_THREAD_GONE)
				return p;
	}
	return NULL;
}

/* Is it there when epoll sets are filled? */
static bool is_near(struct kcr_ctx *ctx, const struct kcr_process *p)
{
	return !p->parent || p->parent == ctx->root;
}

static int pidfd_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	bool thread = file->f_flags & O_EXCL;
	pid_t nr = pid_nr_ns(kcr_call(pidfd_pid)(file), ctx->pid_ns);
	struct kcr_process *p = process_of(ctx, nr, thread);
	struct kcr_img_pidfd img = {
		.id = cpu_to_le32(nr),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE |
				     (file->f_flags & O_NONBLOCK ? KCR_FILE_NONBLOCK : 0)),
		.mode = cpu_to_le32(thread ? KCR_PIDFD_THREAD : 0),
	};

	if (file->f_flags & ~KCR_PIDFD_FLAGS)
		return kcr_refuse(ctx, "pidfd: opened with flags 0x%x: not supported yet",
				  file->f_flags & ~KCR_PIDFD_FLAGS);
	if (!p || !nr)
		return kcr_refuse(ctx, "pidfd: of process %d, which has ended or is not part of what is saved: not supported yet",
				  nr);
	if (file->f_ep && !hlist_empty(file->f_ep) && !is_near(ctx, p))
		return kcr_refuse(ctx, "pidfd: of process %d, which is no child of the first one, in an epoll set: not supported yet",
				  nr);
	if (kcr_file_shared(ctx, file))
		return kcr_refuse(ctx, "pidfd: shared with another process: not supported yet");
	return kcr_write_rec(ctx, KCR_KIND_PIDFD, 1, id, 0, &img, sizeof(img));
}

/* Restoring */

static bool has_id(struct kcr_ctx *ctx, pid_t id, bool thread)
{
	struct kcr_process *p;
	struct kcr_thread *t;

	kcr_for_each_process(ctx, p)
		if (p->tgid == id)
			return true;
	list_for_each_entry(t, &ctx->threads, node)
		if (thread && t->tid == id)
			return true;
	return false;
}

static int pidfd_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pidfd *img = kcr_rec_as(rec, struct kcr_img_pidfd);

	if (rec->len != sizeof(*img) || le32_to_cpu(img->mode) & ~KCR_PIDFD_THREAD ||
	    !has_id(ctx, le32_to_cpu(img->id), img->mode))
		return kcr_bad_image(ctx, "a pidfd of something that is not in the image");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "pidfd");
}

static struct file *open_pidfd(pid_t nr, const struct kcr_img_pidfd *img)
{
	unsigned int flags = img->flags & cpu_to_le32(KCR_FILE_NONBLOCK) ? O_NONBLOCK : 0;
	long fd = kcr_syscall(pidfd_open, nr, flags | (img->mode ? O_EXCL : 0));
	struct file *file;

	if (fd < 0)
		return ERR_PTR(fd);
	file = fget(fd);
	close_fd(fd);
	return file ?: ERR_PTR(-EBADF);
}

static int not_opened(struct kcr_ctx *ctx, const struct kcr_img_pidfd *img, long err)
{
	if (img->mode && err == -EINVAL)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"pidfd: this kernel has none for a thread alone");
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err, "pidfd: can't be opened (errno %ld)", -err);
}

static int pidfd_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pidfd *img = kcr_rec_as(rec, struct kcr_img_pidfd);
	struct file *file = open_pidfd(task_tgid_vnr(current), img);

	if (IS_ERR(file))
		return not_opened(ctx, img, PTR_ERR(file));
	return kcr_object_add(ctx, rec, file);
}

/* @there: it must be by now. */
static int become(struct kcr_ctx *ctx, const struct kcr_rec *rec, bool there)
{
	const struct kcr_img_pidfd *img = kcr_rec_as(rec, struct kcr_img_pidfd);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_PIDFD), *right;
	struct pid *pid;
	pid_t nr = 0;

	rcu_read_lock();
	pid = find_pid_ns(le32_to_cpu(img->id), ctx->pid_ns);
	if (pid && pid_task(pid, img->mode ? PIDTYPE_PID : PIDTYPE_TGID))
		nr = pid_vnr(pid);
	if (pid && file && pid == kcr_call(pidfd_pid)(file))
		nr = -1;
	rcu_read_unlock();
	if (!file || nr < 0 || (!nr && !there))
		return 0;
	right = nr ? open_pidfd(nr, img) : ERR_PTR(-ESRCH);
	if (IS_ERR(right))
		return not_opened(ctx, img, PTR_ERR(right));
	kcr_pidfd_swap(file, right);
	fput(right);
	return 0;
}

static int pidfd_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return become(ctx, rec, false);
}

static int pidfd_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return become(ctx, rec, true);
}

const struct kcr_ops kcr_pidfd_ops = {
	.kind		= KCR_KIND_PIDFD,
	.version	= 1,
	.name		= "pidfd",
	.save		= pidfd_save,
	.check		= pidfd_check,
	.restore	= pidfd_restore,
	.link		= pidfd_link,
	.commit		= pidfd_commit,
	.put		= kcr_file_put,
};
