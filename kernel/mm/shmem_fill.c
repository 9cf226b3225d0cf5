// SPDX-License-Identifier: GPL-2.0
/*
 * Pages into restored shared memory: from the image, or from other such memory.
 */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include "files/files.h"
#include "ipc/ipc.h"
#include "kcr.h"
#include "mm/internal.h"
#include "mm/mm.h"

/* There, made if it was not. */
static struct page *page_at(struct kcr_ctx *ctx, struct file *file, pgoff_t index)
{
	struct address_space *mapping = file_inode(file)->i_mapping;
	struct page *page;

	if (kcr_inode_is_hugetlb(file_inode(file)))
		return kcr_hugetlb_page(ctx, file, index);
	page = shmem_read_mapping_page_gfp(mapping, index, mapping_gfp_mask(mapping));
	if (IS_ERR(page))
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(page),
			 "not enough memory for shared memory (errno %ld)", -PTR_ERR(page));
	return page;
}

/* @data may be NULL, for zeros. */
static int page_fill(struct kcr_ctx *ctx, struct file *file, pgoff_t index,
		     const void *data)
{
	struct page *page = page_at(ctx, file, index);

	if (IS_ERR(page))
		return PTR_ERR(page);
	lock_page(page);
	if (data)
		memcpy_to_page(page, 0, data, PAGE_SIZE);
	else
		clear_highpage(page);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	return 0;
}

static int copy_over(struct kcr_ctx *ctx, struct file *to, pgoff_t index, struct page *page)
{
	void *data = kmap_local_page(page);
	int ret = page_fill(ctx, to, index, data);

	kunmap_local(data);
	return ret;
}

/* kcr_shmem_replace() - let @to hold what @from holds, and nothing else */
int kcr_shmem_replace(struct kcr_ctx *ctx, struct file *to, struct file *from)
{
	struct page *page;
	pgoff_t index;
	int ret = 0;

	for (index = 0; !ret && (page = kcr_shmem_page_next(file_inode(to), &index)); index++) {
		if (IS_ERR(page))
			return kcr_shmem_page_failed(ctx, page);
		put_page(page);
		ret = page_fill(ctx, to, index, NULL);
		cond_resched();
	}
	for (index = 0; !ret && (page = kcr_shmem_page_next(file_inode(from), &index)); index++) {
		if (IS_ERR(page))
			return kcr_shmem_page_failed(ctx, page);
		ret = copy_over(ctx, to, index, page);
		put_page(page);
		cond_resched();
	}
	return ret;
}

/* Up to KCR_READ_BATCH pages, straight from the image. */
static int read_batch(struct kcr_ctx *ctx, struct file *file, pgoff_t index,
		      unsigned int count)
{
	struct page *pages[KCR_READ_BATCH];
	unsigned int got;
	int ret = 0;

	for (got = 0; got < count && !ret; got++) {
		pages[got] = page_at(ctx, file, index + got);
		ret = PTR_ERR_OR_ZERO(pages[got]);
	}
	if (ret)
		got--;
	ret = ret ?: kcr_read_run(ctx, pages, count);
	while (got--) {
		set_page_dirty_lock(pages[got]);
		put_page(pages[got]);
	}
	return ret;
}

static int read_into(struct kcr_ctx *ctx, struct file *file, pgoff_t index,
		     unsigned int count)
{
	unsigned int n;
	int ret = 0;

	for (; count && !ret; count -= n, index += n) {
		n = min(count, KCR_READ_BATCH);
		ret = read_batch(ctx, file, index, n);
		cond_resched();
	}
	return ret;
}

/* From where another restart has put them. */
static int copy_into(struct kcr_ctx *ctx, struct file *file, struct file *from, pgoff_t index,
		     unsigned int count)
{
	struct page *page;
	int ret = 0;

	if (!from)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESTALE,
				"memory that the first copy has not filled");
	for (; count && !ret; count--, index++) {
		page = page_at(ctx, from, index);
		if (IS_ERR(page))
			return PTR_ERR(page);
		ret = copy_over(ctx, file, index, page);
		put_page(page);
		cond_resched();
	}
	return ret;
}

/* A huge page is there, or is not, also where it holds zeros; others are new. */
static int zeros_into(struct kcr_ctx *ctx, struct file *file, pgoff_t index, unsigned int count)
{
	int ret = 0;

	if (!kcr_inode_is_hugetlb(file_inode(file)))
		return 0;
	for (; count && !ret; count--, index++)
		ret = page_fill(ctx, file, index, NULL);
	return ret;
}

/* With or without a name; no reference is taken. */
static struct file *memory_of(struct kcr_ctx *ctx, u32 id)
{
	return kcr_object_get(ctx, id, KCR_KIND_SHMEM) ?:
	       kcr_object_get(ctx, id, KCR_KIND_HUGETLB) ?: kcr_shm_memory(ctx, id) ?:
	       kcr_huge_restored(ctx, id) ?: kcr_memory_restored(ctx, id);
}

/**
 * kcr_shmem_page_run() - fill restored shared memory
 * @ctx: the operation
 * @run: its mm is the id of a SHMEM, HUGETLB or SYSV_SHM record, or of a CONTENT
 *	record whose bytes are pages. In a copy they come from its template
 *
 * Return: 0, KCR_PAGES_SKIP or a negative errno.
 */
int kcr_shmem_page_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	struct file *file = memory_of(ctx, le32_to_cpu(run->mm));
	u64 addr = le64_to_cpu(run->addr), size, bytes;
	unsigned int shift, count = le32_to_cpu(run->count);

	if (!file && kcr_huge_is_there(ctx, le32_to_cpu(run->mm)))
		return KCR_PAGES_SKIP;
	if (!file)
		return kcr_bad_image(ctx, "pages of %u, which is no memory",
				     le32_to_cpu(run->mm));
	shift = kcr_hugetlb_shift(file_inode(file)) ?: PAGE_SHIFT;
	size = round_up((u64)i_size_read(file_inode(file)), 1ull << shift);
	bytes = (u64)count << PAGE_SHIFT;
	if (!PAGE_ALIGNED(addr) || bytes > size || addr > size - bytes)
		return kcr_bad_image(ctx, "pages beyond the end of shared memory");
	if (le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES)
		return zeros_into(ctx, file, addr >> PAGE_SHIFT, count);
	if (ctx->template)
		return copy_into(ctx, file, memory_of(ctx->template, le32_to_cpu(run->mm)),
				 addr >> PAGE_SHIFT, count);
	return read_into(ctx, file, addr >> PAGE_SHIFT, count);
}
