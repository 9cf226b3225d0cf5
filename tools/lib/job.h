/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A restart, as the user wants it.
 */
#ifndef _KCR_JOB_H
#define _KCR_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "choice.h"
#include "copies.h"
#include "follow.h"
#include "inside.h"
#include "op.h"
#include "source.h"
#include "term.h"

/**
 * struct job - what the user wants, and how it goes
 * @request: for the module
 * @user: who to become, NULL for no one
 * @pid_file: where to write the pid, NULL for nowhere
 * @detach: do not wait for the program
 * @new_pidns: give it a pid namespace of its own
 * @terminal: give it a terminal of its own
 * @quiet: say nothing but errors
 * @verbose: say how it went
 * @json: say how it went in JSON
 * @verdict: how it went
 * @source: where the image is
 * @op: the operation
 * @pid: of the program
 * @inside: the namespace's init, with @new_pidns
 * @copies: with several programs: all of them; @pid is the first's
 * @choices: which of our descriptors it gets
 * @cgroups: where it is put
 * @follow: who waits for the program
 * @term: the program's terminal, with @terminal
 */
struct job {
	struct kcr_restart request;
	const char *user;
	const char *pid_file;
	bool detach;
	bool new_pidns;
	bool terminal;
	bool quiet;
	bool verbose;
	bool json;
	struct verdict verdict;
	struct source source;
	struct op op;
	pid_t pid;
	struct inside inside;
	struct copies copies;
	struct choices choices;
	struct cgroups cgroups;
	struct follow follow;
	struct term term;
};

/* Is only looked at whether it could be made? */
static inline bool job_checks(const struct job *job)
{
	return job->request.flags & KCR_RESTART_CHECK;
}

/* Each returns 0, or -1 after fail(). */
int job_restart(struct job *job);
int job_hear(struct job *job, enum inside_event expected);
int job_announce(struct job *job, const pid_t *pids, unsigned int count);
int job_drop_pid_file(const struct job *job);

/* What pid 1 of a new pid namespace does. */
_Noreturn void job_inside(struct job *job);

#endif /* _KCR_JOB_H */
