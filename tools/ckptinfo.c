// SPDX-License-Identifier: GPL-2.0
/*
 * ckptinfo(1): what is inside an image.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "info/chain.h"
#include "info/info.h"
#include "info/summary.h"
#include "lib/image.h"
#include "lib/number.h"
#include "lib/packed.h"
#include "lib/text.h"
#include "lib/tool.h"

/**
 * struct job - what the user wants, and how it goes
 * @name: of the image, "-" for standard input
 * @json: print all there is, in JSON
 * @verify: look at every checksum and hash
 * @verbose: print every record
 * @pid: tell all about this process; 0: of a tree, a line for each
 * @tells_chain: also of the images that it needs, and only that
 * @chain: with that: what the user has named
 * @verdict: how it went
 * @packed: where the image comes from if it is compressed
 * @is_packed: it is
 * @img: the image
 * @summary: what is remembered of it
 */
struct job {
	const char *name;
	bool json;
	bool verify;
	bool verbose;
	int32_t pid;
	bool tells_chain;
	struct info_chain chain;
	struct verdict verdict;
	struct packed packed;
	bool is_packed;
	struct image img;
	struct summary summary;
};

static const char help[] =
"Usage: ckptinfo [OPTION]... IMAGE\n"
"Tell what is inside an image that checkpoint(1) has made; - is standard input.\n"
"\n"
"  -p, --pid PID  tell all about one process of a tree\n"
"      --chain    list the images that an increment needs, the newest last\n"
"      --parent FILE  where one of them is, if it is not beside it\n"
"      --verify   read all of it, and look at every checksum\n"
"      --json     print every record, as one JSON object\n"
"  -v, --verbose  print every record\n"
"  -h, --help     print this\n"
"  -V, --version  print the version\n"
"\n"
"Exit status: 0 fine, 1 usage, 2 not permitted, 5 environment, 6 no image, or a\n"
"damaged one, 7 I/O.\n";

