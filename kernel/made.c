// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that a restart makes, in their own context.
 *
 * The first process is the restarter's child, and so is each other one whose
 * parent is not in the image. Each builds itself: records,
 * pages, then its children, its threads, and what joins all of that. They do so
 * one after the other, in the order of the image, so that nothing need be
 * locked, and pages are taken as the controller reads them; a child waits for its
 * turn, with its memory and its descriptors emptied. A process that had ended
 * is made, and ends. How a task gets its id: ids.c.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/task_work.h>
#include <uapi/linux/wait.h>

#include "template.h"
#include "files/files.h"
#include "kcr.h"
#include "ksym.h"
#include "lazy/lazy.h"
#include "made.h"
#include "mm/mm.h"
#include "task/blocked.h"
#include "task/ptrace.h"
#include "task/signals.h"
#include "task/task.h"
#include <uapi/image/process.h>


static int make(struct kcr_ctx *ctx, pid_t tid, u64 flags, int exit_signal,
		int (*fn)(void *), void *arg)
{
	return kcr_make_task(ctx, tid, &(struct kernel_clone_args) {
		.flags = flags,
		.exit_signal = exit_signal,
		.fn = fn,
		.fn_arg = arg,
	});
}

/* In the task made */

static void made_failed(struct kcr_thread *t, int err)
{
	struct kcr_ctx *ctx = t->ctx;

	kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err, "thread %d can't be made (errno %d)",
		 t->tid, -err);
	wake_up_all(&ctx->park_wait);
	kcr_ctx_put(ctx);
	kcr_call(do_group_exit)(SIGKILL);
}

/* Where the kernel handles signals: what is set in the registers now counts. */
static void made_parked(struct callback_head *work)
{
	struct kcr_thread *t = container_of(work, struct kcr_thread, work);
	struct kcr_ctx *ctx = t->ctx;

	spin_lock_irq(&ctx->park_lock);
	t->state = KCR_THREAD_PARKED;
	spin_unlock_irq(&ctx->park_lock);
	wake_up_all(&ctx->park_wait);

	wait_event_killable(ctx->release_wait,
			    READ_ONCE(t->released) || READ_ONCE(ctx->releasing));
	kcr_blocked_made(t);
	kcr_ptrace_made(t);

	spin_lock_irq(&ctx->park_lock);
	t->state = KCR_THREAD_RELEASED;
	spin_unlock_irq(&ctx->park_lock);
	kcr_ctx_put(ctx);
}

/* Nothing is delivered before the registers are there. */
static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	kcr_call(set_current_blocked)(&all);
}

/* Known from now on to whoever kills what was made; false: that has happened. */
static bool show_leader(struct kcr_process *p, struct task_struct *leader)
{
	bool wanted;

	spin_lock_irq(&p->ctx->park_lock);
	if (!p->leader)
		p->leader = get_task_struct(leader);
	p->live = p->leader;
	wanted = !p->ctx->aborting;
	spin_unlock_irq(&p->ctx->park_lock);
	return wanted;
}

static int made_begin(struct kcr_thread *t)
{
	kcr_thread_hold(t, current);
	if (t->leader && !show_leader(t->process, current))
		return -EINTR;
	block_signals();
	return kcr_drop_creds(t->ctx);
}

/* What belongs to one thread: in the image's order, ids last. */
static int restore_thread(struct kcr_thread *t)
{
	struct kcr_ctx *ctx = t->ctx;
	struct kcr_rec *thread = kcr_rec_find(ctx, t->id, KCR_KIND_THREAD), *rec;
	int ret = kcr_thread_restore(ctx, t, thread) ?: kcr_files_join(ctx, thread);

	list_for_each_entry(rec, &thread->owned, owned) {
		const struct kcr_ops *ops = kcr_ops_find(rec->kind);

		if (ret)
			break;
		if (ops->restore_thread)
			ret = ops->restore_thread(ctx, t, rec);
	}
	if (!ret)
		kcr_lazy_touch(t->process);
	return ret;
}

static int made_end(struct kcr_thread *t)
{
	init_task_work(&t->work, made_parked);
	return task_work_add(current, &t->work, TWA_SIGNAL);
}

static int thread_fn(void *arg)
{
	struct kcr_thread *t = arg;
	int ret = made_begin(t) ?: restore_thread(t) ?: made_end(t);

	if (ret)
		made_failed(t, ret);
	return 0;
}

static int make_threads(struct kcr_process *p)
{
	struct kcr_thread *t;
	u64 flags;
	int ret;

	list_for_each_entry(t, &p->threads, sibling) {
		if (t->leader)
			continue;
		ret = kcr_cloned_thread_flags(t, &flags) ?:
		      make(p->ctx, t->tid, flags, 0, thread_fn, t);
		if (ret)
			return ret;
	}
	return 0;
}

