/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the image is that another one is an increment to.
 */
#ifndef _KCR_PARENTS_H
#define _KCR_PARENTS_H

#include "link.h"

/**
 * struct parents - where it may be
 * @named: files that the user has named
 * @nr_named: of them
 * @alone: it is nowhere else
 * @hint: how the user may name another, behind "name it "
 * @heads: ids of @named, and then of the files in @directory
 * @nr: of @heads
 * @known: of them, those of @named
 * @directory: that was looked into last, NULL: none yet
 */
struct parents {
	const char **named;
	size_t nr_named;
	bool alone;
	const char *hint;
	struct parents_head *heads;
	size_t nr;
	size_t known;
	char *directory;
};

int parents_name(struct parents *p, const char *name);
struct link *parents_find(struct parents *p, const struct link *child, struct verdict *v);
void parents_close(struct parents *p);

#endif /* _KCR_PARENTS_H */