static int open_image(struct job *job)
{
	int fd;

	if (!strcmp(job->name, "-")) {
		job->name = "standard input";
		return STDIN_FILENO;
	}
	fd = open(job->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fail_file(&job->verdict, errno, "open", job->name);
	return fd;
}

static void emit_image(struct emit *e, const struct image *img)
{
	static const __u8 none[16];
	const struct kcr_image_head *head = &img->head;

	emit_begin(e, "image");
	emit_u64(e, "version", le16_to_cpu(head->version));
	emit_string(e, "arch", "x86_64");
	emit_bytes(e, "id", head->id, sizeof(head->id));
	if (memcmp(head->parent, none, sizeof(none)))
		emit_bytes(e, "parent", head->parent, sizeof(head->parent));
	else
		emit_null(e, "parent");
	emit_bool(e, "increment",
		  le32_to_cpu(head->flags) & KCR_IMAGE_INCREMENT);
	emit_end(e);
}

/* The pages come later: with them, what the process was called with. */
static void want_command(struct job *job)
{
	const struct summary *s = &job->summary;
	const struct summary_process *p;

	if (!job->img.rec.known || !s->nr_processes ||
	    (job->img.rec.kind != KCR_KIND_MM && job->img.rec.kind != KCR_KIND_PROCESS))
		return;
	p = job->pid ? summary_pid(s, job->pid) : s->processes;
	if (p && p->has_mm)
		image_want(&job->img, p->mm_id, le64_to_cpu(p->mm.arg_start),
			   le64_to_cpu(p->mm.arg_end));
}

/* All records, one after the other; returns what ended it. */
static int read_records(struct job *job, struct emit *e)
{
	int r;

	if (e)
		emit_begin_list(e, "records");
	while ((r = image_next(&job->img)) > 0) {
		summary_note(&job->summary, &job->img.rec);
		want_command(job);
		if (e)
			info_print(e, &job->img.rec);
	}
	if (e)
		emit_end(e);
	summary_sort(&job->summary);
	return r;
}

static void emit_packed(const struct job *job, struct emit *e)
{
	const char *name = job->is_packed ? packed_name(&job->packed) : NULL;

	if (!name) {
		emit_null(e, "compression");
		return;
	}
	emit_string(e, "compression", name);
	emit_u64(e, "compressed_bytes", packed_bytes(&job->packed));
	emit_ratio(e, "ratio", job->img.sum.offset, packed_bytes(&job->packed));
	emit_bool(e, "seekable", job->packed.seeks);
}

static void show_packed(const struct job *job)
{
	char packed[TEXT_NUMBER], plain[TEXT_NUMBER];
	uint64_t bytes = packed_bytes(&job->packed);

	if (!job->img.ended || !bytes)
		return;
	printf("\nCompressed with %s: %s instead of %s, %.2f : 1%s\n",
	       packed_name(&job->packed), text_bytes(packed, bytes),
	       text_bytes(plain, job->img.sum.offset),
	       (double)job->img.sum.offset / bytes,
	       job->packed.seeks ? "" : ", in one piece");
}

static void report_json(struct job *job)
{
	struct emit e = { .file = stdout, .json = true };
	int r = job->img.error;

	emit_begin(&e, NULL);
	if (!r) {
		emit_image(&e, &job->img);
		r = read_records(job, &e);
		summary_emit(&e, &job->summary, &job->img);
	}
	emit_u64(&e, "bytes", job->img.sum.offset);
	emit_packed(job, &e);
	emit_bool(&e, "complete", job->img.ended);
	emit_bool(&e, "verified", job->verify && !r);
	emit_string(&e, "class", class_name(image_class(&job->img)));
	emit_string(&e, "message", job->img.why);
	emit_end(&e);
}

static void report_text(struct job *job)
{
	const struct summary_process *one = NULL;
	struct emit e = { .file = stdout };
	int r;

	if (job->img.error)
		return;
	r = read_records(job, job->verbose ? &e : NULL);
	if (job->pid)
		one = summary_pid(&job->summary, job->pid);
	if (job->pid && !one && !r) {
		fail(&job->verdict, KCR_CLASS_USAGE, ESRCH, "%s holds no process %u",
		     job->name, job->pid);
		return;
	}
	summary_show(&job->summary, &job->img, job->name, one);
	if (job->is_packed)
		show_packed(job);
	if (job->verify && !r)
		printf("\nVerified   every checksum and every page is right\n");
}

static void begin(struct job *job, int fd)
{
	const struct fault *fault = &job->packed.fault;

	job->is_packed = packed_is(fd);
	if (!job->is_packed)
		image_open_fd(&job->img, fd, job->verify);
	else if (packed_open(&job->packed, fd))
		image_fail(&job->img, fault->error, "%s", fault->why);
	else
		image_open_source(&job->img, &job->packed.source, job->verify);
}

static void flush_output(struct job *job)
{
	if (fflush(stdout) || ferror(stdout))
		fail_file(&job->verdict, errno, "write", "standard output");
}

static void look_at_chain(struct job *job, int fd)
{
	job->chain.json = job->json;
	job->chain.verify = job->verify;
	info_chain(&job->chain, fd, job->name, &job->verdict);
	flush_output(job);
	close(fd);
}

static void look(struct job *job)
{
	int fd = open_image(job);

	if (fd < 0)
		return;
	if (job->tells_chain) {
		look_at_chain(job, fd);
		return;
	}
	begin(job, fd);
	if (job->json)
		report_json(job);
	else
		report_text(job);
	if (job->img.error)
		fail(&job->verdict, image_class(&job->img), -job->img.error,
		     "%s: %s", job->name, job->img.why);
	flush_output(job);
	image_close(&job->img);
	packed_close(&job->packed);
	summary_free(&job->summary);
	close(fd);
}

enum {
	OPT_JSON = 256,
	OPT_VERIFY,
	OPT_CHAIN,
	OPT_PARENT,
};

static const struct option options[] = {
	{ "json",	no_argument, NULL, OPT_JSON },
	{ "chain",	no_argument, NULL, OPT_CHAIN },
	{ "parent",	required_argument, NULL, OPT_PARENT },
	{ "pid",	required_argument, NULL, 'p' },
	{ "verify",	no_argument, NULL, OPT_VERIFY },
	{ "verbose",	no_argument, NULL, 'v' },
	{ "help",	no_argument, NULL, 'h' },
	{ "version",	no_argument, NULL, 'V' },
	{ }
};

/* Returns -1 after a mistake of the user's. */
static int take_option(struct job *job, int option)
{
	switch (option) {
	case OPT_JSON:
		job->json = true;
		return 0;
	case OPT_VERIFY:
		job->verify = true;
		return 0;
	case OPT_CHAIN:
		job->tells_chain = true;
		return 0;
	case OPT_PARENT:
		return parents_name(&job->chain.chain.parents, optarg);
	case 'v':
		job->verbose = true;
		return 0;
	case 'p':
		return number_pid(optarg, &job->pid) < 0 ? usage("%s is no pid", optarg) : 0;
	case 'h':
		fputs(help, stdout);
		exit(0);
	case 'V':
		tool_version();
		exit(0);
	default:
		return usage("%s", "unknown option");
	}
}

static int parse(struct job *job, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "p:vhV", options, NULL)) != -1)
		if (take_option(job, option) < 0)
			return -1;
	if (optind == argc && isatty(STDIN_FILENO))
		return usage("%s", "which image?");
	if (optind + 1 < argc)
		return usage("%s: one image at a time", argv[optind + 1]);
	if (job->tells_chain && (job->pid || job->verbose))
		return usage("%s", "--chain tells of no records and processes: no --pid or --verbose");
	job->name = optind < argc ? argv[optind] : "-";
	return 0;
}

int main(int argc, char **argv)
{
	struct job job = { 0 };

	tool_begin("ckptinfo");
	if (parse(&job, argc, argv) < 0)
		return KCR_CLASS_USAGE;
	look(&job);
	if (job.verdict.class != KCR_CLASS_OK)
		say_lines(job.verdict.text ? job.verdict.text : "failed");
	return job.verdict.class;
}
