// SPDX-License-Identifier: GPL-2.0
/*
 * Pages on their way from the image to the memory that they belong to.
 *
 * The controller reads them, from the first to the end of the image; each process
 * puts its own in place when it is its turn. So the next ones are read
 * while a process maps those before, restores its records or makes its children.
 * Runs of pages are handed over in parts, in the order of the image. Where both can
 * read (page_run.c) there is always one part that nobody has read, for a
 * process that has mapped those before it: it need not wait for the controller then,
 * which reads that part, too, when it has nothing else to do. What is read straight
 * to where it stays the process reads for itself: shared memory, while the controller
 * waits, and huge pages, of which the controller reads some (page_hand.c).
 *
 * A page that waits is nobody's: it is charged to whom it is mapped for. So there
 * are few of them.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "template.h"
#include "kcr.h"
#include "made.h"
#include "mm/mm.h"
#include "reader.h"

#define FEED_MAX	2048u	/* pages that may wait */
#define ALLOC_AT_ONCE	32u
#define HUGE_WEIGHT	64u	/* what a run weighs of which only the hashes are here */

/**
 * struct kcr_part - of a run, or all of it
 * @node: in kcr_feed.parts
 * @run: its head, with where the part begins, and how long that is
 * @direct: who takes it reads its pages, and the controller waits
 * @shared: the run, if others may read it; NULL: they may not
 * @first: its first page, counted in that
 * @reading: the controller reads it, after all
 * @weight: what it counts for in kcr_feed.waiting
 * @count: of @pages; 0: it is to be read, or has no bytes
 * @pages: a reference each; NULL: mapped
 */
struct kcr_part {
	struct list_head node;
	struct kcr_img_pages run;
	bool direct;
	struct kcr_shared_run *shared;
	unsigned int first;
	bool reading;
	unsigned int weight;
	unsigned int count;
	struct page *pages[];
};

/**
 * struct kcr_feed - what has been read and not been taken
 * @lock: protects all but @direct_ret, which belongs to who takes a part until
 *	@direct_done is set
 * @parts: struct kcr_part, in the order of the image
 * @waiting: pages in @parts; each counts as one at least
 * @unread: of @parts, the one that nobody has begun to read, NULL: none
 * @ended: nothing will be added
 * @direct_done: the part that was to be read directly has been
 * @direct_ret: how that ended
 * @taker: where whoever builds itself waits for a part
 */
struct kcr_feed {
	spinlock_t lock;
	struct list_head parts;
	unsigned int waiting;
	struct kcr_part *unread;
	bool ended;
	bool direct_done;
	int direct_ret;
	wait_queue_head_t taker;
};

static void part_free(struct kcr_part *part)
{
	unsigned int i;

	for (i = 0; i < part->count; i++)
		if (part->pages[i])
			put_page(part->pages[i]);
	kcr_run_put(part->shared);
	kfree(part);
}

/* Some at a time: interrupts may have to wait while they are cleared. */
static int part_alloc(struct kcr_ctx *ctx, struct kcr_part *part, unsigned int count, int node)
{
	while (part->count < count) {
		struct page **pages = part->pages + part->count;
		unsigned int n = min(count - part->count, ALLOC_AT_ONCE);

		n = alloc_pages_bulk_array_node(GFP_HIGHUSER_MOVABLE, node, n, pages);
		if (!n)
			return kcr_nomem(ctx);
		part->count += n;
	}
	return 0;
}

static int part_fill(struct kcr_ctx *ctx, struct kcr_part *part, int node)
{
	unsigned int count = le32_to_cpu(part->run.count);
	int ret = part_alloc(ctx, part, count, node);

	if (ret)
		return ret;
	return part->shared ? kcr_run_read(part->shared, part->first, part->pages, count) :
			      kcr_read_run(ctx, part->pages, count);
}

/* In the controller */

static bool has_room(struct kcr_ctx *ctx)
{
	return READ_ONCE(ctx->feed->waiting) < FEED_MAX;
}

