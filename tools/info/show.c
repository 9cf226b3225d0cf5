// SPDX-License-Identifier: GPL-2.0
/*
 * The summary of an image, as a person would ask it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "../../uapi/image/file.h"
#include "../../uapi/image/vma.h"
#include "../lib/text.h"
#include "blocked.h"
#include "info.h"
#include "summary.h"
#include "xfeatures.h"

#define MARGIN	"           "

static uint64_t page_bytes(uint64_t pages)
{
	return pages * KCR_PARSE_PAGE_SIZE;
}

static void print_chars(const char *s, size_t len)
{
	text_print(stdout, s, strnlen(s, len));
}

#define PRINT_CHARS(field)	print_chars(field, sizeof(field))

static void print_string(const char *s)
{
	text_print(stdout, s, strlen(s));
}

static void show_image(const struct image *img, const char *name)
{
	char size[TEXT_NUMBER];

	print_string(name);
	printf(": kcr image, version %u, x86-64, %s%s, %s\n",
	       le16_to_cpu(img->head.version),
	       text_bytes(size, img->sum.offset),
	       le32_to_cpu(img->head.flags) & KCR_IMAGE_INCREMENT ?
	       ", an increment" : "",
	       img->ended ? "complete" : "NOT complete");
}

static void show_time(uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	char text[64];

	if (localtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm))
		fputs(text, stdout);
	else
		printf("%" PRIu64 " s after 1970", (uint64_t)seconds);
}

static void show_host(const struct summary *s)
{
	const struct kcr_img_host *host = &s->host;
	char up[TEXT_NUMBER];

	if (!s->has_host)
		return;
	printf("\nTaken      ");
	show_time(le64_to_cpu(host->realtime_ns));
	printf(" on ");
	PRINT_CHARS(host->node);
	printf(", by user %u\n" MARGIN "Linux ", le32_to_cpu(host->uid));
	PRINT_CHARS(host->release);
	printf(" ");
	PRINT_CHARS(host->machine);
	printf(", up %s, kcr ", text_ns(up, le64_to_cpu(host->boottime_ns)));
	PRINT_CHARS(host->kcr);
	printf("\nProcessor  ");
	PRINT_CHARS(host->cpu);
	printf("\n" MARGIN "registers saved: ");
	xfeatures_print(stdout, le64_to_cpu(host->xfeatures));
	if (s->features) {
		printf("\n" MARGIN "in use: ");
		xfeatures_print(stdout, s->features);
	}
	if (s->has_cpu) {
		printf("\n" MARGIN "instructions that it may use:");
		x86_cpu_show(stdout, &s->cpu, MARGIN "  ");
	}
	printf("\n");
}

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

/* Bytes of the command line, 0 if the image does not have all of them. */
static size_t command_len(const struct image *img)
{
	size_t len = img->spot.len;

	if (img->spot.got != len)
		return 0;
	while (len && !img->spot.bytes[len - 1])
		len--;
	return len;
}

/* One argument, from @at on; returns where the next one begins. */
static size_t command_next(const struct image *img, size_t at, size_t len)
{
	return at + strnlen((const char *)img->spot.bytes + at, len - at) + 1;
}

static void show_command(const struct image *img)
{
	const char *args = (const char *)img->spot.bytes;
	size_t len = command_len(img), at, next;

	if (!len)
		return;
	printf(MARGIN "command: ");
	for (at = 0; at < len; at = next) {
		next = command_next(img, at, len);
		text_print(stdout, args + at, next - at - 1);
		if (next < len)
			printf(" ");
	}
	printf("%s\n", img->spot.len == IMAGE_SPOT ? " ..." : "");
}

static void emit_command(struct emit *e, const struct image *img)
{
	size_t len = command_len(img), at, next;

	if (!len)
		return;
	emit_begin_list(e, "command");
	for (at = 0; at < len; at = next) {
		next = command_next(img, at, len);
		emit_text(e, NULL, img->spot.bytes + at, next - at - 1);
	}
	emit_end(e);
}

static void show_process(const struct summary *s, const struct image *img)
{
	const struct summary_object *exe = NULL;

	if (!s->has_process)
		return;
	if (s->has_mm)
		exe = summary_object(s, le32_to_cpu(s->mm.exe));
	printf("\nProcess    %u", le32_to_cpu(s->process.pid));
	if (exe) {
		printf(" ");
		print_string(summary_text(s, exe));
	}
	printf("\n");
	show_command(img);
	show_ids(&s->process);
}

static void show_threads(const struct summary *s)
{
	size_t i;

	for (i = 0; i < s->nr_threads; i++) {
		const struct summary_thread *t = &s->threads[i];
		const char *call = blocked_name(t->call);

		printf("%s%-7u ", i ? MARGIN : "Threads    ", t->tid);
		print_string(t->comm);
		if (call)
			printf("  in %s", call);
		printf("\n");
	}
}

