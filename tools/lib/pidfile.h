/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file that tells the pid of a program.
 */
#ifndef _KCR_PIDFILE_H
#define _KCR_PIDFILE_H

#include <sys/types.h>

#include "tool.h"

int pidfile_write(const char *path, const pid_t *pids, unsigned int count, struct verdict *v);

#endif /* _KCR_PIDFILE_H */
