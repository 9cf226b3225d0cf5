/* SPDX-License-Identifier: GPL-2.0 */
/* What reader.c and page_reader.c have beside kcr.h. */
#ifndef _KCR_READER_H
#define _KCR_READER_H

#include "kcr.h"

struct iov_iter;

void kcr_reader_drop(struct kcr_ctx *ctx);
void kcr_page_reader_drop(struct kcr_ctx *ctx);

int kcr_read_iter(struct kcr_ctx *ctx, struct iov_iter *iter);
int kcr_read_bytes(struct kcr_ctx *ctx, void *buf, size_t len);
void kcr_read_past(struct kcr_ctx *ctx, u64 len);
int kcr_read_rec_head(struct kcr_ctx *ctx);
int kcr_read_payload(struct kcr_ctx *ctx, void *buf);
int kcr_bad_structure(struct kcr_ctx *ctx, int err, const char *why);

#endif /* _KCR_READER_H */
