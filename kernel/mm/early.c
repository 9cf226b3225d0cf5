// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory, copied while the program still runs.
 *
 * A snapshot does not hold what is shared, so it has to be copied. All of it is, before
 * the program stops, in two rounds; at the cut only what was written to since then.
 *
 * What was written to the kernel itself knows: a page is dirty, or one of the page tables
 * that map it says so, which becomes the page's own mark when it is unmapped. Here both
 * are cleared before a page is copied, as for a file that is written back. The memory
 * has no other place where its contents are, so such a page must not be thought of
 * as one that can be dropped: that holds a reference to it, with which nobody can take
 * it from its object, swap it out or move it, and makes it dirty again at the end.
 * Somebody else who holds one may write to it without a mark, for a device or a pipe:
 * then it counts as written to. Huge pages are left to the cut, and so is what another
 * checkpoint is copying: there is one mark, and one who clears it.
 */
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/rcupdate_wait.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/mm.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/mm.h"
#include "stream.h"

#define ROUNDS		2
#define PAGES_MIN	64u	/* less is copied faster than it is looked after */

/**
 * struct early - an object
 * @node: in struct kcr_mm_data
 * @all: in watched, by @inode
 * @inode: with a reference
 * @windows: of struct early_window, by their addresses in units of their size
 * @last: the window that was asked for last
 * @last_at: where it is
 * @saved: its copies are the image's
 */
struct early {
	struct list_head node;
	struct hlist_node all;
	struct inode *inode;
	struct xarray windows;
	struct early_window *last;
	pgoff_t last_at;
	bool saved;
};

/**
 * struct early_window - 2 MB of it
 * @copy: the copies, NULL where there are zeros
 * @from: what they are of, clean, with a reference each; NULL: not copied yet
 * @written: a page table says that it is dirty
 * @good: at the cut: the copy is what the page holds
 */
struct early_window {
	struct kcr_copy *copy;
	struct page *from[KCR_PAGES_MAX];
	DECLARE_BITMAP(written, KCR_PAGES_MAX);
	DECLARE_BITMAP(good, KCR_PAGES_MAX);
};

static DEFINE_HASHTABLE(watched, 6);	/* of all operations */
static DEFINE_SPINLOCK(watched_lock);

static struct early *find(struct kcr_mm_data *data, const struct inode *inode)
{
	struct early *e;

	list_for_each_entry(e, &data->early, node)
		if (e->inode == inode)
			return e;
	return NULL;
}

/* The controller alone asks, and mostly for one page after another. */
static struct early_window *window_at(struct early *e, pgoff_t index)
{
	pgoff_t at = index / KCR_PAGES_MAX;

	if (!e->last || e->last_at != at) {
		e->last = xa_load(&e->windows, at);
		e->last_at = at;
	}
	return e->last;
}

/* NULL without memory: then it is copied at the cut. */
static struct early_window *window_make(struct early *e, pgoff_t index)
{
	struct early_window *w = window_at(e, index);

	if (w)
		return w;
	w = kvzalloc(sizeof(*w), KCR_GFP_COPY);
	if (!w)
		return NULL;
	w->copy = kvzalloc(sizeof(*w->copy), KCR_GFP_COPY);
	if (w->copy && !xa_err(xa_store(&e->windows, index / KCR_PAGES_MAX, w, GFP_KERNEL))) {
		w->copy->addr = (u64)round_down(index, KCR_PAGES_MAX) << PAGE_SHIFT;
		return w;
	}
	kvfree(w->copy);
	kvfree(w);
	return NULL;
}

/* Dirty is what it was, or might as well have been: nothing but memory has it. */
static void unwatch(struct inode *inode, struct page *page)
{
	struct folio *folio = page_folio(page);

	folio_lock(folio);
	if (folio->mapping == inode->i_mapping)
		folio_mark_dirty(folio);
	folio_unlock(folio);
	folio_put(folio);
}

