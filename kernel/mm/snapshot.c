// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots: copy-on-write duplicates of the memory of all processes, as fork()
 * makes them.
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
 * parked. Huge pages of hugetlbfs are left out as well, and copied: see hugetlb.c.
 *
 * State is saved meanwhile, by another processor: both have to be done before the
 * program goes on. So who saves a mapping's flags asks kcr_vma_flags() for them; and
 * what will be refused is not duplicated, which a userfaultfd would be told.
 */
#include <linux/bsearch.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
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
#include "mm/track.h"

#define COPY_FLAGS	(VM_DONTCOPY | VM_WIPEONFORK)

/**
 * struct kcr_donation - a kernel thread that waits to duplicate memory, and does
 * @ctx: the operation
 * @thread: it; it is started before anything is parked, and ended after that
 * @go: it shall begin
 * @cloned: all is duplicated, or @ret tells why not; the tree may go on
 * @over: the donors have handed everything over
 * @ret: errno of the fork
 */
struct kcr_donation {
	struct kcr_ctx *ctx;
	struct task_struct *thread;
	bool go;
	struct completion cloned, over;
	int ret;
};

/* In the donor; it must not return. */
static int donor(void *arg)
{
	struct kcr_snapshot *s = arg;

	mmget(current->mm);
	s->mm = current->mm;
	kcr_call(do_exit)(0);
	return 0;	/* not reached */
}

static int donate(struct kcr_snapshot *s)
{
	struct kernel_clone_args args = {
		.flags = CLONE_FS | CLONE_FILES | CLONE_UNTRACED,
		.fn = donor,
		.fn_arg = s,
	};

	kthread_use_mm(s->from);
	s->donor = kcr_call(kernel_clone)(&args);
	kthread_unuse_mm(s->from);
	return min(s->donor, 0);
}

static void donate_all(struct kcr_donation *d)
{
	struct kcr_process *p;

	kcr_for_each_process(d->ctx, p) {
		if (p->snapshot)
			d->ret = donate(p->snapshot);
		if (d->ret)
			break;
	}
	complete_all(&d->cloned);
	kcr_for_each_process(d->ctx, p)
		if (p->snapshot && p->snapshot->donor > 0)
			kcr_call(kernel_wait4)(p->snapshot->donor, NULL, __WALL, NULL);
	complete_all(&d->over);
}

/* In the kernel thread. */
static int wait_and_donate(void *arg)
{
	struct kcr_donation *d = arg;

	for (;;) {
		set_current_state(TASK_IDLE);
		if (READ_ONCE(d->go) || kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	if (d->go)
		donate_all(d);
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
	d->ctx = ctx;
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

/* kcr_snapshots_wait() - those that have been begun are there, or never will be */
void kcr_snapshots_wait(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;

	if (data && data->donation && data->donation->go)
		wait_for_completion(&data->donation->over);
}

/* kcr_donation_end() - the thread has left our code; more than once is fine */
void kcr_donation_end(struct kcr_mm_data *data)
{
	struct kcr_donation *d = data->donation;

	if (!d)
		return;
	if (d->go)
		wait_for_completion(&d->over);
	kthread_stop(d->thread);
	put_task_struct(d->thread);
	data->donation = NULL;
	kfree(d);
}

/* kcr_snapshot_free() - the duplicate goes; its donor has ended */
void kcr_snapshot_free(struct kcr_snapshot *s)
{
	kcr_pressure_end(&s->pressure);
	if (s->mm)
		mmput(s->mm);
	kvfree(s->flags);
	kfree(s);
}

/* kcr_snapshot_drop() - that of a process; more than once is fine */
void kcr_snapshot_drop(struct kcr_process *p)
{
	if (p->snapshot)
		kcr_snapshot_free(p->snapshot);
	p->snapshot = NULL;
}

/* Which flags a mapping should have while it is duplicated. */
static unsigned long flags_for_copy(const struct vm_area_struct *vma)
{
	bool wanted = vma->anon_vma && !(vma->vm_flags & (VM_MAYSHARE | VM_HUGETLB));

	return wanted && !kcr_vma_refused(vma) ? 0 : VM_DONTCOPY;
}

static int by_start(const void *key, const void *element)
{
	const struct vm_area_struct *vma = key;
	const struct kcr_vma_flags *f = element;

	return vma->vm_start < f->start ? -1 : vma->vm_start > f->start;
}

/**
 * kcr_vma_flags() - a mapping's flags, as the program has them
 * @p: the process; everything is parked
 * @vma: a mapping of its memory, whose lock is held
 */
unsigned long kcr_vma_flags(const struct kcr_process *p, const struct vm_area_struct *vma)
{
	const struct kcr_snapshot *s = p->memory->snapshot;
	const struct kcr_vma_flags *f = NULL;

	if (s && s->swapped)
		f = bsearch(vma, s->flags, s->nr_flags, sizeof(*f), by_start);
	return f ? (vma->vm_flags & ~COPY_FLAGS) | f->flags : vma->vm_flags;
}

/* Swap the flags that are saved with those of the mappings, in their order. */
static void swap_flags(struct kcr_snapshot *s)
{
	VMA_ITERATOR(vmi, s->from, 0);
	struct vm_area_struct *vma;
	int i = 0;

	mmap_write_lock(s->from);
	for_each_vma(vmi, vma) {
		unsigned long old = vma->vm_flags & COPY_FLAGS;

		if (i == s->nr_flags)
			break;
		if (old != s->flags[i].flags) {
			kcr_vma_clear(vma, COPY_FLAGS);
			kcr_vma_set(vma, s->flags[i].flags);
		}
		s->flags[i++].flags = old;
	}
	s->swapped = !s->swapped;
	mmap_write_unlock(s->from);
}

static int choose_flags(struct kcr_snapshot *s)
{
	VMA_ITERATOR(vmi, s->from, 0);
	int count = s->from->map_count;
	struct vm_area_struct *vma;

	s->flags = kvmalloc_array(count, sizeof(*s->flags), GFP_KERNEL);
	if (!s->flags)
		return -ENOMEM;
	mmap_read_lock(s->from);
	for_each_vma(vmi, vma) {
		if (s->nr_flags == count)
			break;
		s->flags[s->nr_flags++] = (struct kcr_vma_flags) {
			.start = vma->vm_start,
			.flags = flags_for_copy(vma),
		};
	}
	mmap_read_unlock(s->from);
	return 0;
}

/* The table stays when the last of its contexts has gone. */
static bool has_aio(struct mm_struct *mm)
{
#ifdef CONFIG_AIO
	return rcu_access_pointer(mm->ioctx_table);
#else
	return false;
#endif
}

static int snapshot_begin(struct kcr_process *p)
{
	struct kcr_snapshot *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	INIT_LIST_HEAD(&s->pressure.node);
	s->from = p->mm;
	s->unsure = has_aio(p->mm);
	p->snapshot = s;
	return choose_flags(s);
}

static void swap_all_flags(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->snapshot)
			swap_flags(p->snapshot);
}

/* This processor is busy with saving state; that may not be known yet where it wakes. */
static void keep_away(struct task_struct *thread)
{
	cpumask_var_t others;

	if (!alloc_cpumask_var(&others, GFP_KERNEL))
		return;
	cpumask_copy(others, thread->cpus_ptr);
	cpumask_clear_cpu(raw_smp_processor_id(), others);
	if (cpumask_intersects(others, cpu_online_mask))
		set_cpus_allowed_ptr(thread, others);
	free_cpumask_var(others);
}

static int duplicate_begin(struct kcr_ctx *ctx, struct kcr_donation *d)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->mm && p->memory == p && snapshot_begin(p))
			return kcr_nomem(ctx);
	swap_all_flags(ctx);
	keep_away(d->thread);
	WRITE_ONCE(d->go, true);
	wake_up_process(d->thread);
	return 0;
}

