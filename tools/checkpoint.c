// SPDX-License-Identifier: GPL-2.0
/*
 * checkpoint(1): save a running program into an image.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "checkpoint.h"
#include "lib/cgroup.h"
#include "lib/choice.h"
#include "lib/emit.h"
#include "lib/increment.h"
#include "lib/interval.h"
#include "lib/limit.h"
#include "lib/list.h"
#include "lib/number.h"
#include "lib/op.h"
#include "lib/output.h"
#include "lib/pack.h"
#include "lib/periodic.h"
#include "lib/text.h"
#include "lib/tool.h"
#include "lib/track.h"
#include "lib/watch.h"

/* How often to look whether the reader of a pipe has taken all. */
#define DRAIN_INTERVAL_NS	20000000

/**
 * struct job - what the user wants, and how it goes
 * @request: for the module
 * @after: what is to become of the program
 * @path: of the image, NULL for standard output
 * @choices: what becomes of what is shared with others
 * @cgroup: whose processes are saved too, NULL for none
 * @quiet: say nothing but errors
 * @verbose: say how it went
 * @json: say how it went in JSON
 * @list: only list what is under way
 * @increment: to which image, if to any
 * @periodic: again and again, if that has an interval
 * @track: what spares looking at pages, from one to the next
 * @verdict: how it went
 * @op: the operation
 * @out: where the image goes
 * @pack: who compresses it
 * @watch: what goes on beside it
 * @limit: on the memory that it takes
 */
struct job {
	struct kcr_checkpoint request;
	enum kcr_action after;
	const char *path;
	const char *cgroup;
	struct choices choices;
	bool quiet;
	bool verbose;
	bool json;
	bool list;
	struct increment increment;
	struct periodic periodic;
	struct track track;
	struct verdict verdict;
	struct op op;
	struct output out;
	struct pack pack;
	struct watch watch;
	struct limit limit;
};

static bool checks(const struct job *job)
{
	return job->request.flags & KCR_CKPT_CHECK;
}

static bool holds(const struct job *job)
{
	return job->request.flags & KCR_CKPT_HOLD;
}

static bool packs(const struct job *job)
{
	return job->pack.codec && !checks(job);
}

static int check_caught(struct job *job)
{
	if (!watch_caught(&job->watch))
		return 0;
	return fail(&job->verdict, KCR_CLASS_TRANSIENT, EINTR, "interrupted");
}

/* A program must not be killed while its image is still in a pipe. */
static int wait_for_reader(struct job *job)
{
	const struct timespec interval = { .tv_nsec = DRAIN_INTERVAL_NS };
	int r;

	while (!(r = output_drained(&job->out, &job->verdict))) {
		if (check_caught(job) < 0)
			return -1;
		nanosleep(&interval, NULL);
	}
	return r < 0 ? -1 : 0;
}

static int secure_image(struct job *job)
{
	if (check_caught(job) < 0 || output_sync(&job->out, &job->verdict) < 0)
		return -1;
	if (holds(job) && wait_for_reader(job) < 0)
		return -1;
	if (check_caught(job) < 0)
		return -1;
	return output_publish(&job->out, &job->verdict);
}

static int go_on(void *job)
{
	return check_caught(job);
}

static int run(struct job *job)
{
	int r;

	watch_begin(&job->watch, job->op.fd);
	if (limit_begin(&job->limit, job->op.fd, &job->request, &job->verdict) < 0)
		r = -1;
	else if (packs(job))
		r = pack_run(&job->pack, &job->op, job->out.fd, go_on, job, &job->verdict);
	else
		r = op_run(&job->op, checks(job) ? -1 : job->out.fd, &job->verdict);
	if (limit_end(&job->limit, &job->verdict) < 0)
		r = -1;
	if (!r && !checks(job))
		r = secure_image(job);
	watch_end(&job->watch);
	if (!r)
		op_look(&job->op);
	return r;
}

