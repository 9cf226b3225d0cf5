// SPDX-License-Identifier: GPL-2.0
/*
 * Pages from the image into the memory that is being made.
 *
 * Where nothing is yet, a page is read first and mapped then, as UFFDIO_COPY
 * does it: nobody has cleared it for us, and its bytes are copied once. The
 * first page under each page table, and all of a huge one, are put in as a
 * debugger writes to memory, by a fault, which makes table and page.
 *
 * Either way mappings have their final protection from the start, and what was
 * never to be written need not count against overcommit.
 *
 * A page comes back as part of a huge one if it was: kcr_mm_begin() has
 * forbidden huge pages, so that scattered pages do not grow, and they are
 * allowed for the time of a run that was one. mm.c's link has the last word.
 */
#include <linux/highmem.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/slab.h>

#include "compat/mm.h"
#include "kcr.h"
#include "mm/internal.h"
#include "mm/mm.h"

#define BATCH	KCR_READ_BATCH

static bool may_fill(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_MAYSHARE | VM_IO | VM_PFNMAP)) &&
	       (vma->vm_flags & (VM_DONTEXPAND | VM_HUGETLB)) != VM_DONTEXPAND;
}

/* Is all of it memory that a run may fill? */
static bool range_ok(struct mm_struct *mm, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for (; addr < end; addr = vma->vm_end) {
		vma = find_vma(mm, addr);
		if (!vma || vma->vm_start > addr || !may_fill(vma))
			return false;
	}
	return true;
}

/* The memory of huge pages that is mapped there, with a reference, or NULL. */
static struct file *hugetlb_at(unsigned long addr)
{
	struct file *file = NULL;
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma && vma->vm_flags & VM_HUGETLB)
		file = get_file(vma->vm_file);
	mmap_read_unlock(current->mm);
	return file;
}

static int fill_failed(struct kcr_ctx *ctx, unsigned long addr, long err)
{
	struct file *huge = hugetlb_at(addr);

	if (huge) {
		err = kcr_hugetlb_few(ctx, file_inode(huge), err);
		fput(huge);
		return err;
	}
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			"page %lx can't be put in place (errno %ld)", addr, -err);
}

/* In place, by faults */

/* They may be swapped out meanwhile, and are to be written once more then. */
static void pages_done(struct page **pages, long count)
{
	long i;

	for (i = 0; i < count; i++) {
		set_page_dirty_lock(pages[i]);
		put_page(pages[i]);
	}
}

/* Up to BATCH pages, made, that is to say cleared, where there are none. */
static int pages_get(struct kcr_ctx *ctx, unsigned long addr, unsigned int count,
		     struct page **pages)
{
	struct mm_struct *mm = current->mm;
	long got = 0;
	bool ok;

	mmap_read_lock(mm);
	ok = range_ok(mm, addr, addr + ((unsigned long)count << PAGE_SHIFT));
	if (ok)
		got = kcr_gup_remote(mm, addr, count, FOLL_WRITE | FOLL_FORCE, pages, NULL);
	mmap_read_unlock(mm);

	if (!ok)
		return kcr_bad_image(ctx, "page %lx belongs to no mapping", addr);
	if (got == count)
		return 0;
	pages_done(pages, got);
	return fill_failed(ctx, addr, got < 0 ? got : -ENOMEM);
}

static int fill_batch(struct kcr_ctx *ctx, unsigned long addr, unsigned int count,
		      const void *data)
{
	struct page *pages[BATCH];
	int ret = pages_get(ctx, addr, count, pages);
	unsigned int i;

	if (ret)
		return ret;
	for (i = 0; i < count; i++) {
		if (data)
			memcpy_to_page(pages[i], 0, data + ((size_t)i << PAGE_SHIFT), PAGE_SIZE);
		else
			clear_highpage(pages[i]);
	}
	pages_done(pages, count);
	return 0;
}

