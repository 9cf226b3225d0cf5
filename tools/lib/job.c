// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "peek.h"
#include "pidfile.h"
#include "text.h"
#include "tool.h"
#include "user.h"
#include "watch.h"

/* A restart, as the user wants it: how it is done. */

/*
 * The image was our standard input, which the program would get: give it the
 * terminal that we run in if it had one, otherwise nothing to read.
 */
static void replace_stdin(const struct job *job)
{
	int fd = -1;

	close(STDIN_FILENO);
	if (!job->detach && !job->copies.nr &&
	    (job->terminal || peek_wants_terminal(job->source.fd)))
		fd = open("/dev/tty", O_RDWR | O_NOCTTY);
	if (fd < 0)
		open("/dev/null", O_RDONLY | O_NOCTTY);
}

static int open_image(struct job *job)
{
	int r = source_open(&job->source, &job->verdict);

	if (!r && !job->source.name)
		replace_stdin(job);
	return r;
}

/* job_drop_pid_file() - it has not come to run after all; -1 */
int job_drop_pid_file(const struct job *job)
{
	if (job->pid_file)
		unlink(job->pid_file);
	return -1;
}

/* In our session it has our controlling terminal, and no use for another. */
static int check_terminal(struct job *job)
{
	if (job->terminal && getsid(job->pid) == getsid(0))
		return fail(&job->verdict, KCR_CLASS_USAGE, 0,
			    "the program did not lead a session: restart it without --terminal");
	return 0;
}

/* job_announce() - what is made stands still, and will run */
int job_announce(struct job *job, const pid_t *pids, unsigned int count)
{
	if (job->cgroups.warning && !job->quiet && !job->json)
		say("%s", job->cgroups.warning);
	if (job->pid_file && pidfile_write(job->pid_file, pids, count, &job->verdict) < 0)
		return -1;
	return job->detach ? 0 : follow_begin(&job->follow, &job->verdict);
}

static int prepared(struct job *job)
{
	if (check_terminal(job) < 0 || job_announce(job, &job->pid, 1) < 0)
		return -1;
	if (!job->detach)
		follow_program(&job->follow, job->pid,
			       job->new_pidns ? &job->inside : NULL);
	return 0;
}

static int run(struct job *job)
{
	int r = 0;

	if (job->request.flags & KCR_RESTART_COPY)
		return op_run(&job->op, -1, &job->verdict);
	if (job->terminal)
		r = term_enter(&job->term, &job->verdict);
	if (!r)
		r = source_run(&job->source, &job->op, &job->verdict);
	if (job->terminal)
		term_leave(&job->term);
	chain_close(&job->source.chain);
	return r;
}

/* Whoever calls this becomes the program's parent. */
static int prepare(struct job *job, bool progress)
{
	struct watch watch;
	int r;

	job->request.nr_choices = job->choices.nr;
	job->request.choices = (__u64)(uintptr_t)job->choices.list;
	if (op_restart(&job->op, &job->request, &job->verdict) < 0)
		return -1;
	watch_init(&watch, progress);
	if (progress)
		watch_begin(&watch, job->op.fd);
	r = run(job);
	watch_end(&watch);
	job->pid = job->op.status.pid;
	if (!r && !job_checks(job))
		r = cgroup_place(&job->cgroups, job->op.fd, &job->verdict);
	return r;
}

static int restart_here(struct job *job)
{
	bool progress = !job->quiet && !job->terminal && isatty(STDERR_FILENO);

	if (prepare(job, progress) < 0)
		return -1;
	if (job_checks(job))
		return 0;
	if (prepared(job) < 0)
		return -1;
	if (op_finish(&job->op, KCR_ACTION_COMMIT, &job->verdict) < 0)
		return job_drop_pid_file(job);
	return 0;
}