/* Its own, and, for the first process, those that are nobody's. */
static bool restores(const struct kcr_process *p, const struct kcr_rec *rec)
{
	return rec->process == p || (!rec->process && p == p->ctx->root);
}

typedef int (*rec_fn_t)(struct kcr_ctx *ctx, const struct kcr_rec *rec);

static int walk_recs(struct kcr_process *p, rec_fn_t fn)
{
	struct kcr_ctx *ctx = p->ctx;
	struct kcr_rec *rec;
	int ret = 0;

	if (p != ctx->root) {
		ret = fn(ctx, p->rec);
		list_for_each_entry(rec, &p->rec->owned, owned)
			ret = ret ?: fn(ctx, rec);
		return ret;
	}
	list_for_each_entry(rec, &ctx->recs, node) {
		if (restores(p, rec))
			ret = fn(ctx, rec);
		if (ret)
			break;
	}
	return ret;
}

static int restore_rec(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_ops *ops = kcr_ops_find(rec->kind);
	int ret = ops->restore ? ops->restore(ctx, rec) : 0;

	if (!ret && (kcr_cancelled(ctx) || fatal_signal_pending(current)))
		ret = -EINTR;
	cond_resched();
	return ret;
}

static int link_rec(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_ops *ops = kcr_ops_find(rec->kind);

	return ops->link ? ops->link(ctx, rec) : 0;
}

/* Children that had ended */

static int zombie_fn(void *arg)
{
	struct kcr_process *p = arg;
	const struct kcr_img_process *img = kcr_rec_as(p->rec, struct kcr_img_process);
	struct kcr_ctx *ctx = p->ctx;
	int code = le32_to_cpu(img->exit_code);
	char comm[TASK_COMM_LEN];

	strscpy(comm, img->comm, sizeof(comm));
	kcr_call(__set_task_comm)(current, comm, false);
	if (!show_leader(p, current) || kcr_drop_creds(ctx))
		code = SIGKILL;
	wake_up_all(&ctx->park_wait);
	kcr_ctx_put(ctx);
	kcr_call(do_exit)(code);
	return 0;	/* not reached */
}

/* The first task of a process; it sets p->leader as soon as it runs. */
static int make_first(struct kcr_process *p, u64 flags, int exit_signal, int (*fn)(void *),
		      void *arg)
{
	int ret;

	WRITE_ONCE(p->coming, true);
	ret = make(p->ctx, p->tgid, flags, exit_signal, fn, arg);
	if (ret)
		WRITE_ONCE(p->coming, false);
	return ret;
}

/* In memory of its parent's, which waits until it no longer needs it. */
static int make_zombie(struct kcr_process *p)
{
	return make_first(p, CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS, 0, zombie_fn, p);
}

/* Processes */

static int leader_fn(void *arg);

static struct kcr_thread *leader_of(struct kcr_process *p)
{
	return list_first_entry(&p->threads, struct kcr_thread, sibling);
}

static int make_process(struct kcr_process *p, int exit_signal)
{
	u64 flags = 0;

	/* Who has no parent in the image becomes a brother of the first process. */
	if (!p->parent && p != p->ctx->root)
		flags |= CLONE_PARENT;
	return kcr_cloned_flags(p, &flags) ?:
	       make_first(p, flags, exit_signal, leader_fn, leader_of(p));
}

/* Mostly those whose parent it is: the others are given to theirs when all is made. */
static int make_children(struct kcr_process *maker)
{
	struct kcr_process *p = maker;
	int ret = 0;

	list_for_each_entry_continue(p, &maker->ctx->processes, node) {
		if (kcr_sharing_maker(p) != maker)
			continue;
		ret = p->zombie ? make_zombie(p) :
		      make_process(p, le32_to_cpu(kcr_rec_as(p->rec, struct kcr_img_process)
						  ->exit_signal));
		if (ret)
			break;
	}
	return ret;
}

static int wait_turn(struct kcr_process *p)
{
	int ret = wait_for_completion_killable(&p->turn);

	WRITE_ONCE(p->ctx->building, p);
	return ret;
}

static void pass_turn(struct kcr_process *p)
{
	struct kcr_ctx *ctx = p->ctx;

	list_for_each_entry_continue(p, &ctx->processes, node) {
		if (p->zombie)
			continue;
		complete(&p->turn);
		break;
	}
}

