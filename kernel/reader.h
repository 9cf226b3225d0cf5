/* SPDX-License-Identifier: GPL-2.0 */
/* What the reader has beside kcr.h. */
#ifndef _KCR_READER_H
#define _KCR_READER_H

#include "kcr.h"

/* Bytes of the longest payload of KCR_KIND_PAGES, with both paddings. */
#define KCR_PAGES_BUF	((KCR_PAGES_MAX + 2) * PAGE_SIZE)

void kcr_reader_drop(struct kcr_ctx *ctx);

#endif /* _KCR_READER_H */
