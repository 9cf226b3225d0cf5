// SPDX-License-Identifier: GPL-2.0
/*
 * What a restart is to make, looked at before anything is.
 *
 * First the records of processes and threads are checked, each for itself. Then
 * the tree is built of them: processes under their parents, threads in their
 * processes, and whose every other record is; what must agree between them
 * does: ids, groups, sessions, how many there are of what. At last all other
 * records are checked, by the handlers of their kinds, which may now ask whose
 * they are.
 */
#include <linux/sched/signal.h>
#include <linux/xarray.h>

#include "dev.h"
#include "files/files.h"
#include "kcr.h"
#include "made.h"
#include "task/task.h"
#include <uapi/image/process.h>
#include <uapi/image/thread.h>

static int check_rec(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_ops *ops = kcr_ops_find(rec->kind);

	if (!ops || !rec->version || rec->version > ops->version)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EPROTONOSUPPORT,
				"record of kind %u, version %u is not known here",
				rec->kind, rec->version);
	return ops->check ? ops->check(ctx, rec) : 0;
}

static bool is_task(const struct kcr_rec *rec)
{
	return rec->kind == KCR_KIND_PROCESS || rec->kind == KCR_KIND_THREAD;
}

/* Either those of processes and threads, or all others, whose owners are known. */
static int check_recs(struct kcr_ctx *ctx, bool tasks)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		if (is_task(rec) != tasks)
			continue;
		ret = check_rec(ctx, rec);
		if (ret)
			break;
		if (kcr_cancelled(ctx) || fatal_signal_pending(current))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR,
					"interrupted while looking at the image");
		cond_resched();
	}
	return ret;
}

/* Whose each record is */

/* The first is nobody's child; so may others be that are alive. */
static bool has_place(struct kcr_ctx *ctx, const struct kcr_rec *rec, u32 parent_id,
		      const struct kcr_rec *parent)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);

	if (!ctx->root)
		return !parent_id;
	if (!parent_id)
		return rec->version >= 2 && !img->parent_tid &&
		       !(le32_to_cpu(img->flags) & KCR_PROCESS_ZOMBIE);
	return parent && parent->process && !parent->process->zombie;
}

static int plan_process(struct kcr_ctx *ctx, struct kcr_rec *rec)
{
	const struct kcr_img_process *img = kcr_rec_as(rec, struct kcr_img_process);
	u32 parent_id = rec->version < 2 ? 0 : le32_to_cpu(img->parent);
	struct kcr_rec *parent = kcr_rec_find(ctx, parent_id, KCR_KIND_PROCESS);
	struct kcr_process *p;

	if (kcr_rec_find(ctx, rec->id, KCR_KIND_PROCESS) != rec)
		return kcr_bad_image(ctx, "id %u is used twice", rec->id);
	if (!has_place(ctx, rec, parent_id, parent))
		return kcr_bad_image(ctx, "process %d has no parent", le32_to_cpu(img->pid));
	p = kcr_process_add(ctx, parent ? parent->process : NULL);
	if (!p)
		return kcr_nomem(ctx);
	p->rec = rec;
	p->id = rec->id;
	p->tgid = le32_to_cpu(img->pid);
	p->zombie = le32_to_cpu(img->flags) & KCR_PROCESS_ZOMBIE;
	p->own_group = le32_to_cpu(img->flags) & KCR_PROCESS_OWN_GROUP;
	p->own_session = le32_to_cpu(img->flags) & KCR_PROCESS_OWN_SESSION;
	rec->process = p;
	if (kcr_cloned_check(ctx, p, le32_to_cpu(img->flags)))
		return ctx->error;
	if (!ctx->root)
		ctx->root = p;
	return kcr_sharing_plan(ctx, p);
}

