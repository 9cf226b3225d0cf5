// SPDX-License-Identifier: GPL-2.0
/*
 * Values with names, printed as JSON or as indented text: whoever prints says
 * it once.
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

static void new_line(struct emit *e)
{
	unsigned int i;

	if (e->json && e->compact) {
		if (e->used[e->depth])
			fputc(' ', e->file);
		return;
	}
	/* JSON's outermost braces indent, text has none. */
	if (e->json && e->depth)
		fputc('\n', e->file);
	for (i = e->json ? 0 : 1; i < e->depth; i++)
		fputs("  ", e->file);
}

static void member(struct emit *e, const char *name)
{
	if (e->json && e->used[e->depth])
		fputc(',', e->file);
	new_line(e);
	e->used[e->depth] = true;
	if (e->depth && e->list[e->depth]) {
		if (!e->json)
			fputs("- ", e->file);
	} else if (name && e->json) {
		json_string(e->file, name, strlen(name));
		fputs(": ", e->file);
	} else if (name) {
		fprintf(e->file, "%s: ", name);
	}
}

static void finish(struct emit *e)
{
	if (!e->json)
		fputc('\n', e->file);
}

static void begin(struct emit *e, const char *name, bool list)
{
	/* Text has no braces: the outermost group is not seen in it. */
	if (e->json || e->depth) {
		member(e, name);
		finish(e);
	}
	if (e->json)
		fputc(list ? '[' : '{', e->file);
	if (e->depth < EMIT_DEPTH - 1)
		e->depth++;
	e->used[e->depth] = false;
	e->list[e->depth] = list;
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
	unsigned int i;

	e->depth--;
	if (!e->json)
		return;
	if (used && !e->compact) {
		fputc('\n', e->file);
		for (i = 0; i < e->depth; i++)
			fputs("  ", e->file);
	}
	fputc(list ? ']' : '}', e->file);
	if (!e->depth)
		fputc('\n', e->file);
}

void emit_u64(struct emit *e, const char *name, uint64_t value)
{
	member(e, name);
	fprintf(e->file, "%" PRIu64, value);
	finish(e);
}

void emit_s64(struct emit *e, const char *name, int64_t value)
{
	member(e, name);
	fprintf(e->file, "%" PRId64, value);
	finish(e);
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
	finish(e);
}

void emit_octal(struct emit *e, const char *name, uint64_t value)
{
	member(e, name);
	fprintf(e->file, e->json ? "\"0%" PRIo64 "\"" : "0%" PRIo64, value);
	finish(e);
}

void emit_bool(struct emit *e, const char *name, bool value)
{
	member(e, name);
	if (e->json)
		fputs(value ? "true" : "false", e->file);
	else
		fputs(value ? "yes" : "no", e->file);
	finish(e);
}

void emit_null(struct emit *e, const char *name)
{
	member(e, name);
	fputs(e->json ? "null" : "none", e->file);
	finish(e);
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
	finish(e);
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
	finish(e);
}
