/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pipe out of which the module reads a chain of images as a full one.
 */
#ifndef _KCR_FEED_H
#define _KCR_FEED_H

#include "chain.h"
#include "op.h"

int feed_run(struct op *op, const struct chain *c, struct verdict *v);

bool feed_wants(const struct chain *c, int fd);
int feed_open(struct chain *c, int fd, const char *name, struct verdict *v);
int feed_owned(const struct chain *c, struct verdict *v);

#endif /* _KCR_FEED_H */
