// SPDX-License-Identifier: GPL-2.0
/*
 * restart(1): make a program from an image, and let it run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/choice.h"
#include "lib/emit.h"
#include "lib/follow.h"
#include "lib/inside.h"
#include "lib/op.h"
#include "lib/peek.h"
#include "lib/pidfile.h"
#include "lib/source.h"
#include "lib/term.h"
#include "lib/text.h"
#include "lib/tool.h"
#include "lib/user.h"
#include "lib/watch.h"

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
	struct choices choices;
	struct cgroups cgroups;
	struct follow follow;
	struct term term;
};

static const char help[] =
"Usage: restart [OPTION]... < IMAGE\n"
"       restart [OPTION]... IMAGE\n"
"Make the program again that checkpoint(1) has saved, let it go on, wait for its\n"
"end, and end as it does. With the second form it gets the standard input.\n"
"\n"
"  -d, --detach        do not wait: return when the program runs\n"
"  -n, --new-pidns     in a pid namespace of its own: no pid can be taken\n"
"  -t, --terminal      give it a terminal of its own, whose keys and screen are\n"
"                      those of this one: for a shell that led its session\n"
"      --as USER       become USER first\n"
"      --lazy          let it run at once, and bring its memory from IMAGE, a regular file,\n"
"                      while it does\n"
"      --parent FILE   where an image is that IMAGE, an increment, needs, if it is not\n"
"                      beside it; may be given repeatedly\n"
"      --trust         as root, take an image that root does not own\n"
"      --any-cpu       also where the processor lacks instructions that the\n"
"                      program could find where it was saved\n"
"      --cgroup=WHERE  keep: the cgroups that it was in, or fail; own: that of restart;\n"
"                      /PATH: there. Otherwise where it was, if that may be\n"
"      --inherit FD:KEY  descriptor FD becomes what KEY was, pipe:[INODE] or\n"
"                      socket:[INODE] (see --external of checkpoint)\n"
"      --pidfile FILE  write the program's pid to FILE before it runs\n"
"      --check         only see whether the image can be restarted here\n"
"  -i, --input FILE    the same as IMAGE\n"
"  -q, --quiet         no progress, only errors\n"
"  -v, --verbose       tell how it went\n"
"      --json          tell how it went as one JSON object\n"
"  -h, --help          print this\n"
"  -V, --version       print the version\n"
"\n"
"Exit status: the program's own, 125 if restart fails. With -d or --check: 0 done,\n"
"1 usage, 2 not permitted, 3 this machine can't give what the image needs, 4 not\n"
"now (a pid is taken), 5 environment, 6 bad image, 7 I/O.\n";

static bool checks(const struct job *job)
{
	return job->request.flags & KCR_RESTART_CHECK;
}

/* With the program's own statuses, ours must be one that tells them apart. */
static int own_status(const struct job *job, enum kcr_class class)
{
	if (class == KCR_CLASS_OK || job->detach || checks(job))
		return class;
	return EXIT_OWN_FAILURE;
}

/*
 * The image was our standard input, which the program would get: give it the
 * terminal that we run in if it had one, otherwise nothing to read.
 */
