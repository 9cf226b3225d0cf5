// SPDX-License-Identifier: GPL-2.0
/*
 * What each thread has of signals: its mask, its alternate stack, and those
 * pending for it alone.
 *
 * sigsuspend(), ppoll() and the like put a mask of their own in place of the
 * thread's, which the kernel puts back on the way to user mode: both are saved,
 * and a thread that is made goes the same way. (real_blocked is set only inside
 * sigtimedwait(), which parking has ended.) The mask comes last, and with it
 * signals may be delivered: not before the thread is let go.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "ksym.h"
#include "task/signals.h"
#include <uapi/image/sigthread.h>

#define STACK_FLAGS (KCR_SIGSTACK_ONSTACK | KCR_SIGSTACK_DISABLE | KCR_SIGSTACK_AUTODISARM)

static bool masks_save(struct task_struct *task, struct kcr_img_sigthread *img)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return false;
	img->blocked = kcr_sigset_encode(&task->blocked);
	if (test_tsk_restore_sigmask(task)) {
		img->saved = kcr_sigset_encode(&task->saved_sigmask);
		img->flags = cpu_to_le32(KCR_SIGTHREAD_RESTORE);
	}
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return true;
}

static int sigthread_write(struct kcr_ctx *ctx, struct kcr_thread *t,
			   const struct kcr_sigqueue *copy)
{
	struct task_struct *task = t->task;
	struct kcr_img_sigthread img = {
		.stack = cpu_to_le64(task->sas_ss_sp),
		.stack_size = cpu_to_le64(task->sas_ss_size),
		.stack_flags = cpu_to_le32(task->sas_ss_flags),
	};

	BUILD_BUG_ON(SS_ONSTACK != KCR_SIGSTACK_ONSTACK);
	BUILD_BUG_ON(SS_DISABLE != KCR_SIGSTACK_DISABLE);
	BUILD_BUG_ON(SS_AUTODISARM != KCR_SIGSTACK_AUTODISARM);
	if (!masks_save(task, &img))
		return kcr_sighand_gone(ctx);
	return kcr_rec_begin(ctx, KCR_KIND_SIGTHREAD, 1, 0, t->id) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, copy->info, copy->count * sizeof(*copy->info)) ?:
	       kcr_rec_end(ctx);
}

static int sigthread_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct kcr_sigqueue copy = {};
	int ret = kcr_sigqueue_copy(t->process, t->task, &t->task->pending, &copy) ?:
		  sigthread_write(ctx, t, &copy);

	kvfree(copy.info);
	return ret;
}

static int sigthread_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sigthread *img = kcr_rec_as(rec, struct kcr_img_sigthread);
	u64 stack, size;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "thread signals record of %zu bytes", rec->len);
	stack = le64_to_cpu(img->stack);
	size = le64_to_cpu(img->stack_size);
	if (size > TASK_SIZE_MAX || stack > TASK_SIZE_MAX - size)
		return kcr_bad_image(ctx, "signal stack outside of user memory");
	if (le32_to_cpu(img->stack_flags) & ~STACK_FLAGS ||
	    le32_to_cpu(img->flags) & ~KCR_SIGTHREAD_RESTORE)
		return kcr_bad_image(ctx, "signal flags %#x %#x",
				     le32_to_cpu(img->stack_flags), le32_to_cpu(img->flags));
	return kcr_sigqueue_check(ctx, rec->data + sizeof(*img), rec->len - sizeof(*img));
}

static void masks_restore(const struct kcr_img_sigthread *img)
{
	sigset_t blocked = kcr_sigset_decode(img->blocked);

	if (le32_to_cpu(img->flags) & KCR_SIGTHREAD_RESTORE) {
		current->saved_sigmask = kcr_sigset_decode(img->saved);
		set_restore_sigmask();
	}
	kcr_call(set_current_blocked)(&blocked);
}

static int sigthread_restore(struct kcr_ctx *ctx, struct kcr_thread *t,
			     const struct kcr_rec *rec)
{
	const struct kcr_img_sigthread *img = kcr_rec_as(rec, struct kcr_img_sigthread);
	int ret;

	current->sas_ss_sp = le64_to_cpu(img->stack);
	current->sas_ss_size = le64_to_cpu(img->stack_size);
	current->sas_ss_flags = le32_to_cpu(img->stack_flags);
	ret = kcr_sigqueue_restore(t->process, rec->data + sizeof(*img),
				   rec->len - sizeof(*img), PIDTYPE_PID);
	if (ret)
		return ret;
	masks_restore(img);
	return 0;
}

const struct kcr_ops kcr_sigthread_ops = {
	.kind		= KCR_KIND_SIGTHREAD,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "sigthread",
	.save_thread	= sigthread_save,
	.check		= sigthread_check,
	.restore_thread	= sigthread_restore,
};
