/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An image that is being written, to a file or a pipe: records, runs of pages,
 * and the index and the end, which are made on the way.
 */
#ifndef _KCR_SINK_H
#define _KCR_SINK_H

#include <stdatomic.h>

#include "image.h"

/**
 * struct sink - where to, and what was written
 * @fd: where to
 * @offset: in the image
 * @records: so far
 * @pages: with bytes, so far
 * @buf: that is not written yet
 * @used: bytes of it
 * @index: the part of the index that is not written yet: runs, with their hashes
 * @index_len: bytes of it
 * @index_room: that there is room for
 * @index_at: where the last part that was written is in the image
 * @written: bytes that @fd has taken; somebody else may look
 * @v: told of a failure
 */
struct sink {
	int fd;
	uint64_t offset;
	uint64_t records;
	uint64_t pages;
	uint8_t *buf;
	size_t used;
	uint8_t *index;
	size_t index_len;
	size_t index_room;
	uint64_t index_at;
	atomic_ullong *written;
	struct verdict *v;
};

int sink_open(struct sink *s, int fd, struct verdict *v);
int sink_head(struct sink *s, const struct kcr_image_head *head);
int sink_rec(struct sink *s, const struct kcr_rec_head *like, const void *payload);
int sink_pages(struct sink *s, const struct kcr_img_pages *like, const uint8_t *pages,
	       const uint8_t *hashes);
int sink_no_pages(struct sink *s, const struct kcr_rec_head *like,
		  const struct kcr_img_pages *run);
int sink_end(struct sink *s, const struct kcr_img_end *like);
void sink_close(struct sink *s);

#endif /* _KCR_SINK_H */
