// SPDX-License-Identifier: GPL-2.0
/*
 * System V message queues, with what is in them.
 *
 * Which ones belong to the tree is told in used.c. Messages are put in at commit;
 * where the queue is still there, into another one, with which it then changes
 * contents at once. (See ipc.c.) Who waits in msgsnd() or msgrcv() waits again by
 * itself, behind others perhaps that waited longer.
 *
 * struct msg_queue, field by field:
 *   q_perm			ipc.c
 *   q_stime, q_rtime, q_ctime	saved
 *   q_cbytes, q_qnum		follow from the messages
 *   q_qbytes			saved
 *   q_lspid, q_lrpid		saved; 0 for a process that is not in the image
 *   q_messages			saved (message.c)
 *   q_receivers, q_senders	who waits, waits again
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/uaccess.h>
#include <uapi/linux/msg.h>

#include "ksym.h"
#include "internal.h"
#include "message.h"
#include "private.h"
#include <uapi/image/sysv_msg.h>

#define TRIES	10	/* others may send while it is looked at */

static struct kcr_msg_queue *queue_of(const struct kern_ipc_perm *perm)
{
	return container_of((struct kern_ipc_perm *)perm, struct kcr_msg_queue, q_perm);
}

static struct kcr_msg_queue *queue_lock(int id)
{
	struct kern_ipc_perm *perm = kcr_ipc_lock(KCR_IPC_MSG, id);

	return perm ? queue_of(perm) : NULL;
}

static void queue_unlock(struct kcr_msg_queue *queue)
{
	kcr_ipc_unlock(&queue->q_perm);
}

static bool is_waited_for(const struct kcr_msg_queue *queue)
{
	return !list_empty(&queue->q_receivers) || !list_empty(&queue->q_senders);
}

/* Save */

static int queue_refuse(struct kcr_ctx *ctx, int id)
{
	struct kcr_msg_queue *queue = queue_lock(id);
	pid_t other;
	bool waits;

	if (!queue)
		return 0;
	waits = is_waited_for(queue);
	other = kcr_pid_other(ctx, queue->q_lspid) ?: kcr_pid_other(ctx, queue->q_lrpid);
	queue_unlock(queue);
	if (waits)
		return kcr_refuse(ctx, "a process outside of the tree waits for it");
	if (other)
		return kcr_refuse(ctx, "process %d, outside of the tree, has used it", other);
	return 0;
}

/* -EAGAIN: there is not room enough; -EINVAL: it looks different from what we think. */
static int copy_messages(const struct kcr_msg_queue *queue, struct kcr_messages *m)
{
	const struct msg_msg *msg;

	list_for_each_entry(msg, &queue->q_messages, m_list) {
		if (m->count == queue->q_qnum)
			return -EINVAL;
		if (!kcr_messages_add(m, msg))
			return -EAGAIN;
	}
	return m->count == queue->q_qnum && m->bytes == queue->q_cbytes ? 0 : -EINVAL;
}

static void queue_read(struct kcr_ctx *ctx, const struct kcr_msg_queue *queue,
		       struct kcr_img_sysv_msg *img)
{
	kcr_ipc_save(ctx, &queue->q_perm, &img->perm);
	img->stime = cpu_to_le64(queue->q_stime);
	img->rtime = cpu_to_le64(queue->q_rtime);
	img->ctime = cpu_to_le64(queue->q_ctime);
	img->qbytes = cpu_to_le64(queue->q_qbytes);
	img->count = cpu_to_le32(queue->q_qnum);
	img->lspid = cpu_to_le32(pid_nr_ns(queue->q_lspid, ctx->pid_ns));
	img->lrpid = cpu_to_le32(pid_nr_ns(queue->q_lrpid, ctx->pid_ns));
}

/* With room for what was in there a moment ago. */
static int copy_queue(struct kcr_ctx *ctx, int id, struct kcr_img_sysv_msg *img,
		      struct kcr_messages *m)
{
	struct kcr_msg_queue *queue = queue_lock(id);
	unsigned long count, bytes;
	int ret;

	if (!queue)
		return -EIDRM;
	count = queue->q_qnum;
	bytes = queue->q_cbytes;
	queue_unlock(queue);
	ret = kcr_messages_begin(ctx, m, count, bytes);
	if (ret || !m->data)
		return ret;
	queue = queue_lock(id);
	if (!queue)
		return -EIDRM;
	ret = copy_messages(queue, m);
	queue_read(ctx, queue, img);
	queue_unlock(queue);
	return ret;
}