static bool direct_done(struct kcr_ctx *ctx)
{
	/* With it comes @direct_ret, and that the reader's state is ours again. */
	return smp_load_acquire(&ctx->feed->direct_done);
}

/* All are made, and nobody has wanted what is left. */
static int unwanted(struct kcr_ctx *ctx)
{
	return kcr_bad_image(ctx, "pages that are not in the order of the processes");
}

/* The controller has time: what was left for the process is read now, if that has not begun. */
static int read_left(struct kcr_ctx *ctx)
{
	struct kcr_feed *feed = ctx->feed;
	struct kcr_part *part;
	int ret;

	spin_lock(&feed->lock);
	part = feed->unread;
	feed->unread = NULL;
	if (part)
		part->reading = true;
	spin_unlock(&feed->lock);
	if (!part)
		return 0;
	ret = part_fill(ctx, part, NUMA_NO_NODE);
	/* With it come its pages, or ctx->error; the process may free it then. */
	smp_store_release(&part->reading, false);
	wake_up(&feed->taker);
	return ret;
}

static bool handed(struct kcr_ctx *ctx)
{
	return kcr_hands_full(ctx->hands);
}

static bool has_room_or_handed(struct kcr_ctx *ctx)
{
	return has_room(ctx) || handed(ctx);
}

static int wait_for_room(struct kcr_ctx *ctx)
{
	int ret = has_room(ctx) ? 0 : read_left(ctx) ?: 1;

	while (ret > 0 && !has_room(ctx))
		ret = kcr_made_wait(ctx, has_room_or_handed) ?: kcr_hands_read(ctx->hands);
	/* The process may have taken it back. */
	if (!ret && !has_room(ctx))
		ret = kcr_made_wait(ctx, has_room);
	if (ret < 0)
		return ret;
	return has_room(ctx) ? 0 : unwanted(ctx);
}

static unsigned int weight_of(const struct kcr_part *part)
{
	if (part->count)
		return part->count;
	return part->shared && part->run.flags & cpu_to_le32(KCR_PAGES_HUGE) ? HUGE_WEIGHT : 1;
}

static int push(struct kcr_ctx *ctx, struct kcr_part *part, bool unread)
{
	struct kcr_feed *feed = ctx->feed;
	int ret = wait_for_room(ctx);

	if (ret) {
		part_free(part);
		return ret;
	}
	spin_lock(&feed->lock);
	list_add_tail(&part->node, &feed->parts);
	if (unread)
		feed->unread = part;
	part->weight = weight_of(part);
	WRITE_ONCE(feed->waiting, feed->waiting + part->weight);
	spin_unlock(&feed->lock);
	wake_up(&feed->taker);
	return 0;
}

static struct kcr_part *part_of(struct kcr_ctx *ctx, const struct kcr_img_pages *run,
				unsigned int first, unsigned int count, unsigned int room)
{
	struct kcr_part *part = kzalloc(struct_size(part, pages, room), GFP_KERNEL);

	if (!part) {
		kcr_nomem(ctx);
		return NULL;
	}
	part->run = *run;
	part->run.addr = cpu_to_le64(le64_to_cpu(run->addr) + ((u64)first << PAGE_SHIFT));
	part->run.count = cpu_to_le32(count);
	return part;
}

static int push_whole(struct kcr_ctx *ctx, const struct kcr_img_pages *run, bool direct,
		      struct kcr_shared_run *shared)
{
	struct kcr_part *part = part_of(ctx, run, 0, le32_to_cpu(run->count), 0);

	if (!part)
		return -ENOMEM;
	part->direct = direct;
	part->shared = kcr_run_get(shared);
	return push(ctx, part, false);
}

/* How it ended is what the process has made of it: KCR_PAGES_SKIP perhaps. */
static int push_direct(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	int ret;

	WRITE_ONCE(ctx->feed->direct_done, false);
	ret = push_whole(ctx, run, true, NULL) ?: read_left(ctx) ?: kcr_made_wait(ctx, direct_done);
	if (ret)
		return ret;
	return direct_done(ctx) ? ctx->feed->direct_ret : unwanted(ctx);
}

