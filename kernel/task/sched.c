// SPDX-License-Identifier: GPL-2.0
/*
 * How a thread is scheduled: policy, nice value, priority, affinity, I/O
 * priority.
 *
 * All of it is set as the thread itself might set it: what needs CAP_SYS_NICE
 * needs it here, and the restarter's cpuset and cgroup apply. A thread that
 * could run everywhere stays where the restarter may run; an affinity of its
 * own is cut to the processors that there are. Clamps of utilization and core
 * scheduling cookies are refused. An autogroup is the restarter's to give.
 */
#include <linux/cpumask.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/deadline.h>
#include <linux/sched/prio.h>
#include <linux/sched/rt.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "compat/sched.h"
#include "kcr.h"
#include "ksym.h"
#include <uapi/image/sched.h>

static int sched_refuse(struct kcr_ctx *ctx, struct task_struct *task)
{
	int ret = 0;

	if (task->policy > SCHED_DEADLINE)
		ret = kcr_refuse(ctx, "its scheduling policy %u is not known here", task->policy);
#ifdef CONFIG_UCLAMP_TASK
	if (!ret && (task->uclamp_req[UCLAMP_MIN].user_defined ||
		     task->uclamp_req[UCLAMP_MAX].user_defined))
		ret = kcr_refuse(ctx, "its utilization is clamped");
#endif
#ifdef CONFIG_SCHED_CORE
	if (!ret && task->core_cookie)
		ret = kcr_refuse(ctx, "it has a core scheduling cookie");
#endif
	return ret;
}

static u32 policy_flags(struct task_struct *task)
{
	u32 flags = 0;

	if (task->sched_reset_on_fork)
		flags |= KCR_SCHED_RESET_ON_FORK;
	if (task->policy != SCHED_DEADLINE)
		return flags;
	if (task->dl.flags & SCHED_FLAG_RECLAIM)
		flags |= KCR_SCHED_RECLAIM;
	if (task->dl.flags & SCHED_FLAG_DL_OVERRUN)
		flags |= KCR_SCHED_OVERRUN;
	return flags;
}

static void policy_save(struct task_struct *task, struct kcr_img_sched *img)
{
	img->policy = cpu_to_le32(task->policy);
	img->flags = cpu_to_le32(policy_flags(task));
	img->nice = cpu_to_le32(task_nice(task));
	img->priority = cpu_to_le32(task->rt_priority);
	img->runtime_ns = cpu_to_le64(kcr_sched_slice(task));
	if (task->policy == SCHED_DEADLINE) {
		img->runtime_ns = cpu_to_le64(task->dl.dl_runtime);
		img->deadline_ns = cpu_to_le64(task->dl.dl_deadline);
		img->period_ns = cpu_to_le64(task->dl.dl_period);
	}
	task_lock(task);
	if (task->io_context)
		img->ioprio = cpu_to_le32(task->io_context->ioprio);
	task_unlock(task);
}

static bool any_cpu(struct task_struct *task)
{
	cpumask_var_t allowed;
	bool any;

	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return false;
	kcr_call(cpuset_cpus_allowed)(task, allowed);
	any = cpumask_subset(allowed, &task->cpus_mask);
	free_cpumask_var(allowed);
	return any;
}

static int sched_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	unsigned int cpu, cpus = round_up(nr_cpu_ids, 64);
	struct kcr_img_sched img = { .cpus = cpu_to_le32(cpus) };
	int ret = sched_refuse(ctx, t->task);
	__le64 *words;

	if (ret)
		return ret;
	if (cpus > KCR_SCHED_CPUS_MAX)
		return kcr_refuse(ctx, "this machine has %u processors", cpus);
	words = kcalloc(cpus / 64, sizeof(*words), GFP_KERNEL);
	if (!words)
		return kcr_nomem(ctx);
	for_each_cpu(cpu, &t->task->cpus_mask)
		words[cpu / 64] |= cpu_to_le64(BIT_ULL(cpu % 64));
	policy_save(t->task, &img);
	if (any_cpu(t->task))
		img.flags |= cpu_to_le32(KCR_SCHED_ANY_CPU);

	ret = kcr_rec_begin(ctx, KCR_KIND_SCHED, 1, 0, t->id) ?:
	      kcr_rec_put(ctx, &img, sizeof(img)) ?:
	      kcr_rec_put(ctx, words, cpus / 8) ?: kcr_rec_end(ctx);
	kfree(words);
	return ret;
}

static void cpus_decode(const struct kcr_img_sched *img, struct cpumask *mask)
{
	const __le64 *words = (const __le64 *)(img + 1);
	unsigned int cpu, cpus = min(le32_to_cpu(img->cpus), nr_cpu_ids);

	cpumask_clear(mask);
	for (cpu = 0; cpu < cpus; cpu++)
		if (le64_to_cpu(words[cpu / 64]) & BIT_ULL(cpu % 64))
			cpumask_set_cpu(cpu, mask);
}

/* An affinity that this machine, or the restarter's cpuset, has nothing of. */
static int cpus_check(struct kcr_ctx *ctx, const struct kcr_img_sched *img)
{
	cpumask_var_t mask, allowed;
	bool some;

	if (le32_to_cpu(img->flags) & KCR_SCHED_ANY_CPU)
		return 0;
	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return kcr_nomem(ctx);
	if (!alloc_cpumask_var(&allowed, GFP_KERNEL)) {
		free_cpumask_var(mask);
		return kcr_nomem(ctx);
	}
	cpus_decode(img, mask);
	kcr_call(cpuset_cpus_allowed)(current, allowed);
	some = cpumask_intersects(mask, allowed);
	free_cpumask_var(allowed);
	free_cpumask_var(mask);
	return some ? 0 : kcr_refuse(ctx, "none of the processors that the program is bound to can be used here");
}

