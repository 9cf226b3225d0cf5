// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that a process shares copy-on-write with its parent.
 *
 * Only fork() makes two address spaces share a page. So a process is made by
 * fork() when its parent has all its pages, and keeps those of its mappings that
 * it has had from there: the image says which (KCR_VMA_INHERITED). In them a run
 * of pages either is as the parent's, and has no bytes in the image, or brings
 * its own; what no run tells of has no page.
 *
 * A mapping is kept if it lies in one of the parent's, with the same flags and
 * the same file, and their pages have one origin. Mappings that differ are made
 * anew, with all of their pages in the image.
 */
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat/mm.h"
#include "kcr.h"
#include "mm/internal.h"
#include <uapi/image/vma.h>

/* Of others fork() gives the child none, or not the same. */
#define INHERITABLE	(VM_READ | VM_WRITE | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | \
			 VM_NORESERVE | VM_ACCOUNT | VM_DONTDUMP | VM_HUGEPAGE |	\
			 VM_NOHUGEPAGE | VM_SEQ_READ | VM_RAND_READ | VM_HUGETLB)

#define IMG_INHERITABLE	(KCR_VMA_READ | KCR_VMA_WRITE | KCR_VMA_EXEC | KCR_VMA_MAYREAD |	\
			 KCR_VMA_MAYWRITE | KCR_VMA_MAYEXEC | KCR_VMA_NORESERVE |	\
			 KCR_VMA_ACCOUNT | KCR_VMA_DONTDUMP | KCR_VMA_HUGEPAGE |	\
			 KCR_VMA_NOHUGEPAGE | KCR_VMA_SEQ_READ | KCR_VMA_RAND_READ |	\
			 KCR_VMA_HUGETLB)

/* They follow from the fork. */
#define IMG_FORKED	(KCR_VMA_INHERITED | KCR_VMA_UNRESERVED)

/**
 * struct kcr_kept - a mapping that is kept
 * @start: first address
 * @end: address after the last one
 */
struct kcr_kept {
	unsigned long start, end;
};

/* kcr_inherit_add() - a mapping that is kept; in ascending order */
int kcr_inherit_add(struct kcr_process *p, unsigned long start, unsigned long end)
{
	unsigned int max = p->max_kept ? 2 * p->max_kept : 16;
	struct kcr_kept *kept;

	if (p->nr_kept == p->max_kept) {
		kept = kvmalloc_array(max, sizeof(*kept), GFP_KERNEL_ACCOUNT);
		if (!kept)
			return kcr_nomem(p->ctx);
		memcpy(kept, p->kept, p->nr_kept * sizeof(*kept));
		kvfree(p->kept);
		p->kept = kept;
		p->max_kept = max;
	}
	p->kept[p->nr_kept++] = (struct kcr_kept) { start, end };
	return 0;
}

/**
 * kcr_inherit_at() - is an address in what is kept?
 * @p: the process
 * @addr: the address
 * @until: set to where the answer may be another
 */
bool kcr_inherit_at(const struct kcr_process *p, unsigned long addr, unsigned long *until)
{
	unsigned int first = 0, end = p->nr_kept, mid;

	while (first < end) {		/* the first that ends behind it */
		mid = first + (end - first) / 2;
		if (p->kept[mid].end <= addr)
			first = mid + 1;
		else
			end = mid;
	}
	*until = TASK_SIZE;
	if (first == p->nr_kept)
		return false;
	if (p->kept[first].start > addr) {
		*until = p->kept[first].start;
		return false;
	}
	*until = p->kept[first].end;
	return true;
}

/* Saving */

/* What is compared; addresses are not looked behind. */
struct place {
	unsigned long start, end, pgoff, flags;
	const void *file, *origin;
	bool policy;
};

/* What differs without meaning anything. */
static unsigned long flags_of(const struct kcr_process *p, const struct vm_area_struct *vma)
{
	unsigned long flags = kcr_vma_flags(p, vma);

	return flags & ~(VM_SOFTDIRTY | (flags & VM_HUGETLB ? VM_DONTEXPAND : 0));
}

static bool look(const struct kcr_process *p, unsigned long addr, struct place *at)
{
	struct mm_struct *mm = p->mm;
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma)
		*at = (struct place) {
			.start = vma->vm_start,
			.end = vma->vm_end,
			.pgoff = vma->vm_pgoff,
			.flags = flags_of(p, vma),
			.file = vma->vm_file,
			.origin = vma->anon_vma ? vma->anon_vma->root : NULL,
#ifdef CONFIG_NUMA
			.policy = vma->vm_policy,
#endif
		};
	mmap_read_unlock(mm);
	return vma;
}

static bool same_origin(const struct place *own, const struct place *parent)
{
	return own->start >= parent->start && own->end <= parent->end &&
	       own->flags == parent->flags && !(own->flags & ~INHERITABLE) &&
	       !own->policy && !parent->policy &&
	       own->file == parent->file && own->origin && own->origin == parent->origin &&
	       own->pgoff - parent->pgoff == (own->start - parent->start) >> PAGE_SHIFT;
}

/**
 * kcr_inherit_save() - does a mapping come from the parent's?
 * @p: the process; everything is parked
 * @start: of the mapping
 * @flags: KCR_VMA_*, of the record that is to be written
 */
int kcr_inherit_save(struct kcr_process *p, unsigned long start, u32 *flags)
{
	struct place own, parent;

	if (!p->parent || !p->parent->mm || !look(p, start, &own) ||
	    !look(p->parent, start, &parent) || !same_origin(&own, &parent))
		return 0;
	*flags |= KCR_VMA_INHERITED;
	return kcr_inherit_add(p, own.start, own.end);
}