static void window_free(struct kcr_mm_data *data, struct early *e, struct early_window *w)
{
	unsigned int i;

	for (i = 0; i < KCR_PAGES_MAX; i++)
		if (w->from[i])
			unwatch(e->inode, w->from[i]);
	if (w->copy) {
		for (i = 0; i < KCR_PAGES_MAX; i++)
			kcr_copy_forget(data, &w->copy->pages[i]);
		kvfree(w->copy);
	}
	kvfree(w);
}

static void early_free(struct kcr_mm_data *data, struct early *e)
{
	struct early_window *w;
	unsigned long i;

	xa_for_each(&e->windows, i, w) {
		window_free(data, e, w);
		cond_resched();
	}
	xa_destroy(&e->windows);
	spin_lock(&watched_lock);
	hash_del(&e->all);
	spin_unlock(&watched_lock);
	list_del(&e->node);
	iput(e->inode);
	kfree(e);
}

/* kcr_early_end() - what was copied early is saved, or of no use; more than once is fine */
void kcr_early_end(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct early *e, *next;

	if (!data)
		return;
	list_for_each_entry_safe(e, next, &data->early, node)
		early_free(data, e);
}

/* Which page tables say that something was written to? */

static int look_at_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pte_t entry = ptep_get(pte);
	struct early_window *w;
	pgoff_t index;

	if (!pte_present(entry) || !pte_dirty(entry))
		return 0;
	index = linear_page_index(walk->vma, addr);
	w = window_at(walk->private, index);
	if (w)
		__set_bit(index % KCR_PAGES_MAX, w->written);
	return 0;
}

/* Huge pages are not copied early, and not to be split. */
static int look_at_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t entry = READ_ONCE(*pmd);

	cond_resched();
	if (!pmd_present(entry) || pmd_trans_huge(entry))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static const struct mm_walk_ops look_ops = {
	.pmd_entry	= look_at_pmd,
	.pte_entry	= look_at_pte,
	KCR_WALK_RDLOCK
};

static void look_at_mm(struct kcr_mm_data *data, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	struct early *e;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma) {
		if (!(vma->vm_flags & VM_SHARED) || !vma->vm_file)
			continue;
		e = find(data, file_inode(vma->vm_file));
		if (e)
			kcr_call(walk_page_range)(mm, vma->vm_start, vma->vm_end, &look_ops, e);
	}
}

/* kcr_early_look() - everything is parked: what was written to since it was copied? */
void kcr_early_look(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct kcr_process *p;

	if (!data || list_empty(&data->early))
		return;
	kcr_for_each_process(ctx, p) {
		if (!p->mm || p->memory != p)
			continue;
		mmap_read_lock(p->mm);
		look_at_mm(data, p->mm);
		mmap_read_unlock(p->mm);
	}
}

/*
 * Is the copy of @page what it holds? Its object, the page tables, and as many of ours have
 * a reference; whoever else has one may be writing, and makes it dirty before that is put.
 */
static bool is_good(const struct early_window *w, unsigned int slot, struct page *page,
		    unsigned int ours)
{
	struct folio *folio = page_folio(page);
	int mapped = atomic_read(&folio->_mapcount) + 1;

	if (w->from[slot] != page || test_bit(slot, w->written) ||
	    folio_ref_count(folio) != 1 + mapped + ours)
		return false;
	smp_rmb();	/* the mark of whoever has put a reference */
	return !folio_test_dirty(folio);
}

/* While the program runs */

/* From now on who writes to it leaves a mark. */
static bool watch(struct inode *inode, struct page *page)
{
	struct folio *folio = page_folio(page);
	bool can;

	folio_lock(folio);
	can = folio->mapping == inode->i_mapping && !folio_test_large(folio);
	if (can) {
		folio_mkclean(folio);
		folio_clear_dirty(folio);
	}
	folio_unlock(folio);
	return can;
}

