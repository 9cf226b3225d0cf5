// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that have the memory of another one (CLONE_VM), and maybe its signal
 * handlers (CLONE_SIGHAND), without being threads of it.
 *
 * Both belong to the first process that has them, in the order of the tree, and its
 * records tell of them. A restart makes the others by clone(2) with the same flags,
 * from that process, which is not always their parent (made.c, job.c).
 */
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "kcr.h"
#include "ksym.h"
#include "task/task.h"
#include <uapi/image/process.h>

/* Save */

/* With rcu_read_lock(): to be compared, or looked into. */
static struct sighand_struct *sighand_of(struct kcr_process *p)
{
	return rcu_dereference(p->leader->sighand);
}

static bool same_handlers(struct kcr_process *p, struct kcr_process *q)
{
	bool same;

	rcu_read_lock();
	same = sighand_of(p) && sighand_of(p) == sighand_of(q);
	rcu_read_unlock();
	return same;
}

/* kcr_sharing_find() - whose memory and handlers has a process that others may have too? */
void kcr_sharing_find(struct kcr_process *p)
{
	struct kcr_process *q;

	if (!test_bit(MMF_MULTIPROCESS, &p->mm->flags))
		return;
	kcr_for_each_process(p->ctx, q) {
		if (q == p)
			break;
		if (q->zombie || q->mm != p->mm)
			continue;
		p->memory = q->memory;
		if (!same_handlers(p, q))
			continue;
		p->handlers = q->handlers;
		break;
	}
}

/* Who has ended, and was not waited for, has them still. */
static int users_of_handlers(struct kcr_process *p)
{
	struct kcr_process *q;
	int users = 0;

	kcr_for_each_process(p->ctx, q)
		if (q == p || same_handlers(p, q))
			users += get_nr_threads(q->leader);
	return users;
}

static bool handlers_outside(struct kcr_process *p)
{
	int count = 0;

	rcu_read_lock();
	if (sighand_of(p))
		count = refcount_read(&sighand_of(p)->count);
	rcu_read_unlock();
	return count > get_nr_threads(p->leader) && count > users_of_handlers(p);
}

/* It would have to be made by one process, and be the child of another's parent. */
static bool is_foreign_child(const struct kcr_process *p)
{
	return p->memory != p && !p->parent && p != p->ctx->root;
}

/* kcr_sharing_refuse() - what would be lost */
int kcr_sharing_refuse(struct kcr_ctx *ctx, struct kcr_process *p)
{
	if (is_foreign_child(p))
		return kcr_refuse(ctx, "it shares its memory with process %d, and its parent is outside",
				  p->memory->tgid);
	if (handlers_outside(p))
		return kcr_refuse(ctx, "it shares its signal handlers with a process outside");
	return 0;
}

/* Plan */

static struct kcr_process *find(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_rec *rec = kcr_rec_find(ctx, id, KCR_KIND_PROCESS);

	return rec && rec->process && !rec->process->zombie ? rec->process : NULL;
}

/**
 * kcr_sharing_plan() - whose memory and handlers a process has
 * @ctx: a restart; processes before it are planned
 * @p: the process
 */
int kcr_sharing_plan(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct kcr_img_process *img = kcr_rec_as(p->rec, struct kcr_img_process);
	u32 memory, handlers;

	if (p->rec->version < 3)
		return 0;
	memory = le32_to_cpu(img->memory);
	handlers = le32_to_cpu(img->handlers);
	if (memory)
		p->memory = find(ctx, memory);
	if (!p->memory || p->memory->memory != p->memory || (p->zombie && memory)) {
		p->memory = p;
		return kcr_bad_image(ctx, "process %d has the memory of %u, which has none before it",
				     p->tgid, memory);
	}
	if (is_foreign_child(p))
		return kcr_bad_image(ctx, "process %d has the memory of %d, and no parent",
				     p->tgid, p->memory->tgid);
	if (handlers)
		p->handlers = find(ctx, handlers);
	if (!p->handlers || p->handlers->handlers != p->handlers || (p->zombie && handlers) ||
	    p->handlers->memory != p->memory) {
		p->handlers = p;
		return kcr_bad_image(ctx, "process %d has the signal handlers of %u, which has none before it in the same memory",
				     p->tgid, handlers);
	}
	return 0;
}

/* kcr_sharing_others() - is a record of that kind there for another process's sake? */
bool kcr_sharing_others(const struct kcr_process *p, enum kcr_kind kind)
{
	switch (kind) {
	case KCR_KIND_MM:
	case KCR_KIND_VMA:
	case KCR_KIND_VDSO:
	case KCR_KIND_X86_LDT:
		return p->memory != p;
	case KCR_KIND_SIGHAND:
		return p->handlers != p;
	default:
		return false;
	}
}

/* kcr_sharing_maker() - the process that makes it: only clone(2) makes them share */
struct kcr_process *kcr_sharing_maker(struct kcr_process *p)
{
	if (p->handlers != p)
		return p->handlers;
	if (p->memory != p)
		return p->memory;
	return p->parent ?: p->ctx->root;
}
