// SPDX-License-Identifier: GPL-2.0
/*
 * The summary of an image, as a person would ask it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "../lib/link.h"
#include "../lib/text.h"
#include "info.h"
#include "show.h"
#include "summary.h"
#include "xfeatures.h"

static void show_image(const struct image *img, const char *name)
{
	bool increment = le32_to_cpu(img->head.flags) & KCR_IMAGE_INCREMENT;
	char size[TEXT_NUMBER], id[LINK_ID];

	print_string(name);
	printf(": kcr image, version %u, x86-64, %s%s, %s\n",
	       le16_to_cpu(img->head.version),
	       text_bytes(size, img->sum.offset), increment ? ", an increment" : "",
	       img->ended ? "complete" : "NOT complete");
	if (increment)
		printf("\nIncrement  to image %s\n", link_id(id, img->head.parent));
}

/* show_time() - a moment, in the time zone of who reads it */
void show_time(uint64_t ns)
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

static void show_content(const struct summary *s)
{
	char size[TEXT_NUMBER];

	if (s->content.files)
		printf("\nContents   of %" PRIu64 " files, %s\n", s->content.files,
		       text_bytes(size, s->content.bytes));
}

static void show_pages(const struct summary *s, const struct image *img)
{
	char saved[TEXT_NUMBER], zero[TEXT_NUMBER], file[TEXT_NUMBER];
	char huge[TEXT_NUMBER];

	printf("\nPages      %s in the image", text_bytes(saved, page_bytes(img->sum.pages)));
	if (s->huge)
		printf(", %s of it in huge pages", text_bytes(huge, page_bytes(s->huge)));
	printf("\n");
	if (s->earlier)
		printf(MARGIN "%s in images before it\n",
		       text_bytes(saved, page_bytes(s->earlier)));
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
 * @one: a process to tell all about, NULL: the only one, or a list of them
 */
void summary_show(const struct summary *s, const struct image *img,
		  const char *name, const struct summary_process *one)
{
	show_image(img, name);
	show_host(s);
	if (!one && s->nr_processes == 1)
		one = s->processes;
	if (one)
		show_process(s, img, one);
	else
		show_tree(s, img);
	show_content(s);
	show_pages(s, img);
	show_unknown(s);
	if (s->failed)
		printf("\nThere was not enough memory for all of it.\n");
}
