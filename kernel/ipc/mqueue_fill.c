// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX message queues: making one, and what is done at commit.
 *
 * Messages are sent by mq_timedsend(), so that limits and memory are counted as
 * ever. Where something is in the queue already, they are sent to another one
 * first, which has no name, and both change contents at once.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "files/internal.h"
#include "ksym.h"
#include "internal.h"
#include "mqueue.h"

/* What mq_open() takes, in user memory. */
struct request {
	char name[KCR_MQUEUE_NAME_MAX];
	struct mq_attr attr;
};

static long open_new(struct kcr_ctx *ctx, const struct request *request)
{
	unsigned long page = kcr_scratch_get(ctx, sizeof(*request));
	long fd = -EFAULT;

	if (!page)
		return -ENOMEM;
	if (!copy_to_user((void __user *)page, request, sizeof(*request)))
		fd = kcr_syscall(mq_open, page, O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK, 0600,
				 page + offsetof(struct request, attr));
	kcr_scratch_put(page, sizeof(*request));
	return fd;
}

static void not_made(struct kcr_ctx *ctx, const char *name, long err)
{
	switch (err) {
	case -EMFILE:
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			 "POSIX message queue %s: more than you may have (RLIMIT_MSGQUEUE, RLIMIT_NOFILE)",
			 name);
		break;
	case -EINVAL:
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			 "POSIX message queue %s: larger than is allowed here (fs.mqueue)", name);
		break;
	default:
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			 "POSIX message queue %s: can't be made (errno %ld)", name, -err);
	}
}

/**
 * kcr_mqueue_make() - make a queue
 * @ctx: the operation
 * @name: its name; NULL: it has none
 * @max_messages: mq_maxmsg
 * @max_size: mq_msgsize
 *
 * Return: the queue, open for reading and writing, or NULL with a sentence.
 */
struct file *kcr_mqueue_make(struct kcr_ctx *ctx, const char *name, u32 max_messages,
			     u32 max_size)
{
	struct request request = {
		.attr.mq_maxmsg = max_messages,
		.attr.mq_msgsize = max_size,
	};
	struct file *file;
	long fd;

	if (name)
		strscpy(request.name, name, sizeof(request.name));
	else
		snprintf(request.name, sizeof(request.name), ".kcr-%llu-%d", ctx->op, current->pid);
	fd = open_new(ctx, &request);
	file = fd < 0 ? NULL : fget(fd);
	if (fd >= 0)
		close_fd(fd);
	if (!file)
		not_made(ctx, request.name, fd < 0 ? fd : -EBADF);
	else if (!name)
		kcr_path_unmake(&file->f_path);
	return file;
}

/* Messages */

static long send(int queue, unsigned long page, const struct kcr_img_message *msg)
{
	u32 len = le32_to_cpu(msg->len);

	if (copy_to_user((void __user *)page, msg + 1, len))
		return -EFAULT;
	return kcr_syscall(mq_timedsend, queue, page, len, le64_to_cpu(msg->type), 0);
}

static int send_to(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file)
{
	struct kcr_messages_rec m = kcr_mqueue_messages(rec);
	int fd = get_unused_fd_flags(O_CLOEXEC), ret;

	if (fd < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd,
				"no descriptor is left to fill it through");
	fd_install(fd, get_file(file));
	ret = kcr_messages_send(ctx, &m, fd, send);
	close_fd(fd);
	return ret;
}

/* What a queue holds. */
struct contents {
	struct rb_root tree;
	struct rb_node *rightmost;
	long count;
	unsigned long size;
};

/* Changes places with what is there. */
static void contents_swap(struct kcr_mqueue_info *info, struct contents *c)
{
	lockdep_assert_held(&info->lock);
	swap(info->msg_tree, c->tree);
	swap(info->msg_tree_rightmost, c->rightmost);
	swap(info->attr.mq_curmsgs, c->count);
	swap(info->qsize, c->size);
}

static bool is_waited_for(const struct kcr_mqueue_info *info)
{
	return !list_empty(&info->e_wait_q[0].list) || !list_empty(&info->e_wait_q[1].list);
}

