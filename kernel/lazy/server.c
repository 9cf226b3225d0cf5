// SPDX-License-Identifier: GPL-2.0
/*
 * Lazy restart: the program runs as soon as its tasks exist, and its pages come
 * while it does.
 *
 * A kernel thread, the server, watches the memory with userfaultfd. Where somebody
 * looks at a page that has not come (also the kernel, in a system call) it brings
 * that one first; otherwise one after the other. When all have come, or nobody is
 * left who could want them, it goes, and nothing of this remains. The descriptors
 * are in its own table, and the program has no more to do with it than with swap.
 *
 *	choose.c	what may come later, and the restart's side of it
 *	chain.c		the image, and those before it that it needs
 *	image.c		bytes of one
 *	frames.c	where they are in one that is compressed
 *	unpack.c	decompressing them
 *	index.c		where in an image the pages are
 *	map.c		where in memory they belong
 *	serve.c		bringing them
 *	uffd.c		userfaultfd
 *
 * The images are open until the end. A page must have the hash that the index had at
 * restart. If it does not, or can't be read, nobody knows what was there: the
 * processes that have this memory are killed, and the kernel log says why.
 *
 * Not as if all pages were there: in a core dump those that have not come are
 * missing; ptrace(PTRACE_PEEKDATA) and /proc/PID/mem can't read them; khugepaged
 * passes by, and memory that was in huge pages comes in small ones.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kcr.h"
#include "ksym.h"
#include "lazy/internal.h"
#include "lazy/lazy.h"

#define DESCRIPTORS	(1ul << 20)	/* a userfaultfd for each process of a tree */

unsigned int kcr_lazy_rate_mb;	/* megabytes in a second, 0: as fast as they can be read */

/* All memory that is watched, of whatever restart. */
static DEFINE_SPINLOCK(served_lock);
static LIST_HEAD(served);
static DECLARE_WAIT_QUEUE_HEAD(served_wait);

struct lazy_mm *lazy_mm_alloc(gfp_t gfp)
{
	struct lazy_mm *lm = kzalloc(sizeof(*lm), gfp);

	if (!lm)
		return NULL;
	INIT_LIST_HEAD(&lm->node);
	INIT_LIST_HEAD(&lm->served);
	mt_init(&lm->eligible);
	mt_init(&lm->places);
	mt_init(&lm->moved);
	init_completion(&lm->ready);
	return lm;
}

void lazy_mm_free(struct lazy_mm *lm)
{
	lazy_uffd_close(&lm->uffd);
	spin_lock(&served_lock);
	list_del_init(&lm->served);
	spin_unlock(&served_lock);
	wake_up_all(&served_wait);
	list_del(&lm->node);
	mtree_destroy(&lm->eligible);
	mtree_destroy(&lm->places);
	mtree_destroy(&lm->moved);
	if (lm->mm)
		mmdrop(lm->mm);
	kfree(lm);
}

/* In the server */

/* lazy_mm_serve() - @lm is watched, and gets its pages from now on */
void lazy_mm_serve(struct kcr_lazy *lazy, struct lazy_mm *lm)
{
	lm->watched = true;
	list_add_tail(&lm->node, &lazy->mms);
	spin_lock(&served_lock);
	list_add_tail(&lm->served, &served);
	spin_unlock(&served_lock);
	lazy_uffd_watch(&lm->uffd, &lazy->wait, &lazy->kicked);
}

static struct lazy_mm *next_request(struct kcr_lazy *lazy)
{
	struct lazy_mm *lm;

	spin_lock(&lazy->lock);
	lm = list_first_entry_or_null(&lazy->requests, struct lazy_mm, node);
	if (lm)
		list_del_init(&lm->node);
	spin_unlock(&lazy->lock);
	return lm;
}

/* Whoever has asked waits, and has the memory. */
static void do_requests(struct kcr_lazy *lazy)
{
	struct lazy_mm *lm;

	while ((lm = next_request(lazy))) {
		lm->ret = lazy_watch(lazy, lm);
		if (lm->ret)
			lazy_uffd_close(&lm->uffd);
		else
			lazy_mm_serve(lazy, lm);
		complete(&lm->ready);
	}
}

/* Before the program runs the restart still has it. */
static void retire(struct kcr_lazy *lazy, struct lazy_mm *lm)
{
	if (READ_ONCE(lazy->going))
		lazy_mm_free(lm);
}

/* Does what is waited for; true: some must wait. */
static bool serve_all(struct kcr_lazy *lazy)
{
	struct lazy_mm *lm, *next;
	bool later = false;
	int ret;

	WRITE_ONCE(lazy->kicked, false);
	smp_mb();	/* what comes from now on kicks again */
	list_for_each_entry_safe(lm, next, &lazy->mms, node) {
		ret = lazy_serve(lazy, lm);
		if (ret == LAZY_GONE)
			retire(lazy, lm);
		if (ret == LAZY_LATER)
			later = true;
	}
	return later;
}

/* As many jiffies as the rate wants for what a push brings at most. */
static unsigned long push_pause(void)
{
	unsigned long rate = READ_ONCE(kcr_lazy_rate_mb);

	return rate ? DIV_ROUND_UP(HZ * LAZY_BATCH, rate * (SZ_1M / PAGE_SIZE)) : 0;
}

/* Brings a few pages; true: nothing could be brought just now. */
static bool push_some(struct kcr_lazy *lazy)
{
	struct lazy_mm *lm = list_first_entry(&lazy->mms, struct lazy_mm, node);
	int ret = lazy_push(lazy, lm);

	if (ret == LAZY_GONE)
		retire(lazy, lm);
	else
		list_move_tail(&lm->node, &lazy->mms);
	return ret == LAZY_LATER;
}

