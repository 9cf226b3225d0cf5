/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Putting a restarted program where it was in cgroup2.
 */
#ifndef _KCR_CGROUP_H
#define _KCR_CGROUP_H

#include "tool.h"

enum cgroup_mode {
	CGROUP_TRY,	/* where it was, else restart's own, with a warning */
	CGROUP_KEEP,	/* where it was, or fail */
	CGROUP_OWN,	/* restart's own */
};

/**
 * struct cgroups - where to put a program, and what was done for it
 * @mode: what the user wants
 * @top: becomes what the first process's cgroup was, NULL: that itself
 * @warning: why somebody stays in restart's own, NULL for nothing; to be freed
 * @base: cgroup that the first process was in
 * @own: restart's own
 * @mount: the hierarchy, -1: not looked for yet, or there is none
 * @root: which part of it is mounted
 * @file: cgroup.procs of @last, or its cgroup.threads; -1 for none
 * @last: what was opened last
 * @made: cgroups that were made, below @mount, parents first
 * @nr_made: how many
 */
struct cgroups {
	enum cgroup_mode mode;
	const char *top;
	char *warning;
	char *base;
	char *own;
	int mount;
	char *root;
	int file;
	char *last;
	char **made;
	size_t nr_made;
};

int cgroup_parse(struct cgroups *c, const char *arg);
int cgroup_place(struct cgroups *c, int op, struct verdict *v);
void cgroup_undo(struct cgroups *c);
int cgroup_find(const char *path, struct kcr_checkpoint *request, struct verdict *v);

#endif /* _KCR_CGROUP_H */