static int plan_thread(struct kcr_ctx *ctx, struct kcr_rec *rec)
{
	const struct kcr_img_thread *img = kcr_rec_as(rec, struct kcr_img_thread);
	struct kcr_process *p = rec->process;
	bool first = list_empty(&p->threads);
	struct kcr_thread *t;

	if (kcr_rec_find(ctx, rec->id, KCR_KIND_THREAD) != rec)
		return kcr_bad_image(ctx, "id %u is used twice", rec->id);
	t = kcr_thread_add(p);
	if (!t)
		return kcr_nomem(ctx);
	t->id = rec->id;
	t->tid = le32_to_cpu(img->tid);
	t->leader = le32_to_cpu(img->flags) & KCR_THREAD_LEADER;
	if (le32_to_cpu(img->flags) & KCR_THREAD_ENDED)
		p->leader_ended = true;
	ctx->nr_threads++;
	p->nr_threads++;
	if (t->leader != first || (first && t->tid != p->tgid))
		return kcr_bad_image(ctx, "the first thread does not lead the process");
	if (img->pdeath_signal && !p->parent && ctx->restart_flags & KCR_RESTART_DETACH)
		return kcr_refuse(ctx,
				  "the program asked for a signal when its parent dies, which with --detach would be at once");
	return 0;
}

static struct kcr_process *process_of(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_rec *owner = kcr_rec_find(ctx, rec->owner, KCR_KIND_PROCESS);

	if (!rec->owner && ctx->root->rec->version < 2)
		return ctx->root;
	return owner ? owner->process : NULL;
}

static int plan_of_process(struct kcr_ctx *ctx, struct kcr_rec *rec)
{
	struct kcr_process *p = process_of(ctx, rec);

	if (!p || (p->zombie && rec->kind != KCR_KIND_USAGE))
		return kcr_bad_image(ctx, "a %s record that belongs to no process",
				     kcr_ops_find(rec->kind)->name);
	if (kcr_sharing_others(p, rec->kind))
		return kcr_bad_image(ctx, "a %s record of process %d, which has another one's",
				     kcr_ops_find(rec->kind)->name, p->tgid);
	rec->process = p;
	p->nr_mms += rec->kind == KCR_KIND_MM;
	p->nr_fdtables += rec->kind == KCR_KIND_FDTABLE;
	return rec->kind == KCR_KIND_THREAD ? plan_thread(ctx, rec) : 0;
}

/* What save_ended_leader() writes; nothing of it runs in user mode. */
static bool of_ended(enum kcr_kind kind)
{
	return kind == KCR_KIND_SIGTHREAD || kind == KCR_KIND_SCHED ||
	       kind == KCR_KIND_PRCTL || kind == KCR_KIND_CRED;
}

static bool has_ended(const struct kcr_rec *thread)
{
	const struct kcr_img_thread *img = kcr_rec_as(thread, struct kcr_img_thread);

	return le32_to_cpu(img->flags) & KCR_THREAD_ENDED;
}

static int plan_rec(struct kcr_ctx *ctx, struct kcr_rec *rec)
{
	const struct kcr_ops *ops = kcr_ops_find(rec->kind);
	struct kcr_rec *thread;

	switch (ops->scope) {
	case KCR_SCOPE_PROCESS:
		return plan_of_process(ctx, rec);
	case KCR_SCOPE_THREAD:
		thread = kcr_rec_find(ctx, rec->owner, KCR_KIND_THREAD);
		if (!thread || !thread->process)
			return kcr_bad_image(ctx, "a %s record that belongs to no thread",
					     ops->name);
		if (has_ended(thread) && !of_ended(rec->kind))
			return kcr_bad_image(ctx, "a %s record of a thread that has ended",
					     ops->name);
		rec->process = thread->process;
		return 0;
	default:
		if (rec->owner)
			return kcr_bad_image(ctx, "a %s record that belongs to %u", ops->name,
					     rec->owner);
		return 0;
	}
}

/* Do they agree? */

static int plan_is_whole(struct kcr_ctx *ctx)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p) {
		u32 promised = le32_to_cpu(kcr_rec_as(p->rec, struct kcr_img_process)->threads);

		if (!p->zombie && p->nr_mms != (p->memory == p))
			return kcr_bad_image(ctx, "process %d has %u address spaces", p->tgid,
					     p->nr_mms);
		if (p->leader_ended && p->nr_threads < 2)
			return kcr_bad_image(ctx, "all threads of process %d have ended", p->tgid);
		if (p->nr_threads != promised)
			return kcr_bad_image(ctx, "process %d has %u threads where %u are promised",
					     p->tgid, p->nr_threads, promised);
	}
	return 0;
}

