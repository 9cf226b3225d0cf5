/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading an image, record by record, from a file, a pipe or memory.
 *
 * Nothing in it is trusted: kernel/image/parse.c looks at the structure, and
 * no more memory is taken than bytes have been there.
 */
#ifndef _KCR_TOOL_IMAGE_H
#define _KCR_TOOL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../kernel/image/parse.h"
#include "tool.h"

struct verify;

/**
 * struct image_source - where an image comes from that is in no plain file
 * @read: at most @len bytes; returns 0 at the end, or a negative errno
 * @skip: go over bytes that are there; NULL if that can't be done
 * @why: what has gone wrong, in words
 * @size: bytes in all, with @skip
 * @arg: for these
 */
struct image_source {
	ssize_t (*read)(void *arg, void *p, size_t len);
	int (*skip)(void *arg, uint64_t len);
	const char *(*why)(void *arg);
	uint64_t size;
	void *arg;
};

/**
 * struct image_rec - the record that was read last
 * @kind: enum kcr_kind, or a number not known here
 * @version: of the payload's layout
 * @flags: KCR_REC_*
 * @id: its id, or 0
 * @owner: id of its thread, or 0
 * @offset: of its head in the image
 * @len: bytes of payload
 * @known: whether kind and version are known, and @data may be looked into
 * @data: the payload; of KCR_KIND_PAGES only struct kcr_img_pages_earlier, whose
 *	@first is 0 in other runs. At least as
 *	long as kcr_parse_rec() wants it, and aligned
 */
struct image_rec {
	uint32_t kind;
	uint16_t version;
	uint16_t flags;
	uint32_t id;
	uint32_t owner;
	uint64_t offset;
	uint64_t len;
	bool known;
	const void *data;
};

#define IMAGE_SPOT	4096u

/**
 * struct image_spot - a piece of the program's memory that somebody wants
 * @mm: id of the address space, 0: nobody does
 * @start: first address
 * @len: how many bytes
 * @got: bytes of them that have been there
 * @bytes: they
 */
struct image_spot {
	uint32_t mm;
	uint64_t start;
	uint32_t len;
	uint32_t got;
	uint8_t bytes[IMAGE_SPOT];
};

/**
 * struct image - an image that is being read
 * @fd: where from, -1 for memory
 * @source: where from, NULL for the others
 * @memory: where from
 * @left: bytes at @memory
 * @can_skip: @fd can seek
 * @size: where @fd ends, with @can_skip
 * @verify: what is remembered to look at everything; NULL not to
 * @head: first bytes
 * @rec: record read last
 * @rec_head: its head, as it is in the image
 * @sum: what was counted; its offset is how far we have read
 * @ended: the end was read, and is right
 * @spot: wanted of the pages, see image_want()
 * @buf: payload
 * @room: bytes at @buf
 * @error: negative errno of the failure
 * @why: what has failed, in words
 */
struct image {
	int fd;
	const struct image_source *source;
	const uint8_t *memory;
	size_t left;
	bool can_skip;
	uint64_t size;
	struct verify *verify;
	struct kcr_image_head head;
	struct image_rec rec;
	struct kcr_rec_head rec_head;
	struct kcr_parse_sum sum;
	bool ended;
	struct image_spot spot;
	uint8_t *buf;
	size_t room;
	int error;
	char why[192];
};

int image_open_fd(struct image *img, int fd, bool verify);
int image_open_memory(struct image *img, const void *p, size_t len, bool verify);
int image_open_source(struct image *img, const struct image_source *source, bool verify);
int image_next(struct image *img);
int image_more(struct image *img);
void image_close(struct image *img);
void image_want(struct image *img, uint32_t mm, uint64_t start, uint64_t end);

enum kcr_class image_class(const struct image *img);
enum kcr_class image_error_class(int error);
int image_fail(struct image *img, int error, const char *format, ...) PRINTF(3, 4);

const char *image_kind_name(uint32_t kind);
const char *image_kind_text(uint32_t kind);

#endif /* _KCR_TOOL_IMAGE_H */
