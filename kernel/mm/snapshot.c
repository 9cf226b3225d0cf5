// SPDX-License-Identifier: GPL-2.0
/*
 * The snapshot: a copy-on-write duplicate of the target's memory, as fork()
 * makes one.
 *
 * Only fork duplicates an address space, and a child of the target would be
 * seen by its wait(). So a kernel thread adopts the memory and forks: its
 * child, the donor, hands the duplicate over and exits. It has no robust list,
 * no rseq and no clear_child_tid, so that nothing is written to user memory,
 * and the thread waits for its end, so that none of our code runs after. The
 * thread is made before the target is parked and ends after it goes on: what
 * is in between is the fork.
 *
 * Mappings without pages of their own are left out, and what fork() leaves out
 * or wipes is taken: flags say so for the time of the fork, with everything
 * parked.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/wait.h>

#include "compat/mm.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/mm.h"

#define COPY_FLAGS	(VM_DONTCOPY | VM_WIPEONFORK)

/**
 * struct kcr_donation - a kernel thread that waits to duplicate memory, and does
 * @thread: it; it is started before anything is parked, and ended after that
 * @from: what to duplicate, set when it shall begin
 * @copy: the duplicate, once @over
 * @cloned: it is made, or @ret tells why not; the target may go on
 * @over: the donor has handed it over
 * @ret: errno of the fork
 */
struct kcr_donation {
	struct task_struct *thread;
	struct mm_struct *from, *copy;
	struct completion cloned, over;
	int ret;
};

/* In the donor; it must not return. */
static int donor(void *arg)
{
	struct kcr_donation *d = arg;

	mmget(current->mm);
	d->copy = current->mm;
	kcr_call(do_exit)(0);
	return 0;	/* not reached */
}

static void donate(struct kcr_donation *d)
{
	struct kernel_clone_args args = {
		.flags = CLONE_FS | CLONE_FILES | CLONE_UNTRACED,
		.fn = donor,
		.fn_arg = d,
	};
	pid_t pid;

	kthread_use_mm(d->from);
	pid = kcr_call(kernel_clone)(&args);
	kthread_unuse_mm(d->from);
	d->ret = min(pid, 0);
	complete(&d->cloned);
	if (pid > 0)
		kcr_call(kernel_wait4)(pid, NULL, __WALL, NULL);
	complete(&d->over);
}

/* In the kernel thread. */
static int wait_and_donate(void *arg)
{
	struct kcr_donation *d = arg;

	for (;;) {
		set_current_state(TASK_IDLE);
		if (READ_ONCE(d->from) || kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	if (d->from)
		donate(d);
	return 0;
}

/**
 * kcr_mm_snapshot_prepare() - so that no thread is made while others wait
 * @ctx: the operation; nothing is parked yet
 */
int kcr_mm_snapshot_prepare(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	struct kcr_donation *d;

	if (!data)
		return -ENOMEM;
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return kcr_nomem(ctx);
	init_completion(&d->cloned);
	init_completion(&d->over);
	d->thread = kthread_create(wait_and_donate, d, "kcr_snapshot");
	if (IS_ERR(d->thread)) {
		int ret = PTR_ERR(d->thread);

		kfree(d);
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"no thread can be made (errno %d)", -ret);
	}
	get_task_struct(d->thread);
	wake_up_process(d->thread);
	data->donation = d;
	return 0;
}

static int duplicate(struct kcr_donation *d, struct mm_struct *mm)
{
	WRITE_ONCE(d->from, mm);
	wake_up_process(d->thread);
	wait_for_completion(&d->cloned);
	return d->ret;
}

/* kcr_donation_end() - the thread has left our code; its duplicate, or NULL */
struct mm_struct *kcr_donation_end(struct kcr_mm_data *data)
{
	struct kcr_donation *d = data->donation;
	struct mm_struct *copy;

	if (!d)
		return NULL;
	if (d->from)
		wait_for_completion(&d->over);
	kthread_stop(d->thread);
	put_task_struct(d->thread);
	copy = d->copy;
	data->donation = NULL;
	kfree(d);
	return copy;
}

/* Which flags a mapping should have while it is duplicated. */
static unsigned long flags_for_copy(const struct vm_area_struct *vma)
{
	bool wanted = vma->anon_vma && !(vma->vm_flags & VM_MAYSHARE);

	return wanted ? 0 : VM_DONTCOPY;
}

/* Swap the flags in @saved with those of the mappings, in their order. */
static void swap_flags(struct mm_struct *mm, unsigned long *saved, int count)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	int i = 0;

	mmap_write_lock(mm);
	for_each_vma(vmi, vma) {
		unsigned long old = vma->vm_flags & COPY_FLAGS;

		if (i == count)
			break;
		if (old != saved[i]) {
			kcr_vma_clear(vma, COPY_FLAGS);
			kcr_vma_set(vma, saved[i]);
		}
		saved[i++] = old;
	}
	mmap_write_unlock(mm);
}

static unsigned long *choose_flags(struct mm_struct *mm, int *count)
{
	VMA_ITERATOR(vmi, mm, 0);
	unsigned long *flags = kvmalloc_array(mm->map_count, sizeof(*flags), GFP_KERNEL);
	struct vm_area_struct *vma;
	int i = 0;

	if (!flags)
		return NULL;
	*count = mm->map_count;
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if (i == *count)
			break;
		flags[i++] = flags_for_copy(vma);
	}
	*count = i;
	mmap_read_unlock(mm);
	return flags;
}

/**
 * kcr_mm_snapshot() - duplicate the memory of ctx->mm
 * @ctx: the operation; everything is parked
 *
 * What fork() can't do for lack of memory fails here, and harms nobody.
 */
int kcr_mm_snapshot(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	unsigned long *flags;
	int count, ret;

	if (!data || !data->donation)
		return -EINVAL;
	flags = choose_flags(ctx->mm, &count);
	if (!flags)
		return kcr_nomem(ctx);
	swap_flags(ctx->mm, flags, count);
	ret = duplicate(data->donation, ctx->mm);
	swap_flags(ctx->mm, flags, count);
	kvfree(flags);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"its memory can't be duplicated (errno %d)", -ret);
	return 0;
}

/**
 * kcr_mm_snapshot_take() - make ctx->snapshot of what was duplicated
 * @ctx: the operation; its threads go on
 */
void kcr_mm_snapshot_take(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct mm_struct *copy = kcr_donation_end(data);

	/* khugepaged would collapse what is about to be dropped. */
	set_bit(MMF_DISABLE_THP, &copy->flags);
	ctx->snapshot = copy;
	kcr_pressure_begin(&data->pressure, copy, ctx->mm);
}
