// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "copies.h"
#include "job.h"
#include "number.h"

/* copies_parse() - how many the user wants */
int copies_parse(struct copies *c, const char *text)
{
	int32_t nr;

	if (number_pid(text, &nr) < 0 || nr > COPIES_MAX)
		return -1;
	c->nr = nr;
	return 0;
}

/* Which one was it? What the first one fails for, all would. */
static int blame(struct verdict *v, unsigned int nr)
{
	char *text;

	if (nr && v->text && asprintf(&text, "copy %u: %s", nr + 1, v->text) >= 0) {
		free(v->text);
		v->text = text;
	}
	return -1;
}

/* What pid 1 of a copy's namespace does: nothing of the others is its business. */
static _Noreturn void be_copy(struct job *job)
{
	struct copies *c = &job->copies;
	unsigned int i;

	for (i = 0; i < c->made; i++)
		close(c->list[i].inside.socket);
	setsid();
	job->inside = c->list[c->made].inside;
	job->request.flags |= c->made ? KCR_RESTART_COPY : KCR_RESTART_TEMPLATE;
	if (c->made)
		job->request.template_fd = c->template;
	job_inside(job);
}

static int make_next(struct job *job)
{
	struct copies *c = &job->copies;
	struct copy *copy = &c->list[c->made];
	int r = inside_start(&copy->inside, &job->verdict);

	if (r > 0)
		be_copy(job);
	if (r < 0)
		return r;
	c->made++;
	job->inside = copy->inside;
	if (job_hear(job, INSIDE_PREPARED) < 0)
		return -1;
	c->pids[c->made - 1] = job->pid;
	copy->follow.pid = job->pid;
	copy->follow.inside = &copy->inside;
	return 0;
}

/* What the others are made from. */
static int make_first(struct job *job)
{
	int r = make_next(job);

	chain_close(&job->source.chain);
	if (r < 0)
		return r;
	job->copies.template = inside_take(&job->inside);
	if (job->copies.template < 0)
		return fail(&job->verdict, KCR_CLASS_ENVIRONMENT, EPROTO,
			    "the first copy's operation has not come");
	return 0;
}

static int make_all(struct job *job)
{
	struct copies *c = &job->copies;
	unsigned int nr;

	c->list = calloc(c->nr, sizeof(*c->list));
	c->pids = calloc(c->nr, sizeof(*c->pids));
	if (!c->list || !c->pids)
		return fail(&job->verdict, KCR_CLASS_ENVIRONMENT, ENOMEM,
			    "not enough memory for %u copies", c->nr);
	if (make_first(job) < 0)
		return -1;
	c->first = job->op.status;
	for (nr = 1; nr < c->nr; nr++)
		if (make_next(job) < 0)
			return blame(&job->verdict, nr);
	return 0;
}

static int let_run(struct job *job)
{
	struct copies *c = &job->copies;

	for (; c->running < c->nr; c->running++) {
		job->inside = c->list[c->running].inside;
		inside_answer(&job->inside, true);
		if (job_hear(job, INSIDE_RUNNING) < 0)
			return blame(&job->verdict, c->running++);
	}
	job->op.status = c->first;
	job->pid = c->pids[0];
	return 0;
}

/* Those that were made last go first: cgroups that others have made are empty then. */
static void undo(struct copies *c)
{
	while (c->made--) {
		struct inside *in = &c->list[c->made].inside;

		if (c->made < c->running)
			kill(in->init, SIGKILL);
		else
			inside_answer(in, false);
		waitpid(in->init, NULL, 0);
	}
}

static void forget_template(struct copies *c)
{
	if (c->template >= 0)
		close(c->template);
	c->template = -1;
}

/**
 * copies_restart() - make all, and let them run
 * @job: what the user wants
 *
 * Where one fails, none is left.
 */
int copies_restart(struct job *job)
{
	struct copies *c = &job->copies;
	int r;

	c->template = -1;
	r = make_all(job);
	forget_template(c);
	if (!r)
		r = job_announce(job, c->pids, c->nr);
	if (!r && let_run(job) < 0)
		r = job_drop_pid_file(job);
	if (r < 0)
		undo(c);
	return r;
}

/* Waiting */

/* What stops a terminal's foreground is for us alone: they are in other sessions. */
static void handle_signals(struct copies *c, const struct follow *f)
{
	struct signalfd_siginfo info;
	unsigned int i;

	while (read(f->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			continue;
		case SIGTSTP:
		case SIGTTIN:
		case SIGTTOU:
			raise(SIGSTOP);
			continue;
		}
		for (i = 0; i < c->nr; i++)
			if (!c->list[i].ended)
				follow_pass_on(&c->list[i].follow, &info);
	}
}

static void handle_changes(struct copy *copy)
{
	int code, value;

	while (!copy->ended && follow_change(&copy->follow, &code, &value)) {
		if (code == CLD_STOPPED || code == CLD_CONTINUED || code == CLD_TRAPPED)
			continue;
		copy->ended = true;
		copy->status = code == CLD_EXITED ? value : 128 + value;
	}
}

static int status_of_all(const struct copies *c)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		if (c->list[i].status)
			return c->list[i].status;
	return 0;
}

void copies_follow(struct copies *c, const struct follow *f)
{
	struct pollfd *fds = calloc(c->nr + 1, sizeof(*fds));
	unsigned int i, running;

	for (;;) {
		handle_signals(c, f);
		running = 0;
		for (i = 0; i < c->nr; i++) {
			handle_changes(&c->list[i]);
			running += !c->list[i].ended;
			if (fds)
				fds[i].fd = c->list[i].ended ? -1 : c->list[i].inside.socket;
			if (fds)
				fds[i].events = POLLIN;
		}
		if (!running)
			exit(status_of_all(c));
		if (fds) {
			fds[c->nr].fd = f->signal_fd;
			fds[c->nr].events = POLLIN;
		}
		poll(fds, fds ? c->nr + 1 : 0, fds ? -1 : 100);
	}
}
