// SPDX-License-Identifier: GPL-2.0
/*
 * All about one process: its threads, memory and files.
 */
#include <inttypes.h>

#include "../../uapi/image/file.h"
#include "../../uapi/image/vma.h"
#include "blocked.h"
#include "show.h"

static void show_ids(const struct kcr_img_process *process)
{
	uint32_t flags = le32_to_cpu(process->flags);

	printf(MARGIN "parent %u, ", le32_to_cpu(process->ppid));
	if (flags & KCR_PROCESS_LEADS_GROUP)
		printf("leads its process group, ");
	else
		printf("process group %u, ", le32_to_cpu(process->pgid));
	if (flags & KCR_PROCESS_LEADS_SESSION)
		printf("leads its session");
	else
		printf("session %u", le32_to_cpu(process->sid));
	if (flags & KCR_PROCESS_STOPPED)
		printf(", stopped");
	printf("\n");
}

static void show_shared(const struct summary *s, const struct summary_process *p)
{
	size_t i;

	if (!p->img.memory)
		return;
	for (i = 0; i < s->nr_processes; i++)
		if (s->processes[i].id == le32_to_cpu(p->img.memory))
			printf(MARGIN "memory%s of process %u\n",
			       p->img.handlers ? " and signal handlers" : "",
			       le32_to_cpu(s->processes[i].img.pid));
}

static void show_what(const struct summary *s, const struct image *img,
		      const struct summary_process *p)
{
	const struct summary_object *exe = NULL;

	if (p->has_mm)
		exe = summary_object(s, le32_to_cpu(p->mm.exe));
	printf("\nProcess    %u", le32_to_cpu(p->img.pid));
	if (exe) {
		printf(" ");
		print_string(summary_text(s, exe));
	}
	printf("\n");
	show_command(img);
	show_ids(&p->img);
	show_shared(s, p);
}

static void show_threads(const struct summary *s, const struct summary_process *p)
{
	const char *title = "Threads    ";
	size_t i;

	for (i = 0; i < s->nr_threads; i++) {
		const struct summary_thread *t = &s->threads[i];
		const char *call = blocked_name(t->call);

		if (!summary_owns(s, p, t->process))
			continue;
		printf("%s%-7u ", title, t->tid);
		title = MARGIN;
		print_string(t->comm);
		if (call)
			printf("  in %s", call);
		if (t->ended)
			printf("  has ended");
		printf("\n");
	}
}

static void show_vma(const struct summary *s, const struct summary_process *p,
		     const struct summary_vma *v)
{
	char size[TEXT_NUMBER], saved[TEXT_NUMBER];
	uint64_t pages = summary_saved(s, v);

	printf(MARGIN "%012" PRIx64 "-%012" PRIx64 " %c%c%c%c %8s", v->start,
	       v->end, v->flags & KCR_VMA_READ ? 'r' : '-',
	       v->flags & KCR_VMA_WRITE ? 'w' : '-',
	       v->flags & KCR_VMA_EXEC ? 'x' : '-',
	       v->flags & KCR_VMA_SHARED ? 's' : 'p',
	       text_bytes(size, v->end - v->start));
	printf(" %8s  ", pages ? text_bytes(saved, page_bytes(pages)) : "-");
	print_string(summary_vma_name(s, p, v));
	printf("\n");
}

static void show_memory(const struct summary *s, const struct summary_process *p)
{
	char size[TEXT_NUMBER];
	size_t i;

	if (!p->nr_vmas)
		return;
	printf("\nMemory     %s in %zu mappings\n", text_bytes(size, p->bytes),
	       p->nr_vmas);
	printf(MARGIN "%-25s %4s %8s %8s\n", "", "", "size", "saved");
	for (i = 0; i < s->nr_vmas; i++)
		if (s->vmas[i].mm == p->mm_id)
			show_vma(s, p, &s->vmas[i]);
}

static void show_fd(const struct summary *s, const struct summary_fd *fd)
{
	const struct summary_object *o = summary_object(s, fd->file);

	printf(MARGIN "%4u ", fd->fd);
	if (!o) {
		printf("record %u, which is not there\n", fd->file);
		return;
	}
	printf("%c%c%c ", o->flags & KCR_FILE_READ ? 'r' : '-',
	       o->flags & KCR_FILE_WRITE ? 'w' : '-',
	       o->flags & KCR_FILE_APPEND ? 'a' : '-');
	print_string(summary_text(s, o));
	if (o->kind == KCR_KIND_REG)
		printf("  at byte %" PRIu64, o->pos);
	printf("\n");
}

static void show_files(const struct summary *s, const struct summary_process *p)
{
	size_t i;

	if (p->cwd) {
		printf("\nDirectory  ");
		print_string(p->cwd);
		printf("\n");
	}
	if (p->nr_fds)
		printf("Files      %zu open\n", p->nr_fds);
	for (i = 0; i < s->nr_fds; i++)
		if (summary_owns(s, p, s->fds[i].process))
			show_fd(s, &s->fds[i]);
}

/**
 * show_process() - all about a process
 * @s: summary_sort() has been called
 * @img: the image
 * @p: the process
 */
void show_process(const struct summary *s, const struct image *img,
		  const struct summary_process *p)
{
	show_what(s, img, p);
	show_threads(s, p);
	show_memory(s, p);
	show_files(s, p);
}
