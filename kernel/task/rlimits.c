// SPDX-License-Identifier: GPL-2.0
/*
 * Resource limits. Set late, so that they don't hinder what is made.
 *
 * A hard limit above the restarter's needs CAP_SYS_RESOURCE, as everywhere;
 * without it the restarter's stays, as long as what the program may use now
 * (the soft limit) fits in. Limits that a system derives from the size of its
 * memory are cut to what the restarter has on this one.
 *
 * RLIMIT_CPU counts on from what the process has used (usage.c).
 */
#include <linux/capability.h>
#include <linux/sched/signal.h>

#include "kcr.h"
#include "ksym.h"
#include <uapi/image/rlimits.h>

static const char *const limit_names[] = {
	[RLIMIT_CPU]		= "CPU time",
	[RLIMIT_FSIZE]		= "file size",
	[RLIMIT_DATA]		= "data size",
	[RLIMIT_STACK]		= "stack size",
	[RLIMIT_CORE]		= "core file size",
	[RLIMIT_RSS]		= "resident memory",
	[RLIMIT_NPROC]		= "processes",
	[RLIMIT_NOFILE]		= "open files",
	[RLIMIT_MEMLOCK]	= "locked memory",
	[RLIMIT_AS]		= "address space",
	[RLIMIT_LOCKS]		= "file locks",
	[RLIMIT_SIGPENDING]	= "pending signals",
	[RLIMIT_MSGQUEUE]	= "message queues",
	[RLIMIT_NICE]		= "niceness",
	[RLIMIT_RTPRIO]		= "real-time priority",
	[RLIMIT_RTTIME]		= "real-time CPU time",
};

static bool from_memory_size(unsigned int resource)
{
	return resource == RLIMIT_NPROC || resource == RLIMIT_SIGPENDING ||
	       resource == RLIMIT_MEMLOCK || resource == RLIMIT_MSGQUEUE;
}

static __le64 limit_encode(unsigned long val)
{
	return cpu_to_le64(val == RLIM_INFINITY ? KCR_RLIM_INFINITY : val);
}

static unsigned long limit_decode(__le64 val)
{
	return min_t(u64, le64_to_cpu(val), RLIM_INFINITY);
}

static int rlimits_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_img_rlimit img[RLIM_NLIMITS];
	struct task_struct *leader = p->leader;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(limit_names) != RLIM_NLIMITS);
	task_lock(leader);
	for (i = 0; i < RLIM_NLIMITS; i++) {
		img[i].soft = limit_encode(leader->signal->rlim[i].rlim_cur);
		img[i].hard = limit_encode(leader->signal->rlim[i].rlim_max);
	}
	task_unlock(leader);
	return kcr_write_rec(ctx, KCR_KIND_RLIMITS, 1, 0, p->id, img, sizeof(img));
}

/* What the caller may set of it. */
static struct rlimit limit_allowed(unsigned int i, const struct kcr_img_rlimit *img)
{
	struct rlimit lim = {
		.rlim_cur = limit_decode(img->soft),
		.rlim_max = limit_decode(img->hard),
	};
	unsigned long hard = rlimit_max(i);

	if (lim.rlim_max > hard && !capable(CAP_SYS_RESOURCE)) {
		lim.rlim_max = hard;
		if (from_memory_size(i))
			lim.rlim_cur = min(lim.rlim_cur, hard);
	}
	return lim;
}

static int rlimits_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_rlimit *img = kcr_rec_as(rec, struct kcr_img_rlimit);
	size_t i, n = rec->len / sizeof(*img);

	if (rec->len % sizeof(*img) || n < RLIM_NLIMITS || n > KCR_RLIMITS_MAX)
		return kcr_bad_image(ctx, "limits record of %zu bytes", rec->len);
	for (i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit lim;

		if (le64_to_cpu(img[i].soft) > le64_to_cpu(img[i].hard))
			return kcr_bad_image(ctx, "soft limit of %s above the hard one",
					     limit_names[i]);
		lim = limit_allowed(i, &img[i]);
		if (lim.rlim_cur > lim.rlim_max)
			return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
					"the program has a limit of %lu %s; yours is %lu",
					lim.rlim_cur, limit_names[i], lim.rlim_max);
	}
	for (; i < n; i++)
		if (limit_decode(img[i].soft) != RLIM_INFINITY)
			return kcr_refuse(ctx, "resource limit %zu is not known here", i);
	return 0;
}

static int rlimits_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_rlimit *img = kcr_rec_as(rec, struct kcr_img_rlimit);
	unsigned int i;
	int ret;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit lim = limit_allowed(i, &img[i]);

		ret = kcr_call(do_prlimit)(current, i, &lim, NULL);
		if (ret)
			return kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
					"the program's limits of %s (%lu, at most %lu) can't be set",
					limit_names[i], lim.rlim_cur, lim.rlim_max);
	}
	return 0;
}

const struct kcr_ops kcr_rlimits_ops = {
	.kind		= KCR_KIND_RLIMITS,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "rlimits",
	.save_process	= rlimits_save,
	.check		= rlimits_check,
	.link		= rlimits_link,
};