static int copy_early(struct kcr_ctx *ctx, struct early *e, pgoff_t index, struct page *page)
{
	struct early_window *w = window_make(e, index);
	unsigned int slot = index % KCR_PAGES_MAX;

	if (!w)
		return -ENOMEM;
	if (w->from[slot] && w->from[slot] != page) {
		unwatch(e->inode, w->from[slot]);
		w->from[slot] = NULL;
	}
	__clear_bit(slot, w->written);
	if (!watch(e->inode, page))
		return 0;
	if (!w->from[slot]) {
		get_page(page);
		w->from[slot] = page;
	}
	return kcr_copy_again(ctx, &w->copy->pages[slot], page);
}

static bool stopped(struct kcr_ctx *ctx)
{
	return fatal_signal_pending(current) || kcr_cancelled(ctx);
}

static int copy_round(struct kcr_ctx *ctx, struct early *e)
{
	struct early_window *w;
	struct page *page;
	pgoff_t index = 0;
	int ret = 0;

	for (; !ret && !stopped(ctx); index++) {
		page = kcr_shmem_page_next(e->inode, &index);
		if (IS_ERR_OR_NULL(page))
			return PTR_ERR_OR_ZERO(page);
		w = window_at(e, index);
		if (!w || !is_good(w, index % KCR_PAGES_MAX, page, 2))
			ret = copy_early(ctx, e, index, page);
		put_page(page);
		cond_resched();
	}
	return ret;
}

/* Enough memory. What has a path, and nobody here can write to, may well stay outside. */
static bool is_wanted(const struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;

	return vma->vm_flags & VM_MAYSHARE && file && kcr_file_is_shmem(file) &&
	       (file->f_path.mnt->mnt_flags & MNT_INTERNAL || vma->vm_flags & VM_MAYWRITE) &&
	       file_inode(file)->i_mapping->nrpages >= PAGES_MIN;
}

/* False: another operation does. */
static bool may_watch(struct early *e)
{
	struct early *other;
	bool may = true;

	spin_lock(&watched_lock);
	hash_for_each_possible(watched, other, all, (uintptr_t)e->inode)
		if (other->inode == e->inode)
			may = false;
	if (may)
		hash_add(watched, &e->all, (uintptr_t)e->inode);
	spin_unlock(&watched_lock);
	return may;
}

/* Without memory for it, it is copied at the cut. */
static int early_add(struct kcr_mm_data *data, struct inode *inode)
{
	struct early *e;

	if (find(data, inode))
		return 0;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	e->inode = inode;
	if (!may_watch(e)) {
		kfree(e);
		return 0;
	}
	ihold(inode);
	xa_init(&e->windows);
	list_add_tail(&e->node, &data->early);
	return 0;
}

static void add_objects(struct kcr_mm_data *data, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma)
		if (is_wanted(vma) && early_add(data, file_inode(vma->vm_file)))
			return;
}

/* Whoever comes and goes meanwhile leaves its marks on the pages. */
static void visit_all(struct kcr_ctx *ctx,
		      void (*fn)(struct kcr_mm_data *data, struct mm_struct *mm))
{
	struct task_struct *leader = NULL;
	struct mm_struct *mm;

	while ((leader = kcr_tree_next(ctx, leader))) {
		mm = get_task_mm(leader);
		if (!mm)
			continue;
		if (!mmap_read_lock_killable(mm)) {
			fn(ctx->mm_data, mm);
			mmap_read_unlock(mm);
		}
		mmput(mm);
	}
}

/**
 * kcr_early_begin() - copy shared memory of a tree that is running
 * @ctx: the operation
 *
 * What can't be copied now is at the cut, or it is told then why not; but for more than
 * there may be, which need not stop anybody.
 */
int kcr_early_begin(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	struct early *e, *next;
	unsigned int round;
	int ret;

	if (!data)
		return -ENOMEM;
	visit_all(ctx, add_objects);
	for (round = 0; round < ROUNDS && !list_empty(&data->early); round++) {
		if (round)
			visit_all(ctx, look_at_mm);
		list_for_each_entry_safe(e, next, &data->early, node) {
			ret = copy_round(ctx, e);
			if (ret == -EFBIG)
				return kcr_copy_failed(ctx, ret);
			if (ret)
				early_free(data, e);
		}
	}
	return 0;
}

