// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what.
 *
 * Module parameters say root, group or any. Group is the group of the device
 * node through which the operation was opened. Whoever may checkpoint must in
 * addition pass what a ptrace attach passes: when the operation is opened, and
 * again when everything is parked, because a setuid exec may come between.
 */
#include <linux/capability.h>
#include <linux/moduleparam.h>
#include <linux/ptrace.h>
#include <linux/sched/coredump.h>
#include <linux/user_namespace.h>

#include "kcr.h"
#include "ksym.h"
#include "policy.h"

int kcr_checkpoint_right = KCR_RIGHT_GROUP;
int kcr_pid_right = KCR_RIGHT_GROUP;
int kcr_time_right = KCR_RIGHT_GROUP;

static const char *const right_names[] = {
	[KCR_RIGHT_ROOT] = "root",
	[KCR_RIGHT_GROUP] = "group",
	[KCR_RIGHT_ANY] = "any",
};

static int right_set(const char *val, const struct kernel_param *kp)
{
	int right = sysfs_match_string(right_names, val);

	if (right < 0)
		return -EINVAL;
	WRITE_ONCE(*(int *)kp->arg, right);
	return 0;
}

static int right_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", right_names[READ_ONCE(*(int *)kp->arg)]);
}

const struct kernel_param_ops kcr_right_param_ops = {
	.set = right_set,
	.get = right_get,
};

static bool has_right(struct kcr_ctx *ctx, int right)
{
	if (ns_capable(&init_user_ns, CAP_CHECKPOINT_RESTORE) ||
	    ns_capable(&init_user_ns, CAP_SYS_ADMIN))
		return true;

	switch (right) {
	case KCR_RIGHT_ANY:
		return true;
	case KCR_RIGHT_GROUP:
		return in_egroup_p(file_inode(ctx->device)->i_gid);
	default:
		return false;
	}
}

/* May the caller checkpoint at all? */
bool kcr_policy_checkpoint(struct kcr_ctx *ctx)
{
	return has_right(ctx, READ_ONCE(kcr_checkpoint_right));
}

/* May the caller choose pids without a capability of their own? */
bool kcr_policy_pid(struct kcr_ctx *ctx)
{
	return has_right(ctx, READ_ONCE(kcr_pid_right));
}

/* May the caller give a program clocks of its own without CAP_SYS_TIME? */
bool kcr_policy_time(struct kcr_ctx *ctx)
{
	return has_right(ctx, READ_ONCE(kcr_time_right));
}

/**
 * kcr_policy_process() - may the caller checkpoint this process?
 * @ctx: the operation, in the context of its caller
 * @p: the target, or a descendant of it
 *
 * Return: 0 or -EPERM with a sentence.
 */
int kcr_policy_process(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct task_struct *task = p->live ?: p->leader;
	struct mm_struct *mm;
	bool dumpable = false;

	if (!kcr_call(ptrace_may_access)(task, PTRACE_MODE_ATTACH_REALCREDS))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"you may not attach to it with ptrace, so you may not checkpoint it");

	task_lock(task);
	mm = task->mm;
	if (mm)
		dumpable = get_dumpable(mm) == SUID_DUMP_USER;
	task_unlock(task);
	if (mm && !dumpable)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"it is not dumpable (a setuid program, or prctl(PR_SET_DUMPABLE))");
	return 0;
}

/**
 * kcr_policy_tree() - may the caller checkpoint all of the tree?
 * @ctx: the operation, in the context of its caller; everything is parked
 *
 * A child that has ended is not asked about: it has no memory and no files, and what
 * it leaves is for its parent, which is one of the tree, or is told to everybody in
 * /proc. It may have been a set-user-ID program.
 *
 * Return: 0 or -EPERM with a sentence.
 */
int kcr_policy_tree(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	size_t mark;
	int ret = 0;

	kcr_for_each_process(ctx, p) {
		if (p->zombie)
			continue;
		mark = kcr_where_process(ctx, p);
		ret = kcr_policy_process(ctx, p);
		kcr_where_end(ctx, mark);
		if (ret)
			break;
	}
	return ret;
}

/**
 * kcr_policy_image() - does root trust this image?
 * @ctx: a restart, in the context of its caller
 * @image: the image, or one before it
 *
 * Return: 0 or -EPERM with a sentence.
 */
int kcr_policy_image(struct kcr_ctx *ctx, const struct file *image)
{
	if (ctx->restart_flags & KCR_RESTART_TRUST)
		return 0;
	if (!uid_eq(current_euid(), GLOBAL_ROOT_UID))
		return 0;
	if (uid_eq(file_inode(image)->i_uid, GLOBAL_ROOT_UID))
		return 0;
	return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
			"root does not own the image: use --trust, or --as USER");
}

static bool may_attach(struct kcr_ctx *ctx)
{
	struct task_struct *task;
	bool may;

	task = get_pid_task(READ_ONCE(ctx->pid), PIDTYPE_TGID);
	if (!task)
		return ns_capable(&init_user_ns, CAP_SYS_PTRACE);
	may = kcr_call(ptrace_may_access)(task, PTRACE_MODE_ATTACH_REALCREDS);
	put_task_struct(task);
	return may;
}

static bool may_see(struct kcr_ctx *ctx)
{
	return uid_eq(current_euid(), ctx->cred->euid) || may_attach(ctx);
}

/**
 * kcr_policy_see() - may somebody look at an operation, and cancel it?
 * @ctx: anybody's operation; the caller's list holds on to it
 * @opener: whoever opened what the answer goes to
 *
 * Return: whether both the current task and @opener started it, or could
 * attach to its target with ptrace.
 */
bool kcr_policy_see(struct kcr_ctx *ctx, const struct cred *opener)
{
	const struct cred *old;
	bool may = may_see(ctx);

	if (!may || opener == current_cred())
		return may;
	old = override_creds(opener);
	may = may_see(ctx);
	revert_creds(old);
	return may;
}
