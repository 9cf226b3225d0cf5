// SPDX-License-Identifier: GPL-2.0
/*
 * Trackers: which pages an increment need not look at.
 *
 * What a tracker knows lasts from one checkpoint to the next one, and belongs to a
 * descriptor that whoever makes both holds: it can't be forgotten, and nothing is
 * tracked that nobody waits for. It is only believed about the image at whose cut it
 * began, which is told by that image's id, and only of pages that this image has at
 * their address; of all others the hash decides, as it does without a tracker.
 */
#include <linux/anon_inodes.h>
#include <linux/bitmap.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "base.h"
#include "dev.h"
#include "kcr.h"
#include "mm/track.h"
#include "mm/window.h"

/* The page's hash, and nothing else. */
static const struct kcr_tracker track_hash = {
	.how	= KCR_TRACK_HASH,
};

static const struct kcr_tracker *const trackers[] = {
	&track_hash,
	&kcr_track_snapshot,
};

/* Each may hold as much as an operation does. */
static atomic_t nr_trackings;

static void forget(struct kcr_tracking *t)
{
	t->known = false;
	if (t->tracker->drop)
		t->tracker->drop(t);
}

static void tracking_free(struct kcr_tracking *t)
{
	forget(t);
	kfree(t);
	atomic_dec(&nr_trackings);
}

static int track_release(struct inode *inode, struct file *file)
{
	tracking_free(file->private_data);
	return 0;
}

static const struct file_operations track_fops = {
	.owner		= THIS_MODULE,
	.release	= track_release,
	.llseek		= noop_llseek,
};

static const struct kcr_tracker *find_tracker(u32 how)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(trackers); i++)
		if (trackers[i]->how == how)
			return trackers[i];
	return NULL;
}

/**
 * kcr_track_make() - something that knows what changes between checkpoints
 * @request: how
 *
 * Return: a descriptor of it; -EINVAL (no such way), -EBUSY (more than there may be
 * operations) or another negative errno.
 */
long kcr_track_make(const struct kcr_track *request)
{
	const struct kcr_tracker *tracker = find_tracker(request->how);
	struct kcr_tracking *t;
	long fd;

	if (!tracker)
		return -EINVAL;
	if (atomic_inc_return(&nr_trackings) > READ_ONCE(kcr_max_ops)) {
		atomic_dec(&nr_trackings);
		return -EBUSY;
	}
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t) {
		atomic_dec(&nr_trackings);
		return -ENOMEM;
	}
	t->tracker = tracker;
	INIT_LIST_HEAD(&t->snapshots);
	fd = anon_inode_getfd("[kcr-track]", &track_fops, t, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		tracking_free(t);
	return fd;
}

static struct kcr_tracking *tracking_of(const struct kcr_ctx *ctx)
{
	return ctx->track ? ctx->track->private_data : NULL;
}

/* Only since the image that an increment is made to, and not of another one. */
static bool goes_on(const struct kcr_tracking *t, const struct kcr_checkpoint *ck)
{
	return t->known && ck->base_runs && !memcmp(t->id, ck->base_id, sizeof(t->id));
}

/**
 * kcr_track_set() - a checkpoint uses a tracker, if it is asked to
 * @ctx: the checkpoint
 * @ck: what the caller has asked for
 *
 * Return: 0, -EBADF, -EINVAL (it is no tracker) or -EBUSY (another one uses it).
 */
int kcr_track_set(struct kcr_ctx *ctx, const struct kcr_checkpoint *ck)
{
	struct kcr_tracking *t;
	struct file *file;

	if (ck->reserved)
		return -EINVAL;
	if (!(ctx->ckpt_flags & KCR_CKPT_TRACK))
		return ck->track_fd ? -EINVAL : 0;
	file = fget(ck->track_fd);
	if (!file)
		return -EBADF;
	t = file->private_data;
	if (file->f_op != &track_fops || test_and_set_bit_lock(0, &t->busy)) {
		int ret = file->f_op == &track_fops ? -EBUSY : -EINVAL;

		fput(file);
		return ret;
	}
	ctx->track = file;
	ctx->tracked = goes_on(t, ck) && t->tracker->unchanged;
	if (!ctx->tracked)
		forget(t);
	return 0;
}

/* kcr_track_keeps() - must the snapshots stay whole? */
bool kcr_track_keeps(const struct kcr_ctx *ctx)
{
	const struct kcr_tracking *t = tracking_of(ctx);

	return t && t->tracker->keeps;
}

/* kcr_track_how() - what tells which pages have changed: KCR_TRACK_*, 0: nobody asks */
u32 kcr_track_how(const struct kcr_ctx *ctx)
{
	if (!ctx->base)
		return 0;
	return ctx->tracked ? tracking_of(ctx)->tracker->how : KCR_TRACK_HASH;
}

/**
 * kcr_track_window() - which pages of a window need not be looked at?
 * @ctx: the operation
 * @p: whose they are
 * @w: the window; those that the parent process has too are told already
 *
 * Return: 0, or a negative errno with a sentence.
 */
int kcr_track_window(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w)
{
	struct kcr_tracking *t = tracking_of(ctx);
	unsigned int i;
	int ret;

	bitmap_zero(w->unchanged, KCR_PAGES_MAX);
	if (!ctx->tracked)
		return 0;
	t->tracker->unchanged(t, p, w);
	bitmap_andnot(w->unchanged, w->unchanged, w->same, KCR_PAGES_MAX);
	if (bitmap_empty(w->unchanged, KCR_PAGES_MAX))
		return 0;
	ret = kcr_base_find(ctx, p->mm_id, w->base, KCR_PAGES_MAX, NULL, w->first);
	for (i = 0; i < KCR_PAGES_MAX && !ret; i++)
		if (w->first[i] == KCR_BASE_NONE)
			__clear_bit(i, w->unchanged);
	return ret;
}

/* kcr_track_written() - a window is in the image */
void kcr_track_written(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w)
{
	struct kcr_tracking *t = tracking_of(ctx);

	if (!ctx->tracked)
		return;
	WRITE_ONCE(ctx->pages_spared,
		   ctx->pages_spared + bitmap_weight(w->unchanged, KCR_PAGES_MAX));
	if (t->tracker->written)
		t->tracker->written(t, p, w);
}

/* kcr_track_give_up() - memory is short; false if nothing was held */
bool kcr_track_give_up(struct kcr_ctx *ctx)
{
	if (!ctx->tracked)
		return false;
	ctx->tracked = false;
	forget(tracking_of(ctx));
	return true;
}

/* kcr_track_keep() - the image is complete: track from its cut on */
void kcr_track_keep(struct kcr_ctx *ctx)
{
	struct kcr_tracking *t = tracking_of(ctx);

	if (!t)
		return;
	forget(t);
	if (t->tracker->keep)
		t->tracker->keep(t, ctx);
	memcpy(t->id, ctx->head.id, sizeof(t->id));
	t->known = true;
}

/* kcr_track_end() - let go of the tracker; more than once is fine */
void kcr_track_end(struct kcr_ctx *ctx)
{
	struct kcr_tracking *t = tracking_of(ctx);

	if (!t)
		return;
	clear_bit_unlock(0, &t->busy);
	fput(ctx->track);
	ctx->track = NULL;
}
