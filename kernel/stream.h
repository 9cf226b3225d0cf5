/* SPDX-License-Identifier: GPL-2.0 */
/* Beginning, pages and end of the image. */
#ifndef _KCR_STREAM_H
#define _KCR_STREAM_H

#include "kcr.h"

int kcr_write_head(struct kcr_ctx *ctx);
int kcr_write_end(struct kcr_ctx *ctx);
void kcr_stream_drop(struct kcr_ctx *ctx);

int kcr_write_hashed(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		     struct page **pages, unsigned int count, const u8 *hash);
int kcr_write_earlier(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags, unsigned int count,
		      u64 first);

/* page_index.c */

/**
 * struct kcr_index_run - a run of pages in the index, with its hashes
 * @node: in kcr_ctx.index
 * @run: as it is written
 * @count: of @hash
 * @hash: of each page
 */
struct kcr_index_run {
	struct list_head node;
	struct kcr_img_index_run run;
	unsigned int count;
	u8 hash[][KCR_HASH_LEN];
};

struct kcr_index_run *kcr_index_add(struct kcr_ctx *ctx, u32 mm, u64 addr, unsigned int count,
				    unsigned int hashes);
int kcr_index_write(struct kcr_ctx *ctx);
void kcr_index_drop(struct kcr_ctx *ctx);

/* page_hash.c */
void kcr_hash_pages(struct page **pages, unsigned int count, u8 *hash);

#endif /* _KCR_STREAM_H */
