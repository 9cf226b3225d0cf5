// SPDX-License-Identifier: GPL-2.0
/*
 * An operation's life: made for a descriptor, in the list while that is open,
 * freed when the last thread that it has parked or made has left our code.
 */
#include <linux/freezer.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "base.h"
#include "template.h"
#include "dev.h"
#include "files/choice.h"
#include "files/files.h"
#include "ipc/ipc.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/mm.h"
#include "mm/track.h"
#include "netlink.h"
#include "reader.h"
#include "scope.h"
#include "stream.h"
#include "task/signals.h"
#include "tty/tty.h"

unsigned int kcr_max_ops = 64;
unsigned int kcr_max_buffer_mb;

#define BUFFER_MIN	(256l << 20)

static DEFINE_MUTEX(ops_lock);
static LIST_HEAD(ops);
static unsigned int nr_ops;
static u64 last_op;

/**
 * kcr_buffer_limit() - how much an operation that begins now may copy
 *
 * Return: bytes: what the administrator allows, or half of the memory that is free or
 * can be had without swapping, but so much that any program's records have room.
 */
size_t kcr_buffer_limit(void)
{
	unsigned int mb = READ_ONCE(kcr_max_buffer_mb);

	if (mb)
		return (size_t)mb << 20;
	return max_t(long, BUFFER_MIN, si_mem_available() / 2 << PAGE_SHIFT);
}

/* kcr_nr_ops() - operations under way */
unsigned int kcr_nr_ops(void)
{
	return READ_ONCE(nr_ops);
}

struct kcr_ctx *kcr_ctx_alloc(struct file *device, bool restart, u32 flags)
{
	struct kcr_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	ctx->text_size = KCR_TEXT_FIRST;
	ctx->text = kzalloc(ctx->text_size, GFP_KERNEL_ACCOUNT);
	if (!ctx->text) {
		kfree(ctx);
		return NULL;
	}
	kref_init(&ctx->ref);
	mutex_init(&ctx->lock);
	spin_lock_init(&ctx->status_lock);
	spin_lock_init(&ctx->park_lock);
	INIT_LIST_HEAD(&ctx->node);
	INIT_LIST_HEAD(&ctx->processes);
	INIT_LIST_HEAD(&ctx->threads);
	INIT_LIST_HEAD(&ctx->chunks);
	INIT_LIST_HEAD(&ctx->index);
	INIT_LIST_HEAD(&ctx->saved);
	INIT_LIST_HEAD(&ctx->recs);
	init_waitqueue_head(&ctx->park_wait);
	init_waitqueue_head(&ctx->release_wait);
	hash_init(ctx->processes_hash);
	hash_init(ctx->threads_hash);
	xa_init(&ctx->objects);
	ctx->restart = restart;
	if (restart)
		ctx->restart_flags = flags;
	else
		ctx->ckpt_flags = flags;
	ctx->cred = get_current_cred();
	ctx->pid_ns = get_pid_ns(task_active_pid_ns(current));
	ctx->device = get_file(device);
	ctx->started_ns = ktime_get_ns();
	ctx->buffer_limit = kcr_buffer_limit();
	__module_get(THIS_MODULE);
	return ctx;
}

static void ctx_release(struct kref *ref)
{
	struct kcr_ctx *ctx = container_of(ref, struct kcr_ctx, ref);

	kcr_ctx_drop(ctx);
	kcr_tree_free(ctx);
	kcr_scope_drop(ctx);
	kcr_choices_drop(ctx);
	kcr_template_drop(ctx);
	put_pid(ctx->pid);
	put_cred(ctx->cred);
	put_pid_ns(ctx->pid_ns);
	fput(ctx->device);
	kfree(ctx->text);
	kfree(ctx);
	module_put(THIS_MODULE);
}

void kcr_ctx_get(struct kcr_ctx *ctx)
{
	kref_get(&ctx->ref);
}

void kcr_ctx_put(struct kcr_ctx *ctx)
{
	kref_put(&ctx->ref, ctx_release);
}

/* kcr_ctx_put_image() - whoever is at the other end of it sees its end */
void kcr_ctx_put_image(struct kcr_ctx *ctx)
{
	if (ctx->image)
		fput(ctx->image);
	ctx->image = NULL;
}

/* What only the descriptor needs: freed when it is closed. */
void kcr_ctx_drop(struct kcr_ctx *ctx)
{
	kcr_mm_drop(ctx);
	kcr_mm_put(ctx);
	kcr_track_end(ctx);
	kcr_files_drop(ctx);
	kcr_tty_drop(ctx);
	kcr_objects_drop(ctx);
	kcr_ipc_drop(ctx);
	kcr_reader_drop(ctx);
	kcr_stream_drop(ctx);
	kcr_base_drop(ctx);
	kcr_ctx_put_image(ctx);
}

/* All copies of a program are one of those that there may be so many of. */
static bool counts(const struct kcr_ctx *ctx)
{
	return !kcr_is_copy(ctx);
}

