/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The images of one process in a directory: PID.NUMBER.kcr, the higher the
 * number the newer, and PID.kcr, a symbolic link to the newest.
 */
#ifndef _KCR_SERIES_H
#define _KCR_SERIES_H

#include <sys/types.h>

#include "tool.h"

#define SERIES_NAME	64	/* bytes of the longest name */

/**
 * struct series - where they are
 * @path: of the directory
 * @fd: the directory
 * @pid: whose images
 * @name: of the one that is being made
 */
struct series {
	const char *path;
	int fd;
	pid_t pid;
	char name[SERIES_NAME];
};

int series_open(struct series *s, const char *path, pid_t pid, struct verdict *v);
char *series_next(struct series *s, unsigned int full_every, char **parent, struct verdict *v);
int series_add(struct series *s, unsigned int keep, struct verdict *v);

#endif /* _KCR_SERIES_H */