static void tell(struct job *job, enum inside_event event)
{
	struct inside_news news = {
		.event = event,
		.pid = job->pid,
		.class = job->verdict.class,
		.error = job->verdict.error,
		.status = job->op.status,
	};

	if (job->verdict.text)
		strncpy(news.text, job->verdict.text, sizeof(news.text) - 1);
	else if (job->cgroups.warning)
		strncpy(news.text, job->cgroups.warning, sizeof(news.text) - 1);
	inside_tell(&job->inside, &news);
}

static _Noreturn void fail_inside(struct job *job)
{
	job->pid = 0;
	op_close(&job->op);
	cgroup_undo(&job->cgroups);
	tell(job, INSIDE_FAILED);
	_exit(job->verdict.class);
}

/* job_inside() - what pid 1 of a new pid namespace does */
void job_inside(struct job *job)
{
	if (prepare(job, false) < 0)
		fail_inside(job);
	tell(job, INSIDE_PREPARED);
	if (job->request.flags & KCR_RESTART_TEMPLATE)
		inside_give(&job->inside, job->op.fd);
	if (job->request.flags & KCR_RESTART_COPY)
		close(job->request.template_fd);
	if (!inside_asked(&job->inside)) {
		op_close(&job->op);
		cgroup_undo(&job->cgroups);
		_exit(0);
	}
	if (op_finish(&job->op, KCR_ACTION_COMMIT, &job->verdict) < 0)
		fail_inside(job);
	op_close(&job->op);
	close(job->source.fd);
	term_close(&job->term);
	tell(job, INSIDE_RUNNING);
	inside_reap(&job->inside, job->pid);
}

/* job_hear() - what inside has to tell of a program */
int job_hear(struct job *job, enum inside_event expected)
{
	struct inside_news news;

	if (inside_hear(&job->inside, &news, 0) <= 0)
		return fail(&job->verdict, KCR_CLASS_ENVIRONMENT, 0,
			    "the init of the new pid namespace has died");
	if (news.event == INSIDE_FAILED)
		return fail(&job->verdict, news.class, news.error, "%s",
			    news.text);
	if (news.event != expected)
		return fail(&job->verdict, KCR_CLASS_ENVIRONMENT, EPROTO,
			    "the init of the new pid namespace makes no sense");
	if (news.text[0] && !job->cgroups.warning)
		job->cgroups.warning = strdup(news.text);
	job->pid = news.pid;
	job->op.status = news.status;
	return 0;
}

static int restart_outside(struct job *job)
{
	int r;

	chain_close(&job->source.chain);
	if (job->terminal) {
		close(job->term.slave);
		job->term.slave = -1;
	}
	r = job_hear(job, INSIDE_PREPARED);
	if (!r && !job_checks(job))
		r = prepared(job);
	inside_answer(&job->inside, !r && !job_checks(job));
	if (!r && !job_checks(job) && job_hear(job, INSIDE_RUNNING) < 0)
		r = job_drop_pid_file(job);
	if (r < 0 || job_checks(job))
		waitpid(job->inside.init, NULL, 0);
	return r;
}

/* Several programs that take turns at a terminal would get parts of what is typed. */
static void keep_terminal(void)
{
	if (!isatty(STDIN_FILENO))
		return;
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY | O_NOCTTY);
}

/* job_restart() - make the program, or its copies, and let them run */
int job_restart(struct job *job)
{
	int r;

	tool_delay_stop();
	if (job->user && user_become(job->user, &job->verdict) < 0)
		return -1;
	if (open_image(job) < 0)
		return -1;
	if (job->terminal && term_open(&job->term, &job->verdict) < 0)
		return -1;
	if (!job->new_pidns)
		return restart_here(job);
	if (job->copies.nr && !job_checks(job)) {
		keep_terminal();
		return copies_restart(job);
	}
	r = inside_start(&job->inside, &job->verdict);
	if (r > 0)
		job_inside(job);
	return r < 0 ? r : restart_outside(job);
}