/* The image is there: from here on a signal comes too late. */
static void finish(struct job *job)
{
	struct verdict v = { 0 };

	if (!op_finish(&job->op, job->after, &v)) {
		op_look(&job->op);	/* the pause of a held program ends here */
		return;
	}
	fail(&job->verdict, v.class, v.error,
	     "the image is complete, but process %d goes on: %s",
	     job->request.pid, v.text ? v.text : strerror(v.error));
	free(v.text);
}

static void checkpoint(struct job *job)
{
	if (increment_open(&job->increment, &job->request, &job->verdict) < 0)
		return;
	track_fill(&job->track, &job->request);
	if (job->cgroup &&
	    cgroup_find(job->cgroup, &job->request, &job->verdict) < 0)
		return;
	job->request.nr_choices = job->choices.nr;
	job->request.choices = (__u64)(uintptr_t)job->choices.list;
	if (!checks(job) &&
	    output_open(&job->out, job->path, &job->verdict) < 0)
		return;
	if (op_checkpoint(&job->op, &job->request, &job->verdict) < 0)
		return;
	if (run(job) < 0 || checks(job))
		return;
	finish(job);
}

/* What stops the program from being saved is an answer, not an accident. */
static void take_blockers(struct job *job)
{
	if (!checks(job) || !job->op.status.blockers)
		return;
	free(job->verdict.text);
	job->verdict.class = KCR_CLASS_UNSUPPORTED;
	job->verdict.text = strdup(job->op.text ? job->op.text : "");
}

static void report_json(const struct job *job, FILE *file)
{
	struct emit e = { .file = file, .json = true, .compact = true };
	const struct kcr_status *s = &job->op.status;
	const struct verdict *v = &job->verdict;

	emit_begin(&e, NULL);
	emit_s64(&e, "pid", job->request.pid);
	if (job->path && !checks(job))
		emit_string(&e, "image", job->path);
	else
		emit_null(&e, "image");
	increment_emit(&job->increment, &e);
	emit_u64(&e, "threads", s->threads);
	emit_u64(&e, "bytes", checks(job) ? s->bytes_total : s->bytes);
	pack_emit(&job->pack, &e);
	emit_u64(&e, "pages", s->pages);
	emit_u64(&e, "pages_zero", s->pages_zero);
	emit_u64(&e, "pages_file", s->pages_file);
	emit_u64(&e, "pages_earlier", s->pages_earlier);
	track_emit(s, &e);
	emit_u64(&e, "pause_ns", s->pause_ns);
	emit_u64(&e, "park_ns", s->park_ns);
	emit_u64(&e, "extra_pause_ns", job->limit.pause_ns);
	emit_u64(&e, "file_bytes", s->file_bytes);
	if (checks(job))
		emit_lines(&e, "blockers", s->blockers ? v->text : NULL);
	emit_string(&e, "class", class_name(v->class));
	emit_s64(&e, "error", v->error);
	emit_string(&e, "message", v->text ? v->text : "");
	emit_end(&e);
}

static void report_check(const struct job *job)
{
	char size[TEXT_NUMBER];

	if (job->verdict.class == KCR_CLASS_OK && !job->quiet)
		printf("process %d can be saved, in about %s\n",
		       job->request.pid,
		       text_bytes(size, job->op.status.bytes_total));
	if (job->verdict.class != KCR_CLASS_OK)
		say_lines(job->verdict.text ? job->verdict.text : "failed");
}

static void report_verbose(const struct job *job)
{
	const struct kcr_status *s = &job->op.status;
	char pause[TEXT_NUMBER], park[TEXT_NUMBER], bytes[TEXT_NUMBER];

	say("process %d stood still for %s; its threads (%u) had stopped after %s",
	    job->request.pid, text_ns(pause, s->pause_ns), s->threads,
	    text_ns(park, s->park_ns));
	if (job->limit.pause_ns)
		say("and for %s more, so that it takes no more memory than --max-extra allows",
		    text_ns(pause, job->limit.pause_ns));
	say("%s: %" PRIu64 " pages; left out: %" PRIu64 " of zeros, %" PRIu64 " that files hold",
	    text_bytes(bytes, s->bytes), (uint64_t)s->pages,
	    (uint64_t)s->pages_zero, (uint64_t)s->pages_file);
	increment_say(&job->increment, s->pages_earlier);
	track_say(&job->track, s);
	if (packs(job))
		pack_say(&job->pack);
}

