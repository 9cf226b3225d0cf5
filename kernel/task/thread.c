// SPDX-License-Identifier: GPL-2.0
/*
 * A thread: its id, its name and what the kernel keeps for it at addresses of
 * its memory. Records of other kinds belong to it (their owner).
 *
 * The main thread may have ended, and the process goes on with the others. Then it
 * is made as any other, since it makes the process, and ends (ended.c). Of what it
 * had, its registers, its processor's own state, its NUMA policy and its filters
 * are gone with it.
 *
 * Not saved: what glibc gave to set_tid_address() at start has been replaced by
 * clear_child_tid; set_child_tid is used once, at birth. cpu_id in struct rseq
 * is written anew by the kernel on the way to user mode.
 */
#include <linux/personality.h>
#include <linux/mutex.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "compat/sched.h"
#include "files/files.h"
#include "image/parse.h"
#include "kcr.h"
#include "ksym.h"
#include "task/task.h"
#include <uapi/image/thread.h>

/* An address that nothing reads any more. */
static void forget_rseq(struct kcr_img_thread *img)
{
	img->rseq = 0;
	img->rseq_len = 0;
	img->rseq_sig = 0;
}

static void save_ended(struct task_struct *task, struct kcr_img_thread *img)
{
	img->flags |= cpu_to_le32(KCR_THREAD_ENDED);
	img->exit_code = cpu_to_le32(task->exit_code);
	forget_rseq(img);
}

int kcr_thread_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct task_struct *task = t->task;
	struct kcr_img_thread img = {
		.tid = cpu_to_le32(t->tid),
		.flags = cpu_to_le32(t->leader ? KCR_THREAD_LEADER : 0),
		.personality = cpu_to_le32(task->personality),
		.pdeath_signal = cpu_to_le32(task->pdeath_signal),
		.clear_child_tid = cpu_to_le64((uintptr_t)task->clear_child_tid),
		.robust_list = cpu_to_le64((uintptr_t)task->robust_list),
		.rseq = cpu_to_le64((uintptr_t)task->rseq),
		.rseq_len = cpu_to_le32(kcr_rseq_len(task)),
		.rseq_sig = cpu_to_le32(task->rseq_sig),
		.timer_slack_ns = cpu_to_le64(task->timer_slack_ns),
		.files = cpu_to_le32(kcr_shared_id(&t->process->tables, t->table)),
		.fs = cpu_to_le32(kcr_shared_id(&t->process->roots, t->fs)),
	};

	u32 shares = 0;
	int ret = 0;

	BUILD_BUG_ON(offsetof(struct kcr_img_thread, exit_code) != KCR_THREAD_LEN_1);
	/* Stopped for its tracer: execve() has not got around to the old program's yet. */
	if (task->in_execve)
		forget_rseq(&img);
	if (t->leader && t->process->leader_ended)
		save_ended(task, &img);
	else
		ret = kcr_cloned_thread(ctx, t, &shares);
	if (ret)
		return ret;
	img.flags |= cpu_to_le32(shares);
	get_task_comm(img.comm, task);
	return kcr_write_rec(ctx, KCR_KIND_THREAD, 2, t->id, t->process->id, &img, sizeof(img));
}

static bool user_addr(u64 addr, size_t size)
{
	return !addr || (addr < TASK_SIZE_MAX && size <= TASK_SIZE_MAX - addr);
}

static int check_ended(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_thread *img = kcr_rec_as(rec, struct kcr_img_thread);
	u32 flags = le32_to_cpu(img->flags);
	bool ended = flags & KCR_THREAD_ENDED;

	if (flags & ~KCR_THREAD_FLAGS || (ended && !(flags & KCR_THREAD_LEADER)) ||
	    (flags & KCR_THREAD_SHARES_IO && flags & KCR_THREAD_LEADER) ||
	    (ended && rec->version < 2))
		return kcr_bad_image(ctx, "thread %d with flags %#x", le32_to_cpu(img->tid), flags);
	if (ended && (img->clear_child_tid || img->robust_list || img->rseq))
		return kcr_bad_image(ctx, "thread %d has ended, and has addresses",
				     le32_to_cpu(img->tid));
	if (rec->version < 2)
		return 0;
	if (img->reserved || (ended && (img->files || img->fs)))
		return kcr_bad_image(ctx, "thread %d with files %u and %u", le32_to_cpu(img->tid),
				     le32_to_cpu(img->files), le32_to_cpu(img->fs));
	if (le32_to_cpu(img->exit_code) > (ended ? 0xffff : 0))
		return kcr_bad_image(ctx, "thread %d has ended with %#x", le32_to_cpu(img->tid),
				     le32_to_cpu(img->exit_code));
	return 0;
}

static int thread_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_thread *img = kcr_rec_as(rec, struct kcr_img_thread);
	u32 rseq_len = le32_to_cpu(img->rseq_len);

	if (rec->len != (rec->version < 2 ? KCR_THREAD_LEN_1 : sizeof(*img)) || !rec->id)
		return kcr_bad_image(ctx, "thread record of %zu bytes", rec->len);
	if ((s32)le32_to_cpu(img->tid) <= 0)
		return kcr_bad_image(ctx, "thread id %d", le32_to_cpu(img->tid));
	if (le32_to_cpu(img->pdeath_signal) > _NSIG)
		return kcr_bad_image(ctx, "signal %u", le32_to_cpu(img->pdeath_signal));
	if (!user_addr(le64_to_cpu(img->clear_child_tid), sizeof(int)) ||
	    !user_addr(le64_to_cpu(img->robust_list), sizeof(struct robust_list_head)) ||
	    !user_addr(le64_to_cpu(img->rseq), rseq_len) || rseq_len > PAGE_SIZE ||
	    (img->rseq && !IS_ALIGNED(le64_to_cpu(img->rseq), __alignof__(struct rseq))))
		return kcr_bad_image(ctx, "thread %d: an address outside of user memory",
				     le32_to_cpu(img->tid));
	if (le32_to_cpu(img->personality) & ~(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT |
					      MMAP_PAGE_ZERO | READ_IMPLIES_EXEC | WHOLE_SECONDS |
					      STICKY_TIMEOUTS | UNAME26 | SHORT_INODE |
					      FDPIC_FUNCPTRS | ADDR_LIMIT_3GB | PER_MASK))
		return kcr_bad_image(ctx, "thread %d: personality %#x",
				     le32_to_cpu(img->tid), le32_to_cpu(img->personality));
	return check_ended(ctx, rec);
}

/* In the thread being made; kcr_thread.id is the record's. */
int kcr_thread_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct kcr_img_thread *img = kcr_rec_as(rec, struct kcr_img_thread);
	char comm[TASK_COMM_LEN];

	strscpy(comm, img->comm, sizeof(comm));
	kcr_call(__set_task_comm)(current, comm, false);
	current->personality = le32_to_cpu(img->personality);
	current->pdeath_signal = le32_to_cpu(img->pdeath_signal);
	current->clear_child_tid = (int __user *)(uintptr_t)le64_to_cpu(img->clear_child_tid);
	current->robust_list = (struct robust_list_head __user *)
				(uintptr_t)le64_to_cpu(img->robust_list);
	current->timer_slack_ns = le64_to_cpu(img->timer_slack_ns) ?: current->timer_slack_ns;
	kcr_rseq_set(current, le64_to_cpu(img->rseq), le32_to_cpu(img->rseq_len),
		     le32_to_cpu(img->rseq_sig));
	return 0;
}

const struct kcr_ops kcr_thread_ops = {
	.kind		= KCR_KIND_THREAD,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "thread",
	.check		= thread_check,
};
