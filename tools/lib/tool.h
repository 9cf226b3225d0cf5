/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tools have in common: how they speak, fail and end.
 */
#ifndef _KCR_TOOL_H
#define _KCR_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../../uapi/kcr.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PRINTF(f, a)	__attribute__((format(printf, f, a)))

/* Before the program's own statuses begin: as env(1) and timeout(1) do. */
#define EXIT_OWN_FAILURE	125

/**
 * struct verdict - how it went
 * @class: KCR_CLASS_OK, or why it failed; also the exit status
 * @error: errno, 0 for none
 * @text: what to tell the user, one sentence to a line; NULL for nothing
 */
struct verdict {
	enum kcr_class class;
	int error;
	char *text;
};

extern const char *tool_name;

void tool_begin(const char *name);
void tool_delay_stop(void);
void tool_version(void);
_Noreturn void tool_die_of(int signal);

void say(const char *format, ...) PRINTF(1, 2);
void say_lines(const char *text);
int usage(const char *format, const char *what);

int fail(struct verdict *v, enum kcr_class class, int error,
	 const char *format, ...) PRINTF(4, 5);
int fail_file(struct verdict *v, int error, const char *doing,
	      const char *path);
const char *class_name(enum kcr_class class);

#endif /* _KCR_TOOL_H */
