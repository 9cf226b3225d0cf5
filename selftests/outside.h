/* SPDX-License-Identifier: GPL-2.0 */
/* Somebody who is not of the tree of a test. */
#ifndef KCR_OUTSIDE_H
#define KCR_OUTSIDE_H

#include <sys/prctl.h>
#include <sys/wait.h>

#include "kcr_harness.h"

/* A grandchild whose parent ends leaves the tree; it calls @fn, and sleeps until it is killed. */
static inline pid_t outside(void (*fn)(int arg), int arg)
{
	pid_t pid, other = 0;
	int status, fd[2];

	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (!pid) {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, 0);
			fn(arg);
			other = getpid();
			ASSERT_EQ(sizeof(other), write(fd[1], &other, sizeof(other)));
			close(fd[0]);
			close(fd[1]);
			sleep(60);
		}
		_exit(0);
	}
	close(fd[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(sizeof(other), read(fd[0], &other, sizeof(other)));
	close(fd[0]);
	return other;
}

#endif