/* The process makes them, and the controller does not wait for that. */
static int push_huge(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	struct kcr_shared_run *shared = kcr_run_share(ctx);
	int ret;

	if (!shared)
		return push_direct(ctx, run);
	ret = push_whole(ctx, run, false, shared);
	kcr_run_put(shared);
	return ret;
}

/* Where the process runs: its memory is near to it, as if it had made it itself. */
static int node_of(const struct kcr_process *p)
{
	struct task_struct *leader = p ? READ_ONCE(p->leader) : NULL;

	return leader ? cpu_to_node(task_cpu(leader)) : NUMA_NO_NODE;
}

static bool has_unread(struct kcr_feed *feed)
{
	bool has;

	spin_lock(&feed->lock);
	has = feed->unread;
	spin_unlock(&feed->lock);
	return has;
}

static int push_part(struct kcr_ctx *ctx, struct kcr_part *part, int node)
{
	bool unread = part->shared && !has_unread(ctx->feed);
	int ret = unread ? 0 : part_fill(ctx, part, node);

	if (!ret)
		return push(ctx, part, unread);
	part_free(part);
	return ret;
}

static int push_read(struct kcr_ctx *ctx, const struct kcr_img_pages *run,
		     const struct kcr_process *p)
{
	unsigned int first, n, count = le32_to_cpu(run->count);
	struct kcr_shared_run *shared = kcr_run_share(ctx);
	struct kcr_part *part;
	int ret = 0;

	for (first = 0; first < count && !ret; first += n) {
		n = min(count - first, KCR_READ_MAX);
		part = part_of(ctx, run, first, n, n);
		if (!part) {
			ret = -ENOMEM;
			break;
		}
		part->shared = kcr_run_get(shared);
		part->first = first;
		ret = push_part(ctx, part, node_of(p));
	}
	kcr_run_put(shared);
	return ret;
}

static int feed_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	const struct kcr_rec *mm = kcr_rec_find(ctx, le32_to_cpu(run->mm), KCR_KIND_MM);
	u32 flags = le32_to_cpu(run->flags);

	if (kcr_template_note(ctx, run))
		return ctx->error;
	if (flags & KCR_PAGES_NO_BYTES)
		return push_whole(ctx, run, false, NULL);
	if (!mm)
		return push_direct(ctx, run);
	if (flags & KCR_PAGES_HUGE)
		return push_huge(ctx, run);
	return push_read(ctx, run, mm->process);
}

static int feed_make(struct kcr_ctx *ctx)
{
	struct kcr_feed *feed = kzalloc(sizeof(*feed), GFP_KERNEL);

	if (!feed)
		return kcr_nomem(ctx);
	spin_lock_init(&feed->lock);
	INIT_LIST_HEAD(&feed->parts);
	init_waitqueue_head(&feed->taker);
	ctx->hands = kcr_hands_make(ctx);
	if (!ctx->hands) {
		kfree(feed);
		return -ENOMEM;
	}
	ctx->feed = feed;
	return 0;
}

/* kcr_feed_begin() - before anything is made */
int kcr_feed_begin(struct kcr_ctx *ctx)
{
	return ctx->feed ? 0 : feed_make(ctx);
}

/**
 * kcr_feed() - read all pages, and the rest of the image
 * @ctx: the operation; current is the controller, and processes are being made
 *
 * Return: 0 when all that is made is parked, and has taken all pages.
 */
int kcr_feed(struct kcr_ctx *ctx)
{
	struct kcr_feed *feed = ctx->feed;
	int ret = kcr_read_pages(ctx, feed_run) ?: read_left(ctx);

	if (ret)
		return ret;
	spin_lock(&feed->lock);
	feed->ended = true;
	spin_unlock(&feed->lock);
	wake_up(&feed->taker);
	do {
		ret = kcr_made_wait(ctx, handed) ?: kcr_hands_read(ctx->hands);
	} while (ret > 0);
	/* The process may have taken it back. */
	ret = ret ?: kcr_made_wait(ctx, NULL);
	if (ret)
		return ret;
	return list_empty(&feed->parts) ? 0 : unwanted(ctx);
}