/**
 * kcr_inherit_kept() - is an address in what is kept? Asked in ascending order
 * @p: the process
 * @addr: the address
 */
bool kcr_inherit_kept(struct kcr_process *p, unsigned long addr)
{
	while (p->kept_at < p->nr_kept && p->kept[p->kept_at].end <= addr)
		p->kept_at++;
	return p->kept_at < p->nr_kept && addr >= p->kept[p->kept_at].start;
}

/* Restoring */

static const struct kcr_img_vma *img_of(const struct kcr_rec *rec)
{
	return kcr_rec_as(rec, struct kcr_img_vma);
}

/* Mappings are in order, so that the search need not begin anew for the next. */
static const struct kcr_img_vma *parents_mapping(struct kcr_process *p, u64 start)
{
	const struct list_head *owned = &p->parent->memory->rec->owned;
	const struct kcr_rec *rec = p->kept_rec;

	if (!rec)
		rec = list_entry(owned, struct kcr_rec, owned);
	else if (le64_to_cpu(img_of(rec)->end) > start)
		return img_of(rec);
	list_for_each_entry_continue(rec, owned, owned) {
		if (rec->kind != KCR_KIND_VMA || rec->len != sizeof(struct kcr_img_vma) ||
		    le64_to_cpu(img_of(rec)->end) <= start)
			continue;
		p->kept_rec = rec;
		return img_of(rec);
	}
	return NULL;
}

static bool img_same_origin(const struct kcr_img_vma *own, const struct kcr_img_vma *parent)
{
	u64 start = le64_to_cpu(own->start), from = le64_to_cpu(parent->start);
	u32 flags = le32_to_cpu(own->flags) & ~IMG_FORKED;

	return start >= from && le64_to_cpu(own->end) <= le64_to_cpu(parent->end) &&
	       flags == (le32_to_cpu(parent->flags) & ~IMG_FORKED) &&
	       !(flags & ~IMG_INHERITABLE) && own->file == parent->file &&
	       !own->pkey && !parent->pkey &&
	       (!own->file ||
		le64_to_cpu(own->offset) - le64_to_cpu(parent->offset) == start - from);
}

/**
 * kcr_inherit_check() - can a process have a mapping from its parent?
 * @ctx: the operation, in the restarter
 * @rec: a KCR_KIND_VMA record with KCR_VMA_INHERITED, else checked already
 */
int kcr_inherit_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vma *own = img_of(rec), *parent = NULL;
	struct kcr_process *p = rec->process;

	if (p->parent)
		parent = parents_mapping(p, le64_to_cpu(own->start));
	if (!parent || !img_same_origin(own, parent))
		return kcr_bad_image(ctx, "mapping %llx-%llx, which the parent does not have",
				     le64_to_cpu(own->start), le64_to_cpu(own->end));
	/* A copy makes it anew, and shares it with its template. */
	if (p->ctx->template)
		return 0;
	return kcr_inherit_add(p, le64_to_cpu(own->start), le64_to_cpu(own->end));
}

/**
 * kcr_inherit_begin() - empty the address space, except for what is kept
 * @p: the process being made; current is its leader, just forked
 */
int kcr_inherit_begin(struct kcr_process *p)
{
	unsigned long pos = 0;
	unsigned int i;
	int ret = 0;

	for (i = 0; i <= p->nr_kept && !ret; i++) {
		unsigned long until = i < p->nr_kept ? p->kept[i].start : TASK_SIZE;

		if (until > pos)
			ret = vm_munmap(pos, until - pos);
		if (i < p->nr_kept)
			pos = p->kept[i].end;
		cond_resched();
	}
	return ret;
}

/* A huge page goes as a whole; false if an image has it otherwise. */
static bool zap(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	VMA_ITERATOR(vmi, mm, start);
	struct vm_area_struct *vma;
	bool fits = true;

	mmap_read_lock(mm);
	for_each_vma_range(vmi, vma, end) {
		unsigned long from = max(start, vma->vm_start), to = min(end, vma->vm_end);

		fits = IS_ALIGNED(from | to, vma_kernel_pagesize(vma));
		if (!fits)
			break;
		kcr_zap(vma, from, to - from);
	}
	mmap_read_unlock(mm);
	return fits;
}

/**
 * kcr_inherit_pass() - no run tells of pages up to there
 * @p: the process being made
 * @addr: where the next run is, or TASK_SIZE
 * @next: and where it ends
 *
 * Return: 0, or -EBADMSG if runs are not in order.
 */
int kcr_inherit_pass(struct kcr_process *p, unsigned long addr, unsigned long next)
{
	unsigned int i;

	if (!p->nr_kept)
		return 0;
	if (addr < p->kept_pos)
		return kcr_bad_image(p->ctx, "pages at %lx are not in order", addr);
	for (i = p->kept_at; i < p->nr_kept && p->kept[i].start < addr; i++) {
		unsigned long from = max(p->kept_pos, p->kept[i].start);
		unsigned long to = min(addr, p->kept[i].end);

		if (from < to && !zap(current->mm, from, to))
			return kcr_bad_image(p->ctx, "half of a huge page at %lx", from);
	}
	p->kept_pos = next;
	kcr_inherit_kept(p, next);
	return 0;
}

/**
 * kcr_inherit_covers() - is all of a run in what is kept?
 * @p: the process being made
 * @first: kept_at, before kcr_inherit_pass() came to the run
 * @addr: where the run is
 * @end: and where it ends
 */
bool kcr_inherit_covers(struct kcr_process *p, unsigned int first, unsigned long addr,
			unsigned long end)
{
	unsigned int i;

	for (i = first; i < p->nr_kept && p->kept[i].start <= addr && addr < end; i++)
		addr = max(addr, p->kept[i].end);
	return addr >= end;
}
