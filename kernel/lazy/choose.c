// SPDX-License-Identifier: GPL-2.0
/*
 * A lazy restart, before the program runs: which pages may come later, and from
 * where.
 *
 * Those of private anonymous memory may, unless it is locked, a child has it from
 * its parent (both shall go on sharing it), or it is the main stack, which the
 * kernel itself reads: ps(1) looks there. Whatever else is in the image, or is in
 * an image of before there were hashes in the checksums, is there when the program
 * begins. Runs of pages are only skipped here; their checksums are compared with
 * the hashes in the index, and the pages with those when they come.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <uapi/linux/futex.h>

#include "image/parse.h"
#include "kcr.h"
#include "lazy/internal.h"
#include "lazy/lazy.h"
#include <uapi/image/vma.h>

#define NOT_LAZY	(KCR_VMA_SHARED | KCR_VMA_GROWSDOWN | KCR_VMA_WIPEONFORK |	\
			 KCR_VMA_LOCKED | KCR_VMA_LOCKONFAULT | KCR_VMA_HUGETLB |	\
			 KCR_VMA_INHERITED)

static const struct kcr_img_vma *img_of(const struct kcr_rec *rec)
{
	return kcr_rec_as(rec, struct kcr_img_vma);
}

static bool is_eligible(const struct kcr_img_vma *img)
{
	u32 flags = le32_to_cpu(img->flags);

	return !img->file && !(flags & NOT_LAZY) && flags & KCR_VMA_MAYWRITE;
}

static int add_eligible(struct lazy_mm *lm, const struct kcr_img_vma *img)
{
	u64 start = le64_to_cpu(img->start), end = le64_to_cpu(img->end);

	return lazy_map_add(&lm->eligible, &(struct lazy_place) {
		.addr = start,
		.count = (end - start) >> PAGE_SHIFT,
	});
}

/* What its mappings say, which have been checked. */
static int choose(struct kcr_process *p)
{
	struct kcr_rec *rec;
	int ret = 0;

	p->lazy = lazy_mm_alloc(GFP_KERNEL);
	if (!p->lazy)
		return -ENOMEM;
	list_for_each_entry(rec, &p->rec->owned, owned)
		if (!ret && rec->kind == KCR_KIND_VMA && is_eligible(img_of(rec)))
			ret = add_eligible(p->lazy, img_of(rec));
	return ret;
}

/* Fork copies what is there: their parent has it before they are made. */
static int except_inherited(struct kcr_process *p)
{
	struct lazy_mm *lm = p->parent ? p->parent->memory->lazy : NULL;
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &p->rec->owned, owned) {
		if (!lm || ret)
			break;
		if (rec->kind == KCR_KIND_VMA &&
		    le32_to_cpu(img_of(rec)->flags) & KCR_VMA_INHERITED)
			ret = lazy_map_remove(&lm->eligible, le64_to_cpu(img_of(rec)->start),
					      le64_to_cpu(img_of(rec)->end));
	}
	return ret;
}

static int choose_all(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	int ret = 0;

	kcr_for_each_process(ctx, p)
		if (!ret && !p->zombie && p->memory == p)
			ret = choose(p);
	kcr_for_each_process(ctx, p)
		if (!ret && !p->zombie && p->memory == p)
			ret = except_inherited(p);
	return ret ? kcr_nomem(ctx) : 0;
}

static struct kcr_lazy *lazy_alloc(unsigned int images)
{
	struct kcr_lazy *lazy = kzalloc(sizeof(*lazy), GFP_KERNEL);

	if (!lazy)
		return NULL;
	lazy->images = kvcalloc(images, sizeof(*lazy->images), GFP_KERNEL_ACCOUNT);
	if (!lazy->images) {
		kfree(lazy);
		return NULL;
	}
	mutex_init(&lazy->unpack.lock);
	spin_lock_init(&lazy->lock);
	INIT_LIST_HEAD(&lazy->requests);
	INIT_LIST_HEAD(&lazy->mms);
	init_waitqueue_head(&lazy->wait);
	init_completion(&lazy->ended);
	return lazy;
}

/* Takes the reference over. */
static void add_image(struct kcr_lazy *lazy, struct file *file)
{
	struct lazy_image *img = &lazy->images[lazy->nr++];

	img->file = file;
	INIT_LIST_HEAD(&img->index.blocks);
}

