/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Images made by hand, in memory.
 */
#ifndef _KCR_TEST_BUILD_H
#define _KCR_TEST_BUILD_H

#include <stdint.h>
#include <stdio.h>

#include "../../kernel/image/parse.h"

#define BUILD_PAGE	KCR_PARSE_PAGE_SIZE

/**
 * struct build - an image that is being made
 * @data: the bytes
 * @len: how many
 * @room: how many there is room for
 * @index: what the index will be
 * @index_len: bytes of it
 * @records: made so far
 * @runs: of pages with bytes
 * @pages: whose bytes are there
 * @unaligned: pages stand where they come, as in increments
 * @part: runs in each part of the index; 0: it is of version 1
 * @part_at: where the last part is, or the index of version 1
 * @part_runs: in the part that is being made
 */
struct build {
	uint8_t *data;
	size_t len;
	size_t room;
	uint8_t *index;
	size_t index_len;
	uint64_t records;
	unsigned int runs;
	uint64_t pages;
	bool unaligned;
	unsigned int part;
	uint64_t part_at;
	unsigned int part_runs;
};

void build_begin(struct build *b);
void build_rec(struct build *b, uint32_t kind, uint32_t id, uint32_t owner,
	       const void *payload, size_t len);
void build_rec_flags(struct build *b, uint32_t kind, uint16_t version,
		     uint16_t flags, const void *payload, size_t len);
void build_pages(struct build *b, uint32_t mm, uint64_t addr, uint32_t count,
		 const void *pages);
void build_runs(struct build *b, uint32_t mm, uint64_t addr, unsigned int runs);
void build_zeros(struct build *b, uint32_t mm, uint64_t addr, uint32_t count);
void build_earlier(struct build *b, uint32_t mm, uint64_t addr, uint32_t count,
		   uint64_t first);
void build_ids(struct build *b, uint8_t id, uint8_t parent);
void build_end(struct build *b);
void build_free(struct build *b);

/* Make the checksums of a head right again after something was changed. */
void build_seal_head(struct build *b);
void build_seal_rec(struct build *b, size_t offset);

/* kinds.c, kinds_files.c, kinds_task.c: a small image that holds a record of every kind */
void build_sample(struct build *b);

#endif /* _KCR_TEST_BUILD_H */