static void report(const struct job *job)
{
	bool image_on_stdout = !job->path && !checks(job);

	if (job->json)
		report_json(job, image_on_stdout ? stderr : stdout);
	else if (checks(job))
		report_check(job);
	else if (job->verdict.class != KCR_CLASS_OK)
		say_lines(job->verdict.text ? job->verdict.text : "failed");
	else if (job->verbose)
		report_verbose(job);
}

/* What --every goes with, and what goes with it alone. */
static int check_periodic(const struct job *job)
{
	const struct periodic *p = &job->periodic;

	if (!p->every)
		return p->keep || p->full_every || p->max_load || job->track.how ?
			usage("%s", "--keep, --full-every, --max-load and --track are for --every") : 0;
	if (!job->path)
		return usage("%s", "--every needs a directory (-o DIR)");
	if (holds(job) || checks(job))
		return usage("%s", "--every lets the process go on: no --kill, --stop or --check");
	if (job->track.how && p->full_every < 2)
		return usage("%s", "--track is for increments: --full-every=N");
	if (track_takes_memory(&job->track) && job->limit.set)
		return usage("%s", "--track=snapshot takes memory between images, which --max-extra can't limit");
	return 0;
}

static int check_parent(const struct job *job)
{
	if (job->increment.parent && (checks(job) || job->periodic.every))
		return usage("%s", "--parent is for one checkpoint: no --check or --every");
	return 0;
}

static int set_scope(struct job *job, __u32 scope)
{
	const __u32 all = KCR_CKPT_SINGLE | KCR_CKPT_SESSION | KCR_CKPT_GROUP |
			  KCR_CKPT_CGROUP;

	if (job->request.flags & all & ~scope)
		return usage("%s", "--single, --session, --group and --cgroup exclude each other");
	job->request.flags |= scope;
	return 0;
}

static int set_after(struct job *job, enum kcr_action after)
{
	if (holds(job) && job->after != after)
		return usage("%s", "--kill and --stop exclude each other");
	job->request.flags |= KCR_CKPT_HOLD;
	job->after = after;
	return 0;
}

