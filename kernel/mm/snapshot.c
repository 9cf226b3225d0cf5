// SPDX-License-Identifier: GPL-2.0
/*
 * The snapshot: a copy-on-write duplicate of the target's memory, as fork()
 * makes one.
 *
 * Only fork duplicates an address space, and a child of the target would be
 * seen by its wait(). So a kernel thread adopts the memory and forks: its
 * child, the donor, hands the duplicate over and exits. It has no robust list,
 * no rseq and no clear_child_tid, so that nothing is written to user memory,
 * and the thread waits for its end, so that none of our code runs after.
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

struct donation {
	struct mm_struct *from, *copy;
	struct completion done;
	int ret;
};

/* In the donor; it must not return. */
static int donor(void *arg)
{
	struct donation *d = arg;

	mmget(current->mm);
	d->copy = current->mm;
	kcr_call(do_exit)(0);
	return 0;	/* not reached */
}

/* In the kernel thread. */
static int donate(void *arg)
{
	struct donation *d = arg;
	struct kernel_clone_args args = {
		.flags = CLONE_FS | CLONE_FILES | CLONE_UNTRACED,
		.fn = donor,
		.fn_arg = d,
	};
	pid_t pid;

	kthread_use_mm(d->from);
	pid = kcr_call(kernel_clone)(&args);
	kthread_unuse_mm(d->from);
	if (pid < 0)
		d->ret = pid;
	else
		kcr_call(kernel_wait4)(pid, NULL, __WALL, NULL);
	complete(&d->done);
	return 0;
}

static int duplicate(struct mm_struct *mm, struct mm_struct **copy)
{
	struct donation d = { .from = mm };
	struct task_struct *thread;

	init_completion(&d.done);
	thread = kthread_create(donate, &d, "kcr_snapshot");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	wake_up_process(thread);
	wait_for_completion(&d.done);
	kthread_stop(thread);	/* so that it has left our code */
	put_task_struct(thread);
	*copy = d.copy;
	return d.ret;
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
 * kcr_mm_snapshot() - make ctx->snapshot
 * @ctx: the operation; everything is parked
 *
 * What fork() can't do for lack of memory fails here, and harms nobody.
 */
int kcr_mm_snapshot(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	struct mm_struct *copy = NULL;
	unsigned long *flags;
	int count, ret;

	if (!data)
		return -ENOMEM;
	flags = choose_flags(ctx->mm, &count);
	if (!flags)
		return kcr_nomem(ctx);
	swap_flags(ctx->mm, flags, count);
	ret = duplicate(ctx->mm, &copy);
	swap_flags(ctx->mm, flags, count);
	kvfree(flags);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"its memory can't be duplicated (errno %d)", -ret);
	/* khugepaged would collapse what is about to be dropped. */
	set_bit(MMF_DISABLE_THP, &copy->flags);
	ctx->snapshot = copy;
	kcr_pressure_begin(&data->pressure, copy, ctx->mm);
	return 0;
}
