// SPDX-License-Identifier: GPL-2.0
/*
 * Pages from the image into the memory that is being made.
 *
 * They are put in as a debugger writes to memory, so that mappings have their
 * final protection from the start and what was never to be written need not
 * count against overcommit.
 *
 * A page comes back as part of a huge one if it was: kcr_mm_begin() has
 * forbidden huge pages, so that scattered pages do not grow, and they are
 * allowed for the time of a run that was one. mm.c's link has the last word.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/slab.h>

#include "compat/mm.h"
#include "kcr.h"
#include "mm/internal.h"
#include "mm/mm.h"

#define BATCH	64u

/* Is all of it memory that a run may fill? */
static bool range_ok(struct mm_struct *mm, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for (; addr < end; addr = vma->vm_end) {
		vma = find_vma(mm, addr);
		if (!vma || vma->vm_start > addr ||
		    vma->vm_flags & (VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_DONTEXPAND))
			return false;
	}
	return true;
}

/* It may have been swapped out meanwhile, and is to be written once more then. */
static void fill_page(struct page *page, const void *data)
{
	if (data)
		memcpy_to_page(page, 0, data, PAGE_SIZE);
	else
		clear_highpage(page);
	set_page_dirty_lock(page);
	put_page(page);
}

static int fill_failed(struct kcr_ctx *ctx, unsigned long addr, long err)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			"page %lx can't be put in place (errno %ld)", addr, -err);
}

/* Up to BATCH pages. */
static int fill_batch(struct kcr_ctx *ctx, unsigned long addr, unsigned int count,
		      const void *data)
{
	struct mm_struct *mm = current->mm;
	struct page *pages[BATCH];
	long got, i;

	mmap_read_lock(mm);
	if (!range_ok(mm, addr, addr + ((unsigned long)count << PAGE_SHIFT))) {
		mmap_read_unlock(mm);
		return kcr_bad_image(ctx, "page %lx belongs to no mapping", addr);
	}
	got = kcr_gup_remote(mm, addr, count, FOLL_WRITE | FOLL_FORCE, pages, NULL);
	mmap_read_unlock(mm);

	for (i = 0; i < got; i++)
		fill_page(pages[i], data ? data + (i << PAGE_SHIFT) : NULL);
	if (got != count)
		return fill_failed(ctx, addr, got < 0 ? got : -ENOMEM);
	return 0;
}

/**
 * kcr_mm_fill() - put pages in their place
 * @ctx: the operation; current is a leader being made
 * @addr: of the first page
 * @count: pages
 * @data: their bytes, NULL for zeros
 */
int kcr_mm_fill(struct kcr_ctx *ctx, unsigned long addr, unsigned int count,
		const void *data)
{
	unsigned int done, n;
	int ret = 0;

	for (done = 0; done < count && !ret; done += n) {
		n = min(count - done, BATCH);
		ret = fill_batch(ctx, addr + ((unsigned long)done << PAGE_SHIFT), n,
				 data ? data + ((size_t)done << PAGE_SHIFT) : NULL);
		cond_resched();
	}
	return ret;
}

static int fill_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run, const void *data)
{
	u32 flags = le32_to_cpu(run->flags);
	int ret;

	if (flags & KCR_PAGES_HUGE)
		clear_bit(MMF_DISABLE_THP, &current->mm->flags);
	ret = kcr_mm_fill(ctx, le64_to_cpu(run->addr), le32_to_cpu(run->count), data);
	if (flags & KCR_PAGES_HUGE)
		set_bit(MMF_DISABLE_THP, &current->mm->flags);
	if (!ret && fatal_signal_pending(current))
		ret = -EINTR;
	return ret;
}

static int own_run(struct kcr_process *p, const struct kcr_img_pages *run, const void *data,
		   size_t len)
{
	u64 addr = le64_to_cpu(run->addr);
	u64 bytes = (u64)le32_to_cpu(run->count) << PAGE_SHIFT;
	unsigned int first = p->kept_at;
	struct kcr_ctx *ctx = p->ctx;
	int ret;

	if (!bytes || bytes > KCR_PAGES_MAX << PAGE_SHIFT || !PAGE_ALIGNED(addr) ||
	    addr > TASK_SIZE || bytes > TASK_SIZE - addr || (data && len != bytes))
		return kcr_bad_image(ctx, "%u pages at %llx", le32_to_cpu(run->count), addr);
	ret = kcr_inherit_pass(p, addr, addr + bytes);
	if (ret)
		return ret;
	if (!(le32_to_cpu(run->flags) & KCR_PAGES_PARENT))
		return fill_run(ctx, run, data);
	if (!kcr_inherit_covers(p, first, addr, addr + bytes))
		return kcr_bad_image(ctx, "pages at %llx, which the parent does not have", addr);
	return 0;
}

/**
 * kcr_mm_page_run() - put one run of pages in its place
 * @ctx: the operation; current is the leader of ctx->building
 * @run: where; checked only for its own consistency
 * @data: the pages, NULL for zeros and those of the parent
 * @len: bytes at @data
 *
 * Return: 0, KCR_PAGES_OTHERS or a negative errno.
 */
int kcr_mm_page_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run,
		    const void *data, size_t len)
{
	struct kcr_process *p = ctx->building;

	if (p->mm_id && le32_to_cpu(run->mm) == p->mm_id)
		return own_run(p, run, data, len);
	if (kcr_rec_find(ctx, le32_to_cpu(run->mm), KCR_KIND_MM))
		return KCR_PAGES_OTHERS;
	if (le32_to_cpu(run->flags) & KCR_PAGES_PARENT)
		return kcr_bad_image(ctx, "pages of %u, which has no parent",
				     le32_to_cpu(run->mm));
	return kcr_shmem_page_run(ctx, run, data, len);
}

/* kcr_mm_pages_end() - what no run has told of has no page */
int kcr_mm_pages_end(struct kcr_process *p)
{
	return kcr_inherit_pass(p, TASK_SIZE, TASK_SIZE);
}
