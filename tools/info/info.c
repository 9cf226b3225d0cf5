// SPDX-License-Identifier: GPL-2.0
/*
 * The table of kinds, and what their printers share.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>

#include "../../uapi/image/file.h"
#include "info.h"

/**
 * info_find() - what is known of a record's kind
 * @rec: the record
 *
 * Returns NULL if the record can't be looked into.
 */
const struct info_ops *info_find(const struct image_rec *rec)
{
	const struct info_ops *ops = NULL;

	switch (rec->kind) {
#define INFO_CASE(nr, NAME, stem, text)	case nr: ops = &info_##stem; break;
	KCR_KINDS(INFO_CASE)
#undef INFO_CASE
	}
	/* Of a run of pages only the description is at hand. */
	if (!ops || !rec->known || rec->len < ops->size)
		return NULL;
	return ops;
}

static void print_envelope(struct emit *e, const struct image_rec *rec)
{
	const char *name = image_kind_name(rec->kind);

	emit_string(e, "kind", name ? name : "unknown");
	emit_u64(e, "number", rec->kind);
	emit_u64(e, "version", rec->version);
	emit_bool(e, "critical", rec->flags & KCR_REC_CRITICAL);
	if (rec->flags & KCR_REC_TOOL)
		emit_bool(e, "tool", true);
	if (rec->id)
		emit_u64(e, "id", rec->id);
	if (rec->owner)
		emit_u64(e, "owner", rec->owner);
	emit_u64(e, "offset", rec->offset);
	emit_u64(e, "bytes", rec->len);
}

/**
 * info_print() - print a record, as a member of a list
 * @e: where to
 * @rec: the record
 */
void info_print(struct emit *e, const struct image_rec *rec)
{
	const struct info_ops *ops = info_find(rec);

	emit_begin(e, NULL);
	print_envelope(e, rec);
	if (ops)
		ops->print(e, rec);
	emit_end(e);
}

/**
 * info_flags() - print the bits of a number as a list
 * @e: where to
 * @name: of the value
 * @value: the bits
 * @names: of them; others are printed as a number
 */
void info_flags(struct emit *e, const char *name, uint32_t value,
		const struct info_name *names)
{
	emit_begin_list(e, name);
	for (; names->name; names++) {
		if (value & names->value)
			emit_string(e, NULL, names->name);
		value &= ~names->value;
	}
	if (value)
		emit_hex(e, NULL, value);
	emit_end(e);
}

/* info_enum_name() - what a number is called, or NULL */
const char *info_enum_name(uint32_t value, const struct info_name *names)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

/**
 * info_enum() - print a number that has a name
 * @e: where to
 * @name: of the value
 * @value: the number
 * @names: of all numbers; another is printed as it is
 */
void info_enum(struct emit *e, const char *name, uint32_t value,
	       const struct info_name *names)
{
	const char *known = info_enum_name(value, names);

	if (known)
		emit_string(e, name, known);
	else
		emit_u64(e, name, value);
}

void info_signals(struct emit *e, const char *name, uint64_t set)
{
	const char *abbrev;
	int signo;

	emit_begin_list(e, name);
	for (signo = 1; signo <= 64; signo++) {
		if (!(set >> (signo - 1) & 1))
			continue;
		abbrev = sigabbrev_np(signo);
		if (abbrev)
			emit_string(e, NULL, abbrev);
		else
			emit_u64(e, NULL, signo);
	}
	emit_end(e);
}

/**
 * info_tail() - bytes somewhere in a payload
 * @rec: the record
 * @at: offset in the payload
 * @len: bytes
 *
 * Returns NULL if the payload does not have them.
 */
const void *info_tail(const struct image_rec *rec, size_t at, size_t len)
{
	if (at > rec->len || len > rec->len - at)
		return NULL;
	return (const char *)rec->data + at;
}

/**
 * info_items() - how many items of an array there really are
 * @rec: the record
 * @at: offset of the array in the payload
 * @size: of an item
 * @count: how many the record says
 */
size_t info_items(const struct image_rec *rec, size_t at, size_t size,
		  uint64_t count)
{
	size_t room = at > rec->len ? 0 : (rec->len - at) / size;

	return count < room ? count : room;
}

/**
 * info_path() - print a path somewhere in a payload
 * @e: where to
 * @name: of the path
 * @rec: the record
 * @at: offset in the payload
 * @len: bytes, with the final NUL
 */
void info_path(struct emit *e, const char *name, const struct image_rec *rec,
	       size_t at, size_t len)
{
	const char *path = info_tail(rec, at, len);

	if (path)
		emit_text(e, name, path, len);
	else
		emit_null(e, name);
}

const struct info_name info_file_flags[] = {
	{ KCR_FILE_READ,	"read" },
	{ KCR_FILE_WRITE,	"write" },
	{ KCR_FILE_APPEND,	"append" },
	{ KCR_FILE_NONBLOCK,	"nonblock" },
	{ KCR_FILE_DSYNC,	"dsync" },
	{ KCR_FILE_SYNC,	"sync" },
	{ KCR_FILE_DIRECT,	"direct" },
	{ KCR_FILE_LARGEFILE,	"largefile" },
	{ KCR_FILE_DIRECTORY,	"directory" },
	{ KCR_FILE_NOFOLLOW,	"nofollow" },
	{ KCR_FILE_NOATIME,	"noatime" },
	{ KCR_FILE_CLOEXEC,	"cloexec" },
	{ KCR_FILE_TMPFILE,	"tmpfile" },
	{ KCR_FILE_NEITHER,	"neither" },
	{ KCR_FILE_PATH,	"path" },
	{ }
};
