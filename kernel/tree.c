// SPDX-License-Identifier: GPL-2.0
/*
 * The tree: processes with their threads, of an operation.
 *
 * A checkpoint finds them from the target downwards. Children belong to the
 * thread that made them; whoever is reparented moves, and may leave the tree.
 * So the tree is walked again and again while it is parked, and once more when
 * nothing moves: then it is put in order, each process after its parent, and
 * the children that have ended and were not waited for (zombies) join it. Where
 * a session, a group or a cgroup is asked for (scope.c), there are several such
 * trees, one after the other, the target's first.
 *
 * The walk is under tasklist_lock and needs no room of its own: from any
 * process the next one is found through its lists of children and its parent.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "claim.h"
#include "kcr.h"
#include "ksym.h"
#include "scope.h"
#include "task/blocked.h"
#include "task/task.h"
#include "task/posix_timer.h"

/* Lists */

/* kcr_process_add() - one more process, at the end; NULL: no memory */
struct kcr_process *kcr_process_add(struct kcr_ctx *ctx, struct kcr_process *parent)
{
	struct kcr_process *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	p->ctx = ctx;
	p->parent = parent;
	p->memory = p;
	p->handlers = p;
	INIT_LIST_HEAD(&p->threads);
	INIT_LIST_HEAD(&p->tables);
	INIT_LIST_HEAD(&p->roots);
	INIT_HLIST_NODE(&p->hash);
	init_completion(&p->turn);
	list_add_tail(&p->node, &ctx->processes);
	p->nr = ctx->nr_processes++;
	return p;
}

/* kcr_thread_add() - one more thread of a process; NULL: no memory */
struct kcr_thread *kcr_thread_add(struct kcr_process *p)
{
	struct kcr_thread *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return NULL;
	t->ctx = p->ctx;
	t->process = p;
	t->nr = -1;
	INIT_HLIST_NODE(&t->hash);
	list_add_tail(&t->sibling, &p->threads);
	list_add_tail(&t->node, &p->ctx->threads);
	return t;
}

/* kcr_thread_hold() - hold on to a thread; false: it is too late, it has ended */
bool kcr_thread_hold(struct kcr_thread *t, struct task_struct *task)
{
	if (!try_get_task_stack(task))
		return false;
	t->task = get_task_struct(task);
	return true;
}

/* kcr_thread_remove() - it is not queued anywhere; forget it */
void kcr_thread_remove(struct kcr_thread *t)
{
	list_del(&t->node);
	list_del(&t->sibling);
	hash_del(&t->hash);
	kcr_blocked_free(t);
	if (t->task) {
		kcr_call(put_task_stack)(t->task);
		put_task_struct(t->task);
	}
	kfree(t);
}

static void process_free(struct kcr_process *p)
{
	kcr_claim_put(p->claim);
	if (p->leader)
		put_task_struct(p->leader);
	list_del(&p->node);
	hash_del(&p->hash);
	p->ctx->nr_processes--;
	kvfree(p->kept);
	kcr_posix_timers_free(p);
	kfree(p);
}

/* kcr_tree_free() - nobody runs our code any more, nobody holds the context */
void kcr_tree_free(struct kcr_ctx *ctx)
{
	struct kcr_process *p, *pnext;
	struct kcr_thread *t, *tnext;

	list_for_each_entry_safe(t, tnext, &ctx->threads, node)
		kcr_thread_remove(t);
	list_for_each_entry_safe(p, pnext, &ctx->processes, node)
		process_free(p);
}

/* Walk */

/* The first child of @t or of a thread after it in its process, or NULL. */
static struct task_struct *child_from(struct task_struct *t)
{
	struct list_head *threads = &t->signal->thread_head;

	list_for_each_entry_from(t, threads, thread_node)
		if (!list_empty(&t->children))
			return list_first_entry(&t->children, struct task_struct, sibling);
	return NULL;
}

static struct task_struct *child_after(struct task_struct *child)
{
	struct task_struct *t = kcr_parent_of(child);

	if (!list_is_last(&child->sibling, &t->children))
		return list_next_entry(child, sibling);
	if (list_is_last(&t->thread_node, &t->signal->thread_head))
		return NULL;
	return child_from(list_next_entry(t, thread_node));
}