static int queue_write(struct kcr_ctx *ctx, int queue, u32 id)
{
	struct kcr_img_sysv_msg img = { };
	struct kcr_messages m = { };
	int ret = -EAGAIN, i;

	for (i = 0; i < TRIES && ret == -EAGAIN; i++) {
		kcr_messages_end(&m);
		ret = copy_queue(ctx, queue, &img, &m);
	}
	if (!ret && m.data)	/* NULL: refused, in a check */
		ret = kcr_rec_begin(ctx, KCR_KIND_SYSV_MSG, 1, id, 0) ?:
		      kcr_rec_put(ctx, &img, sizeof(img)) ?:
		      kcr_rec_put(ctx, m.data, m.len) ?: kcr_rec_end(ctx);
	kcr_messages_end(&m);
	if (ret && !ctx->error)
		return kcr_refuse(ctx, "this kernel tells too little about it, or it changes all the time");
	return ret;
}

static int msg_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	const struct kern_ipc_perm *perm = obj;
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_MSG, perm->id);
	int ret = queue_refuse(ctx, perm->id) ?: queue_write(ctx, perm->id, id);

	kcr_where_end(ctx, mark);
	return ret;
}

static bool used_by_tree(struct kcr_ctx *ctx, const struct kern_ipc_perm *perm)
{
	return kcr_pid_in_tree(ctx, queue_of(perm)->q_lspid) ||
	       kcr_pid_in_tree(ctx, queue_of(perm)->q_lrpid);
}

static int msg_save_image(struct kcr_ctx *ctx)
{
	return kcr_ipc_save_used(ctx, KCR_IPC_MSG, KCR_KIND_SYSV_MSG, used_by_tree);
}

/* Restore */

static struct kcr_messages_rec messages_of(const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_msg *img = kcr_rec_as(rec, struct kcr_img_sysv_msg);

	return (struct kcr_messages_rec){ rec, sizeof(*img), le32_to_cpu(img->count) };
}

/* As msgctl(IPC_SET) asks for the size, and msgsnd() for what is in there. */
static int size_check(struct kcr_ctx *ctx, const struct kcr_img_sysv_msg *img, u64 bytes)
{
	u64 room = max_t(u64, le64_to_cpu(img->qbytes), max_t(u64, bytes, le32_to_cpu(img->count)));

	if (room <= kcr_ipc_ns()->msg_ctlmnb || capable(CAP_SYS_RESOURCE))
		return 0;
	return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
			"System V message queue %d: its %llu bytes are more than you may have (kernel.msgmnb)",
			le32_to_cpu(img->perm.id), room);
}

static int msg_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_msg *img = kcr_rec_as(rec, struct kcr_img_sysv_msg);
	struct kcr_messages_rec m;
	u64 bytes;
	int ret;

	if (rec->len < sizeof(*img) || !rec->id || le64_to_cpu(img->qbytes) > LONG_MAX)
		return kcr_bad_image(ctx, "a System V message queue in %zu bytes", rec->len);
	m = messages_of(rec);
	ret = kcr_ipc_check(ctx, &img->perm, KCR_IPC_MSG) ?:
	      kcr_messages_check(ctx, &m, 1, LONG_MAX, KCR_REC_MAX, &bytes);
	return ret ?: size_check(ctx, img, bytes);
}

static bool msg_same(const struct kern_ipc_perm *perm, const struct kcr_ipc_want *want)
{
	const struct kcr_msg_queue *queue = queue_of(perm);

	return queue->q_ctime == want->ctime && !is_waited_for(queue) &&
	       !kcr_pid_lives(queue->q_lspid) && !kcr_pid_lives(queue->q_lrpid);
}

static int msg_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_msg *img = kcr_rec_as(rec, struct kcr_img_sysv_msg);
	struct kcr_ipc_want want = {
		.type = KCR_IPC_MSG,
		.img = &img->perm,
		.ctime = le64_to_cpu(img->ctime),
		.same = msg_same,
	};
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_MSG, le32_to_cpu(img->perm.id));
	int ret = kcr_ipc_restore(ctx, rec, &want) ? 0 : ctx->error ?: -EEXIST;

	kcr_where_end(ctx, mark);
	return ret;
}

/* At commit */

/* At @page: struct msgbuf. */
static long send(int queue, unsigned long page, const struct kcr_img_message *msg)
{
	u32 len = le32_to_cpu(msg->len);
	long type = le64_to_cpu(msg->type);

	if (copy_to_user((void __user *)page, &type, sizeof(type)) ||
	    copy_to_user((void __user *)page + sizeof(type), msg + 1, len))
		return -EFAULT;
	return kcr_syscall(msgsnd, queue, page, len, IPC_NOWAIT);
}

