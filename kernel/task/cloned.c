// SPDX-License-Identifier: GPL-2.0
/*
 * What tasks share since clone(2), besides memory, signal handlers and files: what
 * semaphores undo at the end of the last (CLONE_SYSVSEM), and the I/O context with its
 * priority (CLONE_IO).
 *
 * Neither can be joined later, so it is restored as it came about: whoever makes the
 * process or the thread has it, and makes it with that flag. It is refused if that is
 * not so (the one who made it has ended, say), and if somebody outside has it, too.
 *
 * Threads mostly share what they undo; whether those of one process do is looked at
 * where it is saved (ipc/sem_undo.c).
 */
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/sched/task.h>

#include "ipc/ipc.h"
#include "kcr.h"
#include "ksym.h"
#include "task/task.h"
#include <uapi/image/process.h>
#include <uapi/image/thread.h>

#define SHARES (KCR_PROCESS_SHARES_UNDO | KCR_PROCESS_SHARES_IO)

/**
 * struct common - something that tasks may have in common
 * @name: for sentences
 * @of: what a task has, to be compared, or NULL; @users: how many tasks have it
 * @flag: KCR_PROCESS_*
 */
struct common {
	const char *name;
	const void *(*of)(struct task_struct *task, unsigned int *users);
	u32 flag;
};

static const void *io_of(struct task_struct *task, unsigned int *users)
{
	const void *io = NULL;

	*users = 0;
#ifdef CONFIG_BLOCK
	task_lock(task);
	io = task->io_context;
	if (io)
		*users = atomic_read(&task->io_context->active_ref);
	task_unlock(task);
#endif
	return io;
}

static const struct common undone = {
	.name	= "what semaphores undo (CLONE_SYSVSEM)",
	.of	= kcr_undo_of,
	.flag	= KCR_PROCESS_SHARES_UNDO,
};

static const struct common io = {
	.name	= "its I/O context (CLONE_IO)",
	.of	= io_of,
	.flag	= KCR_PROCESS_SHARES_IO,
};

/* Who stands for the process: its threads are made by it, or as if they were. */
static const void *process_has(const struct common *c, struct kcr_process *p)
{
	unsigned int users;

	return c->of(p->live, &users);
}

static unsigned int users_in(const struct common *c, struct kcr_process *p, const void *obj)
{
	struct kcr_thread *t;
	unsigned int n = 0, users;

	list_for_each_entry(t, &p->threads, sibling)
		if (t->state != KCR_THREAD_GONE && c->of(t->task, &users) == obj)
			n++;
	return n;
}

/* The first process of the tree that has it; @users: tasks of the tree that do. */
static struct kcr_process *first_with(struct kcr_ctx *ctx, const struct common *c,
				      const void *obj, unsigned int *users)
{
	struct kcr_process *p, *first = NULL;
	unsigned int n;

	*users = 0;
	kcr_for_each_process(ctx, p) {
		n = p->zombie ? 0 : users_in(c, p, obj);
		*users += n;
		if (n && !first)
			first = p;
	}
	return first;
}

static int find(struct kcr_ctx *ctx, struct kcr_process *p, const struct common *c, u32 *flags)
{
	unsigned int users, ours;
	const void *obj = c->of(p->live, &users);
	struct kcr_process *first;

	if (!obj || users <= users_in(c, p, obj))
		return 0;
	first = first_with(ctx, c, obj, &ours);
	if (users > ours)
		return kcr_refuse(ctx, "it shares %s with a process outside", c->name);
	if (first == p || !first)
		return 0;
	if (p == ctx->root || process_has(c, kcr_sharing_maker(p)) != obj)
		return kcr_refuse(ctx, "it shares %s with process %d, which has not made it",
				  c->name, first->tgid);
	*flags |= c->flag;
	return 0;
}

/**
 * kcr_cloned_process() - what a process shares with who makes it
 * @ctx: the operation; everything is parked
 * @p: the process, alive
 * @flags: KCR_PROCESS_SHARES_* are added
 */
int kcr_cloned_process(struct kcr_ctx *ctx, struct kcr_process *p, u32 *flags)
{
	return find(ctx, p, &undone, flags) ?: find(ctx, p, &io, flags);
}

/**
 * kcr_cloned_thread() - what a thread shares with the main thread, which makes it
 * @ctx: the operation; everything is parked
 * @t: the thread
 * @flags: KCR_THREAD_SHARES_IO is added
 */
int kcr_cloned_thread(struct kcr_ctx *ctx, struct kcr_thread *t, u32 *flags)
{
	struct kcr_process *p = t->process;
	unsigned int users, ours;
	const void *obj = io_of(t->task, &users);

	if (users < 2 || t->leader)
		return 0;
	if (process_has(&io, p) == obj) {
		*flags |= KCR_THREAD_SHARES_IO;
		return 0;
	}
	first_with(ctx, &io, obj, &ours);
	return kcr_refuse(ctx, users > ours ? "it shares %s with a process outside" :
			  "it shares %s with a thread that has not made it", io.name);
}

/* Restore */

/* kcr_cloned_check() - a process that shares: with whom, and is it alive? */
int kcr_cloned_check(struct kcr_ctx *ctx, const struct kcr_process *p, u32 flags)
{
	if (flags & SHARES && (!ctx->root || p->zombie))
		return kcr_bad_image(ctx, "process %d shares with who makes it (%#x)", p->tgid,
				     flags & SHARES);
	return 0;
}

/* So that there is one: clone() does not make it. */
static int have_io_context(struct kcr_ctx *ctx)
{
	long ret = -EOPNOTSUPP;

#ifdef CONFIG_BLOCK
	ret = current->io_context ? 0 : kcr_syscall(ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
#endif
	return ret ? kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
			      "an I/O context can't be made (errno %ld)", -ret) : 0;
}

/**
 * kcr_cloned_flags() - how a process is made
 * @p: the process; the current task makes it
 * @flags: those of clone(2) are added
 */
int kcr_cloned_flags(struct kcr_process *p, u64 *flags)
{
	u32 shares = le32_to_cpu(kcr_rec_as(p->rec, struct kcr_img_process)->flags);

	if (p->memory != p)
		*flags |= CLONE_VM;
	if (p->handlers != p)
		*flags |= CLONE_SIGHAND;
	if (shares & KCR_PROCESS_SHARES_UNDO)
		*flags |= CLONE_SYSVSEM;
	if (!(shares & KCR_PROCESS_SHARES_IO))
		return 0;
	*flags |= CLONE_IO;
	return have_io_context(p->ctx);
}

/* kcr_cloned_thread_flags() - how a thread is made, likewise */
int kcr_cloned_thread_flags(struct kcr_thread *t, u64 *flags)
{
	const struct kcr_rec *rec = kcr_rec_find(t->ctx, t->id, KCR_KIND_THREAD);

	*flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	if (!(le32_to_cpu(kcr_rec_as(rec, struct kcr_img_thread)->flags) & KCR_THREAD_SHARES_IO))
		return 0;
	*flags |= CLONE_IO;
	return have_io_context(t->ctx);
}
