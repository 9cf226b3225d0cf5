/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where restart(1) reads the image: a file or a pipe, compressed or not, one image
 * or a chain of increments.
 */
#ifndef KCR_SOURCE_H
#define KCR_SOURCE_H

#include <stdbool.h>

#include "chain.h"
#include "op.h"

/**
 * struct source - where the image is
 * @name: as the user has named it, NULL for standard input
 * @trusted: it need not be root's where root restarts it
 * @lazy: its pages are read while the program runs already
 * @fd: descriptor of the image
 * @packed: it is compressed
 * @increment: it is one, or may be one that comes through a pipe
 * @chain: with @increment, and what the user has named
 */
struct source {
	const char *name;
	bool trusted;
	bool lazy;
	int fd;
	bool packed;
	bool increment;
	struct chain chain;
};

/* Each returns 0, or -1 after fail(). */
int source_open(struct source *s, struct verdict *v);
int source_run(struct source *s, struct op *op, struct verdict *v);

#endif /* KCR_SOURCE_H */
