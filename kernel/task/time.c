// SPDX-License-Identifier: GPL-2.0
/*
 * The clocks of a process: CLOCK_MONOTONIC and CLOCK_BOOTTIME go on from the
 * cut, on whatever machine, after whatever time.
 *
 * The process that is made gets a time namespace of its own, made by hand: with
 * clone(2) it would take CAP_SYS_ADMIN. Whoever lacks CAP_SYS_TIME in their user
 * namespace may have it if the parameter time_choice says so, and then the
 * program gets no_new_privs as well: clocks feed what set-user-ID programs
 * trust. The namespace is entered before there is memory or a second thread;
 * its offsets are set at commit, so that no time passes for the program while
 * it is being made. Nothing of it runs or reads a clock before that.
 *
 * All processes of a tree are in that of the first, which alone has a record.
 * The namespace is also that of children to come. A target whose children would
 * be in another one than itself is refused (refuse.c).
 */
#include <linux/capability.h>
#include <linux/nsproxy.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>

#include "kcr.h"
#include "ksym.h"
#include "policy.h"
#include "task/task.h"
#include <uapi/image/time.h>

/* As the kernel bounds it, so that a clock can't overflow. */
#define TIME_MAX_NS	(KTIME_SEC_MAX / 2 * NSEC_PER_SEC)

/* Only to be compared. */
static const void *time_ns_of(struct task_struct *task)
{
	const struct time_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = task->nsproxy->time_ns;
	task_unlock(task);
	return ns;
}

struct timens_offsets kcr_clock_offsets(struct task_struct *task)
{
	struct timens_offsets offsets = {};

	task_lock(task);
	if (task->nsproxy)
		offsets = task->nsproxy->time_ns->offsets;
	task_unlock(task);
	return offsets;
}

static bool same_clocks(struct task_struct *a, struct task_struct *b)
{
	return time_ns_of(a) == time_ns_of(b);
}

static int time_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct timens_offsets off = kcr_clock_offsets(p->live);
	struct kcr_img_time img = {
		.monotonic_ns = cpu_to_le64(ktime_to_ns(ctx->cut_mono) +
					    timespec64_to_ns(&off.monotonic)),
		.boottime_ns = cpu_to_le64(ktime_to_ns(ctx->cut_boot) +
					   timespec64_to_ns(&off.boottime)),
	};

	if (p != ctx->root)
		return same_clocks(p->live, ctx->root->live) ? 0 :
		       kcr_refuse(ctx, "it is in another time namespace than its parent");
	return kcr_write_rec(ctx, KCR_KIND_TIME, 1, 0, p->id, &img, sizeof(img));
}

static bool capable_here(void)
{
	return ns_capable(current_user_ns(), CAP_SYS_TIME);
}

static int time_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_time *img = kcr_rec_as(rec, struct kcr_img_time);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "clocks record of %zu bytes", rec->len);
	if (le64_to_cpu(img->monotonic_ns) > TIME_MAX_NS ||
	    le64_to_cpu(img->boottime_ns) > TIME_MAX_NS)
		return kcr_bad_image(ctx, "clocks out of range");
	if (!capable_here() && !kcr_policy_time(ctx))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"you may not give a program clocks of its own (module parameter time_choice)");
	return 0;
}

static void time_ns_put(struct time_namespace *ns)
{
	if (refcount_dec_and_test(&ns->ns.count))
		kcr_call(free_time_ns)(ns);
}

static struct nsproxy *nsproxy_make(void)
{
	struct nsproxy *new = kcr_call(create_new_namespaces)(CLONE_NEWTIME, current,
							      current_user_ns(), current->fs);
	struct time_namespace *old;

	if (IS_ERR(new))
		return new;
	old = new->time_ns;
	new->time_ns = get_time_ns(new->time_ns_for_children);
	time_ns_put(old);
	return new;
}

static int time_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct nsproxy *new = nsproxy_make();

	if (IS_ERR(new))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(new),
				"no time namespace can be made (errno %ld)", -PTR_ERR(new));
	kcr_call(switch_task_namespaces)(current, new);
	if (!capable_here())
		task_set_no_new_privs(current);
	return 0;
}

static struct timespec64 offset_to(__le64 want, ktime_t now)
{
	return ns_to_timespec64(le64_to_cpu(want) - ktime_to_ns(now));
}

/*
 * In the restarter: the leader may be killed at any time, so that its memory
 * can't be looked at here. It need not be: nothing has read the vDSO's data yet,
 * and what timens_commit() drops of the restarter's own, it reads again.
 */
static int time_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_time *img = kcr_rec_as(rec, struct kcr_img_time);
	struct task_struct *leader = rec->process->leader;
	struct time_namespace *ns = NULL;

	task_lock(leader);
	if (leader->nsproxy)
		ns = get_time_ns(leader->nsproxy->time_ns);
	task_unlock(leader);
	if (!ns)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"the program was killed before it could run");

	if (ns->frozen_offsets) {
		time_ns_put(ns);
		return kcr_bad_image(ctx, "the program's clocks are set already");
	}
	ns->offsets.monotonic = offset_to(img->monotonic_ns, ktime_get());
	ns->offsets.boottime = offset_to(img->boottime_ns, ktime_get_boottime());
	kcr_call(timens_commit)(current, ns);
	time_ns_put(ns);
	return 0;
}

const struct kcr_ops kcr_time_ops = {
	.kind		= KCR_KIND_TIME,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "time",
	.save_process	= time_save,
	.check		= time_check,
	.restore	= time_restore,
	.commit		= time_commit,
};