static int duplicate_end(struct kcr_ctx *ctx, struct kcr_donation *d)
{
	wait_for_completion(&d->cloned);
	swap_all_flags(ctx);
	return d->ret;
}

/* Another thread is needed: the first has done what it was made for. */
static int duplicate_again(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_process *p;

	kcr_donation_end(data);
	kcr_for_each_process(ctx, p)
		kcr_snapshot_drop(p);
	return kcr_mm_snapshot_prepare(ctx) ?: duplicate_begin(ctx, data->donation) ?:
	       duplicate_end(ctx, data->donation);
}

/**
 * kcr_mm_snapshot_begin() - begin to duplicate the memory of all processes
 * @ctx: the operation; everything is parked, and kcr_mm_refuse() refuses none
 *
 * Until kcr_mm_snapshot_end() everything has to stay parked.
 */
int kcr_mm_snapshot_begin(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);

	if (!data || !data->donation)
		return -EINVAL;
	return duplicate_begin(ctx, data->donation);
}

/**
 * kcr_mm_snapshot_end() - the memory of all processes is duplicated
 * @ctx: the operation; everything is parked, and all else is saved
 * @ret: 0, or with what error that failed
 *
 * What fork() can't do for lack of memory fails here, and harms nobody.
 */
int kcr_mm_snapshot_end(struct kcr_ctx *ctx, int ret)
{
	struct kcr_mm_data *data = ctx->mm_data;
	int err;

	if (!data || !data->donation || !data->donation->go)
		return ret;
	ret = ret ?: kcr_mm_copy_huge(ctx);
	err = duplicate_end(ctx, data->donation);
	if (ret)
		return ret;
	/* What is kept since the image before may be what is missing. */
	if (err == -ENOMEM && kcr_track_give_up(ctx))
		err = duplicate_again(ctx);
	if (err)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"its memory can't be duplicated (errno %d)", -err);
	return 0;
}

/**
 * kcr_mm_snapshot_take() - the duplicates are ours
 * @ctx: the operation; its threads go on
 */
void kcr_mm_snapshot_take(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_process *p;

	kcr_donation_end(data);
	kcr_for_each_process(ctx, p) {
		struct kcr_snapshot *s = p->snapshot;

		if (!s)
			continue;
		/* khugepaged would collapse what is about to be dropped. */
		set_bit(MMF_DISABLE_THP, &s->mm->flags);
		kcr_pressure_begin(&s->pressure, s->mm, s->from);
	}
	kcr_extra_begin(ctx);
}
