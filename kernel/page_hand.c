// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are where they stay, before their bytes are: huge ones.
 *
 * Only the process itself can make them, by a fault that clears them; the bytes may be
 * read by anybody (page_run.c). So it hands every other run to the controller, if that
 * has nothing better to do, and reads the others while the controller reads that. It
 * goes on when all are there. Who has read a page says that it has changed.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "kcr.h"
#include "made.h"
#include "mm/mm.h"
#include "reader.h"

/**
 * struct kcr_handed - pages of a run that are to be read
 * @shared: the run
 * @first: the first page, counted in that
 * @count: of @pages
 * @pages: a reference each
 */
struct kcr_handed {
	struct kcr_shared_run *shared;
	unsigned int first, count;
	struct page *pages[];
};

/**
 * struct kcr_hands - between the process that is being made and the controller
 * @lock: protects the rest
 * @next: what the controller may read next, NULL: nothing
 * @reading: it reads
 * @maker: where the process waits for that
 */
struct kcr_hands {
	spinlock_t lock;
	struct kcr_handed *next;
	bool reading;
	wait_queue_head_t maker;
};

/* kcr_hands_make() - NULL after kcr_nomem() */
struct kcr_hands *kcr_hands_make(struct kcr_ctx *ctx)
{
	struct kcr_hands *hands = kzalloc(sizeof(*hands), GFP_KERNEL);

	if (!hands) {
		kcr_nomem(ctx);
		return NULL;
	}
	spin_lock_init(&hands->lock);
	init_waitqueue_head(&hands->maker);
	return hands;
}

static void handed_free(struct kcr_handed *h)
{
	if (!h)
		return;
	kcr_pages_done(h->pages, h->count);
	kcr_run_put(h->shared);
	kfree(h);
}

/* kcr_hands_drop() - nobody that was made reads any more; NULL is fine */
void kcr_hands_drop(struct kcr_hands *hands)
{
	if (!hands)
		return;
	handed_free(hands->next);
	kfree(hands);
}

static int handed_read(struct kcr_handed *h)
{
	int ret = kcr_run_read(h->shared, h->first, h->pages, h->count);

	handed_free(h);
	return ret;
}

static struct kcr_handed *take(struct kcr_hands *hands, bool reading)
{
	struct kcr_handed *h;

	spin_lock(&hands->lock);
	h = hands->next;
	WRITE_ONCE(hands->next, NULL);
	if (h && reading)
		hands->reading = true;
	spin_unlock(&hands->lock);
	return h;
}

/* In the controller */

/* kcr_hands_full() - is there something to read? */
bool kcr_hands_full(const struct kcr_hands *hands)
{
	return READ_ONCE(hands->next);
}

/**
 * kcr_hands_read() - read what the process has handed over
 * @hands: in the controller
 *
 * Return: 1: that is done; 0: there is nothing; or an error in words.
 */
int kcr_hands_read(struct kcr_hands *hands)
{
	struct kcr_handed *h = take(hands, true);
	int ret;

	if (!h)
		return 0;
	ret = handed_read(h);
	/* With it come the bytes, or ctx->error: see kcr_hands_end(). */
	smp_store_release(&hands->reading, false);
	wake_up(&hands->maker);
	return ret ?: 1;
}

/* In the process */

/* Whether the controller has been given it. */
static bool hand_over(struct kcr_hands *hands, struct kcr_handed *h)
{
	bool free;

	spin_lock(&hands->lock);
	free = !hands->next;
	if (free)
		WRITE_ONCE(hands->next, h);
	spin_unlock(&hands->lock);
	return free;
}

/**
 * kcr_hands_fill() - read a run's pages, or have them read
 * @ctx: the operation; current is the leader whose pages they are
 * @shared: the run
 * @first: the first page, counted in that
 * @pages: where they are; the references are not the caller's any more
 * @count: of them, 1 to KCR_READ_MAX
 */
int kcr_hands_fill(struct kcr_ctx *ctx, struct kcr_shared_run *shared, unsigned int first,
		   struct page **pages, unsigned int count)
{
	struct kcr_handed *h = kmalloc(struct_size(h, pages, count), GFP_KERNEL);

	if (!h) {
		kcr_pages_done(pages, count);
		return kcr_nomem(ctx);
	}
	h->shared = kcr_run_get(shared);
	h->first = first;
	h->count = count;
	memcpy(h->pages, pages, count * sizeof(*pages));
	if (!hand_over(ctx->hands, h))
		return handed_read(h);
	wake_up(&ctx->park_wait);
	return 0;
}

/**
 * kcr_hands_end() - all that was handed over is read
 * @ctx: the operation; current is the leader whose pages they are
 */
int kcr_hands_end(struct kcr_ctx *ctx)
{
	struct kcr_hands *hands = ctx->hands;
	struct kcr_handed *h = take(hands, false);
	int ret = h ? handed_read(h) : 0;

	if (ret)
		return ret;
	/* Pairs with kcr_hands_read(). */
	if (wait_event_killable(hands->maker, !smp_load_acquire(&hands->reading)))
		return -EINTR;
	return READ_ONCE(ctx->error);
}
