// SPDX-License-Identifier: GPL-2.0
/*
 * Membership in cgroups: of each process, and of threads that are in a threaded
 * cgroup other than their process's.
 *
 * The module only tells where they were. Whoever restarts puts them there again
 * while they are parked, through the cgroup2 file system, with their own rights
 * and with what that checks (KCR_IOC_CGROUP, tools/lib/cgroup.c).
 *
 * What is not kept: limits and other settings of a cgroup, which belong to it
 * and not to the job; to where memory is charged (restart's own cgroup); where
 * the process is in hierarchies of version 1, of which each controller has one
 * of its own: there it is where restart is, like any child of restart's.
 * Children that have ended and were not waited for are where restart is, too.
 *
 * A frozen process does not come to where it could park: it is refused.
 */
#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "task/cgroup.h"
#include <uapi/image/cgroup.h>

/* With a reference; of a thread that has been killed meanwhile: where it was. */
static struct cgroup *cgroup_of(struct task_struct *task)
{
	struct cgroup *cgrp;

	rcu_read_lock();
	do {
		cgrp = task_dfl_cgroup(task);
	} while (!css_tryget(&cgrp->self));
	rcu_read_unlock();
	return cgrp;
}

static int path_of(struct kcr_ctx *ctx, struct cgroup *cgrp, char *path)
{
	int ret = cgroup_path_ns(cgrp, path, KCR_CGROUP_PATH_MAX,
				 current->nsproxy->cgroup_ns);

	if (ret < 0 || ret >= KCR_CGROUP_PATH_MAX)
		return kcr_refuse(ctx, "its cgroup's path is longer than %u bytes: not supported yet",
				  KCR_CGROUP_PATH_MAX - 1);
	return 0;
}

/* kcr_cgroup_thawed() - it is not frozen, and so can park; or a sentence */
int kcr_cgroup_thawed(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct cgroup *cgrp = cgroup_of(task);
	bool frozen = READ_ONCE(cgrp->freezer.e_freeze) ||
		      READ_ONCE(task->__state) & TASK_FROZEN;

	css_put(&cgrp->self);
	if (!frozen)
		return 0;
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EBUSY,
			"thread %d is in a frozen cgroup: thaw it first (cgroup.freeze)",
			task_pid_nr_ns(task, ctx->pid_ns));
}

static int put_path(struct kcr_ctx *ctx, struct kcr_process *p, u32 tid, struct cgroup *cgrp,
		    char *path)
{
	struct kcr_img_cgroup img = {
		.tid = cpu_to_le32(tid),
		.threaded = cpu_to_le32(cgrp->level - cgrp->dom_cgrp->level),
	};
	int ret = path_of(ctx, cgrp, path);

	return ret ?: kcr_rec_begin(ctx, KCR_KIND_CGROUP, 1, 0, p->id) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, path, strlen(path) + 1) ?: kcr_rec_end(ctx);
}

static int save_threads(struct kcr_ctx *ctx, struct kcr_process *p, struct cgroup *own,
			char *path)
{
	struct kcr_thread *t;
	int ret = 0;

	list_for_each_entry(t, &p->threads, sibling) {
		struct cgroup *cgrp;

		if (ret)
			break;
		if (t->leader || t->state == KCR_THREAD_GONE)
			continue;
		cgrp = cgroup_of(t->task);
		if (cgrp != own)
			ret = put_path(ctx, p, t->tid, cgrp, path);
		css_put(&cgrp->self);
	}
	return ret;
}

static int cgroup_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	char *path = kmalloc(KCR_CGROUP_PATH_MAX, GFP_KERNEL);
	struct cgroup *own;
	int ret;

	if (!path)
		return kcr_nomem(ctx);
	own = cgroup_of(p->leader);
	ret = put_path(ctx, p, 0, own, path) ?: save_threads(ctx, p, own, path);
	css_put(&own->self);
	kfree(path);
	return ret;
}

static const char *path_in(const struct kcr_rec *rec)
{
	return (const char *)(kcr_rec_as(rec, struct kcr_img_cgroup) + 1);
}

static bool has_thread(struct kcr_process *p, u32 tid)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &p->threads, sibling)
		if (t->tid == tid && !t->leader)
			return true;
	return false;
}

/* Whoever restarts moves what is named here: only what the image makes. */
static int cgroup_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_cgroup *img = kcr_rec_as(rec, struct kcr_img_cgroup);
	size_t len = rec->len - sizeof(*img);
	u32 tid;

	if (rec->len <= sizeof(*img) || len > KCR_CGROUP_PATH_MAX ||
	    strnlen(path_in(rec), len) != len - 1 || path_in(rec)[0] != '/')
		return kcr_bad_image(ctx, "a cgroup whose path makes no sense");
	tid = le32_to_cpu(img->tid);
	if (le32_to_cpu(img->threaded) > len || (tid && !has_thread(rec->process, tid)))
		return kcr_bad_image(ctx, "a cgroup of thread %u, which is not there", tid);
	return 0;
}

/**
 * kcr_cgroup_next() - the next one that somebody was in
 * @ctx: a restart that is prepared
 * @next: filled in but for its path
 * @path: set to that
 *
 * Return: 0, or -ENOENT after the last.
 */
int kcr_cgroup_next(struct kcr_ctx *ctx, struct kcr_cgroup *next, const char **path)
{
	struct kcr_rec *rec = list_prepare_entry(ctx->cgroup, &ctx->recs, node);
	const struct kcr_img_cgroup *img;

	list_for_each_entry_continue(rec, &ctx->recs, node)
		if (rec->kind == KCR_KIND_CGROUP)
			break;
	if (list_entry_is_head(rec, &ctx->recs, node))
		return -ENOENT;
	ctx->cgroup = rec;
	img = kcr_rec_as(rec, struct kcr_img_cgroup);
	next->flags = img->tid ? KCR_CGROUP_THREAD : 0;
	next->id = img->tid ? le32_to_cpu(img->tid) : rec->process->tgid;
	next->threaded = le32_to_cpu(img->threaded);
	*path = path_in(rec);
	return 0;
}

const struct kcr_ops kcr_cgroup_ops = {
	.kind		= KCR_KIND_CGROUP,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "cgroup",
	.save_process	= cgroup_save,
	.check		= cgroup_check,
};
