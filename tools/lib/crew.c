// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks that go through many hands and come out in order.
 *
 * The blocks lie in a ring of two for each worker, which bounds the memory. A
 * failure is one of a block, and comes out in its place: what is before it is
 * still good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"

/* crew_size() - so many workers as there are processors for us, up to a bound */
unsigned int crew_size(void)
{
	cpu_set_t set;
	unsigned int n;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	n = CPU_COUNT(&set);
	return n < CREW_DEFAULT ? n : CREW_DEFAULT;
}

/**
 * slot_room() - make room for so many bytes; what was there is lost
 * @p: the bytes
 * @room: bytes that there is room for
 * @len: bytes that are needed
 */
int slot_room(uint8_t **p, size_t *room, size_t len)
{
	if (len <= *room)
		return 0;
	free(*p);
	*p = malloc(len);
	*room = *p ? len : 0;
	return *p ? 0 : -ENOMEM;
}

static struct slot *slot_at(struct crew *c, uint64_t nr)
{
	return &c->slots[nr % c->nr_slots];
}

/* With the lock. Returns false when everybody is to end. */
static bool wait_for_room(struct crew *c)
{
	while (!c->stop && c->fetched - c->taken == c->nr_slots)
		pthread_cond_wait(&c->changed, &c->lock);
	return !c->stop;
}

/* With the lock, which is let go meanwhile. */
static bool fetch_one(struct crew *c)
{
	struct slot *slot = slot_at(c, c->fetched);
	int r;

	slot->done = false;
	slot->fault = (struct fault){ 0 };
	pthread_mutex_unlock(&c->lock);
	r = c->ops->fetch(c->arg, slot);
	pthread_mutex_lock(&c->lock);
	if (!r)
		return false;
	if (r < 0)
		fault_set(&slot->fault, r, "not enough memory");
	slot->done = r != CREW_RAW;
	c->fetched++;
	pthread_cond_broadcast(&c->changed);
	return r > 0;
}

static void *fetcher(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	while (wait_for_room(c) && fetch_one(c))
		;
	c->ended = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	if (c->ops->leave)
		c->ops->leave(c->arg);
	return NULL;
}

/* With the lock. Returns the next block that somebody is to work on, or NULL. */
static struct slot *next_raw(struct crew *c)
{
	struct slot *slot;

	while (!c->stop) {
		if (c->begun < c->taken)	/* these were ready */
			c->begun = c->taken;
		if (c->begun == c->fetched) {
			if (c->ended)
				return NULL;
			pthread_cond_wait(&c->changed, &c->lock);
			continue;
		}
		slot = slot_at(c, c->begun++);
		if (!slot->done)
			return slot;
	}
	return NULL;
}

static void work_on(struct crew *c, void *needs, struct slot *slot)
{
	if (needs)
		c->ops->work(c->arg, needs, slot);
	else
		fault_set(&slot->fault, -ENOMEM, "not enough memory");
}

static void *worker(void *arg)
{
	struct crew *c = arg;
	void *needs = c->ops->hire(c->arg);
	struct slot *slot;

	pthread_mutex_lock(&c->lock);
	while ((slot = next_raw(c))) {
		pthread_mutex_unlock(&c->lock);
		work_on(c, needs, slot);
		pthread_mutex_lock(&c->lock);
		slot->done = true;
		pthread_cond_broadcast(&c->changed);
	}
	pthread_mutex_unlock(&c->lock);
	if (needs)
		c->ops->fire(c->arg, needs);
	return NULL;
}

static int hire(struct crew *c, unsigned int threads)
{
	int r = 0;

	while (!r && c->nr_workers < threads) {
		r = thread_begin(&c->workers[c->nr_workers], worker, c);
		c->nr_workers += !r;
	}
	if (!c->nr_workers)
		return r;
	r = thread_begin(&c->fetcher, fetcher, c);	/* fewer workers will do */
	c->running = !r;
	return r;
}

/**
 * crew_begin() - start to work
 * @c: filled in; to be ended with crew_end(), also after a failure
 * @ops: what is done
 * @arg: for that
 * @threads: workers, at most CREW_MAX; 0: as many as there are processors
 * @fault: told of a failure
 *
 * Between nudge_begin() and nudge_end().
 */
int crew_begin(struct crew *c, const struct crew_work *ops, void *arg,
	       unsigned int threads, struct fault *fault)
{
	int r;

	*c = (struct crew){ .ops = ops, .arg = arg };
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	threads = threads ? threads : crew_size();
	c->nr_slots = 2 * threads;
	c->slots = calloc(c->nr_slots, sizeof(*c->slots));
	if (!c->slots)
		return fault_set(fault, -ENOMEM, "not enough memory");
	r = hire(c, threads);
	return r < 0 ? fault_set(fault, r, "can't start a thread: %s", strerror(-r)) : 0;
}

/**
 * crew_take() - wait for the next block
 * @c: the crew
 *
 * Returns NULL at the end, or when everybody is to end. The block is the
 * caller's until crew_release().
 */
struct slot *crew_take(struct crew *c)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		if (c->taken < c->fetched && slot_at(c, c->taken)->done) {
			slot = slot_at(c, c->taken);
			break;
		}
		if (c->ended && c->taken == c->fetched)
			break;
		pthread_cond_wait(&c->changed, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return slot;
}

/* crew_release() - the block that was taken last is no longer needed */
void crew_release(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->taken++;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

/* crew_stop() - everybody is to end, whatever is left to do */
void crew_stop(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

/* crew_end() - stop, wait for all, and free the blocks */
void crew_end(struct crew *c)
{
	unsigned int i;

	if (!c->slots)
		return;
	crew_stop(c);
	if (c->running)
		nudge_join(c->fetcher);
	for (i = 0; i < c->nr_workers; i++)
		pthread_join(c->workers[i], NULL);
	for (i = 0; i < c->nr_slots; i++) {
		free(c->slots[i].in);
		free(c->slots[i].out);
	}
	free(c->slots);
	c->slots = NULL;
}
