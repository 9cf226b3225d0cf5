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

/* page_hash.c */
void kcr_hash_pages(struct page **pages, unsigned int count, u8 *hash);

#endif /* _KCR_STREAM_H */