static int sched_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sched *img = kcr_rec_as(rec, struct kcr_img_sched);
	s32 nice;
	u32 cpus;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "scheduling record of %zu bytes", rec->len);
	cpus = le32_to_cpu(img->cpus);
	nice = le32_to_cpu(img->nice);
	if (cpus % 64 || cpus > KCR_SCHED_CPUS_MAX || rec->len != sizeof(*img) + cpus / 8)
		return kcr_bad_image(ctx, "affinity of %u processors in %zu bytes",
				     cpus, rec->len);
	if (le32_to_cpu(img->policy) > KCR_SCHED_DEADLINE || nice < MIN_NICE ||
	    nice > MAX_NICE || le32_to_cpu(img->priority) >= MAX_RT_PRIO ||
	    le32_to_cpu(img->ioprio) > U16_MAX)
		return kcr_bad_image(ctx, "scheduling policy %u, nice %d, priority %u",
				     le32_to_cpu(img->policy), nice, le32_to_cpu(img->priority));
	return cpus_check(ctx, img);
}

/*
 * Other policies don't look at the nice value, and sched_setattr(2) does not set
 * it with them. It counts when the thread goes back to SCHED_OTHER.
 */
static int nice_restore(const struct sched_attr *want)
{
	const struct sched_attr attr = { .size = sizeof(attr), .sched_nice = want->sched_nice };

	if (want->sched_policy == SCHED_NORMAL || want->sched_policy == SCHED_BATCH ||
	    want->sched_nice == task_nice(current))
		return 0;
	return kcr_call(sched_setattr)(current, &attr);
}

static int policy_restore(struct kcr_ctx *ctx, const struct kcr_img_sched *img)
{
	u32 flags = le32_to_cpu(img->flags);
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = le32_to_cpu(img->policy),
		.sched_nice = le32_to_cpu(img->nice),
		.sched_priority = le32_to_cpu(img->priority),
		.sched_runtime = le64_to_cpu(img->runtime_ns),
		.sched_deadline = le64_to_cpu(img->deadline_ns),
		.sched_period = le64_to_cpu(img->period_ns),
	};
	int ret;

	if (flags & KCR_SCHED_RESET_ON_FORK)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (flags & KCR_SCHED_RECLAIM)
		attr.sched_flags |= SCHED_FLAG_RECLAIM;
	if (flags & KCR_SCHED_OVERRUN)
		attr.sched_flags |= SCHED_FLAG_DL_OVERRUN;
	ret = nice_restore(&attr) ?: kcr_call(sched_setattr)(current, &attr);
	if (ret == -EPERM)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
				"you may not give the program its scheduling policy %u, nice value %d, priority %u",
				attr.sched_policy, attr.sched_nice, attr.sched_priority);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
				"scheduling policy %u can't be set (errno %d)",
				attr.sched_policy, -ret);
	return 0;
}

static int affinity_restore(struct kcr_ctx *ctx, const struct kcr_img_sched *img)
{
	cpumask_var_t mask;
	long ret;

	if (le32_to_cpu(img->flags) & KCR_SCHED_ANY_CPU)
		return 0;
	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return kcr_nomem(ctx);
	cpus_decode(img, mask);
	ret = kcr_call(sched_setaffinity)(0, mask);
	free_cpumask_var(mask);
	return ret ? kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
			      "the program can't be bound to its processors (errno %ld)", -ret) : 0;
}

static int ioprio_restore(struct kcr_ctx *ctx, const struct kcr_img_sched *img)
{
	u32 ioprio = le32_to_cpu(img->ioprio);
	long ret = 0;

	if (ioprio)
		ret = kcr_syscall(ioprio_set, IOPRIO_WHO_PROCESS, 0, ioprio);
	return ret ? kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
			      "you may not give the program its I/O priority %#x", ioprio) : 0;
}

static int sched_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct kcr_img_sched *img = kcr_rec_as(rec, struct kcr_img_sched);

	return affinity_restore(ctx, img) ?: policy_restore(ctx, img) ?:
	       ioprio_restore(ctx, img);
}

static struct kcr_thread *thread_of(const struct kcr_rec *rec)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &rec->process->threads, sibling)
		if (t->id == rec->owner)
			return t;
	return NULL;
}

/* Has it still what it can have of an affinity of its own? */
static bool affinity_stands(struct kcr_thread *t, struct cpumask *mask)
{
	cpumask_var_t allowed;
	bool stands;

	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return false;
	kcr_call(cpuset_cpus_allowed)(t->task, allowed);
	cpumask_and(allowed, allowed, mask);
	stands = cpumask_equal(allowed, &t->task->cpus_mask);
	free_cpumask_var(allowed);
	return stands;
}

/* It may have been put into another cpuset meanwhile, and then has all of that. */
static int sched_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sched *img = kcr_rec_as(rec, struct kcr_img_sched);
	struct kcr_thread *t = thread_of(rec);
	cpumask_var_t mask;
	long ret = 0;

	if (!t || le32_to_cpu(img->flags) & KCR_SCHED_ANY_CPU)
		return 0;
	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return kcr_nomem(ctx);
	cpus_decode(img, mask);
	if (!affinity_stands(t, mask))
		ret = kcr_call(sched_setaffinity)(t->tid, mask);
	free_cpumask_var(mask);
	return ret ? kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
			      "thread %d can't be bound to its processors in its cgroup (errno %ld)",
			      t->tid, -ret) : 0;
}

const struct kcr_ops kcr_sched_ops = {
	.kind		= KCR_KIND_SCHED,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "sched",
	.save_thread	= sched_save,
	.check		= sched_check,
	.restore_thread	= sched_restore,
	.commit		= sched_commit,
};
