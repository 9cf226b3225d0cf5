// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX message queues that are open.
 *
 * Each open file is a record; the first one of a queue tells what the queue is,
 * and what is in it. Queues that nobody in the tree has open are, like files,
 * not looked at. One that another process has open, too, is refused.
 *
 * A queue of that name that is still there is used if nobody has it open, and it
 * has the inode, the owner, the permissions and the limits that it had at the
 * cut; messages that are in there then give way at commit. Another one is a
 * reason to refuse. If there is none it is made, and removed again if the restart
 * fails. One without a name is made under another, which goes at once.
 *
 * struct mqueue_inode_info, field by field:
 *   vfs_inode			owner and permissions are saved; its number and its
 *				times are new where the queue is
 *   msg_tree, msg_tree_rightmost, qsize	saved, message by message
 *   attr			mq_maxmsg and mq_msgsize are saved; mq_curmsgs follows
 *   notify, notify_owner	saved, but for SIGEV_THREAD, which is refused
 *   notify_self_exec_id	whether a signal would still be sent
 *   notify_user_ns		the namespace of the tree
 *   notify_sock, notify_cookie	of SIGEV_THREAD
 *   ucounts			the restarter's
 *   e_wait_q, wait_q		who waits, waits again
 *   node_cache			no state
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>

#include "compat/namei.h"
#include "files/internal.h"
#include "ksym.h"
#include "internal.h"
#include "mqueue.h"

bool kcr_mqueue_match(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_op == &kcr_var(mqueue_file_operations);
}

/* Does the private structure look as we think it does? */
static bool looks_right(const struct kcr_mqueue_info *info)
{
	const struct mq_attr *attr = &info->attr;

	return attr->mq_maxmsg > 0 && attr->mq_maxmsg <= KCR_MQUEUE_MESSAGES_MAX &&
	       attr->mq_msgsize > 0 && attr->mq_msgsize <= KCR_MQUEUE_SIZE_MAX &&
	       attr->mq_curmsgs >= 0 && attr->mq_curmsgs <= attr->mq_maxmsg &&
	       !attr->mq_curmsgs == RB_EMPTY_ROOT(&info->msg_tree);
}

/*
 * Has anybody it open, besides @own open files? While it has a name, the file
 * system has one. Whoever looks it up has it for an instant: so ask again.
 */
