/* SPDX-License-Identifier: GPL-2.0 */
/* Beginning, pages and end of the image. */
#ifndef _KCR_STREAM_H
#define _KCR_STREAM_H

#include <linux/workqueue.h>

#include "kcr.h"

int kcr_write_head(struct kcr_ctx *ctx);
int kcr_write_end(struct kcr_ctx *ctx);
void kcr_stream_drop(struct kcr_ctx *ctx);

/*
 * For what is copied until it is written: the caller's group pays, and nobody is killed for
 * it.
 */
#define KCR_GFP_COPY	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

int kcr_too_much(struct kcr_ctx *ctx);

int kcr_write_hashed(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		     struct page **pages, unsigned int count, const u8 *hash);
int kcr_write_earlier(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags, unsigned int count,
		      u64 first);

/* direct.c: what can be written past the page cache is taken off @iter; 0 or -errno */
int kcr_write_direct(struct kcr_ctx *ctx, struct iov_iter *iter);
int kcr_write_failed(struct kcr_ctx *ctx, ssize_t ret);

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

enum kcr_page_sort { KCR_PAGE_NONE, KCR_PAGE_ZERO, KCR_PAGE_DATA };

#define KCR_PAGE_HELPERS	4u

/**
 * struct kcr_page_sums - what is known of the pages of a window
 * @sort: of each, enum kcr_page_sort
 * @hash: of those with data
 * @pages: they
 * @skip: bits of those that nobody looks at, whose @sort is KCR_PAGE_NONE; NULL: none
 * @begun: somebody waits for it
 * @next: the first that nobody has begun with
 * @helpers: of @helper, those that may look at some
 * @helper: work, whose it is, and whether it looks at no more of them
 */
struct kcr_page_sums {
	u8 sort[KCR_PAGES_MAX];
	u8 hash[KCR_PAGES_MAX][KCR_HASH_LEN];
	struct page **pages;
	const unsigned long *skip;
	bool begun;
	atomic_t next;
	unsigned int helpers;
	struct kcr_page_helper {
		struct work_struct work;
		struct kcr_page_sums *sums;
		bool over;
	} helper[KCR_PAGE_HELPERS];
};

void kcr_hash_page(const void *p, u8 *hash);
void kcr_sums_begin(struct kcr_page_sums *s, struct page **pages, const unsigned long *skip);
void kcr_sums_end(struct kcr_page_sums *s);
int kcr_sums_init(void);
void kcr_sums_exit(void);

#endif /* _KCR_STREAM_H */