static int swap_with(struct kcr_ctx *ctx, struct kcr_mqueue_info *spare,
		     struct kcr_mqueue_info *info)
{
	struct contents c = { .tree = RB_ROOT };
	bool used;

	spin_lock(&spare->lock);
	contents_swap(spare, &c);
	spin_unlock(&spare->lock);
	spin_lock(&info->lock);
	used = is_waited_for(info);
	if (!used)
		contents_swap(info, &c);
	spin_unlock(&info->lock);
	spin_lock(&spare->lock);
	contents_swap(spare, &c);
	spin_unlock(&spare->lock);
	return used ? kcr_ipc_gone(ctx) : 0;
}

static int refill(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	struct file *spare = kcr_mqueue_make(ctx, NULL, le32_to_cpu(img->count) ?: 1,
					     le32_to_cpu(img->max_size));
	int ret;

	if (!spare)
		return ctx->error ?: -ENOMEM;
	ret = send_to(ctx, rec, spare) ?:
	      swap_with(ctx, kcr_mqueue_of(spare), kcr_mqueue_of(file));
	fput(spare);
	return ret;
}

/* kcr_mqueue_fill() - have in it what the record tells, and nothing else */
int kcr_mqueue_fill(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file)
{
	struct kcr_mqueue_info *info = kcr_mqueue_of(file);
	struct file *queue;
	int ret;

	if (READ_ONCE(info->attr.mq_curmsgs))
		return refill(ctx, rec, file);
	queue = kcr_path_open(&file->f_path, O_RDWR | O_NONBLOCK);
	if (IS_ERR(queue))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, PTR_ERR(queue),
				"can't be opened to fill it (errno %ld)", -PTR_ERR(queue));
	ret = send_to(ctx, rec, queue);
	fput(queue);
	return ret;
}

/* Owner, permissions, notification */

static struct task_struct *notified(struct kcr_ctx *ctx, const struct kcr_img_mqueue *img)
{
	struct kcr_process *p;

	if (!img->notify)
		return NULL;
	kcr_for_each_process(ctx, p)
		if (p->tgid == le32_to_cpu(img->notify_pid) && !p->zombie)
			return p->leader;
	return NULL;
}

static void notify(struct kcr_mqueue_info *info, const struct kcr_img_mqueue *img,
		   struct task_struct *task)
{
	lockdep_assert_held(&info->lock);
	info->notify.sigev_notify = SIGEV_NONE;
	if (le32_to_cpu(img->notify) == KCR_MQUEUE_NOTIFY_SIGNAL) {
		info->notify.sigev_notify = SIGEV_SIGNAL;
		info->notify.sigev_signo = le32_to_cpu(img->signo);
		info->notify.sigev_value.sival_ptr = (void __user *)le64_to_cpu(img->value);
	}
	info->notify_self_exec_id = task->self_exec_id;
	info->notify_owner = get_pid(task_tgid(task));
	info->notify_user_ns = get_user_ns(current_user_ns());
}

/* kcr_mqueue_settle() - its owner and permissions, and who is told of messages */
int kcr_mqueue_settle(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	struct kcr_mqueue_info *info = kcr_mqueue_of(file);
	struct task_struct *task = notified(ctx, img);
	bool ours;
	int ret;

	ret = kcr_path_give(ctx, &file->f_path, kcr_mqueue_name(img), le32_to_cpu(img->uid),
			    le32_to_cpu(img->gid));
	if (ret)
		return ret;
	ret = kcr_call(vfs_fchmod)(file, le32_to_cpu(img->mode));
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
				"can't be given its permissions (errno %d)", -ret);
	spin_lock(&info->lock);
	ours = info->attr.mq_curmsgs == le32_to_cpu(img->count) && !info->notify_owner &&
	       !is_waited_for(info);
	if (ours && task)
		notify(info, img, task);
	spin_unlock(&info->lock);
	return ours ? 0 : kcr_ipc_gone(ctx);
}
