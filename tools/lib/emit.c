// SPDX-License-Identifier: GPL-2.0
/*
 * Values with names, printed as JSON or as indented text (much as YAML):
 * whoever prints says it once.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"
#include "text.h"

static void json_char(FILE *file, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		fprintf(file, "\\%c", c);
		return;
	case '\n':
		fputs("\\n", file);
		return;
	case '\t':
		fputs("\\t", file);
		return;
	}
	if (c < 0x20 || c == 0x7f)
		fprintf(file, "\\u%04x", c);
	else if (c < 0x80)
		fputc(c, file);
	else
		fputs("\\ufffd", file);	/* no character, and JSON has only those */
}

static void json_string(FILE *file, const char *s, size_t len)
{
	fputc('"', file);
	while (len) {
		size_t n = text_utf8(s, len);

		if (n > 1) {
			fwrite(s, 1, n, file);
		} else {
			json_char(file, *s);
			n = 1;
		}
		s += n;
		len -= n;
	}
	fputc('"', file);
}

static void indent(struct emit *e, unsigned int depth)
{
	while (depth--)
		fputs("  ", e->file);
}

static void json_member(struct emit *e, const char *name)
{
	if (e->used[e->depth])
		fputs(e->compact ? ", " : ",", e->file);
	if (!e->compact && e->depth) {
		fputc('\n', e->file);
		indent(e, e->depth);
	}
	if (name && !e->list[e->depth]) {
		json_string(e->file, name, strlen(name));
		fputs(": ", e->file);
	}
}

static void text_end_line(struct emit *e)
{
	if (e->line)
		fputc('\n', e->file);
	e->line = false;
}

/* What stands first in a group of a list stands behind the list's dash. */
static void text_begin_line(struct emit *e)
{
	if (e->dash) {
		e->dash = false;
		return;
	}
	text_end_line(e);
	indent(e, e->depth - 1);
	e->line = true;
}

/* Values of a list stand on one line. */
static void text_member(struct emit *e, const char *name)
{
	if (e->list[e->depth]) {
		fputc(' ', e->file);
		return;
	}
	text_begin_line(e);
	fprintf(e->file, "%s: ", name);
}

static void member(struct emit *e, const char *name)
{
	if (e->json)
		json_member(e, name);
	else
		text_member(e, name);
	e->used[e->depth] = true;
}

/* The outermost group is not seen in text. */
static void text_begin(struct emit *e, const char *name)
{
	if (!e->depth)
		return;
	text_begin_line(e);
	if (e->list[e->depth]) {
		fputs("- ", e->file);
		e->dash = true;
	} else {
		fprintf(e->file, "%s:", name);
	}
}

static void begin(struct emit *e, const char *name, bool list)
{
	if (e->json) {
		member(e, name);
		fputc(list ? '[' : '{', e->file);
	} else {
		text_begin(e, name);
	}
	if (e->depth < EMIT_DEPTH - 1)
		e->depth++;
	e->used[e->depth] = false;
	e->list[e->depth] = list;
}

static void json_end(struct emit *e, bool used, bool list)
{
	if (used && !e->compact) {
		fputc('\n', e->file);
		indent(e, e->depth);
	}
	fputc(list ? ']' : '}', e->file);
	if (!e->depth)
		fputc('\n', e->file);
}

/**
 * emit_begin() - begin a group of named values
 * @e: where to
 * @name: of the group; NULL in a list and for the outermost one
 */
void emit_begin(struct emit *e, const char *name)
{
	begin(e, name, false);
}

/**
 * emit_begin_list() - begin a list of values without names
 * @e: where to
 * @name: of the list
 */
void emit_begin_list(struct emit *e, const char *name)
{
	begin(e, name, true);
}

/**
 * emit_end() - end the group or list that was begun last
 * @e: where to
 */
void emit_end(struct emit *e)
{
	bool used = e->used[e->depth];
	bool list = e->list[e->depth];

	e->depth--;
	if (e->json)
		json_end(e, used, list);
	else if (!e->depth)
		text_end_line(e);
}

void emit_u64(struct emit *e, const char *name, uint64_t value)
{
	member(e, name);
	fprintf(e->file, "%" PRIu64, value);
}

void emit_s64(struct emit *e, const char *name, int64_t value)
{
	member(e, name);
	fprintf(e->file, "%" PRId64, value);
}

/**
 * emit_hex() - an address or a set of bits
 * @e: where to
 * @name: of the value
 * @value: the value; a string in JSON, whose numbers may be less exact
 */
void emit_hex(struct emit *e, const char *name, uint64_t value)
{
	member(e, name);
	fprintf(e->file, e->json ? "\"0x%" PRIx64 "\"" : "0x%" PRIx64, value);
}

void emit_octal(struct emit *e, const char *name, uint64_t value)
{
	member(e, name);
	fprintf(e->file, e->json ? "\"0%" PRIo64 "\"" : "0%" PRIo64, value);
}

void emit_bool(struct emit *e, const char *name, bool value)
{
	member(e, name);
	if (e->json)
		fputs(value ? "true" : "false", e->file);
	else
		fputs(value ? "yes" : "no", e->file);
}

void emit_null(struct emit *e, const char *name)
{
	member(e, name);
	fputs(e->json ? "null" : "none", e->file);
}

/* emit_ratio() - so many times is @b in @a; nothing if either is zero */
void emit_ratio(struct emit *e, const char *name, uint64_t a, uint64_t b)
{
	if (!a || !b) {
		emit_null(e, name);
		return;
	}
	member(e, name);
	fprintf(e->file, "%.2f", (double)a / b);
}

/**
 * emit_text() - a string that ends at a NUL or after some bytes
 * @e: where to
 * @name: of the string
 * @s: the string, as someone else has chosen it
 * @len: bytes that there are
 */
void emit_text(struct emit *e, const char *name, const void *s, size_t len)
{
	len = strnlen(s, len);
	member(e, name);
	if (e->json)
		json_string(e->file, s, len);
	else
		text_print(e->file, s, len);
}

void emit_string(struct emit *e, const char *name, const char *s)
{
	emit_text(e, name, s, strlen(s));
}

/**
 * emit_bytes() - bytes in hexadecimal
 * @e: where to
 * @name: of the value
 * @p: the bytes
 * @len: how many
 */
void emit_bytes(struct emit *e, const char *name, const void *p, size_t len)
{
	const unsigned char *c = p;

	member(e, name);
	if (e->json)
		fputc('"', e->file);
	while (len--)
		fprintf(e->file, "%02x", *c++);
	if (e->json)
		fputc('"', e->file);
}

/**
 * emit_lines() - each line of a text, as a list
 * @e: where to
 * @name: of the list
 * @text: the lines, or NULL for none
 */
void emit_lines(struct emit *e, const char *name, const char *text)
{
	emit_begin_list(e, name);
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		emit_text(e, NULL, text, len);
		text += len + (text[len] == '\n');
	}
	emit_end(e);
}
