/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of the summary for people, and what they are printed with.
 */
#ifndef _KCR_SHOW_H
#define _KCR_SHOW_H

#include <stdio.h>
#include <string.h>

#include "../lib/emit.h"
#include "../lib/text.h"
#include "summary.h"

#define MARGIN	"           "

static inline uint64_t page_bytes(uint64_t pages)
{
	return pages * KCR_PARSE_PAGE_SIZE;
}

static inline void print_chars(const char *s, size_t len)
{
	text_print(stdout, s, strnlen(s, len));
}

#define PRINT_CHARS(field)	print_chars(field, sizeof(field))

static inline void print_string(const char *s)
{
	text_print(stdout, s, strlen(s));
}

void show_time(uint64_t ns);
void show_process(const struct summary *s, const struct image *img,
		  const struct summary_process *p);
void show_tree(const struct summary *s, const struct image *img);

/* What a process was called with, if the image holds it. */
void show_command(const struct image *img);
void emit_command(struct emit *e, const struct image *img);

#endif /* _KCR_SHOW_H */
