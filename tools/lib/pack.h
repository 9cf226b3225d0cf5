/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pipe into which the module writes an image, and out of which it comes
 * compressed.
 */
#ifndef _KCR_PACK_H
#define _KCR_PACK_H

#include "crew.h"
#include "emit.h"
#include "op.h"
#include "seek.h"

/**
 * struct pack - what the user wants, and the threads behind the pipe
 * @codec: how to compress, NULL: not at all
 * @level: of the codec
 * @threads: workers, 0: as many as there are processors
 * @out: where the compressed image goes
 * @pipe: both ends; -1: not open
 * @crew: who compresses
 * @nudge: how it is ended
 * @writer: thread that writes to @out
 * @running: it is there
 * @begun: there is something to close
 * @seek: the table
 * @plain: bytes that came in so far
 * @packed: bytes that went out so far
 * @fault: what has gone wrong; to be looked at when @writer has ended
 */
struct pack {
	const struct codec *codec;
	int level;
	unsigned int threads;
	int out;
	int pipe[2];
	struct crew crew;
	struct nudge nudge;
	pthread_t writer;
	bool running;
	bool begun;
	struct seek seek;
	atomic_ullong plain;
	atomic_ullong packed;
	struct fault fault;
};

int pack_choose(struct pack *p, const struct codec *codec, const char *level);
int pack_threads(struct pack *p, const char *arg);

/**
 * struct pack_from - where an image comes from
 * @write: writes it
 * @writer: for that
 * @go_on: asked while what is written is compressed; less than 0: no
 * @arg: for that
 */
struct pack_from {
	int (*write)(void *writer, int fd, struct verdict *v);
	void *writer;
	int (*go_on)(void *arg);
	void *arg;
};

int pack_feed(struct pack *p, int out, const struct pack_from *from, struct verdict *v);
int pack_run(struct pack *p, struct op *op, int out, int (*go_on)(void *arg), void *arg,
	     struct verdict *v);
void pack_close(struct pack *p);

void pack_emit(const struct pack *p, struct emit *e);
void pack_say(const struct pack *p);

#endif /* _KCR_PACK_H */