/* In the process */

static bool taker_may_go(struct kcr_ctx *ctx)
{
	struct kcr_feed *feed = ctx->feed;
	bool go;

	spin_lock(&feed->lock);
	go = feed->ended || !list_empty(&feed->parts);
	spin_unlock(&feed->lock);
	return go;
}

/* What nobody has begun to read is ours now, and the controller may leave another one. */
static int read_unread(struct kcr_ctx *ctx, struct kcr_part *part)
{
	struct kcr_feed *feed = ctx->feed;
	bool ours;

	spin_lock(&feed->lock);
	ours = feed->unread == part;
	if (ours)
		feed->unread = NULL;
	spin_unlock(&feed->lock);
	if (ours)
		return part_fill(ctx, part, NUMA_NO_NODE);
	/* Pairs with read_left(): the pages are there, or ctx->error. */
	if (wait_event_killable(feed->taker, !smp_load_acquire(&part->reading)))
		return -EINTR;
	return part->shared ? READ_ONCE(ctx->error) : 0;
}

/* The next part, which stays where it is; NULL: there is none any more. */
static struct kcr_part *next_part(struct kcr_ctx *ctx)
{
	struct kcr_feed *feed = ctx->feed;
	struct kcr_part *part;

	if (wait_event_killable(feed->taker, taker_may_go(ctx)))
		return ERR_PTR(-EINTR);
	spin_lock(&feed->lock);
	part = list_first_entry_or_null(&feed->parts, struct kcr_part, node);
	spin_unlock(&feed->lock);
	return part;
}

/* The controller goes on when there is room for a good deal. */
static void part_taken(struct kcr_ctx *ctx, struct kcr_part *part, int ret)
{
	struct kcr_feed *feed = ctx->feed;
	unsigned int before, now;

	spin_lock(&feed->lock);
	list_del(&part->node);
	before = feed->waiting;
	now = before - part->weight;
	WRITE_ONCE(feed->waiting, now);
	spin_unlock(&feed->lock);
	if (part->direct) {
		feed->direct_ret = ret;
		/* What was read directly comes before: see direct_done(). */
		smp_store_release(&feed->direct_done, true);
	}
	if (part->direct || (before > FEED_MAX / 2 && now <= FEED_MAX / 2))
		wake_up(&ctx->park_wait);
	part_free(part);
}

/**
 * kcr_feed_take() - put the pages of a process in place
 * @p: current is its leader, and its mappings are there
 *
 * Shared memory whose pages come before its own is filled, too.
 */
int kcr_feed_take(struct kcr_process *p)
{
	struct kcr_ctx *ctx = p->ctx;
	struct kcr_part *part;
	int ret;

	for (;;) {
		part = next_part(ctx);
		if (IS_ERR(part))
			return PTR_ERR(part);
		if (!part)
			return kcr_hands_end(ctx);
		ret = read_unread(ctx, part);
		if (ret)
			return ret;
		ret = kcr_mm_page_run(p, &part->run, part->count ? part->pages : NULL, part->shared);
		if (ret == KCR_PAGES_OTHERS)
			return kcr_hands_end(ctx);
		part_taken(ctx, part, ret);
		if (ret < 0)
			return ret;
		cond_resched();
	}
}

/* kcr_feed_drop() - nobody that was made takes any more */
void kcr_feed_drop(struct kcr_ctx *ctx)
{
	struct kcr_part *part, *next;

	if (!ctx->feed)
		return;
	list_for_each_entry_safe(part, next, &ctx->feed->parts, node)
		part_free(part);
	kcr_hands_drop(ctx->hands);
	ctx->hands = NULL;
	kfree(ctx->feed);
	ctx->feed = NULL;
}
