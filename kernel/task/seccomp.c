// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp: what a thread may call. The filters themselves are filter.c's.
 *
 * It is in force before the first instruction of the program, and after all
 * that restores it but ids: whoever may confine it may no longer be what it
 * becomes. The rule is the kernel's own: a thread that could still gain
 * privileges (no no_new_privs) is only confined by one who has CAP_SYS_ADMIN.
 *
 * The system call that a confined thread sleeps in is carried on (blocked.c):
 * it need not be allowed restart_syscall().
 */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/sched.h>

#include "ksym.h"
#include "task/seccomp.h"
#include <uapi/image/seccomp.h>

static int seccomp_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct task_struct *task = t->task;
	struct kcr_img_seccomp img = {
		.mode = cpu_to_le32(task->seccomp.mode),
		.flags = cpu_to_le32(task_no_new_privs(task) ? KCR_SECCOMP_NO_NEW_PRIVS : 0),
	};

	switch (task->seccomp.mode) {
	case SECCOMP_MODE_DISABLED:
		return 0;
	case SECCOMP_MODE_STRICT:
		break;
	case SECCOMP_MODE_FILTER:
		/* Not looked into: it may be killed at any time. */
		img.filter = cpu_to_le32(kcr_saved_id(ctx, READ_ONCE(task->seccomp.filter)));
		if (img.filter)
			break;
		fallthrough;
	default:
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it was killed");
	}
	return kcr_write_rec(ctx, KCR_KIND_SECCOMP, 1, 0, t->id, &img, sizeof(img));
}

static int seccomp_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_seccomp *img = kcr_rec_as(rec, struct kcr_img_seccomp);
	u32 mode, flags;

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "seccomp record of %zu bytes", rec->len);
	mode = le32_to_cpu(img->mode);
	flags = le32_to_cpu(img->flags);
	if ((mode != KCR_SECCOMP_STRICT && mode != KCR_SECCOMP_FILTER) ||
	    flags & ~KCR_SECCOMP_NO_NEW_PRIVS || !img->filter != (mode == KCR_SECCOMP_STRICT))
		return kcr_bad_image(ctx, "seccomp mode %u, flags %#x, filter %u", mode, flags,
				     le32_to_cpu(img->filter));
	if (mode == KCR_SECCOMP_STRICT && current->seccomp.mode != SECCOMP_MODE_DISABLED)
		return kcr_refuse(ctx, "the program is in seccomp's strict mode, and you are confined by a filter");
	return 0;
}

static bool may_confine(void)
{
	return task_no_new_privs(current) || ns_capable(current_user_ns(), CAP_SYS_ADMIN);
}

static int seccomp_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct kcr_img_seccomp *img = kcr_rec_as(rec, struct kcr_img_seccomp);
	long ret;

	if (le32_to_cpu(img->flags) & KCR_SECCOMP_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	if (le32_to_cpu(img->mode) == KCR_SECCOMP_STRICT) {
		ret = kcr_syscall(prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
		return ret ? kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
				      "seccomp's strict mode can't be set (errno %ld)", -ret) : 0;
	}
	if (!may_confine())
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EACCES,
				"you may not confine a program with seccomp that has no no_new_privs");
	return kcr_filter_attach(ctx, t, le32_to_cpu(img->filter));
}

const struct kcr_ops kcr_seccomp_ops = {
	.kind		= KCR_KIND_SECCOMP,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "seccomp",
	.save_thread	= seccomp_save,
	.check		= seccomp_check,
	.restore_thread	= seccomp_restore,
};
