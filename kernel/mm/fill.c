// SPDX-License-Identifier: GPL-2.0
/*
 * Pages from the image into the memory that is being made.
 *
 * Where nothing is yet, the page that was read for it is mapped, as UFFDIO_COPY
 * does it: nobody has cleared it for us, and its bytes are copied once. The
 * first page under each page table, all of a huge one, and what has a NUMA
 * policy are put in as a debugger writes to memory, by a fault, which makes
 * table and page.
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
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/slab.h>

#include "compat/mm.h"
#include "kcr.h"
#include "made.h"
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

/* kcr_pages_done() - they may be swapped out meanwhile, and are to be written once more then */
void kcr_pages_done(struct page **pages, long count)
{
	long i;

	for (i = 0; i < count; i++)
		/* Once for all parts of a huge one. */
		if (!i || compound_head(pages[i]) != compound_head(pages[i - 1]))
			set_page_dirty_lock(pages[i]);
	release_pages(pages, count);
}

/* Pages, made, that is to say cleared, where there are none. */
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
	kcr_pages_done(pages, got);
	return fill_failed(ctx, addr, got < 0 ? got : -ENOMEM);
}

/* @data may be NULL, for zeros. */
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
	kcr_pages_done(pages, count);
	return 0;
}

/* kcr_mm_copy() - put copies of pages in place, no more than BATCH */
int kcr_mm_copy(struct kcr_ctx *ctx, unsigned long addr, struct page **from,
		unsigned int count)
{
	struct page *pages[BATCH];
	int ret = pages_get(ctx, addr, count, pages);
	unsigned int i;

	if (ret)
		return ret;
	for (i = 0; i < count; i++)
		copy_highpage(pages[i], from[i]);
	kcr_pages_done(pages, count);
	return 0;
}

static int read_batch(struct kcr_ctx *ctx, unsigned long addr, struct page **pages,
		      unsigned int count, struct kcr_shared_run *shared, unsigned int first)
{
	int ret = pages_get(ctx, addr, count, pages);

	if (ret)
		return ret;
	if (shared)
		return kcr_hands_fill(ctx, shared, first, pages, count);
	ret = kcr_read_run(ctx, pages, count);
	kcr_pages_done(pages, count);
	return ret;
}

/* Of a huge page: that is made by the first fault. */
static int read_run(struct kcr_ctx *ctx, unsigned long addr, unsigned int count,
		    struct kcr_shared_run *shared)
{
	struct page **pages = kmalloc_array(KCR_READ_MAX, sizeof(*pages), GFP_KERNEL);
	unsigned int done, n;
	int ret = 0;

	if (!pages)
		return kcr_nomem(ctx);
	for (done = 0; done < count && !ret; done += n) {
		n = min(count - done, KCR_READ_MAX);
		ret = read_batch(ctx, addr + ((unsigned long)done << PAGE_SHIFT), pages, n,
				 shared, done);
	}
	kfree(pages);
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

/* Those that have been read, mapped */

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

/* Its pages are from a pool, or it matters from where. */
static bool must_fault(struct vm_area_struct *vma)
{
	return is_vm_hugetlb_page(vma) || vma_policy(vma);
}

/* The mapping of @addr, if pages can be put into it without more ado. */
static struct vm_area_struct *vma_ready(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	return vma && may_fill(vma) && !must_fault(vma) && vma->anon_vma &&
	       table_of(mm, addr) ? vma : NULL;
}

static bool charge(struct page *page, struct mm_struct *mm)
{
	return mem_cgroup_disabled() ||
	       !kcr_call(__mem_cgroup_charge)(page_folio(page), mm, GFP_KERNEL);
}

/*
 * Maps as many of them as can be mapped under one table, from the first on: they
 * are the memory's then, and NULL in @pages. How many.
 */
static unsigned int map_ready(unsigned long addr, struct page **pages, unsigned int count)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned int n = 0;
	pmd_t *table;

	mmap_read_lock(mm);
	vma = vma_ready(mm, addr);
	table = vma ? table_of(mm, addr) : NULL;
	if (table)
		count = min(count, (unsigned int)((pmd_addr_end(addr, vma->vm_end) - addr) >>
						  PAGE_SHIFT));
	for (; table && n < count; n++) {
		if (!charge(pages[n], mm))
			break;
		__SetPageUptodate(pages[n]);
		if (kcr_install_page(vma, table, addr + ((unsigned long)n << PAGE_SHIFT), pages[n]))
			break;
		pages[n] = NULL;
	}
	mmap_read_unlock(mm);
	return n;
}

static bool faults_at(unsigned long addr)
{
	struct vm_area_struct *vma;
	bool all;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	all = vma && must_fault(vma);
	mmap_read_unlock(current->mm);
	return all;
}

/* Where none can be mapped a fault makes the table. */
static int map_pages(struct kcr_ctx *ctx, unsigned long addr, struct page **pages,
		     unsigned int count)
{
	unsigned int done, n;
	int ret = 0;

	for (done = 0; done < count && !ret; done += n, addr += (unsigned long)n << PAGE_SHIFT) {
		n = map_ready(addr, pages + done, count - done);
		if (n)
			continue;
		n = faults_at(addr) ? min(count - done, BATCH) : 1;
		ret = kcr_mm_copy(ctx, addr, pages + done, n);
	}
	return ret;
}

/* A run */

static int fill_run(struct kcr_ctx *ctx, const struct kcr_img_pages *run, struct page **pages,
		    struct kcr_shared_run *shared)
{
	u32 flags = le32_to_cpu(run->flags), count = le32_to_cpu(run->count);
	u64 addr = le64_to_cpu(run->addr);
	int ret;

	if (pages)
		return map_pages(ctx, addr, pages, count);
	if (flags & KCR_PAGES_HUGE)
		clear_bit(MMF_DISABLE_THP, &current->mm->flags);
	if (flags & KCR_PAGES_NO_BYTES)
		ret = kcr_mm_fill(ctx, addr, count, NULL);
	else
		ret = read_run(ctx, addr, count, shared);
	if (flags & KCR_PAGES_HUGE)
		set_bit(MMF_DISABLE_THP, &current->mm->flags);
	return ret;
}

static int own_run(struct kcr_process *p, const struct kcr_img_pages *run, struct page **pages,
		   struct kcr_shared_run *shared)
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
		return fatal_signal_pending(current) ? -EINTR : fill_run(ctx, run, pages, shared);
	if (!kcr_inherit_covers(p, first, addr, addr + bytes))
		return kcr_bad_image(ctx, "pages at %llx, which the parent does not have", addr);
	return 0;
}

/**
 * kcr_mm_page_run() - put one run of pages, or a part of it, in its place
 * @p: current is its leader
 * @run: where; checked only for its own consistency
 * @pages: they have been read; those that are mapped become NULL. NULL: the run
 *	has no bytes, or they are to be read
 * @shared: then: the run, if the controller may read it as well; NULL: it may not
 *
 * Return: 0, KCR_PAGES_OTHERS, KCR_PAGES_SKIP or a negative errno.
 */
int kcr_mm_page_run(struct kcr_process *p, const struct kcr_img_pages *run,
		    struct page **pages, struct kcr_shared_run *shared)
{
	struct kcr_ctx *ctx = p->ctx;

	if (p->mm_id && le32_to_cpu(run->mm) == p->mm_id)
		return own_run(p, run, pages, shared);
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
