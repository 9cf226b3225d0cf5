// SPDX-License-Identifier: GPL-2.0
/*
 * What prctl(2) sets of a thread, and what it would go back to.
 *
 * The walk goes over prctl(2) of 6.1 and 6.12. In kinds of their own are
 * PR_SET_DUMPABLE, PR_SET_MM, PR_SET_THP_DISABLE and PR_SET_MDWE (mm.c),
 * PR_SET_NAME, PR_SET_PDEATHSIG and PR_SET_TIMERSLACK (thread.c),
 * PR_SET_CHILD_SUBREAPER (process.c), PR_SET_SECUREBITS, PR_SET_KEEPCAPS,
 * PR_CAP_AMBIENT, PR_CAPBSET_DROP and PR_SET_NO_NEW_PRIVS (cred.c),
 * PR_SET_SECCOMP (seccomp.c), PR_SET_TSC and arch_prctl(2) (arch/). Refused are
 * PR_SCHED_CORE (sched.c), PR_SET_MEMORY_MERGE (mm.c), and PR_SET_PTRACER where
 * it names a process. The rest is other architectures'.
 *
 * PF_MCE_EARLY counts only with PF_MCE_PROCESS. syscall_dispatch.on_dispatch is
 * set only from the entry to the exit of a system call, which is behind us.
 */
#include <linux/prctl.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "compat/yama.h"
#include "kcr.h"
#include "ksym.h"
#include <uapi/image/prctl.h>

#define PF_FLUSHER	(PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)	/* PR_IO_FLUSHER */

/* Yama: who else may trace it; false: it was never asked to let anybody */
static bool has_ptracer(struct task_struct *leader, bool *any)
{
	bool found = false;

#ifdef CONFIG_SECURITY_YAMA
	struct ptrace_relation *relation;

	rcu_read_lock();
	list_for_each_entry_rcu(relation, &kcr_var(ptracer_relations), node) {
		if (relation->tracee != leader || READ_ONCE(relation->invalid))
			continue;
		found = true;
		*any = !relation->tracer;
		break;
	}
	rcu_read_unlock();
#endif
	return found;
}

static u32 flags_of(struct task_struct *task)
{
	u32 flags = 0;

	if (task->flags & PF_MCE_PROCESS)
		flags |= task->flags & PF_MCE_EARLY ? KCR_PRCTL_MCE_EARLY : KCR_PRCTL_MCE_LATE;
	if ((task->flags & PF_FLUSHER) == PF_FLUSHER)
		flags |= KCR_PRCTL_IO_FLUSHER;
	if (test_task_syscall_work(task, SYSCALL_USER_DISPATCH))
		flags |= KCR_PRCTL_DISPATCH;
	return flags;
}

static u32 store_bypass(struct task_struct *task)
{
	if (task_spec_ssb_force_disable(task))
		return KCR_SPECULATION_FORCE_DISABLE;
	if (task_spec_ssb_noexec(task))
		return KCR_SPECULATION_DISABLE_NOEXEC;
	return task_spec_ssb_disable(task) ? KCR_SPECULATION_DISABLE : KCR_SPECULATION_ENABLE;
}

static u32 indirect_branch(struct task_struct *task)
{
	if (task_spec_ib_force_disable(task))
		return KCR_SPECULATION_FORCE_DISABLE;
	return task_spec_ib_disable(task) ? KCR_SPECULATION_DISABLE : KCR_SPECULATION_ENABLE;
}

static int prctl_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct task_struct *task = t->task;
	u32 flags = flags_of(task);
	struct kcr_img_prctl img = {
		.store_bypass = cpu_to_le32(store_bypass(task)),
		.indirect_branch = cpu_to_le32(indirect_branch(task)),
		.default_timer_slack_ns = cpu_to_le64(task->default_timer_slack_ns),
	};
	bool any;

	if (flags & KCR_PRCTL_DISPATCH) {
		img.dispatch_start = cpu_to_le64(task->syscall_dispatch.offset);
		img.dispatch_len = cpu_to_le64(task->syscall_dispatch.len);
		img.dispatch_selector =
			cpu_to_le64((uintptr_t)task->syscall_dispatch.selector);
	}
	if (t->leader && has_ptracer(task, &any)) {
		if (!any)
			return kcr_refuse(ctx, "it lets a certain process trace it (PR_SET_PTRACER)");
		flags |= KCR_PRCTL_TRACED_BY_ANY;
	}
	img.flags = cpu_to_le32(flags);
	return kcr_write_rec(ctx, KCR_KIND_PRCTL, 1, 0, t->id, &img, sizeof(img));
}

