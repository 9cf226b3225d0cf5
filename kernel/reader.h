/* SPDX-License-Identifier: GPL-2.0 */
/* What reader.c, page_reader.c and page_run.c have beside kcr.h. */
#ifndef _KCR_READER_H
#define _KCR_READER_H

#include "image/parse.h"
#include "kcr.h"

struct iov_iter;

/*
 * Restart keeps the records in front of the pages in memory, at most so many bytes of
 * struct kcr_rec. A checkpoint counts them, too.
 */
#define KCR_RECS_MAX	(256u << 20)

static inline bool kcr_rec_is_kept(u32 kind)
{
	return kind != KCR_KIND_PAGES && kind != KCR_KIND_INDEX && kind != KCR_KIND_END;
}

static inline size_t kcr_rec_room(u64 len)
{
	return sizeof(struct kcr_rec) + kcr_parse_padded(len);
}

void kcr_reader_drop(struct kcr_ctx *ctx);
void kcr_page_reader_drop(struct kcr_ctx *ctx);

int kcr_read_iter(struct kcr_ctx *ctx, struct iov_iter *iter);
int kcr_read_at(struct kcr_ctx *ctx, struct iov_iter *iter, loff_t pos, u64 offset);
int kcr_read_bytes(struct kcr_ctx *ctx, void *buf, size_t len);
void kcr_read_past(struct kcr_ctx *ctx, u64 len);
int kcr_read_rec_head(struct kcr_ctx *ctx);
int kcr_read_payload(struct kcr_ctx *ctx, void *buf);
int kcr_bad_structure(struct kcr_ctx *ctx, int err, const char *why);

/* page_run.c */
struct kcr_shared_run;
struct kcr_shared_run *kcr_run_share(struct kcr_ctx *ctx);
int kcr_run_read(struct kcr_shared_run *run, unsigned int first, struct page **pages,
		 unsigned int count);
struct kcr_shared_run *kcr_run_get(struct kcr_shared_run *run);
void kcr_run_put(struct kcr_shared_run *run);

#endif /* _KCR_READER_H */
