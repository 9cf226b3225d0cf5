/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The outside of a test: what run.c, which judges, and start.c, which makes
 * processes, share.
 */
#ifndef KCR_HARNESS_RUN_H
#define KCR_HARNESS_RUN_H

#include <limits.h>

#include "harness.h"

/* One process of a test, and where it lives. */
struct run {
	const struct kcr_test *test;
	char dir[PATH_MAX / 2];
	pid_t pid;		/* of the test */
	char why[512];		/* it failed, or was skipped */
};


void bail_out(const char *what);
/* A file of the test; the last few results stay valid. */
const char *path_in(const struct run *run, const char *name);
void short_sleep(void);
/* Seconds for one way; machines that check themselves are slower. */
int patience(const struct run *run);

/* The test's process: begins anew, with nothing of ours in its memory. */
void start_test(struct run *run);
/* Tools, to their end: the exit status as a shell says it; their output is in tool.out. */
int checkpoint(struct run *run, const char *option);
int restart(struct run *run);
/* False: it has not ended so soon. */
bool wait_end(pid_t pid, int *status, int seconds);
int as_shell_says(int status);

#endif