static bool is_open_elsewhere(struct dentry *dentry, unsigned int own)
{
	int i;

	for (i = 0; i < 5; i++) {
		if (d_count(dentry) <= own + !d_unhashed(dentry))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

/* Save */

static unsigned int opens_of(struct kcr_ctx *ctx, struct file *file)
{
	struct kcr_files *files = ctx->files_data;
	struct kcr_open *o;
	unsigned int n = 0;

	kcr_for_each_open_of(files, o, kcr_inode_of(file))
		n++;
	return n;
}

static int queue_refuse(struct kcr_ctx *ctx, struct file *file)
{
	struct kcr_mqueue_info *info = kcr_mqueue_of(file);

	if (file_inode(file)->i_sb != kcr_ipc_ns()->mq_mnt->mnt_sb)
		return kcr_refuse(ctx, "POSIX message queue %pD: of another IPC namespace: not supported yet",
				  file);
	if (!looks_right(info))
		return kcr_refuse(ctx, "POSIX message queue %pD: this kernel tells too little about it",
				  file);
	if (kcr_file_shared(ctx, file) || is_open_elsewhere(file->f_path.dentry, opens_of(ctx, file)))
		return kcr_refuse(ctx, "POSIX message queue %pD: another process has it open: not supported yet",
				  file);
	return 0;
}

static bool notify_read(struct kcr_ctx *ctx, const struct kcr_mqueue_info *info,
			struct kcr_img_mqueue *img)
{
	struct task_struct *task;
	u32 signo = info->notify.sigev_signo;

	if (!info->notify_owner)
		return true;
	if (!kcr_pid_in_tree(ctx, info->notify_owner))
		return false;
	img->notify_pid = cpu_to_le32(pid_nr_ns(info->notify_owner, ctx->pid_ns));
	img->notify = cpu_to_le32(KCR_MQUEUE_NOTIFY_NONE);
	if (info->notify.sigev_notify == SIGEV_NONE)
		return true;
	rcu_read_lock();
	task = pid_task(info->notify_owner, PIDTYPE_TGID);
	if (!task || task->self_exec_id != info->notify_self_exec_id)
		signo = 0;	/* it comes to the same */
	rcu_read_unlock();
	img->notify = cpu_to_le32(KCR_MQUEUE_NOTIFY_SIGNAL);
	img->signo = cpu_to_le32(signo);
	img->value = cpu_to_le64((uintptr_t)info->notify.sigev_value.sival_ptr);
	return info->notify.sigev_notify == SIGEV_SIGNAL;
}

/* Highest priority first. */
static bool messages_copy(const struct kcr_mqueue_info *info, struct kcr_messages *m)
{
	const struct kcr_mqueue_leaf *leaf;
	const struct msg_msg *msg;
	struct rb_node *node;

	for (node = rb_last(&info->msg_tree); node; node = rb_prev(node)) {
		leaf = rb_entry(node, struct kcr_mqueue_leaf, rb_node);
		list_for_each_entry(msg, &leaf->msg_list, m_list)
			if (msg->m_type != leaf->priority || m->count == info->attr.mq_curmsgs ||
			    !kcr_messages_add(m, msg))
				return false;
	}
	return m->count == info->attr.mq_curmsgs && m->bytes == info->qsize;
}

/* With the queue locked, where it is nobody else's. */
static int queue_read(struct kcr_ctx *ctx, struct file *file, struct kcr_img_mqueue *img,
		      struct kcr_messages *m)
{
	struct kcr_mqueue_info *info = kcr_mqueue_of(file);
	bool known, whole;

	spin_lock(&info->lock);
	known = notify_read(ctx, info, img);
	whole = messages_copy(info, m);
	img->max_messages = cpu_to_le32(info->attr.mq_maxmsg);
	img->max_size = cpu_to_le32(info->attr.mq_msgsize);
	spin_unlock(&info->lock);
	img->count = cpu_to_le32(m->count);
	if (!known)
		return kcr_refuse(ctx, "POSIX message queue %pD: mq_notify() with SIGEV_THREAD, or of another process: not supported yet",
				  file);
	if (!whole)
		return kcr_refuse(ctx, "POSIX message queue %pD: this kernel tells too little about it",
				  file);
	return 0;
}

static void inode_read(struct kcr_ctx *ctx, const struct inode *inode, struct kcr_img_mqueue *img)
{
	img->mode = cpu_to_le32(inode->i_mode & 07777);
	img->uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, inode->i_uid));
	img->gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, inode->i_gid));
	img->ino = cpu_to_le64(inode->i_ino);
}

static int queue_write(struct kcr_ctx *ctx, struct file *file, u32 id,
		       struct kcr_img_mqueue *img)
{
	struct kcr_mqueue_info *info = kcr_mqueue_of(file);
	struct name_snapshot name;
	struct kcr_messages m;
	static const u8 zeros[KCR_MESSAGE_ALIGN];
	int ret = kcr_messages_begin(ctx, &m, info->attr.mq_curmsgs, info->qsize);
	u32 len;

	if (ret || !m.data)
		return ret;
	inode_read(ctx, file_inode(file), img);
	if (d_unhashed(file->f_path.dentry))
		img->state = cpu_to_le32(KCR_MQUEUE_UNLINKED);
	take_dentry_name_snapshot(&name, file->f_path.dentry);
	len = name.name.len + 1;
	img->name_len = cpu_to_le32(len);
	ret = queue_read(ctx, file, img, &m) ?:
	      kcr_rec_begin(ctx, KCR_KIND_MQUEUE, 1, id, 0) ?:
	      kcr_rec_put(ctx, img, sizeof(*img)) ?:
	      kcr_rec_put(ctx, name.name.name, len) ?:
	      kcr_rec_put(ctx, zeros, ALIGN(len, KCR_MESSAGE_ALIGN) - len) ?:
	      kcr_rec_put(ctx, m.data, m.len) ?: kcr_rec_end(ctx);
	release_dentry_name_snapshot(&name);
	kcr_messages_end(&m);
	return ret;
}