static void replace_stdin(const struct job *job)
{
	int fd = -1;

	close(STDIN_FILENO);
	if (!job->detach && (job->terminal || peek_wants_terminal(job->source.fd)))
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

/* It has not come to run after all. */
static int drop_pid_file(const struct job *job)
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

/* The program is made, and stands still. */
static int prepared(struct job *job)
{
	if (check_terminal(job) < 0)
		return -1;
	if (job->cgroups.warning && !job->quiet && !job->json)
		say("%s", job->cgroups.warning);
	if (job->pid_file && pidfile_write(job->pid_file, job->pid, &job->verdict) < 0)
		return -1;
	if (job->detach)
		return 0;
	if (follow_begin(&job->follow, &job->verdict) < 0)
		return -1;
	follow_program(&job->follow, job->pid,
		       job->new_pidns ? &job->inside : NULL);
	return 0;
}

static int run(struct job *job)
{
	int r = 0;

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
	if (!r && !checks(job))
		r = cgroup_place(&job->cgroups, job->op.fd, &job->verdict);
	return r;
}

static int restart_here(struct job *job)
{
	bool progress = !job->quiet && !job->terminal && isatty(STDERR_FILENO);

	if (prepare(job, progress) < 0)
		return -1;
	if (checks(job))
		return 0;
	if (prepared(job) < 0)
		return -1;
	if (op_finish(&job->op, KCR_ACTION_COMMIT, &job->verdict) < 0)
		return drop_pid_file(job);
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

/* What pid 1 of the namespace does. */
static _Noreturn void restart_inside(struct job *job)
{
	if (prepare(job, false) < 0)
		fail_inside(job);
	tell(job, INSIDE_PREPARED);
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

static int hear(struct job *job, enum inside_event expected)
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
	r = hear(job, INSIDE_PREPARED);
	if (!r && !checks(job))
		r = prepared(job);
	inside_answer(&job->inside, !r && !checks(job));
	if (!r && !checks(job) && hear(job, INSIDE_RUNNING) < 0)
		r = drop_pid_file(job);
	if (r < 0 || checks(job))
		waitpid(job->inside.init, NULL, 0);
	return r;
}

static int restart(struct job *job)
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
	r = inside_start(&job->inside, &job->verdict);
	if (r > 0)
		restart_inside(job);
	return r < 0 ? r : restart_outside(job);
}

static void report_json(const struct job *job, FILE *file)
{
	struct emit e = { .file = file, .json = true, .compact = true };
	const struct kcr_status *s = &job->op.status;
	const struct verdict *v = &job->verdict;

	emit_begin(&e, NULL);
	emit_s64(&e, "pid", job->pid);
	if (job->source.name)
		emit_string(&e, "image", job->source.name);
	else
		emit_null(&e, "image");
	emit_u64(&e, "threads", s->threads);
	emit_u64(&e, "bytes", s->bytes);
	emit_u64(&e, "pages", s->pages);
	if (job->cgroups.warning)
		emit_string(&e, "warning", job->cgroups.warning);
	else
		emit_null(&e, "warning");
	emit_string(&e, "class", class_name(v->class));
	emit_s64(&e, "error", v->error);
	emit_string(&e, "message", v->text ? v->text : "");
	emit_end(&e);
	fflush(file);
}

static void report_verbose(const struct job *job)
{
	const struct kcr_status *s = &job->op.status;
	char bytes[TEXT_NUMBER];

	say("process %d runs, with %u threads, from an image of %s", job->pid,
	    s->threads, text_bytes(bytes, s->bytes));
}

/* Standard output is the program's if we wait for it. */
static void report(const struct job *job)
{
	if (job->json)
		report_json(job, job->detach || checks(job) ? stdout : stderr);
	else if (job->verdict.class != KCR_CLASS_OK)
		say_lines(job->verdict.text ? job->verdict.text : "failed");
	else if (checks(job) && !job->quiet)
		printf("the image can be restarted here\n");
	else if (job->verbose && !checks(job))
		report_verbose(job);
}

enum {
	OPT_AS = 256,
	OPT_LAZY,
	OPT_PARENT,
	OPT_TRUST,
	OPT_ANY_CPU,
	OPT_PIDFILE,
	OPT_CHECK,
	OPT_CGROUP,
	OPT_INHERIT,
	OPT_JSON,
};

static const struct option options[] = {
	{ "detach",	no_argument, NULL, 'd' },
	{ "new-pidns",	no_argument, NULL, 'n' },
	{ "terminal",	no_argument, NULL, 't' },
	{ "as",		required_argument, NULL, OPT_AS },
	{ "lazy",	no_argument, NULL, OPT_LAZY },
	{ "parent",	required_argument, NULL, OPT_PARENT },
	{ "trust",	no_argument, NULL, OPT_TRUST },
	{ "any-cpu",	no_argument, NULL, OPT_ANY_CPU },
	{ "cgroup",	required_argument, NULL, OPT_CGROUP },
	{ "inherit",	required_argument, NULL, OPT_INHERIT },
	{ "pidfile",	required_argument, NULL, OPT_PIDFILE },
	{ "check",	no_argument, NULL, OPT_CHECK },
	{ "input",	required_argument, NULL, 'i' },
	{ "quiet",	no_argument, NULL, 'q' },
	{ "verbose",	no_argument, NULL, 'v' },
	{ "json",	no_argument, NULL, OPT_JSON },
	{ "help",	no_argument, NULL, 'h' },
	{ "version",	no_argument, NULL, 'V' },
	{ }
};

/* Returns -1 after a mistake of the user's. */
static int take_option(struct job *job, int option)
{
	switch (option) {
	case 'd':
		job->detach = true;
		return 0;
	case 'n':
		job->new_pidns = true;
		return 0;
	case 't':
		job->terminal = true;
		return 0;
	case OPT_AS:
		job->user = optarg;
		return 0;
	case OPT_LAZY:
		job->request.flags |= KCR_RESTART_LAZY;
		job->source.lazy = true;
		return 0;
	case OPT_PARENT:
		return parents_name(&job->source.chain.parents, optarg);
	case OPT_TRUST:
		job->request.flags |= KCR_RESTART_TRUST;
		job->source.trusted = true;
		return 0;
	case OPT_ANY_CPU:
		job->request.flags |= KCR_RESTART_ANY_CPU;
		return 0;
	case OPT_CGROUP:
		if (cgroup_parse(&job->cgroups, optarg) < 0)
			return usage("--cgroup=%s: keep, own or a path from /", optarg);
		return 0;
	case OPT_INHERIT:
		if (choice_inherit(&job->choices, optarg) < 0)
			return usage("--inherit %s: is not FD:pipe:[INODE] or FD:socket:[INODE]",
				     optarg);
		return 0;
	case OPT_PIDFILE:
		job->pid_file = optarg;
		return 0;
	case OPT_CHECK:
		job->request.flags |= KCR_RESTART_CHECK;
		return 0;
	case 'i':
		job->source.name = optarg;
		return 0;
	case 'q':
		job->quiet = true;
		return 0;
	case 'v':
		job->verbose = true;
		return 0;
	case OPT_JSON:
		job->json = true;
		return 0;
	case 'h':
		fputs(help, stdout);
		exit(0);
	case 'V':
		tool_version();
		exit(0);
	default:
		return usage("%s", "unknown or incomplete option");
	}
}

static int parse(struct job *job, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "dnti:qvhV", options, NULL)) != -1)
		if (take_option(job, option) < 0)
			return -1;
	if (optind < argc && job->source.name)
		return usage("%s: one image at a time", argv[optind]);
	if (optind < argc)
		job->source.name = argv[optind++];
	if (optind < argc)
		return usage("%s: one image at a time", argv[optind]);
	if (job->detach && job->terminal)
		return usage("%s", "--terminal is ours to pass on: not with --detach");
	/* It reads all, once: that is what is checked then. */
	if (checks(job)) {
		job->request.flags &= ~KCR_RESTART_LAZY;
		job->source.lazy = false;
	}
	/* The init of a new pid namespace stays, as the program's parent. */
	if (job->detach && !job->new_pidns)
		job->request.flags |= KCR_RESTART_DETACH;
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = {
		.request.size = sizeof(job.request),
		.source.fd = -1,
		.op.fd = -1,
		.cgroups = { .mount = -1, .file = -1 },
		.term = { .master = -1, .slave = -1 },
	};
	int r;

	tool_begin("restart");
	if (parse(&job, argc, argv) < 0)
		return own_status(&job, KCR_CLASS_USAGE);
	r = restart(&job);
	if (r < 0) {		/* before anyone is told: nothing is left */
		op_close(&job.op);
		cgroup_undo(&job.cgroups);
	}
	report(&job);
	if (r < 0 || job.detach || checks(&job))
		return own_status(&job, job.verdict.class);
	close(job.source.fd);
	op_close(&job.op);
	follow_running(&job.follow, job.terminal ? &job.term : NULL);
	follow(&job.follow);
}
