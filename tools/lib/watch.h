/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread beside KCR_IOC_RUN: draws the progress line, and turns Ctrl-C into
 * a cancellation.
 */
#ifndef _KCR_WATCH_H
#define _KCR_WATCH_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "progress.h"

/**
 * struct watch - the thread and what it watches
 * @signals: that cancel; blocked from watch_signals() on
 * @progress: the line
 * @draw: whether there is a line
 * @op: descriptor of the operation
 * @wake: eventfd that ends the thread
 * @signal_fd: where the signals arrive
 * @caught: signal that has cancelled, 0 for none
 * @thread: the thread
 * @running: whether there is one
 */
struct watch {
	sigset_t signals;
	struct progress progress;
	bool draw;
	int op;
	int wake;
	int signal_fd;
	atomic_int caught;
	pthread_t thread;
	bool running;
};

void watch_init(struct watch *w, bool draw);
void watch_signals(struct watch *w);
int watch_begin(struct watch *w, int op);
void watch_end(struct watch *w);
int watch_caught(struct watch *w);

#endif /* _KCR_WATCH_H */