static int read_in_place(struct kcr_ctx *ctx, unsigned long addr, unsigned int count)
{
	struct page *pages[BATCH];
	int ret = pages_get(ctx, addr, count, pages);

	if (ret)
		return ret;
	ret = kcr_read_run(ctx, pages, count);
	pages_done(pages, count);
	return ret;
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

/* Fresh ones, mapped when they are full */

/* The table of pages for @addr, if there is one. */
static pmd_t *table_of(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd, entry;

	if (pgd_none(*pgd) || pgd_bad(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d) || p4d_bad(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud) || pud_bad(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	entry = READ_ONCE(*pmd);
	return pmd_none(entry) || pmd_bad(entry) ? NULL : pmd;
}

/* The mapping of @addr, if fresh pages can be put into it without more ado. */
static struct vm_area_struct *vma_ready(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	return vma && may_fill(vma) && !is_vm_hugetlb_page(vma) && vma->anon_vma &&
	       table_of(mm, addr) ? vma : NULL;
}

/*
 * Up to BATCH pages for the memory at @addr, of one mapping and one table. How
 * many; fewer than wanted, or 0, if there is no memory or nothing is ready.
 */
static unsigned int fresh_get(unsigned long addr, unsigned int count, struct page **pages)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct folio *folio;
	unsigned int n = 0;

	mmap_read_lock(mm);
	vma = vma_ready(mm, addr);
	if (vma)
		count = min3(count, BATCH,
			     (unsigned int)((pmd_addr_end(addr, vma->vm_end) - addr) >>
					    PAGE_SHIFT));
	for (; vma && n < count; n++) {
		folio = vma_alloc_folio(GFP_HIGHUSER_MOVABLE, 0, vma,
					addr + ((unsigned long)n << PAGE_SHIFT), false);
		if (!folio)
			break;
		if (!mem_cgroup_disabled() &&
		    kcr_call(__mem_cgroup_charge)(folio, mm, GFP_KERNEL)) {
			folio_put(folio);
			break;
		}
		pages[n] = &folio->page;
	}
	mmap_read_unlock(mm);
	return n;
}

/* Maps as many of them as can be mapped, from the first on. */
static unsigned int fresh_map(unsigned long addr, struct page **pages, unsigned int count)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned int n = 0;
	pmd_t *table;

	mmap_read_lock(mm);
	vma = vma_ready(mm, addr);
	table = vma ? table_of(mm, addr) : NULL;
	for (; table && n < count; n++) {
		__SetPageUptodate(pages[n]);
		if (kcr_install_page(vma, table, addr + ((unsigned long)n << PAGE_SHIFT), pages[n]))
			break;
	}
	mmap_read_unlock(mm);
	return n;
}

/* Where somebody was faster, or has taken the table away. */
static int fresh_copy(struct kcr_ctx *ctx, unsigned long addr, struct page *page)
{
	void *data = kmap_local_page(page);
	int ret = fill_batch(ctx, addr, 1, data);

	kunmap_local(data);
	return ret;
}

static int read_fresh(struct kcr_ctx *ctx, unsigned long addr, struct page **pages,
		      unsigned int count)
{
	int ret = kcr_read_run(ctx, pages, count);
	unsigned int n = ret ? 0 : fresh_map(addr, pages, count);

	for (; n < count; n++) {
		if (!ret)
			ret = fresh_copy(ctx, addr + ((unsigned long)n << PAGE_SHIFT), pages[n]);
		put_page(pages[n]);
	}
	return ret;
}

/* A run */

/* It goes in place: nothing fresh can be put there. */
static bool is_hugetlb_at(unsigned long addr)
{
	struct file *file = hugetlb_at(addr);

	if (file)
		fput(file);
	return file;
}

static int read_run(struct kcr_ctx *ctx, unsigned long addr, unsigned int count, bool huge)
{
	struct page *pages[BATCH];
	unsigned int done, n;
	int ret = 0;

	for (done = 0; done < count && !ret; done += n, addr += (unsigned long)n << PAGE_SHIFT) {
		n = huge ? 0 : fresh_get(addr, count - done, pages);
		if (n) {
			ret = read_fresh(ctx, addr, pages, n);
			continue;
		}
		n = huge || is_hugetlb_at(addr) ? min(count - done, BATCH) : 1;
		ret = read_in_place(ctx, addr, n);
	}
	return ret;
}

static int fill_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	u32 flags = le32_to_cpu(run->flags), count = le32_to_cpu(run->count);
	u64 addr = le64_to_cpu(run->addr);
	int ret;

	if (flags & KCR_PAGES_HUGE)
		clear_bit(MMF_DISABLE_THP, &current->mm->flags);
	if (flags & KCR_PAGES_NO_BYTES)
		ret = kcr_mm_fill(ctx, addr, count, NULL);
	else
		ret = read_run(ctx, addr, count, flags & KCR_PAGES_HUGE);
	if (flags & KCR_PAGES_HUGE)
		set_bit(MMF_DISABLE_THP, &current->mm->flags);
	if (!ret && fatal_signal_pending(current))
		ret = -EINTR;
	return ret;
}

static int own_run(struct kcr_process *p, const struct kcr_img_pages *run)
{
	u64 addr = le64_to_cpu(run->addr);
	u64 bytes = (u64)le32_to_cpu(run->count) << PAGE_SHIFT;
	unsigned int first = p->kept_at;
	struct kcr_ctx *ctx = p->ctx;
	int ret;

	if (!bytes || bytes > KCR_PAGES_MAX << PAGE_SHIFT || !PAGE_ALIGNED(addr) ||
	    addr > TASK_SIZE || bytes > TASK_SIZE - addr)
		return kcr_bad_image(ctx, "%u pages at %llx", le32_to_cpu(run->count), addr);
	ret = kcr_inherit_pass(p, addr, addr + bytes);
	if (ret)
		return ret;
	if (!(le32_to_cpu(run->flags) & KCR_PAGES_PARENT))
		return fill_run(ctx, run);
	if (!kcr_inherit_covers(p, first, addr, addr + bytes))
		return kcr_bad_image(ctx, "pages at %llx, which the parent does not have", addr);
	return 0;
}

/**
 * kcr_mm_page_run() - put one run of pages in its place
 * @ctx: the operation; current is the leader of ctx->building
 * @run: where; checked only for its own consistency
 *
 * Return: 0, KCR_PAGES_OTHERS, KCR_PAGES_SKIP or a negative errno.
 */
int kcr_mm_page_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	struct kcr_process *p = ctx->building;

	if (p->mm_id && le32_to_cpu(run->mm) == p->mm_id)
		return own_run(p, run);
	if (kcr_rec_find(ctx, le32_to_cpu(run->mm), KCR_KIND_MM))
		return KCR_PAGES_OTHERS;
	if (le32_to_cpu(run->flags) & KCR_PAGES_PARENT)
		return kcr_bad_image(ctx, "pages of %u, which has no parent",
				     le32_to_cpu(run->mm));
	return kcr_shmem_page_run(ctx, run);
}

/* kcr_mm_pages_end() - what no run has told of has no page */
int kcr_mm_pages_end(struct kcr_process *p)
{
	return kcr_inherit_pass(p, TASK_SIZE, TASK_SIZE);
}
