// SPDX-License-Identifier: GPL-2.0
/*
 * One operation at a time stops a process.
 *
 * A thread runs the task works that are queued on it one after the other, and sleeps in
 * the first. If two operations asked the threads of a process at the same time, some
 * would sleep for the one and some for the other, and both would wait for the rest.
 *
 * So a process is claimed before any thread of it is asked. The claim ends when the
 * operation has let it go, and none of its works is left on a thread. Who comes meanwhile
 * waits, and looks again a moment later.
 *
 * Two that have each claimed a part of what they want could wait for each other: that
 * takes sets of processes which overlap, and neither is a part of the other (scope.c). Of
 * those the younger one gives up when it meets a claim of an elder one that waits, too.
 */
#include <linux/hashtable.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "claim.h"

/**
 * struct kcr_claim - a process is stopped by an operation
 * @node: in claims, by its signal_struct
 * @task: a thread of it, with a reference
 * @ctx: the operation, which lives for as long
 * @holders: the operation until it lets go, and each work that is queued on a thread
 */
struct kcr_claim {
	struct hlist_node node;
	struct task_struct *task;
	struct kcr_ctx *ctx;
	unsigned int holders;
};

static DEFINE_HASHTABLE(claims, 8);
static DEFINE_SPINLOCK(claims_lock);	/* and kcr_claim.holders */

static struct kcr_claim *claim_of(const struct task_struct *task)
{
	struct kcr_claim *c;

	lockdep_assert_held(&claims_lock);
	hash_for_each_possible(claims, c, node, (uintptr_t)task->signal)
		if (c->task->signal == task->signal)
			return c;
	return NULL;
}

static struct kcr_claim *claim_alloc(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct kcr_claim *c = kmalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	c->task = get_task_struct(task);
	c->ctx = ctx;
	c->holders = 1;
	return c;
}

static void claim_free(struct kcr_claim *c)
{
	put_task_struct(c->task);
	kfree(c);
}

/* Might it wait for us? Then one of the two has to give up, and not both. */
static bool gives_up(const struct kcr_ctx *ctx, const struct kcr_ctx *other)
{
	return ctx->nr_threads && READ_ONCE(other->waits_for) && other->op < ctx->op;
}

/**
 * kcr_claim_take() - claim a process
 * @ctx: the operation
 * @task: any thread of the process
 * @tgid: its id, for whoever asks what is waited for
 *
 * Return: the claim, with a reference; NULL without memory; ERR_PTR(-EAGAIN) while
 * another operation has it, kcr_ctx.waits_for is set then; ERR_PTR(-EDEADLK) if that one
 * may be waiting for this one.
 */
struct kcr_claim *kcr_claim_take(struct kcr_ctx *ctx, struct task_struct *task, pid_t tgid)
{
	struct kcr_claim *new = claim_alloc(ctx, task), *c;

	if (!new)
		return NULL;
	spin_lock(&claims_lock);
	c = claim_of(task);
	if (!c) {
		hash_add(claims, &new->node, (uintptr_t)task->signal);
		c = new;
	} else if (c->ctx == ctx) {	/* it had left the tree, and its works are not done */
		c->holders++;
	} else {
		c = ERR_PTR(gives_up(ctx, c->ctx) ? -EDEADLK : -EAGAIN);
	}
	WRITE_ONCE(ctx->waits_for, IS_ERR(c) ? tgid : 0);
	spin_unlock(&claims_lock);
	if (c != new)
		claim_free(new);
	return c;
}

/* kcr_claim_get() - one more work of the operation is queued on a thread of it */
void kcr_claim_get(struct kcr_claim *claim)
{
	spin_lock(&claims_lock);
	claim->holders++;
	spin_unlock(&claims_lock);
}

/* kcr_claim_put() - one less, or it is let go; NULL is fine */
void kcr_claim_put(struct kcr_claim *claim)
{
	bool last;

	if (!claim)
		return;
	spin_lock(&claims_lock);
	last = !--claim->holders;
	if (last)
		hash_del(&claim->node);
	spin_unlock(&claims_lock);
	if (last)
		claim_free(claim);
}