/* Returns -1 after a mistake of the user's. */
static int take_option(struct job *job, int option)
{
	switch (option) {
	case 'o':
		job->path = optarg;
		return 0;
	case OPT_PARENT:
		return increment_choose(&job->increment, optarg);
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
	case OPT_EVERY:
		if (interval_parse(optarg, &job->periodic.every) < 0)
			return usage("--every=%s: is no interval (minutes, m:s, h:m:s, d-h, d-h:m or d-h:m:s)",
				     optarg);
		return 0;
	case OPT_KEEP:
		if (periodic_keep(&job->periodic, optarg) < 0)
			return usage("--keep=%s: is no number of images", optarg);
		return 0;
	case OPT_FULL_EVERY:
		if (periodic_full_every(&job->periodic, optarg) < 0)
			return usage("--full-every=%s: is no number of images", optarg);
		return 0;
	case OPT_MAX_LOAD:
		if (periodic_load(&job->periodic, optarg) < 0)
			return usage("--max-load=%s: is no load", optarg);
		return 0;
	case 'k':
		return set_after(job, KCR_ACTION_KILL);
	case OPT_STOP:
		return set_after(job, KCR_ACTION_STOP);
	case OPT_CHECK:
		job->request.flags |= KCR_CKPT_CHECK;
		return 0;
	case OPT_WITH_FILES:
		job->request.flags |= KCR_CKPT_WITH_FILES;
		return 0;
	case OPT_CACHED:
		job->request.flags &= ~KCR_CKPT_DIRECT;
		return 0;
	case OPT_EXTERNAL:
		if (choice_external(&job->choices, optarg) < 0)
			return usage("--external %s: is not KEY=inherit:FD, KEY=reconnect, KEY=close or KEY=eof",
				     optarg);
		return 0;
	case OPT_SINGLE:
		return set_scope(job, KCR_CKPT_SINGLE);
	case OPT_SESSION:
		return set_scope(job, KCR_CKPT_SESSION);
	case OPT_GROUP:
		return set_scope(job, KCR_CKPT_GROUP);
	case OPT_CGROUP:
		job->cgroup = optarg;
		return set_scope(job, KCR_CKPT_CGROUP);
	case OPT_LIST:
		job->list = true;
		return 0;
	case 't':
		if (number_seconds(optarg, &job->request.timeout_ms) < 0)
			return usage("%s is no number of seconds", optarg);
		return 0;
	case OPT_TRACK:
		if (track_choose(&job->track, optarg) < 0)
			return usage("--track=%s: is neither hash nor snapshot", optarg);
		return 0;
	case OPT_MAX_EXTRA:
		if (number_bytes(optarg, &job->limit.bytes) < 0)
			return usage("--max-extra=%s: is no size (bytes, or with K, M, G)", optarg);
		job->limit.set = true;
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
	while ((option = getopt_long(argc, argv, "o:z::kt:qvhV", options, NULL)) != -1)
		if (take_option(job, option) < 0)
			return -1;
	if (job->list)
		return optind == argc ? 0 : usage("%s", "--list takes no process");
	if (checks(job))	/* of whatever would be done otherwise */
		job->request.flags &= ~KCR_CKPT_HOLD;
	if (check_periodic(job) < 0 || check_parent(job) < 0)
		return -1;
	if (optind == argc && job->cgroup && !job->periodic.every)
		return 0;
	if (optind == argc)
		return usage("%s", "which process? (its id is missing)");
	if (optind + 1 < argc)
		return usage("%s: one process at a time", argv[optind + 1]);
	if (number_pid(argv[optind], &job->request.pid) < 0)
		return usage("%s is no process id", argv[optind]);
	return 0;
}

static int list(struct job *job)
{
	if (list_operations(job->json, &job->verdict) < 0 && !job->json)
		say_lines(job->verdict.text ? job->verdict.text : "failed");
	return job->verdict.class;
}

/* One checkpoint; returns the exit status. */
static int once(void *arg, const char *path, const char *parent)
{
	struct job *job = arg;
	int caught;

	job->path = path;
	if (parent)
		job->increment.parent = parent;
	watch_init(&job->watch, isatty(STDERR_FILENO) && !job->quiet);
	if (packs(job))
		job->watch.progress.packed = &job->pack.packed;
	watch_signals(&job->watch);
	tool_delay_stop();
	checkpoint(job);
	take_blockers(job);
	op_close(&job->op);
	pack_close(&job->pack);
	output_close(&job->out);
	increment_close(&job->increment);
	caught = watch_caught(&job->watch);
	if (caught && job->verdict.class != KCR_CLASS_OK)
		tool_die_of(caught);
	if (job->verdict.class != KCR_CLASS_TRANSIENT || !periodic_over(&job->periodic))
		report(job);
	return job->verdict.class;
}

static int periodic(struct job *job)
{
	struct verdict v = { 0 };
	int status;

	if (!job->periodic.keep)
		job->periodic.keep = KEEP_DEFAULT;
	job->periodic.quiet = job->quiet;
	status = track_open(&job->track, &v);
	if (!status)
		status = periodic_run(&job->periodic, job->path, job->request.pid, once,
				      job, &v);
	if (status >= 0)
		return status;
	say_lines(v.text);
	return v.class;
}

int main(int argc, char **argv)
{
	struct job job = {
		.request = { .size = sizeof(job.request), .flags = KCR_CKPT_DIRECT },
		.after = KCR_ACTION_RESUME,
		.op.fd = -1,
		.increment.base.fd = -1,
		.track.fd = -1,
		.out = { .fd = -1, .directory = -1 },
	};

	tool_begin("checkpoint");
	if (parse(&job, argc, argv) < 0)
		return KCR_CLASS_USAGE;
	if (job.list)
		return list(&job);
	return job.periodic.every ? periodic(&job) : once(&job, job.path, NULL);
}
