// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory a snapshot takes, because the program writes to what has not
 * reached the image yet.
 *
 * Each page that it writes to exists twice then, and each costs it a fault: so
 * there are no more of them than it has had faults since the cut, and than there
 * are pages left to be written. That is told; it costs nothing, while to count
 * them would mean to walk the page tables over and over.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "kcr.h"
#include "mm/internal.h"
#include "mm/mm.h"

static u64 faults_of(struct kcr_process *p)
{
	struct signal_struct *signal = p->leader->signal;
	struct task_struct *t;
	u64 faults;

	rcu_read_lock();
	faults = READ_ONCE(signal->min_flt) + READ_ONCE(signal->maj_flt);
	for_each_thread(p->leader, t)
		faults += READ_ONCE(t->min_flt) + READ_ONCE(t->maj_flt);
	rcu_read_unlock();
	return faults;
}

static u64 faults_of_all(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	u64 faults = 0;

	kcr_for_each_process(ctx, p)
		faults += faults_of(p);
	return faults;
}

/* kcr_extra_begin() - the program goes on, and the snapshots are there */
void kcr_extra_begin(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	u64 pages = 0;

	kcr_for_each_process(ctx, p)
		if (p->snapshot && p->snapshot->mm)
			pages += get_mm_counter(p->snapshot->mm, MM_ANONPAGES);
	ctx->faults = faults_of_all(ctx);
	/* From here on the list of processes does not change. */
	smp_store_release(&ctx->snapshot_pages, pages);
}

/**
 * kcr_extra() - bytes that pages which the program has written to take twice
 * @ctx: a checkpoint; from any context, while it is under way
 *
 * Return: not less than they are; 0 without a snapshot.
 */
u64 kcr_extra(struct kcr_ctx *ctx)
{
	u64 pages, faults, written;

	/* With them come the processes and what they had, of kcr_extra_begin(). */
	pages = smp_load_acquire(&ctx->snapshot_pages);
	if (!pages)
		return 0;
	faults = faults_of_all(ctx);
	faults -= min(faults, ctx->faults);
	written = READ_ONCE(ctx->pages) + READ_ONCE(ctx->pages_zero) +
		  READ_ONCE(ctx->pages_earlier);
	return min(faults, pages - min(pages, written)) << PAGE_SHIFT;
}

/* kcr_extra_end() - there is no snapshot any more */
void kcr_extra_end(struct kcr_ctx *ctx)
{
	WRITE_ONCE(ctx->snapshot_pages, 0);
}