/* Of shared memory all that was saved, whatever part of it is mapped here. */
static uint64_t saved_pages(const struct summary *s, const struct summary_vma *v)
{
	const struct summary_object *o = summary_object(s, v->file);

	if (o && o->of)
		o = summary_object(s, o->of);
	return v->pages + (o ? o->pages : 0);
}

static void show_vma(const struct summary *s, const struct summary_vma *v)
{
	char size[TEXT_NUMBER], saved[TEXT_NUMBER];
	uint64_t pages = saved_pages(s, v);

	printf(MARGIN "%012" PRIx64 "-%012" PRIx64 " %c%c%c%c %8s", v->start,
	       v->end, v->flags & KCR_VMA_READ ? 'r' : '-',
	       v->flags & KCR_VMA_WRITE ? 'w' : '-',
	       v->flags & KCR_VMA_EXEC ? 'x' : '-',
	       v->flags & KCR_VMA_SHARED ? 's' : 'p',
	       text_bytes(size, v->end - v->start));
	printf(" %8s  ", pages ? text_bytes(saved, page_bytes(pages)) : "-");
	print_string(summary_vma_name(s, v));
	printf("\n");
}

static void show_memory(const struct summary *s)
{
	char size[TEXT_NUMBER];
	uint64_t total = 0;
	size_t i;

	if (!s->nr_vmas)
		return;
	for (i = 0; i < s->nr_vmas; i++)
		total += s->vmas[i].end - s->vmas[i].start;
	printf("\nMemory     %s in %zu mappings\n", text_bytes(size, total),
	       s->nr_vmas);
	printf(MARGIN "%-25s %4s %8s %8s\n", "", "", "size", "saved");
	for (i = 0; i < s->nr_vmas; i++)
		show_vma(s, &s->vmas[i]);
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

static void show_files(const struct summary *s)
{
	char size[TEXT_NUMBER];
	size_t i;

	if (s->cwd) {
		printf("\nDirectory  ");
		print_string(s->cwd);
		printf("\n");
	}
	if (s->nr_fds)
		printf("Files      %zu open\n", s->nr_fds);
	for (i = 0; i < s->nr_fds; i++)
		show_fd(s, &s->fds[i]);
	if (s->content.files)
		printf(MARGIN "with contents in the image: %" PRIu64 ", %s\n",
		       s->content.files, text_bytes(size, s->content.bytes));
}

static void show_pages(const struct summary *s, const struct image *img)
{
	char saved[TEXT_NUMBER], zero[TEXT_NUMBER], file[TEXT_NUMBER];
	char huge[TEXT_NUMBER];

	printf("\nPages      %s in the image", text_bytes(saved, page_bytes(img->sum.pages)));
	if (s->huge)
		printf(", %s of it in huge pages", text_bytes(huge, page_bytes(s->huge)));
	printf("\n");
	if (img->ended)
		printf(MARGIN "left out: %s of zeros, %s that files hold\n",
		       text_bytes(zero, page_bytes(s->pages_zero)),
		       text_bytes(file, page_bytes(s->pages_file)));
}

static void show_unknown(const struct summary *s)
{
	size_t i;

	for (i = 0; i < s->nr_unknown; i++)
		printf("%s%" PRIu64 " records of kind %u, which may be skipped\n",
		       i ? MARGIN : "\nUnknown    ", s->unknown[i].records,
		       s->unknown[i].kind);
}

/**
 * summary_show() - print it for people
 * @s: summary_sort() has been called
 * @img: the image, read to its end or to where it is damaged
 * @name: of the image
 */
void summary_show(const struct summary *s, const struct image *img,
		  const char *name)
{
	show_image(img, name);
	show_host(s);
	show_process(s, img);
	show_threads(s);
	show_memory(s);
	show_files(s);
	show_pages(s, img);
	show_unknown(s);
	if (s->failed)
		printf("\nThere was not enough memory for all of it.\n");
}

/**
 * summary_emit() - print what was counted, in JSON
 * @e: where to
 * @s: summary_sort() has been called
 * @img: the image
 */
void summary_emit(struct emit *e, const struct summary *s,
		  const struct image *img)
{
	size_t i;

	emit_begin(e, "summary");
	emit_command(e, img);
	emit_u64(e, "pages", img->sum.pages);
	emit_u64(e, "pages_zero", s->pages_zero);
	emit_u64(e, "pages_file", s->pages_file);
	emit_u64(e, "pages_huge", s->huge);
	emit_u64(e, "page_size", KCR_PARSE_PAGE_SIZE);
	xfeatures_emit(e, "features_in_use", s->features);
	emit_begin_list(e, "memory");
	for (i = 0; i < s->nr_vmas; i++) {
		emit_begin(e, NULL);
		emit_hex(e, "start", s->vmas[i].start);
		emit_u64(e, "bytes", s->vmas[i].end - s->vmas[i].start);
		emit_u64(e, "saved", page_bytes(saved_pages(s, &s->vmas[i])));
		emit_string(e, "name", summary_vma_name(s, &s->vmas[i]));
		emit_end(e);
	}
	emit_end(e);
	emit_end(e);
}
