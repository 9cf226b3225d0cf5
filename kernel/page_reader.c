// SPDX-License-Identifier: GPL-2.0
/*
 * Reading what follows the records that are kept: runs of pages, the index, the
 * end.
 *
 * A run's head is read and looked at; then the pages are asked for, and read
 * straight to where they stay. So the checksum is known only when they may be
 * there already: until the commit nobody sees them. It is worked out on another
 * processor while the next pages are read.
 */
#include <linux/bvec.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/workqueue.h>

#include "compat/uio.h"
#include "image/parse.h"
#include "kcr.h"
#include "lazy/lazy.h"
#include "reader.h"

static_assert(KCR_PAGES_MAX << PAGE_SHIFT <= KCR_REC_MAX);

/**
 * struct kcr_run_sum - pages whose checksum another processor works out
 * @work: that does it
 * @ctx: whose run_crc goes on with them
 * @count: of @pages; 0: nothing is under way
 * @pages: with a reference each
 */
struct kcr_run_sum {
	struct work_struct work;
	struct kcr_ctx *ctx;
	unsigned int count;
	struct page *pages[KCR_READ_MAX];
};

/* Fewer than so many are not worth waking somebody. */
#define SUM_ALONE	8u

static void sum_pages(struct kcr_ctx *ctx, struct page **pages, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		void *p = kmap_local_page(pages[i]);

		ctx->run_crc = kcr_pages_crc(&ctx->next, ctx->run_crc, p, PAGE_SIZE);
		kunmap_local(p);
	}
}

static void sum_work(struct work_struct *work)
{
	struct kcr_run_sum *sum = container_of(work, struct kcr_run_sum, work);

	sum_pages(sum->ctx, sum->pages, sum->count);
}

/* Until then ctx->run_crc and ctx->next are the worker's. */
static void sum_wait(struct kcr_run_sum *sum)
{
	if (!sum || !sum->count)
		return;
	if (cancel_work_sync(&sum->work))	/* nobody had time for it */
		sum_work(&sum->work);
	while (sum->count)
		put_page(sum->pages[--sum->count]);
}

static void sum_start(struct kcr_ctx *ctx, struct page **pages, unsigned int count)
{
	struct kcr_run_sum *sum = ctx->run_sum;

	sum_wait(sum);
	if (count < SUM_ALONE) {
		sum_pages(ctx, pages, count);
		return;
	}
	for (; sum->count < count; sum->count++) {
		sum->pages[sum->count] = pages[sum->count];
		get_page(pages[sum->count]);
	}
	queue_work(system_unbound_wq, &sum->work);
}

/* Bytes that are only checked, a run's padding for instance. */
static int skip(struct kcr_ctx *ctx, size_t len, u32 *crc)
{
	int ret = kcr_read_bytes(ctx, ctx->pages_buf, len);

	if (!ret && crc)
		*crc = kcr_crc32(*crc, ctx->pages_buf, len);
	return ret;
}

/* Its pages come from an image before this one, and are looked at by their hashes. */
static int run_begin_earlier(struct kcr_ctx *ctx)
{
	if (!ctx->lazy)
		return kcr_bad_image(ctx, "pages that are in an image before it");
	ctx->run.flags &= ~cpu_to_le32(KCR_PAGES_EARLIER);
	ctx->run_left = le32_to_cpu(ctx->run.count);
	return skip(ctx, sizeof(struct kcr_img_pages_earlier) - sizeof(ctx->run), &ctx->run_crc);
}