/* While it is filled it holds whatever size_check() has allowed. */
static int fill(struct kcr_ctx *ctx, int id, const struct kcr_rec *rec)
{
	struct kcr_messages_rec m = messages_of(rec);
	struct kcr_msg_queue *queue = queue_lock(id);
	bool ours;

	if (!queue)
		return kcr_ipc_gone(ctx);
	ours = kcr_ipc_may_change(&queue->q_perm);
	if (ours)
		queue->q_qbytes = max_t(unsigned long, queue->q_qbytes, rec->len);
	queue_unlock(queue);
	return !ours ? kcr_ipc_gone(ctx) : kcr_messages_send(ctx, &m, id, send);
}

/* Both are locked. */
static void swap_messages(struct kcr_msg_queue *a, struct kcr_msg_queue *b)
{
	LIST_HEAD(list);

	list_splice_init(&a->q_messages, &list);
	list_splice_init(&b->q_messages, &a->q_messages);
	list_splice(&list, &b->q_messages);
	swap(a->q_cbytes, b->q_cbytes);
	swap(a->q_qnum, b->q_qnum);
}

static bool swap_with(int spare, int id)
{
	struct kcr_msg_queue *from = queue_lock(spare), *queue;
	struct kern_ipc_perm *perm;
	bool done = false;

	if (!from)
		return false;
	perm = kcr_call(ipc_obtain_object_check)(&kcr_ipc_ns()->ids[KCR_IPC_MSG], id);
	if (!IS_ERR(perm) && perm != &from->q_perm) {
		queue = queue_of(perm);
		spin_lock_nested(&perm->lock, SINGLE_DEPTH_NESTING);
		done = !perm->deleted && !is_waited_for(queue) && kcr_ipc_may_change(perm);
		if (done)
			swap_messages(from, queue);
		spin_unlock(&perm->lock);
	}
	queue_unlock(from);
	return done;
}

/* What is in there goes with the spare one. */
static int refill(struct kcr_ctx *ctx, int id, const struct kcr_rec *rec)
{
	int spare = kcr_syscall(msgget, IPC_PRIVATE, IPC_CREAT | 0600), ret;

	if (spare < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, spare,
				"another queue can't be made to fill it from (errno %d)", -spare);
	ret = fill(ctx, spare, rec);
	if (!ret && !swap_with(spare, id))
		ret = kcr_ipc_gone(ctx);
	kcr_syscall(msgctl, spare, IPC_RMID, 0);
	return ret;
}

static int settle(struct kcr_ctx *ctx, const struct kcr_img_sysv_msg *img)
{
	struct pid *lspid = kcr_pid_of(ctx, img->lspid), *lrpid = kcr_pid_of(ctx, img->lrpid);
	struct kcr_msg_queue *queue = queue_lock(le32_to_cpu(img->perm.id));
	bool ours = queue && queue->q_qnum == le32_to_cpu(img->count) &&
		    !is_waited_for(queue) && kcr_ipc_may_change(&queue->q_perm);

	if (ours) {
		kcr_ipc_settle(&queue->q_perm, &img->perm);
		queue->q_stime = le64_to_cpu(img->stime);
		queue->q_rtime = le64_to_cpu(img->rtime);
		queue->q_ctime = le64_to_cpu(img->ctime);
		queue->q_qbytes = le64_to_cpu(img->qbytes);
		kcr_pid_set(&queue->q_lspid, &lspid);
		kcr_pid_set(&queue->q_lrpid, &lrpid);
	}
	if (queue)
		queue_unlock(queue);
	put_pid(lspid);
	put_pid(lrpid);
	return ours ? 0 : kcr_ipc_gone(ctx);
}

static int msg_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_msg *img = kcr_rec_as(rec, struct kcr_img_sysv_msg);
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_MSG, le32_to_cpu(img->perm.id));
	struct kcr_ipc *ipc = kcr_ipc_find(ctx, rec->id, KCR_IPC_MSG);
	int ret;

	if (!ipc)
		ret = kcr_ipc_gone(ctx);
	else if (ipc->made)
		ret = fill(ctx, ipc->id, rec);
	else
		ret = refill(ctx, ipc->id, rec);
	ret = ret ?: settle(ctx, img);
	kcr_where_end(ctx, mark);
	return ret;
}

const struct kcr_ops kcr_sysv_msg_ops = {
	.kind		= KCR_KIND_SYSV_MSG,
	.version	= 1,
	.name		= "sysv_msg",
	.save		= msg_save,
	.save_image	= msg_save_image,
	.check		= msg_check,
	.restore	= msg_restore,
	.commit		= msg_commit,
};