static int add_parents(struct kcr_ctx *ctx, const struct kcr_run *run)
{
	const s32 __user *fds = u64_to_user_ptr(run->parents);
	struct file *file;
	unsigned int i;
	s32 fd;

	for (i = 0; i < run->nr_parents; i++) {
		if (get_user(fd, fds + i))
			return -EFAULT;
		file = fget(fd);
		if (file && file->f_mode & FMODE_READ) {
			add_image(ctx->lazy, file);
			continue;
		}
		if (file)
			fput(file);
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EBADF,
				"an image before it is not open for reading");
	}
	return 0;
}

/**
 * kcr_lazy_set() - take the files
 * @ctx: the operation, in the controller
 * @run: tells of the images before ctx->image
 */
int kcr_lazy_set(struct kcr_ctx *ctx, const struct kcr_run *run)
{
	bool lazy = ctx->restart_flags & KCR_RESTART_LAZY;

	if (run->reserved || run->nr_parents > KCR_PARENTS_MAX || (run->nr_parents && !lazy))
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EINVAL,
				"images before it are for a lazy restart, and at most %u",
				KCR_PARENTS_MAX);
	if (!lazy || ctx->restart_flags & KCR_RESTART_CHECK)
		return 0;
	ctx->lazy = lazy_alloc(run->nr_parents + 1);
	if (!ctx->lazy)
		return kcr_nomem(ctx);
	add_image(ctx->lazy, get_file(ctx->image));
	return add_parents(ctx, run);
}

/* kcr_lazy_open() - read of the images what must be known before their records */
int kcr_lazy_open(struct kcr_ctx *ctx)
{
	return ctx->lazy ? lazy_chain_open(ctx, ctx->lazy) : 0;
}

/**
 * kcr_lazy_choose() - get ready to let pages come later
 * @ctx: the operation, in the controller; its records have been checked
 */
int kcr_lazy_choose(struct kcr_ctx *ctx)
{
	if (!ctx->lazy || ctx->lazy->task)
		return 0;
	return choose_all(ctx) ?: lazy_server_start(ctx, ctx->lazy);
}

/* While the image is read */

/* kcr_lazy_read() - the next bytes of the image */
ssize_t kcr_lazy_read(struct kcr_ctx *ctx, struct iov_iter *iter)
{
	struct kcr_lazy *lazy = ctx->lazy;
	size_t len = iov_iter_count(iter);
	int ret = lazy_image_read(lazy, lazy->images, ctx->offset, iter);

	if (ret == -EBADMSG || ret == -EOPNOTSUPP)
		return lazy_image_failed(ctx, ret, ctx->offset);
	if (ret == -ENODATA)
		return 0;
	return ret ?: len;
}

/* kcr_lazy_read_run() - the next pages of ctx->run, which an earlier image has */
int kcr_lazy_read_run(struct kcr_ctx *ctx, struct page **pages, unsigned int count)
{
	const struct lazy_run *r = ctx->lazy->run;
	u64 page = r->first + r->count - ctx->run_left;
	struct lazy_spot spot;
	int ret;

	for (; count; count -= spot.count, pages += spot.count, page += spot.count) {
		lazy_chain_find(ctx->lazy, page, min(count, LAZY_BATCH), &spot);
		ret = lazy_chain_fetch(ctx->lazy, &spot, pages);
		if (ret == -EBADMSG || ret == -ENODATA)
			return kcr_bad_image(ctx, "byte %llu of an image before it is not what it was",
					     spot.offset);
		if (ret)
			return kcr_fail(ctx, KCR_CLASS_IO, ret,
					"reading an image before it failed (errno %d)", -ret);
	}
	return 0;
}

/* Whose pages they are, or NULL. */
static struct lazy_mm *lazy_mm_of(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	const struct kcr_rec *rec = kcr_rec_find(ctx, le32_to_cpu(run->mm), KCR_KIND_MM);

	return rec ? rec->process->lazy : NULL;
}

static bool may_come_later(struct kcr_ctx *ctx, struct lazy_mm *lm,
			   const struct kcr_img_pages *run)
{
	struct lazy_place place;

	return (le16_to_cpu(ctx->next.version) >= 2 || ctx->run_earlier) &&
	       !(le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES) &&
	       lazy_map_at(&lm->eligible, le64_to_cpu(run->addr), &place) &&
	       place.count >= le32_to_cpu(run->count);
}

/**
 * kcr_lazy_run() - may a run come later?
 * @ctx: the operation; the image is read up to the first page of the run
 * @run: its head, structure checked; it is to be no huge page any more if others of
 *	that memory come later, since it would be in their place
 * @crc: checksum up to there, and of all if it may
 *
 * Return: 1 if it may: its pages are to be skipped; 0 if not; or a negative errno.
 */
