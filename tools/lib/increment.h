/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the user wants of an increment: checkpoint --parent.
 */
#ifndef _KCR_INCREMENT_H
#define _KCR_INCREMENT_H

#include "base.h"
#include "emit.h"

/**
 * struct increment - to which image
 * @parent: file of that image, NULL: a full image is wanted
 * @chain: that image, and those that it needs
 * @base: what the module wants to know of it
 */
struct increment {
	const char *parent;
	struct chain chain;
	struct base base;
};

int increment_choose(struct increment *i, const char *name);
int increment_open(struct increment *i, struct kcr_checkpoint *request, struct verdict *v);
void increment_close(struct increment *i);

void increment_emit(const struct increment *i, struct emit *e);
void increment_say(const struct increment *i, uint64_t same);

#endif /* _KCR_INCREMENT_H */