static int mqueue_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct kcr_img_mqueue img = { };
	struct file *file = obj;
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags) ?: queue_refuse(ctx, file);

	if (ret)
		return ret;
	img.flags = cpu_to_le32(flags);
	img.first = cpu_to_le32(kcr_table_first(ctx, file));
	img.pos = cpu_to_le64(file->f_pos);
	if (img.first)
		return kcr_write_rec(ctx, KCR_KIND_MQUEUE, 1, id, 0, &img, sizeof(img));
	return queue_write(ctx, file, id, &img);
}

/* Restore */

static bool name_is_good(const struct kcr_img_mqueue *img, size_t room)
{
	u32 len = le32_to_cpu(img->name_len);
	const char *name = kcr_mqueue_name(img);

	return len > 1 && len <= KCR_MQUEUE_NAME_MAX && len <= room &&
	       strnlen(name, len) == len - 1 && !strchr(name, '/') &&
	       strcmp(name, ".") && strcmp(name, "..");
}

static bool has_process(struct kcr_ctx *ctx, u32 tgid)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->tgid == tgid)
			return true;
	return false;
}

static int queue_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	u32 most = le32_to_cpu(img->max_messages), size = le32_to_cpu(img->max_size);
	struct kcr_messages_rec m;
	u64 bytes;

	if (!most || most > KCR_MQUEUE_MESSAGES_MAX || !size || size > KCR_MQUEUE_SIZE_MAX ||
	    le32_to_cpu(img->count) > most || le32_to_cpu(img->mode) & ~07777 ||
	    le32_to_cpu(img->state) & ~KCR_MQUEUE_STATE)
		return kcr_bad_image(ctx, "a POSIX message queue that makes no sense");
	if (!name_is_good(img, rec->len - sizeof(*img)))
		return kcr_bad_image(ctx, "a POSIX message queue with a bad name");
	if (le32_to_cpu(img->notify) > KCR_MQUEUE_NOTIFY_SIGNAL ||
	    !valid_signal(le32_to_cpu(img->signo)) ||
	    (img->notify && !has_process(ctx, le32_to_cpu(img->notify_pid))))
		return kcr_bad_image(ctx, "a notification of a POSIX message queue that makes no sense");
	m = kcr_mqueue_messages(rec);
	return kcr_messages_check(ctx, &m, 0, KCR_MQUEUE_PRIO_MAX, size, &bytes);
}

static int mqueue_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);

	if (rec->len < sizeof(*img) || le64_to_cpu(img->pos) > MAX_LFS_FILESIZE ||
	    (img->first && rec->len != sizeof(*img)))
		return kcr_bad_image(ctx, "a POSIX message queue in %zu bytes", rec->len);
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "POSIX message queue") ?:
	       (img->first ? 0 : queue_check(ctx, rec));
}

static bool is_same(const struct kcr_img_mqueue *img, const struct file *file)
{
	const struct kcr_mqueue_info *info = kcr_mqueue_of(file);
	const struct inode *inode = file_inode(file);
	struct user_namespace *ns = current_user_ns();

	return looks_right(info) && inode->i_ino == le64_to_cpu(img->ino) &&
	       from_kuid_munged(ns, inode->i_uid) == le32_to_cpu(img->uid) &&
	       from_kgid_munged(ns, inode->i_gid) == le32_to_cpu(img->gid) &&
	       (inode->i_mode & 07777) == le32_to_cpu(img->mode) &&
	       info->attr.mq_maxmsg == le32_to_cpu(img->max_messages) &&
	       info->attr.mq_msgsize == le32_to_cpu(img->max_size) && !info->notify_owner;
}

