/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values with names, printed as JSON or as indented text (much as YAML):
 * whoever prints says it once.
 */
#ifndef _KCR_EMIT_H
#define _KCR_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EMIT_DEPTH	16

/**
 * struct emit - where and how to print
 * @file: where to
 * @json: as JSON, not as text
 * @compact: all JSON on one line
 * @depth: groups that are open
 * @used: whether the group at a depth has a member already
 * @list: whether the group at a depth is a list: its members have no names
 * @line: text has begun a line
 * @dash: text has begun a line with the dash of a group in a list
 *
 * All but the first three begin as zero.
 */
struct emit {
	FILE *file;
	bool json;
	bool compact;
	unsigned int depth;
	bool used[EMIT_DEPTH];
	bool list[EMIT_DEPTH];
	bool line;
	bool dash;
};

void emit_begin(struct emit *e, const char *name);
void emit_begin_list(struct emit *e, const char *name);
void emit_end(struct emit *e);

void emit_u64(struct emit *e, const char *name, uint64_t value);
void emit_s64(struct emit *e, const char *name, int64_t value);
void emit_hex(struct emit *e, const char *name, uint64_t value);
void emit_octal(struct emit *e, const char *name, uint64_t value);
void emit_bool(struct emit *e, const char *name, bool value);
void emit_null(struct emit *e, const char *name);
void emit_ratio(struct emit *e, const char *name, uint64_t a, uint64_t b);
void emit_string(struct emit *e, const char *name, const char *s);
void emit_text(struct emit *e, const char *name, const void *s, size_t len);
void emit_lines(struct emit *e, const char *name, const char *text);
void emit_bytes(struct emit *e, const char *name, const void *p, size_t len);

#endif /* _KCR_EMIT_H */