static int prctl_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_prctl *img = kcr_rec_as(rec, struct kcr_img_prctl);
	u32 flags;

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "prctl record of %zu bytes", rec->len);
	flags = le32_to_cpu(img->flags);
	if (flags & ~KCR_PRCTL_FLAGS || !img->default_timer_slack_ns ||
	    (flags & KCR_PRCTL_MCE_EARLY && flags & KCR_PRCTL_MCE_LATE) ||
	    le32_to_cpu(img->store_bypass) > KCR_SPECULATION_DISABLE_NOEXEC ||
	    le32_to_cpu(img->indirect_branch) > KCR_SPECULATION_FORCE_DISABLE)
		return kcr_bad_image(ctx, "prctl flags %#x, speculation %u and %u", flags,
				     le32_to_cpu(img->store_bypass),
				     le32_to_cpu(img->indirect_branch));
	return 0;
}

/* As in the kernel's own words. */
static unsigned long speculation(u32 img)
{
	static const unsigned long control[] = {
		[KCR_SPECULATION_DISABLE]	 = PR_SPEC_DISABLE,
		[KCR_SPECULATION_FORCE_DISABLE]	 = PR_SPEC_FORCE_DISABLE,
		[KCR_SPECULATION_DISABLE_NOEXEC] = PR_SPEC_DISABLE_NOEXEC,
	};

	return control[img];
}

/* A processor that does not do it, or a kernel that never lets it, will do. */
static int restrict_speculation(struct kcr_ctx *ctx, unsigned long which, u32 img)
{
	long ret, state;

	if (img == KCR_SPECULATION_ENABLE)
		return 0;
	ret = kcr_syscall(prctl, PR_SET_SPECULATION_CTRL, which, speculation(img), 0, 0);
	if (!ret)
		return 0;
	state = kcr_syscall(prctl, PR_GET_SPECULATION_CTRL, which, 0, 0, 0);
	if (state == PR_SPEC_NOT_AFFECTED || (state >= 0 && state & PR_SPEC_DISABLE))
		return 0;
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
			"the program had speculation restricted (PR_SET_SPECULATION_CTRL), which can't be done here");
}

static int restore_speculation(struct kcr_ctx *ctx, const struct kcr_img_prctl *img)
{
	return restrict_speculation(ctx, PR_SPEC_STORE_BYPASS, le32_to_cpu(img->store_bypass)) ?:
	       restrict_speculation(ctx, PR_SPEC_INDIRECT_BRANCH,
				    le32_to_cpu(img->indirect_branch));
}

static int restore_mce(struct kcr_ctx *ctx, u32 flags)
{
	unsigned long policy = PR_MCE_KILL_DEFAULT;
	long ret;

	if (flags & KCR_PRCTL_MCE_EARLY)
		policy = PR_MCE_KILL_EARLY;
	else if (flags & KCR_PRCTL_MCE_LATE)
		policy = PR_MCE_KILL_LATE;
	ret = kcr_syscall(prctl, PR_MCE_KILL, PR_MCE_KILL_SET, policy, 0, 0);
	return ret ? kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
			      "no policy for memory failures can be set (errno %ld)", -ret) : 0;
}

static int restore_flusher(struct kcr_ctx *ctx, u32 flags)
{
	long ret;

	if (!(flags & KCR_PRCTL_IO_FLUSHER))
		return 0;
	ret = kcr_syscall(prctl, PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	return ret ? kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
			      "you may not let a program take part in writing memory back (PR_SET_IO_FLUSHER)") : 0;
}

static int restore_dispatch(struct kcr_ctx *ctx, const struct kcr_img_prctl *img)
{
	long ret;

	if (!(le32_to_cpu(img->flags) & KCR_PRCTL_DISPATCH))
		return 0;
	ret = kcr_syscall(prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON,
			  le64_to_cpu(img->dispatch_start), le64_to_cpu(img->dispatch_len),
			  le64_to_cpu(img->dispatch_selector));
	return ret ? kcr_bad_image(ctx, "system calls dispatched where they can't be (errno %ld)",
				   -ret) : 0;
}

/* Without Yama everybody may who could anyway. */
static int restore_ptracer(struct kcr_ctx *ctx, struct kcr_thread *t, u32 flags)
{
	long ret = 0;

	if (t->leader && flags & KCR_PRCTL_TRACED_BY_ANY)
		ret = kcr_syscall(prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	return ret && ret != -EINVAL ?
	       kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
			"nobody can be let trace it (errno %ld)", -ret) : 0;
}

static int prctl_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct kcr_img_prctl *img = kcr_rec_as(rec, struct kcr_img_prctl);
	u32 flags = le32_to_cpu(img->flags);

	current->default_timer_slack_ns = le64_to_cpu(img->default_timer_slack_ns);
	return restore_speculation(ctx, img) ?: restore_mce(ctx, flags) ?:
	       restore_flusher(ctx, flags) ?: restore_dispatch(ctx, img) ?:
	       restore_ptracer(ctx, t, flags);
}

const struct kcr_ops kcr_prctl_ops = {
	.kind		= KCR_KIND_PRCTL,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "prctl",
	.save_thread	= prctl_save,
	.check		= prctl_check,
	.restore_thread	= prctl_restore,
};