static int run_begin(struct kcr_ctx *ctx)
{
	struct kcr_img_pages *run = &ctx->run;
	const char *why;
	int ret;

	if (le64_to_cpu(ctx->next.len) < sizeof(*run))
		return kcr_bad_image(ctx, "a run of pages that is too short");
	ret = kcr_read_bytes(ctx, run, sizeof(*run));
	if (ret)
		return ret;
	ret = kcr_parse_pages(run, le64_to_cpu(ctx->next.offset),
			      le64_to_cpu(ctx->next.len), &why);
	if (ret)
		return kcr_bad_structure(ctx, ret, why);
	ctx->run_crc = kcr_crc32(0, run, sizeof(*run));
	ctx->run_left = 0;
	ctx->run_shared = false;
	ctx->run_earlier = le32_to_cpu(run->flags) & KCR_PAGES_EARLIER;
	if (ctx->run_earlier)
		return run_begin_earlier(ctx);
	if (!(le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES))
		ctx->run_left = le32_to_cpu(run->count);
	WRITE_ONCE(ctx->pages, ctx->pages + ctx->run_left);
	return skip(ctx, le32_to_cpu(run->pad), &ctx->run_crc);
}

/* Who looks at the checksum also makes sure that all bytes went into it. */
static int run_end(struct kcr_ctx *ctx)
{
	size_t len = le64_to_cpu(ctx->next.len);
	const char *why;
	int ret;

	sum_wait(ctx->run_sum);
	if (WARN_ON_ONCE(ctx->run_left))
		return kcr_bad_image(ctx, "%u pages that nobody wants", ctx->run_left);
	ret = skip(ctx, kcr_parse_padded(len) - len, NULL);
	if (ret || ctx->run_shared)
		return ret;
	ret = kcr_parse_payload(&ctx->next, ctx->run_crc, &why);
	return ret ? kcr_bad_structure(ctx, ret, why) : 0;
}

/**
 * kcr_read_run() - read the next pages of the run that was handed over
 * @ctx: the operation
 * @pages: where they go; not mapped, or only where nobody runs
 * @count: 1 to KCR_READ_MAX, no more than the run still has
 *
 * They are summed up while the caller goes on with them, and so must not change.
 */
int kcr_read_run(struct kcr_ctx *ctx, struct page **pages, unsigned int count)
{
	struct bio_vec *vec = ctx->run_vec;
	struct iov_iter iter;
	unsigned int i;
	int ret;

	if (WARN_ON_ONCE(count > ctx->run_left || count > KCR_READ_MAX))
		return -EINVAL;
	if (ctx->run_earlier) {
		ret = kcr_lazy_read_run(ctx, pages, count);
		ctx->run_left -= count;
		return ret;
	}
	for (i = 0; i < count; i++)
		vec[i] = (struct bio_vec) { .bv_page = pages[i], .bv_len = PAGE_SIZE };
	iov_iter_bvec(&iter, ITER_DEST, vec, count, (size_t)count << PAGE_SHIFT);
	ret = kcr_read_iter(ctx, &iter);
	if (!ret)
		sum_start(ctx, pages, count);
	ctx->run_left -= count;
	return ret;
}

/* Pages that are only checked. */
static int run_skip(struct kcr_ctx *ctx)
{
	size_t len = ctx->run_earlier ? 0 : (size_t)ctx->run_left << PAGE_SHIFT;
	int ret = skip(ctx, len, NULL);

	if (!ret)
		ctx->run_crc = kcr_pages_crc(&ctx->next, ctx->run_crc, ctx->pages_buf, len);
	ctx->run_left = 0;
	return ret;
}

/* Whether its pages come when the program runs; then they are passed by. 1: so it is */
static int run_later(struct kcr_ctx *ctx)
{
	int ret = kcr_lazy_run(ctx, &ctx->run, &ctx->run_crc);

	if (ret > 0) {
		if (!ctx->run_earlier)
			kcr_read_past(ctx, (u64)ctx->run_left << PAGE_SHIFT);
		ctx->run_left = 0;
	}
	return ret;
}

static int read_page_run(struct kcr_ctx *ctx, kcr_page_run_t page_run)
{
	int ret = run_begin(ctx);

	if (!ret && page_run)
		ret = run_later(ctx);
	if (ret)
		return ret < 0 ? ret : run_end(ctx);
	ret = page_run ? page_run(ctx, &ctx->run) : KCR_PAGES_SKIP;
	if (ret == KCR_PAGES_SKIP)
		ret = run_skip(ctx);
	return ret ?: run_end(ctx);
}

