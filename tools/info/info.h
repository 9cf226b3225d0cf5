/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ckptinfo(1) knows of each kind of record.
 *
 * A kind has a struct info_ops in one of the files here; a kind without one is
 * an error of the linker. No printer changes anything, follows a reference or
 * believes a count.
 */
#ifndef _KCR_INFO_H
#define _KCR_INFO_H

#include "../lib/emit.h"
#include "../lib/image.h"

struct summary;

/**
 * struct info_ops - what is known of a kind
 * @size: bytes that its payload has at least
 * @print: print all that the record tells
 * @note: remember what the summary tells of it; NULL for nothing
 */
struct info_ops {
	size_t size;
	void (*print)(struct emit *e, const struct image_rec *rec);
	void (*note)(struct summary *s, const struct image_rec *rec);
};

#define INFO_DECLARE(nr, NAME, stem, text) \
	extern const struct info_ops info_##stem;
KCR_KINDS(INFO_DECLARE)
#undef INFO_DECLARE

const struct info_ops *info_find(const struct image_rec *rec);
void info_print(struct emit *e, const struct image_rec *rec);

/* A field under its own name. */
#define EMIT32(e, p, field)	emit_u64(e, #field, le32_to_cpu((p)->field))
#define EMIT64(e, p, field)	emit_u64(e, #field, le64_to_cpu((p)->field))
#define EMITS32(e, p, field)	emit_s64(e, #field, (int32_t)le32_to_cpu((p)->field))
#define EMITX32(e, p, field)	emit_hex(e, #field, le32_to_cpu((p)->field))
#define EMITX64(e, p, field)	emit_hex(e, #field, le64_to_cpu((p)->field))
#define EMIT_CHARS(e, p, field)	emit_text(e, #field, (p)->field, sizeof((p)->field))

/* What a number, or a bit of one, is called. */
struct info_name {
	uint32_t value;
	const char *name;
};

/* ends with a NULL name */
void info_flags(struct emit *e, const char *name, uint32_t value,
		const struct info_name *names);
void info_enum(struct emit *e, const char *name, uint32_t value,
	       const struct info_name *names);
const char *info_enum_name(uint32_t value, const struct info_name *names);

/* Signals as a set of names; bit 0 is signal 1. */
void info_signals(struct emit *e, const char *name, uint64_t set);

/* What follows the fixed part of a payload. */
const void *info_tail(const struct image_rec *rec, size_t at, size_t len);
size_t info_items(const struct image_rec *rec, size_t at, size_t size,
		  uint64_t count);
void info_path(struct emit *e, const char *name, const struct image_rec *rec,
	       size_t at, size_t len);

/* file.h's KCR_FILE_* */
extern const struct info_name info_file_flags[];

#endif /* _KCR_INFO_H */
