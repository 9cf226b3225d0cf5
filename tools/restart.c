// SPDX-License-Identifier: GPL-2.0
/*
 * restart(1): make a program from an image, and let it run.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/emit.h"
#include "lib/job.h"
#include "lib/text.h"
#include "lib/tool.h"

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
"      --copies N      with -n: make N of it, which share memory until they write to it\n"
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

/* With the program's own statuses, ours must be one that tells them apart. */
static int own_status(const struct job *job, enum kcr_class class)
{
	if (class == KCR_CLASS_OK || job->detach || job_checks(job))
		return class;
	return EXIT_OWN_FAILURE;
}

static void emit_pids(struct emit *e, const struct copies *c)
{
	unsigned int i;

	emit_begin_list(e, "pids");
	for (i = 0; i < c->running; i++)
		emit_s64(e, NULL, c->pids[i]);
	emit_end(e);
}

static void report_json(const struct job *job, FILE *file)
{
	struct emit e = { .file = file, .json = true, .compact = true };
	const struct kcr_status *s = &job->op.status;
	const struct verdict *v = &job->verdict;

	emit_begin(&e, NULL);
	emit_s64(&e, "pid", job->pid);
	if (job->copies.nr)
		emit_pids(&e, &job->copies);
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

static void report_copies(const struct job *job)
{
	const struct kcr_status *s = &job->op.status;
	char bytes[TEXT_NUMBER];
	unsigned int i;

	say("%u copies run, with %u threads each, from an image of %s", job->copies.nr,
	    s->threads, text_bytes(bytes, s->bytes));
	for (i = 0; i < job->copies.nr; i++)
		say("copy %u is process %d", i + 1, job->copies.pids[i]);
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
		report_json(job, job->detach || job_checks(job) ? stdout : stderr);
	else if (job->verdict.class != KCR_CLASS_OK)
		say_lines(job->verdict.text ? job->verdict.text : "failed");
	else if (job_checks(job) && !job->quiet)
		printf("the image can be restarted here\n");
	else if (job->verbose && !job_checks(job) && job->copies.nr)
		report_copies(job);
	else if (job->verbose && !job_checks(job))
		report_verbose(job);
}

enum {
	OPT_AS = 256,
	OPT_COPIES,
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
	{ "copies",	required_argument, NULL, OPT_COPIES },
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
	case OPT_COPIES:
		if (copies_parse(&job->copies, optarg) < 0)
			return usage("--copies %s: is no number of copies", optarg);
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
	if (job->copies.nr && !job->new_pidns)
		return usage("%s", "--copies: each needs process ids of its own, so --new-pidns too");
	if (job->copies.nr && (job->terminal || job->source.lazy))
		return usage("%s", "--copies goes neither with --terminal nor with --lazy");
	/* It reads all, once: that is what is checked then. */
	if (job_checks(job)) {
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
	r = job_restart(&job);
	if (r < 0) {		/* before anyone is told: nothing is left */
		op_close(&job.op);
		cgroup_undo(&job.cgroups);
	}
	report(&job);
	if (r < 0 || job.detach || job_checks(&job))
		return own_status(&job, job.verdict.class);
	close(job.source.fd);
	op_close(&job.op);
	if (job.copies.nr)
		copies_follow(&job.copies, &job.follow);
	follow_running(&job.follow, job.terminal ? &job.term : NULL);
	follow(&job.follow);
}