/* The one that is there, for reading and writing; NULL without a sentence: none. */
static struct file *find(struct kcr_ctx *ctx, const struct kcr_img_mqueue *img)
{
	struct vfsmount *mnt = kcr_ipc_ns()->mq_mnt;
	const char *name = kcr_mqueue_name(img);
	struct file *file;
	struct path path;
	int ret;

	ret = vfs_path_lookup(mnt->mnt_root, mnt, name, 0, &path);
	if (ret) {
		if (ret != -ENOENT)
			kcr_path_fail(ctx, ret, name, "POSIX message queue that can't be looked up");
		return NULL;
	}
	file = kcr_path_open(&path, O_RDWR | O_NONBLOCK);
	path_put(&path);
	if (IS_ERR(file)) {
		kcr_path_fail(ctx, PTR_ERR(file), name,
			      "POSIX message queue that is there, and can't be opened");
		return NULL;
	}
	if (kcr_mqueue_match(ctx, file) && is_same(img, file) &&
	    !is_open_elsewhere(file->f_path.dentry, 1))
		return file;
	fput(file);
	kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EEXIST,
		 "POSIX message queue %s: there is one that is another, or is in use, or was changed since",
		 name);
	return NULL;
}

/* For reading and writing, with its name if it is to have one. */
static struct file *make(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	bool unlinked = le32_to_cpu(img->state) & KCR_MQUEUE_UNLINKED;
	struct file *file;

	file = kcr_mqueue_make(ctx, unlinked ? NULL : kcr_mqueue_name(img),
			       le32_to_cpu(img->max_messages), le32_to_cpu(img->max_size));
	if (!file || unlinked || !kcr_files_made(ctx, &file->f_path))
		return file;
	fput(file);
	return NULL;
}

static struct file *find_or_make(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	struct file *file = NULL;

	if (img->first) {
		file = kcr_object_get(ctx, le32_to_cpu(img->first), KCR_KIND_MQUEUE);
		if (!file)
			kcr_bad_image(ctx, "%u is no POSIX message queue",
				      le32_to_cpu(img->first));
		return file ? get_file(file) : NULL;
	}
	if (!(le32_to_cpu(img->state) & KCR_MQUEUE_UNLINKED))
		file = find(ctx, img);
	if (!file && !ctx->error)
		file = make(ctx, rec);
	return file;
}

static int mqueue_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	struct file *queue = find_or_make(ctx, rec), *file;
	u32 flags = le32_to_cpu(img->flags);

	if (!queue)
		return ctx->error ?: -EBADMSG;
	file = kcr_path_open(&queue->f_path, kcr_file_flags(flags));
	fput(queue);
	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, PTR_ERR(file),
				"POSIX message queue: can't be opened (errno %ld)",
				-PTR_ERR(file));
	kcr_file_flags_set(file, flags);
	file->f_pos = le64_to_cpu(img->pos);
	return kcr_object_add(ctx, rec, file);
}

static int mqueue_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_MQUEUE);
	int ret = kcr_files_commit(ctx);
	size_t mark;

	if (ret || !file || img->first)
		return ret;
	mark = kcr_where(ctx, "POSIX message queue %s", kcr_mqueue_name(img));
	ret = kcr_mqueue_fill(ctx, rec, file) ?: kcr_mqueue_settle(ctx, rec, file);
	kcr_where_end(ctx, mark);
	return ret;
}

const struct kcr_ops kcr_mqueue_ops = {
	.kind		= KCR_KIND_MQUEUE,
	.version	= 1,
	.name		= "mqueue",
	.save		= mqueue_save,
	.check		= mqueue_check,
	.restore	= mqueue_restore,
	.commit		= mqueue_commit,
	.put		= kcr_file_put,
};
