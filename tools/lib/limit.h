/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The limit on what memory a checkpoint takes, because the program goes on while
 * its memory is written (--max-extra): a thread beside KCR_IOC_RUN, which stops
 * the program if need be.
 */
#ifndef _KCR_LIMIT_H
#define _KCR_LIMIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "op.h"

/**
 * struct limit - the limit, and who sees to it
 * @bytes: how much
 * @set: there is one
 * @request: what stops the program
 * @op: descriptor of the checkpoint
 * @second: the operation that has stopped the program, or none
 * @verdict: why it could not be stopped
 * @ended: the checkpoint has
 * @thread: the thread
 * @running: whether there is one
 * @pause_ns: how long it was stopped
 */
struct limit {
	uint64_t bytes;
	bool set;
	struct kcr_checkpoint request;
	int op;
	struct op second;
	struct verdict verdict;
	atomic_bool ended;
	pthread_t thread;
	bool running;
	uint64_t pause_ns;
};

int limit_begin(struct limit *l, int op, const struct kcr_checkpoint *request,
		struct verdict *v);
/* Once the checkpoint is over: the program goes on. -1: it could not be stopped. */
int limit_end(struct limit *l, struct verdict *v);

#endif /* _KCR_LIMIT_H */
