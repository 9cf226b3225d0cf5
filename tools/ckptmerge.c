// SPDX-License-Identifier: GPL-2.0
/*
 * ckptmerge(1): make one full image of a chain of increments.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/chain.h"
#include "lib/emit.h"
#include "lib/merge.h"
#include "lib/output.h"
#include "lib/pack.h"
#include "lib/text.h"
#include "lib/tool.h"

/**
 * struct job - what the user wants, and how it goes
 * @names: of the images, the oldest first
 * @nr: of them
 * @path: of the full image, NULL for standard output
 * @quiet: say nothing but errors
 * @verbose: say how it went
 * @json: say how it went in JSON
 * @verdict: how it went
 * @chain: the images
 * @sum: what was written
 * @out: where the full image goes
 * @pack: who compresses it
 */
struct job {
	char **names;
	size_t nr;
	const char *path;
	bool quiet;
	bool verbose;
	bool json;
	struct verdict verdict;
	struct chain chain;
	struct merge_sum sum;
	struct output out;
	struct pack pack;
};

static const char help[] =
"Usage: ckptmerge [OPTION]... IMAGE... > FULL\n"
"Make one full image of an increment and all images that it needs: those that are\n"
"named, the oldest first, or, if only the increment is named, those beside it.\n"
"\n"
"  -o, --output FILE   write to FILE, which appears when it is complete\n"
"  -z, --zstd[=LEVEL]  compress the image, 1 to 19 (3); also -zLEVEL\n"
"      --lz4           compress it, faster and less\n"
"      --threads=N     compress in so many threads (as many as processors)\n"
"  -q, --quiet         only errors\n"
"  -v, --verbose       tell what was merged\n"
"      --json          tell how it went as one JSON object\n"
"  -h, --help          print this\n"
"  -V, --version       print the version\n"
"\n"
"Exit status: 0 done, 1 usage, 2 not permitted, 5 environment, 6 a bad image, or\n"
"one that is missing, 7 I/O.\n";

static struct output *output_in_work;

/* What was begun without being a file without a name is not left behind. */
static void on_signal(int sig)
{
	if (output_in_work->temporary[0])
		unlinkat(output_in_work->directory, output_in_work->temporary, 0);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_signals(struct output *out)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action;
	size_t i;

	output_in_work = out;
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			signal(signals[i], on_signal);
}

/* Are the images that were named the chain, in its order? */
static int check_order(struct job *job)
{
	const struct chain *c = &job->chain;
	size_t i;

	if (job->nr == 1)
		return 0;
	for (i = 1; i < c->nr && i < job->nr; i++)
		if (strcmp(c->links[i]->name, job->names[job->nr - 1 - i]))
			return fail(&job->verdict, KCR_CLASS_IMAGE, EINVAL,
				    "%s is not an increment to %s, but to %s: name the oldest first",
				    c->links[i - 1]->name, job->names[job->nr - 1 - i],
				    c->links[i]->name);
	if (c->nr < job->nr)
		return fail(&job->verdict, KCR_CLASS_IMAGE, EINVAL,
			    "%s is a full image, not an increment to %s",
			    c->links[c->nr - 1]->name, job->names[job->nr - 1 - c->nr]);
	return 0;
}

static int open_chain(struct job *job)
{
	struct parents *p = &job->chain.parents;
	size_t i;

	p->alone = job->nr > 1;
	p->hint = job->nr > 1 ? "too" : "before it";
	for (i = 0; i + 1 < job->nr; i++)
		if (parents_name(p, job->names[i]) < 0)
			return fail(&job->verdict, KCR_CLASS_ENVIRONMENT, ENOMEM,
				    "not enough memory");
	if (chain_open_file(&job->chain, job->names[job->nr - 1], &job->verdict) < 0)
		return -1;
	return check_order(job);
}

static int write_full(void *arg, int fd, struct verdict *v)
{
	struct job *job = arg;

	return merge_write(&job->chain, fd, &job->sum, v);
}

static int always(void *arg)
{
	(void)arg;
	return 0;
}

static int merge(struct job *job)
{
	struct pack_from from = { .write = write_full, .writer = job, .go_on = always };
	int r;

	if (open_chain(job) < 0)
		return -1;
	catch_signals(&job->out);
	if (output_open(&job->out, job->path, &job->verdict) < 0)
		return -1;
	if (job->pack.codec)
		r = pack_feed(&job->pack, job->out.fd, &from, &job->verdict);
	else
		r = write_full(job, job->out.fd, &job->verdict);
	if (r < 0 || output_sync(&job->out, &job->verdict) < 0)
		return -1;
	return output_publish(&job->out, &job->verdict);
}

static void report_json(const struct job *job, FILE *file)
{
	struct emit e = { .file = file, .json = true, .compact = true };
	const struct verdict *v = &job->verdict;

	emit_begin(&e, NULL);
	if (job->path)
		emit_string(&e, "image", job->path);
	else
		emit_null(&e, "image");
	emit_u64(&e, "images", job->chain.nr);
	emit_u64(&e, "bytes", job->sum.bytes);
	pack_emit(&job->pack, &e);
	emit_u64(&e, "pages", job->sum.pages);
	emit_u64(&e, "pages_earlier", job->sum.earlier);
	emit_string(&e, "class", class_name(v->class));
	emit_s64(&e, "error", v->error);
	emit_string(&e, "message", v->text ? v->text : "");
	emit_end(&e);
}

static void report_verbose(const struct job *job)
{
	char bytes[TEXT_NUMBER];

	say("%zu images as one of %s: %" PRIu64 " pages, %" PRIu64 " of them from images before the newest",
	    job->chain.nr, text_bytes(bytes, job->sum.bytes), job->sum.pages, job->sum.earlier);
	if (job->pack.codec)
		pack_say(&job->pack);
}

static void report(const struct job *job)
{
	if (job->json)
		report_json(job, job->path ? stdout : stderr);
	else if (job->verdict.class != KCR_CLASS_OK)
		say_lines(job->verdict.text ? job->verdict.text : "failed");
	else if (job->verbose && !job->quiet)
		report_verbose(job);
}

enum {
	OPT_LZ4 = 256,
	OPT_THREADS,
	OPT_JSON,
};

static const struct option options[] = {
	{ "output",	required_argument, NULL, 'o' },
	{ "zstd",	optional_argument, NULL, 'z' },
	{ "lz4",	no_argument, NULL, OPT_LZ4 },
	{ "threads",	required_argument, NULL, OPT_THREADS },
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
	case 'o':
		job->path = optarg;
		return 0;
	case 'z':
		if (pack_choose(&job->pack, &codec_zstd, optarg) < 0)
			return usage("-z%s: is no level from 1 to 19", optarg);
		return 0;
	case OPT_LZ4:
		return pack_choose(&job->pack, &codec_lz4, NULL);
	case OPT_THREADS:
		if (pack_threads(&job->pack, optarg) < 0)
			return usage("--threads=%s: is no number from 1 to 64", optarg);
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
	while ((option = getopt_long(argc, argv, "o:z::qvhV", options, NULL)) != -1)
		if (take_option(job, option) < 0)
			return -1;
	if (optind == argc)
		return usage("%s", "which image? (the newest, or all, the oldest first)");
	job->names = argv + optind;
	job->nr = argc - optind;
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = {
		.out = { .fd = -1, .directory = -1 },
	};

	tool_begin("ckptmerge");
	if (parse(&job, argc, argv) < 0)
		return KCR_CLASS_USAGE;
	merge(&job);
	pack_close(&job.pack);
	output_close(&job.out);
	report(&job);
	chain_close(&job.chain);
	return job.verdict.class;
}
