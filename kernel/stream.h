/* SPDX-License-Identifier: GPL-2.0 */
/* Beginning and end of the image, for checkpoint.c. */
#ifndef _KCR_STREAM_H
#define _KCR_STREAM_H

#include "kcr.h"

int kcr_write_head(struct kcr_ctx *ctx);
int kcr_write_end(struct kcr_ctx *ctx);
void kcr_stream_drop(struct kcr_ctx *ctx);

/* page_hash.c */
void kcr_hash_pages(struct page **pages, unsigned int count, u8 *hash);

#endif /* _KCR_STREAM_H */
