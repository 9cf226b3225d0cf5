// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware breakpoints and watchpoints that a tracer has set in a thread, by
 * PTRACE_POKEUSER to the debug registers. They stay when the tracer goes.
 *
 * Of thread_struct: ptrace_bps (events of the kernel's own, with the address, and
 * whether and how they are watched, which ptrace_dr7 tells as well) and ptrace_dr7.
 * virtual_dr6 is saved with what the tracer sees of a stop (task/ptrace.c); without a
 * tracer nobody sees it, and it is lost.
 *
 * Restored by what PTRACE_POKEUSER does, with its checks, when every traced thread has
 * come to its stop: on the way there one may execute an instruction.
 */
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/user.h>

#include "kcr.h"
#include "ksym.h"
#include <uapi/image/x86_debug.h>

#define DEBUG_CONTROL	7

static void copy_breakpoints(struct kcr_img_x86_debug *img, const struct thread_struct *thread)
{
	unsigned int i;
	u32 set = 0;

	for (i = 0; i < HBP_NUM; i++) {
		if (!thread->ptrace_bps[i])
			continue;
		set |= 1u << i;
		img->address[i] = cpu_to_le64(thread->ptrace_bps[i]->hw.info.address);
	}
	img->set = cpu_to_le32(set);
	img->control = cpu_to_le64(thread->ptrace_dr7);
}

/*
 * A parked thread that is killed frees them without waiting for anybody. But before
 * that it leaves its address space, for which it needs the lock.
 */
static int debug_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct mm_struct *mm = t->process->mm;
	struct kcr_img_x86_debug img = {};

	BUILD_BUG_ON(HBP_NUM != KCR_X86_BREAKPOINTS);
	mmap_write_lock(mm);
	task_lock(t->task);
	if (t->task->mm == mm)
		copy_breakpoints(&img, &t->task->thread);
	task_unlock(t->task);
	mmap_write_unlock(mm);
	if (!img.set && !img.control)
		return 0;
	return kcr_write_rec(ctx, KCR_KIND_X86_DEBUG, 1, 0, t->id, &img, sizeof(img));
}

static int debug_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_x86_debug *img = kcr_rec_as(rec, struct kcr_img_x86_debug);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "hardware breakpoints in %zu bytes", rec->len);
	if (le32_to_cpu(img->set) >> KCR_X86_BREAKPOINTS || img->reserved)
		return kcr_bad_image(ctx, "hardware breakpoints %#x", le32_to_cpu(img->set));
	return 0;
}

static struct kcr_thread *thread_of(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &ctx->threads, node)
		if (t->id == rec->owner)
			return t;
	return NULL;
}

static long poke(struct task_struct *task, unsigned int nr, u64 value)
{
	return kcr_call(arch_ptrace)(task, PTRACE_POKEUSR,
				     offsetof(struct user, u_debugreg) + nr * sizeof(long), value);
}

static int debug_failed(struct kcr_thread *t, long err)
{
	if (err == -ENOSPC)
		return kcr_fail(t->ctx, KCR_CLASS_ENVIRONMENT, err,
				"thread %d: no debug register is free for its hardware breakpoints",
				t->tid);
	if (err == -ENOMEM)
		return kcr_nomem(t->ctx);
	return kcr_bad_image(t->ctx, "thread %d has hardware breakpoints that can't be (errno %ld)",
			     t->tid, -err);
}

/* Somebody has killed it meanwhile: it may have freed what it had before we were done. */
static void free_of_killed(struct task_struct *task)
{
	if (!(READ_ONCE(task->flags) & PF_EXITING))
		return;
	while (!READ_ONCE(task->exit_state))
		schedule_timeout_uninterruptible(1);
	kcr_call(flush_ptrace_hw_breakpoint)(task);
}

/* It sleeps, and so does whoever may change them. */
static int debug_start(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_x86_debug *img = kcr_rec_as(rec, struct kcr_img_x86_debug);
	struct kcr_thread *t = thread_of(ctx, rec);
	unsigned int i;
	long ret = 0;

	if (!t)
		return kcr_bad_image(ctx, "hardware breakpoints of nobody");
	for (i = 0; i < KCR_X86_BREAKPOINTS && !ret; i++)
		if (le32_to_cpu(img->set) & 1u << i)
			ret = poke(t->task, i, le64_to_cpu(img->address[i]));
	ret = ret ?: poke(t->task, DEBUG_CONTROL, le64_to_cpu(img->control));
	free_of_killed(t->task);
	return ret ? debug_failed(t, ret) : 0;
}

const struct kcr_ops kcr_x86_debug_ops = {
	.kind		= KCR_KIND_X86_DEBUG,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "x86_debug",
	.save_thread	= debug_save,
	.check		= debug_check,
	.start		= debug_start,
};
