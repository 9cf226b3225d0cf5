/* SPDX-License-Identifier: GPL-2.0 */
/* What an increment leaves to the image before it: base.c, increment.c. */
#ifndef _KCR_BASE_H
#define _KCR_BASE_H

#include "kcr.h"

#define KCR_BASE_NONE	U64_MAX		/* a page that is not there */

int kcr_base_set(struct kcr_ctx *ctx, const struct kcr_checkpoint *ck);
int kcr_base_note(struct kcr_ctx *ctx, u32 id);
int kcr_base_find(struct kcr_ctx *ctx, u32 id, u64 addr, unsigned int count,
		  const u8 *hash, u64 *first);
void kcr_base_head(const struct kcr_ctx *ctx, struct kcr_image_head *head);
void kcr_base_drop(struct kcr_ctx *ctx);

int kcr_write_changes(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		      struct page **pages, unsigned int count, const u8 *hash);
int kcr_write_unchanged(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags, unsigned int count,
			const u64 *first);

#endif /* _KCR_BASE_H */
