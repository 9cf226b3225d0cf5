/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One image of a chain: its index without the hashes, and access to its bytes.
 */
#ifndef _KCR_LINK_H
#define _KCR_LINK_H

#include <sys/stat.h>

#include "access.h"

#define LINK_FD		10		/* above what a program's standard streams may be */
#define LINK_RUNS_MAX	(1u << 24)
#define LINK_ID		33		/* bytes of an id as text */

/**
 * struct link_run - pages of a run that have numbers
 * @number: of the first
 * @offset: as the index has it: of its bytes, or KCR_INDEX_EARLIER + its number before
 * @hashes: where the hash of the first is, without KCR_INDEX_EARLIER
 * @addr: as the index has it
 * @mm: likewise
 * @count: likewise
 */
struct link_run {
	uint64_t number;
	uint64_t offset;
	uint64_t hashes;
	uint64_t addr;
	uint32_t mm;
	uint32_t count;
};

/**
 * struct link - an image
 * @name: of its file, for people too
 * @fd: of it
 * @st: of that
 * @access: to its bytes
 * @head: its first bytes
 * @end: its last record
 * @runs: those that have numbers, in their order
 * @nr: of them
 * @room: that there is room for
 * @pages: that have numbers
 * @own: of them, those whose bytes are here
 */
struct link {
	char *name;
	int fd;
	struct stat st;
	struct access access;
	struct kcr_image_head head;
	struct kcr_img_end end;
	struct link_run *runs;
	size_t nr;
	size_t room;
	uint64_t pages;
	uint64_t own;
};

static inline bool link_run_is_earlier(const struct link_run *run)
{
	return run->offset & KCR_INDEX_EARLIER;
}

static inline bool link_is_increment(const struct link *l)
{
	return le32_to_cpu(l->head.flags) & KCR_IMAGE_INCREMENT;
}

struct link *link_open(int fd, const char *name, struct verdict *v);
const struct link_run *link_find(const struct link *l, uint64_t number);
int link_read(struct link *l, uint64_t offset, void *p, size_t len, struct verdict *v);
int link_fail(const struct link *l, int error, const char *why, struct verdict *v);
void link_free(struct link *l);

const char *link_id(char *text, const __u8 id[16]);
int link_read_head(int fd, struct kcr_image_head *head, struct fault *fault);

#endif /* _KCR_LINK_H */
