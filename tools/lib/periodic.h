/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same thing again and again, as long as a process lives.
 */
#ifndef _KCR_PERIODIC_H
#define _KCR_PERIODIC_H

#include <stdint.h>
#include <sys/types.h>

#include "series.h"

#define KEEP_DEFAULT	2
#define KEEP_MAX	1000000

/**
 * struct periodic - what is to be done, and when
 * @every: seconds from one to the next; 0: only once, and nothing of this
 * @keep: how many images stay, at least
 * @full_every: so many make a chain of increments; 1: all are full
 * @max_load: with more load than that one is left out; 0 for never
 * @quiet: don't tell of those that were left out
 * @saved: one has been made
 * @series: the images
 * @program: a pidfd of the process
 * @signals: a signalfd: end, or (SIGUSR1) do it now
 */
struct periodic {
	uint64_t every;
	unsigned int keep;
	unsigned int full_every;
	double max_load;
	bool quiet;
	bool saved;
	struct series series;
	int program;
	int signals;
};

/*
 * Makes the image @path, an increment to @parent if that is not NULL, and returns its
 * exit status; in a process of its own.
 */
typedef int (*periodic_once_t)(void *arg, const char *path, const char *parent);

int periodic_keep(struct periodic *p, const char *arg);
int periodic_full_every(struct periodic *p, const char *arg);
int periodic_load(struct periodic *p, const char *arg);
int periodic_run(struct periodic *p, const char *dir, pid_t pid,
		 periodic_once_t once, void *arg, struct verdict *v);
bool periodic_over(const struct periodic *p);

#endif /* _KCR_PERIODIC_H */