/* At the cut */

static void find_good(struct early *e, pgoff_t end)
{
	XA_STATE(xas, &e->inode->i_mapping->i_pages, 0);
	struct early_window *w;
	unsigned int slot;
	void *entry;

	if (!end)
		return;
	rcu_read_lock();
	xas_for_each(&xas, entry, end - 1) {
		if (xas_retry(&xas, entry) || xa_is_value(entry))
			continue;
		w = window_at(e, xas.xa_index);
		slot = xas.xa_index % KCR_PAGES_MAX;
		if (w && is_good(w, slot, folio_page((struct folio *)entry, 0), 1))
			__set_bit(slot, w->good);
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
}

static bool good_at(struct early *e, pgoff_t index)
{
	struct early_window *w = window_at(e, index);

	return w && test_bit(index % KCR_PAGES_MAX, w->good);
}

/* At or after @index. */
static pgoff_t first_not_good(struct early *e, pgoff_t index)
{
	struct early_window *w;
	unsigned int slot;

	while ((w = window_at(e, index))) {
		slot = find_next_zero_bit(w->good, KCR_PAGES_MAX, index % KCR_PAGES_MAX);
		index = round_down(index, KCR_PAGES_MAX) + slot;
		if (slot < KCR_PAGES_MAX)
			break;
	}
	return index;
}

static int copy_now(struct kcr_ctx *ctx, struct early *e, pgoff_t index, struct page *page)
{
	struct early_window *w = window_make(e, index);
	unsigned int slot = index % KCR_PAGES_MAX;
	int ret = w ? kcr_copy_again(ctx, &w->copy->pages[slot], page) : -ENOMEM;

	if (ret)
		return kcr_copy_failed(ctx, ret);
	__set_bit(slot, w->good);
	return 0;
}

static int copy_rest(struct kcr_ctx *ctx, struct early *e, pgoff_t end)
{
	struct page *page;
	pgoff_t index = 0;
	int ret = 0;

	for (; !ret; index++) {
		index = first_not_good(e, index);
		page = kcr_shmem_page_below(e->inode, &index, end);
		if (!page)
			break;
		if (IS_ERR(page))
			return kcr_shmem_page_failed(ctx, page);
		if (!good_at(e, index))
			ret = copy_now(ctx, e, index, page);
		put_page(page);
		cond_resched();
	}
	return ret;
}

/* The copies are the image's; a page that is there no more has none. */
static void hand_over(struct kcr_ctx *ctx, struct early *e, u32 id)
{
	struct kcr_mm_data *data = ctx->mm_data;
	struct early_window *w;
	unsigned long at;
	unsigned int i;

	xa_for_each(&e->windows, at, w) {
		for (i = 0; i < KCR_PAGES_MAX; i++) {
			if (!test_bit(i, w->good))
				kcr_copy_forget(data, &w->copy->pages[i]);
			else if (!w->copy->pages[i])
				ctx->pages_zero++;
		}
		w->copy->id = id;
		list_add_tail(&w->copy->node, &data->copies);
		w->copy = NULL;
	}
}

/**
 * kcr_early_save() - what an object holds, of which some was copied early
 * @ctx: the operation; everything is parked, and kcr_early_look() has looked
 * @inode: the object
 * @id: of it
 * @end: pages that it has
 *
 * Return: 1, 0 if nothing was, or a negative errno with a sentence.
 */
int kcr_early_save(struct kcr_ctx *ctx, struct inode *inode, u32 id, pgoff_t end)
{
	struct early *e = find(ctx->mm_data, inode);
	int ret;

	/* Its copies are gone then; whoever wants them again makes others. */
	if (!e || e->saved)
		return 0;
	find_good(e, end);
	ret = copy_rest(ctx, e, end);
	if (ret)
		return ret;
	hand_over(ctx, e, id);
	e->saved = true;
	return 1;
}