static int read_end(struct kcr_ctx *ctx)
{
	struct kcr_parse_sum sum = {
		.offset = le64_to_cpu(ctx->next.offset),
		.records = ctx->records,
		.pages = ctx->pages,
		.index = ctx->index_offset,
	};
	const char *why;
	int ret;

	ctx->pages_done = true;
	if (le64_to_cpu(ctx->next.len) != sizeof(struct kcr_img_end))
		return kcr_bad_image(ctx, "the end record has a wrong length");
	ret = kcr_read_payload(ctx, ctx->pages_buf);
	if (ret)
		return ret;
	ret = kcr_parse_end(ctx->pages_buf, &sum, &why);
	return ret ? kcr_bad_structure(ctx, ret, why) : 0;
}

/* Only where it is: pages are checked by their record's checksum. */
static int read_index(struct kcr_ctx *ctx)
{
	const char *why;
	int ret = kcr_read_payload(ctx, ctx->pages_buf);

	if (ret)
		return ret;
	ret = kcr_parse_index(&ctx->next, ctx->pages_buf, &ctx->index_offset, &why);
	return ret < 0 ? kcr_bad_structure(ctx, ret, why) : 0;
}

/* One record of the second part. */
static int read_one(struct kcr_ctx *ctx, kcr_page_run_t page_run)
{
	switch (le32_to_cpu(ctx->next.kind)) {
	case KCR_KIND_PAGES:
		return read_page_run(ctx, page_run);
	case KCR_KIND_INDEX:
		return read_index(ctx);
	case KCR_KIND_PAD:
		return kcr_read_payload(ctx, ctx->pages_buf);
	case KCR_KIND_END:
		return read_end(ctx);
	default:
		if (kcr_parse_known(&ctx->next))
			return kcr_bad_image(ctx, "a %s record after the pages",
					     kcr_ops_find(le32_to_cpu(ctx->next.kind))->name);
		return kcr_read_payload(ctx, ctx->pages_buf);
	}
}

static int buffers(struct kcr_ctx *ctx)
{
	if (!ctx->pages_buf)
		ctx->pages_buf = kvmalloc(KCR_REC_MAX + KCR_REC_ALIGN, GFP_KERNEL);
	if (!ctx->run_vec)
		ctx->run_vec = kmalloc_array(KCR_READ_MAX, sizeof(*ctx->run_vec), GFP_KERNEL);
	if (!ctx->run_sum) {
		ctx->run_sum = kzalloc(sizeof(*ctx->run_sum), GFP_KERNEL);
		if (!ctx->run_sum)
			return kcr_nomem(ctx);
		INIT_WORK(&ctx->run_sum->work, sum_work);
		ctx->run_sum->ctx = ctx;
	}
	return ctx->pages_buf && ctx->run_vec ? 0 : kcr_nomem(ctx);
}

/**
 * kcr_read_pages() - pages, up to the end
 * @ctx: the operation, after kcr_read_recs()
 * @page_run: is handed each run, and reads its pages with kcr_read_run(), or says
 *	KCR_PAGES_SKIP; NULL: they are only checked
 */
int kcr_read_pages(struct kcr_ctx *ctx, kcr_page_run_t page_run)
{
	int ret = buffers(ctx);

	while (!ret && !ctx->pages_done) {
		ret = read_one(ctx, page_run);
		if (!ret && !ctx->pages_done)
			ret = kcr_read_rec_head(ctx);
		cond_resched();
	}
	return ret;
}

/* kcr_page_reader_drop() - free what the pages took */
void kcr_page_reader_drop(struct kcr_ctx *ctx)
{
	sum_wait(ctx->run_sum);
	kfree(ctx->run_sum);
	ctx->run_sum = NULL;
	kvfree(ctx->pages_buf);
	ctx->pages_buf = NULL;
	kfree(ctx->run_vec);
	ctx->run_vec = NULL;
}
