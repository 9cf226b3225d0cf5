// SPDX-License-Identifier: GPL-2.0
/*
 * The processes of an image, as a tree: a line each.
 */
#include "show.h"

/* Of any number of generations that an image tells of, so many are moved in. */
#define DEEPEST	20
/* And so many are shown. */
#define DEPTH_MAX	10000

static bool has_ended(const struct summary_process *p)
{
	return le32_to_cpu(p->img.flags) & KCR_PROCESS_ZOMBIE;
}

/* As wait(2) tells it. */
static void show_end(const struct summary_process *p)
{
	uint32_t code = le32_to_cpu(p->img.exit_code);

	if (code & 0x7f)
		printf("  killed by signal %u", code & 0x7f);
	else
		printf("  ended with %u", code >> 8 & 0xff);
}

static void show_one(const struct summary_process *p)
{
	uint32_t flags = le32_to_cpu(p->img.flags), depth = p->depth;
	char size[TEXT_NUMBER], saved[TEXT_NUMBER];

	printf(MARGIN "%7u", le32_to_cpu(p->img.pid));
	if (has_ended(p))
		printf(" %7s %6s %9s %9s", "-", "-", "-", "-");
	else
		printf(" %7zu %6zu %9s %9s", p->nr_threads, p->nr_fds,
		       text_bytes(size, p->bytes),
		       text_bytes(saved, page_bytes(p->pages)));
	printf("  %*s", 2 * (int)(depth < DEEPEST ? depth : DEEPEST), "");
	print_string(p->comm);
	if (has_ended(p))
		show_end(p);
	if (flags & KCR_PROCESS_STOPPED)
		printf("  stopped");
	if (flags & KCR_PROCESS_LEADS_SESSION)
		printf("  leads a session");
	else if (flags & KCR_PROCESS_LEADS_GROUP)
		printf("  leads a group");
	printf("\n");
}

/* Each after its parent, and before that one's next child. */
static void show_branch(const struct summary *s, const struct summary_process *p,
			uint32_t depth)
{
	const struct summary_process *child;

	show_one(p);
	if (depth == DEPTH_MAX)
		return;
	for (child = p + 1; child < s->processes + s->nr_processes; child++)
		if (child->img.parent && le32_to_cpu(child->img.parent) == p->id)
			show_branch(s, child, depth + 1);
}

/**
 * show_tree() - the processes, a line each
 * @s: summary_sort() has been called
 * @img: the image
 */
void show_tree(const struct summary *s, const struct image *img)
{
	const struct summary_process *p;

	if (!s->nr_processes)
		return;
	printf("\nProcesses  %zu\n", s->nr_processes);
	show_command(img);
	printf(MARGIN "%7s %7s %6s %9s %9s\n", "pid", "threads", "files", "memory",
	       "saved");
	for (p = s->processes; p < s->processes + s->nr_processes; p++)
		if (!p->depth)
			show_branch(s, p, 0);
}