/* Whose each id is: a task's, so nobody else's. */
static int plan_id(struct kcr_ctx *ctx, struct xarray *ids, struct kcr_process *p, pid_t id)
{
	switch (xa_insert(ids, id, p, GFP_KERNEL_ACCOUNT)) {
	case 0:
		return 0;
	case -EBUSY:
		return kcr_bad_image(ctx, "process %d: id %d is used twice", p->tgid, id);
	default:
		return kcr_nomem(ctx);
	}
}

static int plan_ids(struct kcr_ctx *ctx, struct xarray *ids)
{
	struct kcr_process *p;
	struct kcr_thread *t;
	int ret = 0;

	list_for_each_entry(t, &ctx->threads, node)
		ret = ret ?: plan_id(ctx, ids, t->process, t->tid);
	kcr_for_each_process(ctx, p)
		if (p->zombie)
			ret = ret ?: plan_id(ctx, ids, p, p->tgid);
	return ret;
}

/* A group or session has the id of a process, or of none that is left. */
static bool may_lead(struct xarray *ids, pid_t id)
{
	struct kcr_process *p = xa_load(ids, id);

	return !p || p->tgid == id;
}

/* The first that is found in each group tells the session of all. */
static int plan_family(struct kcr_ctx *ctx, struct kcr_process *p, struct xarray *ids,
		       struct xarray *groups)
{
	const struct kcr_img_process *img = kcr_rec_as(p->rec, struct kcr_img_process);
	pid_t pgid = le32_to_cpu(img->pgid), sid = p->own_session ? le32_to_cpu(img->sid) : 0;
	void *session = NULL;

	if (p->parent && xa_load(ids, le32_to_cpu(img->parent_tid)) != p->parent)
		return kcr_bad_image(ctx, "process %d is a child of %d, which is no thread of its parent",
				     p->tgid, le32_to_cpu(img->parent_tid));
	if ((p->own_group && !may_lead(ids, pgid)) || !may_lead(ids, sid))
		return kcr_bad_image(ctx, "process %d is in a group or session of a thread",
				     p->tgid);
	if (p->own_group)
		session = xa_cmpxchg(groups, pgid, NULL, xa_mk_value(sid), GFP_KERNEL_ACCOUNT);
	if (xa_is_err(session))
		return kcr_nomem(ctx);
	if (session && session != xa_mk_value(sid))
		return kcr_bad_image(ctx, "process %d is in group %d, which is in two sessions",
				     p->tgid, pgid);
	return 0;
}

/* Nobody can be made for ids that contradict each other. */
static int plan_families(struct kcr_ctx *ctx)
{
	struct xarray ids, groups;
	struct kcr_process *p;
	int ret;

	xa_init(&ids);
	xa_init(&groups);
	ret = plan_ids(ctx, &ids);
	kcr_for_each_process(ctx, p)
		ret = ret ?: plan_family(ctx, p, &ids, &groups);
	xa_destroy(&groups);
	xa_destroy(&ids);
	return ret;
}

/* Processes, parents first; then whose every other record is. */
static int plan(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node)
		if (!ret && rec->kind == KCR_KIND_PROCESS)
			ret = plan_process(ctx, rec);
	if (ret)
		return ret;
	if (!ctx->root || ctx->root->zombie)
		return kcr_bad_image(ctx, "the image holds no process");
	list_for_each_entry(rec, &ctx->recs, node) {
		if (!kcr_ops_find(rec->kind))
			ret = check_rec(ctx, rec);	/* says so */
		else if (rec->kind != KCR_KIND_PROCESS)
			ret = plan_rec(ctx, rec);
		if (ret)
			return ret;
		cond_resched();
	}
	return plan_is_whole(ctx) ?: plan_families(ctx) ?: kcr_files_check_joins(ctx);
}

/**
 * kcr_plan() - look at all that is to be made, and find out what it is
 * @ctx: the operation; all records have been read
 *
 * Nobody trusts them: what is wrong with any of them ends the restart here.
 */
int kcr_plan(struct kcr_ctx *ctx)
{
	return check_recs(ctx, true) ?: plan(ctx) ?: kcr_ids_free(ctx) ?:
	       check_recs(ctx, false);
}