/* A process that has been reaped is in nobody's lists, and has no threads. */
static struct task_struct *first_child(struct task_struct *p)
{
	struct list_head *threads = &p->signal->thread_head;

	if (list_empty(threads))
		return NULL;
	return child_from(list_first_entry(threads, struct task_struct, thread_node));
}

/* Each process after its parent; NULL after the last. With tasklist_lock. */
static struct task_struct *next_process(struct kcr_ctx *ctx, struct task_struct *root,
					struct task_struct *p)
{
	struct task_struct *next;

	lockdep_assert_held(&kcr_var(tasklist_lock));
	if (ctx->ckpt_flags & KCR_CKPT_SINGLE)
		return NULL;
	next = first_child(p);
	for (; !next; p = kcr_parent_of(p)->group_leader) {
		if (kcr_scope_is_top(ctx, root, p))
			return kcr_scope_next(ctx, root, p);
		next = child_after(p);
	}
	return next;
}

/* Not always kcr_process.leader: exec() by another thread makes that the leader. */
static struct task_struct *root_of(struct kcr_ctx *ctx)
{
	return pid_task(ctx->pid, PIDTYPE_TGID);
}

#define for_each_of_tree(ctx, root, p)						\
	for ((root) = (p) = root_of(ctx); (p); (p) = next_process((ctx), (root), (p)))

/* What is known already */

/* kcr_tree_process() - the process of a thread, if it is known, or NULL */
struct kcr_process *kcr_tree_process(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct kcr_process *p;

	hash_for_each_possible(ctx->processes_hash, p, hash, (uintptr_t)task->signal)
		if (p->leader->signal == task->signal)
			return p;
	return NULL;
}

static struct kcr_thread *thread_find(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct kcr_thread *t;

	hash_for_each_possible(ctx->threads_hash, t, hash, (uintptr_t)task)
		if (t->task == task)
			return t;
	return NULL;
}

static bool thread_live(struct task_struct *task)
{
	return !(READ_ONCE(task->flags) & PF_EXITING) && !READ_ONCE(task->exit_state);
}

/**
 * kcr_tree_unknown() - threads of the tree that are not known yet
 * @ctx: the operation
 * @found: gets them, with a reference each
 * @room: at @found
 *
 * Return: how many. With fewer than @room there are no more.
 */
unsigned int kcr_tree_unknown(struct kcr_ctx *ctx, struct task_struct **found,
			      unsigned int room)
{
	struct task_struct *root, *p, *t;
	unsigned int n = 0;

	read_lock(&kcr_var(tasklist_lock));
	for_each_of_tree(ctx, root, p) {
		for_each_thread(p, t) {
			if (!thread_live(t) || thread_find(ctx, t))
				continue;
			found[n++] = get_task_struct(t);
			if (n == room)
				goto out_unlock;
		}
	}
out_unlock:
	read_unlock(&kcr_var(tasklist_lock));
	return n;
}

/**
 * kcr_tree_next() - the processes of a tree that runs, as far as it goes
 * @ctx: the operation
 * @p: the last one, its reference is dropped; NULL: the first is asked for
 *
 * Return: the next one, with a reference; NULL after the last, or when @p has
 * left the tree.
 */
struct task_struct *kcr_tree_next(struct kcr_ctx *ctx, struct task_struct *p)
{
	struct task_struct *root, *t;

	read_lock(&kcr_var(tasklist_lock));
	for_each_of_tree(ctx, root, t) {
		if (!p)
			break;
		if (t != p)
			continue;
		t = next_process(ctx, root, t);
		break;
	}
	if (t)
		get_task_struct(t);
	read_unlock(&kcr_var(tasklist_lock));
	if (p)
		put_task_struct(p);
	return t;
}

/* In order, when all is parked */

static bool is_zombie(struct task_struct *p)
{
	return p->exit_state == EXIT_ZOMBIE && thread_group_empty(p);
}