static bool has_work(struct kcr_lazy *lazy)
{
	return READ_ONCE(lazy->kicked) || READ_ONCE(lazy->stopping) ||
	       !list_empty_careful(&lazy->requests);
}

/* Until then there is nothing to do but what somebody waits for. */
static long until(const struct kcr_lazy *lazy, unsigned long next)
{
	if (!READ_ONCE(lazy->going))
		return MAX_SCHEDULE_TIMEOUT;
	return time_after(next, jiffies) ? next - jiffies : 0;
}

static void serve(struct kcr_lazy *lazy)
{
	unsigned long next = jiffies;
	bool later;

	while (!READ_ONCE(lazy->stopping)) {
		wait_event_idle_timeout(lazy->wait, has_work(lazy), until(lazy, next));
		do_requests(lazy);
		later = serve_all(lazy);
		if (READ_ONCE(lazy->going)) {
			if (list_empty(&lazy->mms))
				break;
			if (!later && !until(lazy, next)) {
				later = push_some(lazy);
				next = jiffies + push_pause();
			}
		}
		if (later)
			schedule_timeout_idle(1);
		cond_resched();
	}
}

/* The table of kernel threads is everybody's. */
static int own_table(void)
{
	int ret = kcr_call(unshare_files)();

	task_lock(current->group_leader);
	current->signal->rlim[RLIMIT_NOFILE].rlim_cur = DESCRIPTORS;
	task_unlock(current->group_leader);
	return ret;
}

static void lazy_free(struct kcr_lazy *lazy)
{
	struct lazy_mm *lm, *next;

	list_for_each_entry_safe(lm, next, &lazy->mms, node)
		lazy_mm_free(lm);
	while (lazy->nr)
		lazy_image_close(&lazy->images[--lazy->nr]);
	kvfree(lazy->images);
	lazy_unpack_end(&lazy->unpack);
	spin_lock(&lazy->lock);	/* whoever let it go is done */
	spin_unlock(&lazy->lock);
	kfree(lazy);
}

static int refuse_requests(struct kcr_lazy *lazy, int err)
{
	struct lazy_mm *lm;

	while (!READ_ONCE(lazy->stopping) && !READ_ONCE(lazy->going)) {
		wait_event_idle(lazy->wait, has_work(lazy) || READ_ONCE(lazy->going));
		while ((lm = next_request(lazy))) {
			lm->ret = err;
			complete(&lm->ready);
		}
	}
	return err;
}

static int server(void *arg)
{
	struct kcr_lazy *lazy = arg;
	struct lazy_mm *lm, *next;
	int ret = own_table() ?: lazy_bench_begin(&lazy->bench);

	if (ret)
		refuse_requests(lazy, ret);
	else
		serve(lazy);
	list_for_each_entry_safe(lm, next, &lazy->mms, node)
		lazy_mm_free(lm);
	lazy_bench_end(&lazy->bench);
	if (READ_ONCE(lazy->stopping))
		complete(&lazy->ended);
	else
		lazy_free(lazy);
	module_put_and_kthread_exit(0);
	return 0;	/* not reached */
}

/* In the restarter */

/* lazy_server_start() - it waits for what there is to be served */
int lazy_server_start(struct kcr_ctx *ctx, struct kcr_lazy *lazy)
{
	struct task_struct *task;

	__module_get(THIS_MODULE);
	task = kthread_run(server, lazy, "kcr_lazy");
	if (IS_ERR(task)) {
		module_put(THIS_MODULE);
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(task),
				"no thread can be made (errno %ld)", -PTR_ERR(task));
	}
	lazy->task = task;
	return 0;
}

/* lazy_server_go() - the program runs: @lazy is the server's own from now on */
void lazy_server_go(struct kcr_lazy *lazy)
{
	/* It may be gone as soon as it sees this. */
	spin_lock(&lazy->lock);
	WRITE_ONCE(lazy->going, true);
	WRITE_ONCE(lazy->kicked, true);
	wake_up(&lazy->wait);
	spin_unlock(&lazy->lock);
}

/* lazy_server_stop() - nobody is left who could wait for a page */
void lazy_server_stop(struct kcr_lazy *lazy)
{
	if (lazy->task) {
		WRITE_ONCE(lazy->stopping, true);
		wake_up(&lazy->wait);
		wait_for_completion(&lazy->ended);
	}
	lazy_free(lazy);
}

/* In a checkpoint */

/* kcr_lazy_serves() - have some pages of it not come yet? */
bool kcr_lazy_serves(const struct mm_struct *mm)
{
	struct lazy_mm *lm;
	bool found = false;

	spin_lock(&served_lock);
	list_for_each_entry(lm, &served, served)
		if (lm->mm == mm)
			found = true;
	spin_unlock(&served_lock);
	return found;
}

/**
 * kcr_lazy_wait() - wait until all pages of the target have come
 * @ctx: the operation, before anything is parked
 *
 * Not longer than it may take to park. Of its descendants, or if it has taken too
 * long, the cut finds out.
 */
int kcr_lazy_wait(struct kcr_ctx *ctx)
{
	struct mm_struct *mm = get_task_mm(ctx->root->leader);
	long left = msecs_to_jiffies(ctx->timeout_ms);

	if (!mm)
		return 0;
	for (;;) {
		left = wait_event_interruptible_timeout(served_wait, kcr_cancelled(ctx) ||
							!kcr_lazy_serves(mm), left);
		if (left >= 0 || kcr_interrupted(ctx))
			break;
		left = HZ;	/* only a stop */
	}
	mmput(mm);
	if (kcr_cancelled(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	if (left < 0)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
	return 0;
}