static int take_pages(struct kcr_process *p)
{
	if (p->ctx->template)
		return kcr_template_take(p);
	return kcr_feed_take(p) ?: kcr_mm_pages_end(p);
}

static int build(struct kcr_process *p)
{
	struct kcr_ctx *ctx = p->ctx;
	size_t mark = kcr_where_process(ctx, p);
	int ret = walk_recs(p, restore_rec) ?: take_pages(p);

	ret = ret ?: make_children(p) ?: kcr_lazy_begin(p) ?: make_threads(p) ?:
	      walk_recs(p, link_rec) ?: restore_thread(leader_of(p));

	kcr_call(task_work_run)();	/* closes what has been put meanwhile */
	if (ret)
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret, "can't be made (errno %d)", -ret);
	kcr_where_end(ctx, mark);
	WRITE_ONCE(ctx->building, NULL);
	return ret;
}

static int leader_fn(void *arg)
{
	struct kcr_thread *t = arg;
	struct kcr_process *p = t->process;
	struct kcr_ctx *ctx = t->ctx;
	int ret = made_begin(t) ?: kcr_mm_begin(ctx, p) ?: kcr_files_begin(ctx, p) ?:
		  wait_turn(p) ?: build(p);

	if (!ret) {
		pass_turn(p);
		if (p->leader_ended)
			kcr_leader_wait(t);	/* does not return */
		ret = made_end(t);
	}
	if (ret)
		made_failed(t, ret);
	return 0;
}

int kcr_make_root(struct kcr_ctx *ctx)
{
	struct kcr_process *p = ctx->root;
	struct task_struct *leader;
	int ret;

	complete(&p->turn);
	ret = make_process(p, SIGCHLD);
	if (ret)
		return ret;
	/* Our child: it can't be reaped before we do. */
	rcu_read_lock();
	leader = kcr_call(find_task_by_vpid)(p->tgid);
	if (leader)
		show_leader(p, leader);
	rcu_read_unlock();
	if (!leader)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"the program was killed while it was made");
	ctx->pid = get_pid(task_tgid(leader));
	return 0;
}

/* If it fails */

/* So that nobody has to wait for its children. */
static void ignore_children(struct kcr_process *p)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(p->leader, &flags);
	if (!sighand)
		return;
	sighand->action[SIGCHLD - 1].sa.sa_handler = SIG_IGN;
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

/* Who was made just before its maker was killed may not have run yet. */
static bool wait_shown(struct kcr_process *p)
{
	while (READ_ONCE(p->coming) && !READ_ONCE(p->leader))
		schedule_timeout_uninterruptible(1);
	return p->leader;
}

static void wait_gone(struct kcr_process *p)
{
	while (!READ_ONCE(p->leader->exit_state) || !thread_group_empty(p->leader))
		schedule_timeout_uninterruptible(1);
}

/*
 * Whose parent was gone before it is the child of somebody who never heard of
 * it: nobody has to wait for it, as wait4() would.
 */
static void reap(struct kcr_process *p)
{
	bool ours;

	read_lock(&kcr_var(tasklist_lock));
	ours = !p->leader->ptrace &&
	       cmpxchg(&p->leader->exit_state, EXIT_ZOMBIE, EXIT_DEAD) == EXIT_ZOMBIE;
	read_unlock(&kcr_var(tasklist_lock));
	if (ours)
		kcr_call(release_task)(p->leader);
}

/* kcr_made_kill() - kill all that was made, and wait until it is gone */
void kcr_made_kill(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	spin_lock_irq(&ctx->park_lock);
	ctx->aborting = true;
	spin_unlock_irq(&ctx->park_lock);
	kcr_ptrace_abort(ctx);
	kcr_for_each_process(ctx, p)
		if (p->leader && !p->zombie)
			ignore_children(p);
	list_for_each_entry_reverse(p, &ctx->processes, node)
		if (p->leader && !p->zombie)
			kcr_call(do_send_sig_info)(SIGKILL, SEND_SIG_PRIV, p->leader,
						   PIDTYPE_TGID);
	spin_lock_irq(&ctx->park_lock);
	WRITE_ONCE(ctx->releasing, true);
	spin_unlock_irq(&ctx->park_lock);
	wake_up_all(&ctx->release_wait);
	/* Whoever makes another one comes before it, and makes none when it is gone. */
	kcr_for_each_process(ctx, p) {
		if (!wait_shown(p))
			continue;
		wait_gone(p);
		if (p != ctx->root)
			reap(p);
	}
	/* Nobody else knows of this child: reap it, if it is ours. */
	kcr_call(kernel_wait4)(pid_vnr(ctx->pid), NULL, __WALL, NULL);
}