int kcr_ops_add(struct kcr_ctx *ctx)
{
	int ret = 0;

	mutex_lock(&ops_lock);
	if (counts(ctx) && nr_ops >= READ_ONCE(kcr_max_ops)) {
		ret = -EBUSY;
	} else {
		nr_ops += counts(ctx);
		ctx->op = ++last_op;
		list_add_tail(&ctx->node, &ops);
	}
	mutex_unlock(&ops_lock);
	return ret;
}

void kcr_ops_del(struct kcr_ctx *ctx)
{
	mutex_lock(&ops_lock);
	if (!list_empty(&ctx->node)) {
		list_del_init(&ctx->node);
		nr_ops -= counts(ctx);
	}
	mutex_unlock(&ops_lock);
}

int kcr_ops_walk(int (*fn)(struct kcr_ctx *ctx, void *arg), void *arg)
{
	struct kcr_ctx *ctx;
	int ret = 0;

	mutex_lock(&ops_lock);
	list_for_each_entry(ctx, &ops, node) {
		ret = fn(ctx, arg);
		if (ret)
			break;
	}
	mutex_unlock(&ops_lock);
	return ret;
}

static const char *const phase_names[] = {
	[KCR_PHASE_NEW]		= "new",
	[KCR_PHASE_PARK]	= "park",
	[KCR_PHASE_CUT]		= "cut",
	[KCR_PHASE_WRITE]	= "write",
	[KCR_PHASE_HOLD]	= "hold",
	[KCR_PHASE_READ]	= "read",
	[KCR_PHASE_PREPARED]	= "prepared",
	[KCR_PHASE_DONE]	= "done",
	[KCR_PHASE_FAILED]	= "failed",
};

/**
 * kcr_set_phase() - an operation has come further
 * @ctx: the operation
 * @phase: how far; its end is told as an event
 */
void kcr_set_phase(struct kcr_ctx *ctx, enum kcr_phase phase)
{
	unsigned long flags;

	pr_debug("op %llu: phase %s\n", ctx->op, phase_names[phase]);
	spin_lock_irqsave(&ctx->status_lock, flags);
	ctx->phase = phase;
	ctx->phase_ns = ktime_get_ns();
	spin_unlock_irqrestore(&ctx->status_lock, flags);
	if (phase == KCR_PHASE_DONE)
		kcr_event(ctx, KCR_EVENT_FINISHED);
	else if (phase == KCR_PHASE_FAILED)
		kcr_event(ctx, KCR_EVENT_FAILED);
}

bool kcr_cancelled(struct kcr_ctx *ctx)
{
	return READ_ONCE(ctx->cancelled);
}

/* Of the signals that may be delivered: is there any that is no stop? */
static bool signal_to_take(void)
{
	sigset_t set;

	lockdep_assert_held(kcr_own_siglock());
	sigorsets(&set, &current->pending.signal, &current->signal->shared_pending.signal);
	sigdelsetmask(&set, rt_sigmask(SIGSTOP) | rt_sigmask(SIGTSTP) |
			    rt_sigmask(SIGTTIN) | rt_sigmask(SIGTTOU));
	sigandnsets(&set, &set, &current->blocked);
	return !sigisemptyset(&set);
}

/**
 * kcr_interrupted() - is there a reason to fail, now that a wait was interrupted
 * @ctx: the operation
 *
 * Not if it was only a job control stop, or its end. That takes place on the way
 * to user mode; until then it is put aside, so that one can wait again.
 */
bool kcr_interrupted(struct kcr_ctx *ctx)
{
	bool reason = kcr_cancelled(ctx) || freezing(current) ||
		      test_thread_flag(TIF_NOTIFY_SIGNAL);

	spin_lock_irq(kcr_own_siglock());
	reason = reason || fatal_signal_pending(current) || signal_to_take();
	if (!reason)
		clear_thread_flag(TIF_SIGPENDING);
	spin_unlock_irq(kcr_own_siglock());
	return reason;
}

/* kcr_interrupted_end() - what was put aside shall count again */
void kcr_interrupted_end(void)
{
	spin_lock_irq(kcr_own_siglock());
	recalc_sigpending();
	spin_unlock_irq(kcr_own_siglock());
}

/* kcr_cancel() - make KCR_IOC_RUN fail soon; from any context that may sleep */
void kcr_cancel(struct kcr_ctx *ctx)
{
	struct task_struct *runner;

	WRITE_ONCE(ctx->cancelled, true);
	wake_up_all(&ctx->park_wait);

	spin_lock_irq(&ctx->status_lock);
	runner = ctx->runner;
	if (runner)
		get_task_struct(runner);
	spin_unlock_irq(&ctx->status_lock);
	if (!runner)
		return;
	if (!test_and_set_tsk_thread_flag(runner, TIF_NOTIFY_SIGNAL) &&
	    !kcr_call(wake_up_state)(runner, TASK_INTERRUPTIBLE))
		kick_process(runner);
	put_task_struct(runner);
}
