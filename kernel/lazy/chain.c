// SPDX-License-Identifier: GPL-2.0
/*
 * The image that is restarted, and those before it: a page of an increment that has
 * not changed is in one of them.
 *
 * All are open, and what each says of the one before it has been looked at, before
 * anything is made. So a page is found in as many steps as there are images.
 * What was read is looked at by its hash in the index of the image that it is from.
 */
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "compat/uio.h"
#include "image/parse.h"
#include "kcr.h"
#include "lazy/internal.h"
#include "policy.h"
#include "stream.h"

static int read_head(struct kcr_ctx *ctx, struct lazy_image *img)
{
	const char *why;
	int ret = lazy_image_bytes(ctx->lazy, img, 0, &img->head, sizeof(img->head));

	if (ret)
		return lazy_image_failed(ctx, ret, 0);
	ret = kcr_parse_head(&img->head, &why);
	return ret ? kcr_fail(ctx, KCR_CLASS_IMAGE, ret, "%s", why) : 0;
}

/* Has the image before it all the pages that it tells to be there? */
static int check_numbers(struct kcr_ctx *ctx, const struct lazy_image *img,
			 const struct lazy_image *before)
{
	const struct lazy_run *r;
	u64 first;

	for (r = img->index.runs; r < img->index.runs + img->index.nr; r++) {
		if (!lazy_run_is_earlier(r))
			continue;
		if (!before)
			return kcr_bad_image(ctx, "pages that are in an image before it");
		first = r->offset & ~KCR_INDEX_EARLIER;
		if (first > before->index.pages || r->count > before->index.pages - first)
			return kcr_bad_image(ctx, "a page that the image before it has not");
		cond_resched();
	}
	return 0;
}

static int check_link(struct kcr_ctx *ctx, const struct lazy_image *img,
		      const struct lazy_image *before)
{
	if (lazy_is_increment(img) && !before)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EOPNOTSUPP,
				"it is an increment: it needs the image before it, see ckptmerge");
	if (!lazy_is_increment(img) && before)
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EINVAL,
				"images before one that is no increment");
	if (before && memcmp(img->head.parent, before->head.id, sizeof(before->head.id)))
		return kcr_bad_image(ctx, "it is an increment to another image");
	return check_numbers(ctx, img, before);
}

static int read_all(struct kcr_ctx *ctx, struct kcr_lazy *lazy,
		    int (*fn)(struct kcr_ctx *ctx, struct lazy_image *img))
{
	unsigned int i;
	size_t mark;
	int ret = 0;

	for (i = 0; i < lazy->nr && !ret; i++) {
		mark = i ? kcr_where(ctx, "image %u before it: ", i) : 0;
		ret = fn(ctx, &lazy->images[i]);
		if (i)
			kcr_where_end(ctx, mark);
	}
	return ret;
}

static int open_file(struct kcr_ctx *ctx, struct lazy_image *img)
{
	return kcr_policy_image(ctx, img->file) ?: lazy_image_open(ctx, img);
}

/**
 * lazy_chain_open() - read of all images what is to be known before anything is made
 * @ctx: the operation
 * @lazy: with its files
 */
int lazy_chain_open(struct kcr_ctx *ctx, struct kcr_lazy *lazy)
{
	unsigned int i;
	int ret = read_all(ctx, lazy, open_file) ?:
		  lazy_unpack_begin(ctx, &lazy->unpack, lazy->images, lazy->nr) ?:
		  read_all(ctx, lazy, read_head) ?: read_all(ctx, lazy, lazy_index_read);

	for (i = 0; i < lazy->nr && !ret; i++)
		ret = check_link(ctx, &lazy->images[i],
				 i + 1 < lazy->nr ? &lazy->images[i + 1] : NULL);
	return ret;
}

/**
 * lazy_chain_find() - where are some pages?
 * @lazy: the chain
 * @page: number of the first, in the newest image; there is one
 * @count: of them
 * @spot: filled in; it may tell of fewer
 */
void lazy_chain_find(const struct kcr_lazy *lazy, u64 page, unsigned int count,
		     struct lazy_spot *spot)
{
	const struct lazy_image *img = lazy->images;
	const struct lazy_run *run;
	u64 skip;

	for (;; img++) {
		run = lazy_index_find(&img->index, page);
		skip = page - run->first;
		count = min_t(u64, count, run->count - skip);
		if (!lazy_run_is_earlier(run))
			break;
		page = (run->offset & ~KCR_INDEX_EARLIER) + skip;
	}
	*spot = (struct lazy_spot) {
		.img = img,
		.offset = run->offset + (skip << PAGE_SHIFT),
		.hash = run->hash + skip * KCR_HASH_LEN,
		.count = count,
	};
}

static bool have_hashes(struct page **pages, unsigned int count, const u8 *hash)
{
	u8 found[KCR_HASH_LEN];
	unsigned int i;
	void *p;

	for (i = 0; i < count; i++) {
		p = kmap_local_page(pages[i]);
		kcr_hash_page(p, found);
		kunmap_local(p);
		if (memcmp(found, hash + i * KCR_HASH_LEN, KCR_HASH_LEN))
			return false;
	}
	return true;
}

/**
 * lazy_chain_fetch() - read pages
 * @lazy: the chain
 * @spot: where they are; at most LAZY_BATCH
 * @pages: where they go
 *
 * Return: 0, -ENODATA: the file has ended, -EBADMSG: they are not what the index
 * tells, or what else kept them from being read.
 */
int lazy_chain_fetch(struct kcr_lazy *lazy, const struct lazy_spot *spot, struct page **pages)
{
	struct bio_vec vec[LAZY_BATCH];
	struct iov_iter iter;
	unsigned int i;
	int ret;

	for (i = 0; i < spot->count; i++)
		vec[i] = (struct bio_vec) { .bv_page = pages[i], .bv_len = PAGE_SIZE };
	iov_iter_bvec(&iter, ITER_DEST, vec, spot->count, (size_t)spot->count << PAGE_SHIFT);
	ret = lazy_image_read(lazy, spot->img, spot->offset, &iter);
	if (ret)
		return ret;
	return have_hashes(pages, spot->count, spot->hash) ? 0 : -EBADMSG;
}