static struct kcr_process *zombie_add(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct kcr_process *p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_ACCOUNT);

	if (!p)
		return NULL;
	p->ctx = ctx;
	p->leader = get_task_struct(task);
	p->tgid = task_tgid_nr_ns(task, ctx->pid_ns);
	p->zombie = true;
	p->memory = p;
	p->handlers = p;
	INIT_LIST_HEAD(&p->threads);
	INIT_LIST_HEAD(&p->tables);
	INIT_LIST_HEAD(&p->roots);
	INIT_LIST_HEAD(&p->node);
	hash_add(ctx->processes_hash, &p->hash, (uintptr_t)task->signal);
	ctx->nr_processes++;
	return p;
}

static bool all_gone(struct kcr_process *p)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &p->threads, sibling)
		if (t->state != KCR_THREAD_GONE)
			return false;
	return true;
}

/* A thread that ends keeps for a while what is the process's, and is not yet a zombie. */
static bool any_ending(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		if (READ_ONCE(t->flags) & PF_EXITING && !t->exit_state)
			return true;
	return false;
}

/* Once it is a zombie its parent, which is parked, can't reap it any more. */
static int take_in_order(struct kcr_ctx *ctx, struct task_struct *task, struct list_head *order)
{
	struct kcr_process *p = kcr_tree_process(ctx, task);
	bool zombie = is_zombie(task);

	if (!p && zombie) {
		p = zombie_add(ctx, task);
		if (!p)
			return -ENOMEM;
	}
	if (!p || (all_gone(p) && !zombie) || any_ending(task))
		return task->exit_state == EXIT_DEAD ? 0 : -EAGAIN;
	p->zombie = zombie;
	if (p->leader != task) {
		put_task_struct(p->leader);
		p->leader = get_task_struct(task);
	}
	if (p != ctx->root)
		p->parent = kcr_tree_process(ctx, kcr_parent_of(task));
	list_move_tail(&p->node, order);
	return 0;
}

/* Who was found, and is not in the tree any more. */
static int drop_others(struct kcr_ctx *ctx)
{
	struct kcr_process *p, *next;
	struct kcr_thread *t, *tnext;

	list_for_each_entry_safe(p, next, &ctx->processes, node) {
		if (!all_gone(p))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECHILD,
					"process %d of it has lost its parent while it was stopped: try again",
					p->tgid);
		list_for_each_entry_safe(t, tnext, &p->threads, sibling) {
			list_del_init(&t->sibling);
			t->process = NULL;
		}
		process_free(p);
	}
	return 0;
}

/* The main thread is the first of them, unless it has ended. */
static void look_at_threads(struct kcr_process *p)
{
	struct kcr_thread *t;

	p->nr_threads = 0;
	p->live = NULL;
	list_for_each_entry(t, &p->threads, sibling) {
		if (t->state == KCR_THREAD_GONE)
			continue;
		p->nr_threads++;
		if (!p->live)
			p->live = t->task;
	}
	p->leader_ended = p->live && p->leader->exit_state;
	p->nr_threads += p->leader_ended;
	if (!p->live)
		p->live = p->leader;
}

static int put_in_order(struct kcr_ctx *ctx, struct list_head *order)
{
	struct task_struct *root, *task;
	int ret = 0;

	read_lock(&kcr_var(tasklist_lock));
	for_each_of_tree(ctx, root, task) {
		ret = take_in_order(ctx, task, order);
		if (ret)
			break;
	}
	read_unlock(&kcr_var(tasklist_lock));
	return ret;
}

/**
 * kcr_tree_settle() - put the tree in order
 * @ctx: the operation; everything is parked
 *
 * Each process is behind its parent then, and zombies are there too.
 *
 * Return: 0, -EAGAIN while one is just ending, or an error in words.
 */
int kcr_tree_settle(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	LIST_HEAD(order);
	int ret = put_in_order(ctx, &order);

	if (!ret)
		ret = drop_others(ctx);
	list_splice(&order, &ctx->processes);
	if (ret == -ENOMEM)
		return kcr_nomem(ctx);
	if (!ret && ctx->root->zombie)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it has exited");
	kcr_for_each_process(ctx, p)
		look_at_threads(p);
	return ret;
}
