// SPDX-License-Identifier: GPL-2.0
/*
 * Copies: restarts that take from another one what that has read.
 *
 * The first one, the template, reads the image as every restart does, and notes
 * where it had pages. As long as it is prepared, and so none of it runs, others are
 * made from it: each takes its records over, and looks at them and restores them as
 * if it had read them; shares its private memory copy-on-write, as fork() would; and
 * copies its other pages (mm/share.c). So the image is read once, from wherever it
 * comes, and nothing is left of all that when they run: they are to one another as
 * processes that one parent has forked.
 *
 * A copy holds the template's lock while it is made, until what was made in vain is
 * gone: the template can't begin to run meanwhile, nor be aborted.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "template.h"
#include "kcr.h"
#include "made.h"
#include "mm/mm.h"

/* kcr_template_flags_ok() - pages that come later are nobody's to share */
bool kcr_template_flags_ok(u32 flags)
{
	if (flags & KCR_RESTART_COPY && flags & (KCR_RESTART_TEMPLATE | KCR_RESTART_CHECK))
		return false;
	return !(flags & KCR_RESTART_LAZY) ||
	       !(flags & (KCR_RESTART_TEMPLATE | KCR_RESTART_COPY));
}

/* Whoever has made it could have copied it as well. */
static bool is_ours(const struct kcr_ctx *template)
{
	const struct cred *c = current_cred(), *theirs = template->cred;

	return uid_eq(c->euid, theirs->euid) && uid_eq(c->fsuid, theirs->fsuid) &&
	       gid_eq(c->egid, theirs->egid);
}

/**
 * kcr_template_set() - what a restart is a copy of
 * @ctx: the operation
 * @template: another one, NULL: the caller has named none; the reference goes over
 */
int kcr_template_set(struct kcr_ctx *ctx, struct kcr_ctx *template)
{
	ctx->template = template;
	if (!template)
		return -EBADF;
	if (!(template->restart_flags & KCR_RESTART_TEMPLATE))
		return -EINVAL;
	return is_ours(template) ? 0 : -EPERM;
}

/* kcr_template_drop() - the template is not needed any more, nor what was noted for copies */
void kcr_template_drop(struct kcr_ctx *ctx)
{
	struct kcr_ctx *template = ctx->template;

	kvfree(ctx->runs.at);
	ctx->runs = (struct kcr_runs) { };
	ctx->template = NULL;
	if (template)
		kcr_ctx_put(template);
}

static int lock_failed(struct kcr_ctx *ctx, int err, const char *why)
{
	ctx->again = false;
	kcr_template_drop(ctx);
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, err, "%s", why);
}

/* kcr_template_lock() - from now on the template stays as it is */
int kcr_template_lock(struct kcr_ctx *ctx)
{
	struct kcr_ctx *template = ctx->template;

	if (!kcr_is_copy(ctx))
		return 0;
	/* It is older than @ctx, and no copy itself: nobody waits in a circle. */
	if (mutex_lock_killable_nested(&template->lock, SINGLE_DEPTH_NESTING))
		return lock_failed(ctx, -EINTR, "interrupted");
	if (template->phase == KCR_PHASE_PREPARED && !kcr_made_gone(template))
		return 0;
	mutex_unlock(&template->lock);
	return lock_failed(ctx, -ESRCH, "the first copy is gone, or runs already");
}

/* kcr_template_unlock() - it is made, or has failed, or is to be called again */
void kcr_template_unlock(struct kcr_ctx *ctx)
{
	struct kcr_ctx *template = ctx->template;

	if (!template)
		return;
	mutex_unlock(&template->lock);
	if (!ctx->again)
		kcr_template_drop(ctx);
}

static int make_room(struct kcr_runs *runs)
{
	unsigned int max = runs->max ? 2 * runs->max : 64;
	struct kcr_img_pages *at = kvmalloc_array(max, sizeof(*at), GFP_KERNEL_ACCOUNT);

	if (!at)
		return -ENOMEM;
	memcpy(at, runs->at, runs->nr * sizeof(*at));
	kvfree(runs->at);
	runs->at = at;
	runs->max = max;
	return 0;
}

/* kcr_template_note() - copies will ask where pages were */
int kcr_template_note(struct kcr_ctx *ctx, const struct kcr_img_pages *run)
{
	struct kcr_runs *runs = &ctx->runs;

	if (!(ctx->restart_flags & KCR_RESTART_TEMPLATE))
		return 0;
	if (runs->nr == runs->max && make_room(runs))
		return kcr_nomem(ctx);
	runs->at[runs->nr++] = *run;
	return 0;
}

/* kcr_template_begin() - the records, which nobody has looked at for this restart */
int kcr_template_begin(struct kcr_ctx *ctx)
{
	ctx->head = ctx->template->head;
	return kcr_recs_copy(ctx, ctx->template);
}

/* kcr_template_wait() - until all that is made is parked, and has all its pages */
int kcr_template_wait(struct kcr_ctx *ctx)
{
	int ret = kcr_made_wait(ctx, NULL);

	if (!ret && ctx->runs_taken != ctx->template->runs.nr)
		ret = kcr_bad_image(ctx, "pages that are not in the order of the processes");
	return ret;
}

/* The memory of the same process of the template, with a reference; NULL: it has none. */
static struct mm_struct *memory_of(struct kcr_process *p)
{
	struct kcr_rec *rec = kcr_rec_find(p->ctx->template, p->id, KCR_KIND_PROCESS);

	return p->memory == p ? get_task_mm(rec->process->leader) : NULL;
}

/**
 * kcr_template_take() - put the pages of a process in place
 * @p: current is its leader, and its mappings are there
 */
int kcr_template_take(struct kcr_process *p)
{
	struct kcr_ctx *ctx = p->ctx;
	const struct kcr_runs *runs = &ctx->template->runs;
	struct mm_struct *from = memory_of(p);
	int ret = 0;

	if (!from && p->memory == p)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "the first copy was killed");
	if (from)
		ret = kcr_mm_share(p, from);
	while (!ret && ctx->runs_taken < runs->nr) {
		ret = kcr_mm_copy_run(p, from, &runs->at[ctx->runs_taken]);
		if (!ret)
			ctx->runs_taken++;
		cond_resched();
	}
	if (from)
		mmput(from);
	return ret == KCR_PAGES_OTHERS ? 0 : ret;
}
