/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many programs from one image: each in a pid namespace and a session of its own.
 *
 * The first one reads the image; the others are made from it while it is prepared,
 * with the descriptor of its operation. All are made before one of them runs.
 */
#ifndef _KCR_COPIES_H
#define _KCR_COPIES_H

#include "follow.h"
#include "inside.h"

struct job;

#define COPIES_MAX	10000

/**
 * struct copy - one of them
 * @inside: its namespace
 * @follow: who waits for it
 * @ended: it has
 * @status: and this is how, as a shell tells it
 */
struct copy {
	struct inside inside;
	struct follow follow;
	bool ended;
	int status;
};

/**
 * struct copies - all of them
 * @nr: how many are wanted; 0: the program, and no copies
 * @made: so many have been begun
 * @running: so many have been told to run
 * @list: of @nr
 * @pids: of @nr, as they are outside
 * @template: descriptor of the first one's operation
 * @first: how that stood, when it had read the image
 */
struct copies {
	unsigned int nr, made, running;
	struct copy *list;
	pid_t *pids;
	int template;
	struct kcr_status first;
};

/* Each returns 0 or -1: it is no such number; after fail() */
int copies_parse(struct copies *c, const char *text);
int copies_restart(struct job *job);

/* Wait until all have ended, and exit with the first status that is not 0. */
_Noreturn void copies_follow(struct copies *c, const struct follow *f);

#endif /* _KCR_COPIES_H */
