/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks that go through many hands and come out in order: one thread fetches,
 * several work, the caller takes.
 */
#ifndef _KCR_CREW_H
#define _KCR_CREW_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "codec.h"

#define CREW_MAX	64u	/* workers */
#define CREW_DEFAULT	16u	/* workers, if nobody says how many */

/* What fetching returns, beside 0 at the end and a negative errno. */
#define CREW_RAW	1	/* a worker is to do it */
#define CREW_READY	2	/* it is done already */

/**
 * struct slot - a block on its way
 * @in: as it was fetched
 * @in_len: bytes of it
 * @in_room: bytes that there is room for
 * @out: as it was made
 * @out_len: bytes of it; with CREW_RAW, whoever fetches may tell what they are to be
 * @out_room: bytes that there is room for
 * @offset: where it was
 * @done: it may be taken
 * @fault: why not
 */
struct slot {
	uint8_t *in;
	size_t in_len;
	size_t in_room;
	uint8_t *out;
	size_t out_len;
	size_t out_room;
	uint64_t offset;
	bool done;
	struct fault fault;
};

/**
 * struct crew_work - what a crew does
 * @fetch: fill a slot's @in, or @out
 * @hire: what one worker needs, or NULL
 * @fire: let go of it
 * @work: make @out from @in
 * @leave: nothing more is fetched; may be NULL
 */
struct crew_work {
	int (*fetch)(void *arg, struct slot *slot);
	void *(*hire)(void *arg);
	void (*fire)(void *arg, void *needs);
	void (*work)(void *arg, void *needs, struct slot *slot);
	void (*leave)(void *arg);
};

/**
 * struct crew - the threads and the blocks
 * @ops: what they do
 * @arg: for that
 * @lock: of all that follows
 * @changed: any of it has
 * @slots: a ring
 * @nr_slots: of them
 * @fetched: blocks so far
 * @begun: blocks that a worker has, or had
 * @taken: blocks that the caller has let go
 * @ended: nothing more will be fetched
 * @stop: everybody is to end; read without the lock too
 * @fetcher: a thread
 * @workers: threads
 * @nr_workers: of them
 * @running: the fetcher is there
 */
struct crew {
	const struct crew_work *ops;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot *slots;
	unsigned int nr_slots;
	uint64_t fetched;
	uint64_t begun;
	uint64_t taken;
	bool ended;
	atomic_bool stop;
	pthread_t fetcher;
	pthread_t workers[CREW_MAX];
	unsigned int nr_workers;
	bool running;
};

int crew_begin(struct crew *c, const struct crew_work *ops, void *arg,
	       unsigned int threads, struct fault *fault);
struct slot *crew_take(struct crew *c);
void crew_release(struct crew *c);
void crew_stop(struct crew *c);
void crew_end(struct crew *c);
unsigned int crew_size(void);

int slot_room(uint8_t **p, size_t *room, size_t len);

/**
 * struct nudge - how a thread is woken that waits for a pipe
 * @old: what became of the signal before
 * @mask: the caller's signals before
 */
struct nudge {
	struct sigaction old;
	sigset_t mask;
};

void nudge_begin(struct nudge *n);
void nudge_end(const struct nudge *n);
void nudge_join(pthread_t thread);
int thread_begin(pthread_t *thread, void *(*run)(void *), void *arg);

#endif /* _KCR_CREW_H */