int kcr_lazy_run(struct kcr_ctx *ctx, struct kcr_img_pages *run, u32 *crc)
{
	struct lazy_place place;
	const struct lazy_run *r;
	struct lazy_mm *lm;
	unsigned int i;

	if (!ctx->lazy)
		return 0;
	r = lazy_index_next(&ctx->lazy->images->index, run, ctx->offset);
	if (!r || lazy_run_is_earlier(r) != ctx->run_earlier)
		return kcr_bad_image(ctx, "the index tells of other pages than there are");
	ctx->lazy->run = r;
	lm = lazy_mm_of(ctx, run);
	if (lm && !may_come_later(ctx, lm, run)) {
		run->flags &= ~cpu_to_le32(KCR_PAGES_HUGE);
		lm = NULL;
	}
	if (!lm)
		return 0;
	if (lm->sealed)
		return kcr_bad_image(ctx, "pages that are not in the order of the processes");
	for (i = 0; i < r->count && r->hash; i++)	/* the first half of each, as kcr_pages_crc() has it */
		*crc = kcr_crc32(*crc, r->hash + i * KCR_HASH_LEN, sizeof(__le64));
	place = (struct lazy_place) { .addr = r->addr, .count = r->count, .page = r->first };
	return lazy_map_add(&lm->places, &place) ? kcr_nomem(ctx) : 1;
}

/* In the processes that are made */

/**
 * kcr_lazy_begin() - have the memory watched
 * @p: current is its leader; nobody has looked at the memory yet
 */
int kcr_lazy_begin(struct kcr_process *p)
{
	struct kcr_lazy *lazy = p->ctx->lazy;
	struct lazy_mm *lm = p->lazy;

	if (!lm)
		return 0;
	lm->sealed = true;
	if (mtree_empty(&lm->places))
		return 0;
	lm->mm = current->mm;
	mmgrab(lm->mm);
	lm->tgid = task_tgid_nr(current);
	spin_lock(&lazy->lock);
	list_add_tail(&lm->node, &lazy->requests);
	spin_unlock(&lazy->lock);
	wake_up(&lazy->wait);
	/* It stays until the program runs, or is gone. */
	wait_for_completion(&lm->ready);
	if (lm->ret)
		return kcr_fail(p->ctx, KCR_CLASS_ENVIRONMENT, lm->ret,
				"its memory can't be filled lazily (errno %d)", -lm->ret);
	return 0;
}

static bool touch(const void __user *addr)
{
	return !fault_in_readable(addr, 1);
}

static void touch_robust(struct robust_list_head __user *head)
{
	unsigned long entry;
	unsigned int n;
	long offset;

	if (!head || get_user(offset, &head->futex_offset) ||
	    get_user(entry, (unsigned long __user *)&head->list.next))
		return;
	for (n = 0; n < ROBUST_LIST_LIMIT; n++) {
		entry &= ~1ul;
		if (entry == (unsigned long)head ||
		    !touch((const void __user *)(entry + offset)) ||
		    get_user(entry, (unsigned long __user *)entry))
			break;
	}
}

/**
 * kcr_lazy_touch() - have the pages that a thread's end needs
 * @p: whose thread current is
 *
 * When a thread has begun to end, nothing comes for it any more: its joiner would
 * wait for ever, and who waits for its locks.
 */
void kcr_lazy_touch(struct kcr_process *p)
{
	if (!p->memory->lazy || !p->memory->lazy->mm)
		return;
	if (current->clear_child_tid)
		touch(current->clear_child_tid);
	touch_robust(current->robust_list);
}

/* In the controller, when all is made, or nothing of it is left */

static void forget(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p) {
		if (p->lazy && !p->lazy->watched)
			lazy_mm_free(p->lazy);
		p->lazy = NULL;
	}
}

/* kcr_lazy_go() - the rest comes from now on; the server is its own master */
void kcr_lazy_go(struct kcr_ctx *ctx)
{
	struct kcr_lazy *lazy = ctx->lazy;

	if (!lazy)
		return;
	forget(ctx);
	ctx->lazy = NULL;
	lazy_server_go(lazy);
}

/* kcr_lazy_drop() - nothing comes any more; more than once is fine */
void kcr_lazy_drop(struct kcr_ctx *ctx)
{
	struct kcr_lazy *lazy = ctx->lazy;

	if (!lazy)
		return;
	forget(ctx);
	ctx->lazy = NULL;
	lazy_server_stop(lazy);
}
