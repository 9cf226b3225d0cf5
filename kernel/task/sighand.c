// SPDX-License-Identifier: GPL-2.0
/*
 * Signal handlers: what a process does about each signal.
 *
 * SA_IMMUTABLE marks a process that is being killed and is not saved.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "kcr.h"
#include "ksym.h"
#include "task/signals.h"
#include <uapi/image/sighand.h>

static void action_encode(struct kcr_img_sigaction *img, const struct sigaction *sa)
{
	img->handler = cpu_to_le64((uintptr_t)sa->sa_handler);
	img->flags = cpu_to_le64(sa->sa_flags & UAPI_SA_FLAGS);
	img->restorer = cpu_to_le64((uintptr_t)sa->sa_restorer);
	img->mask = kcr_sigset_encode(&sa->sa_mask);
}

static int sighand_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	size_t i, len = KCR_SIGNALS * sizeof(struct kcr_img_sigaction);
	struct kcr_img_sigaction *img = kzalloc(len, GFP_KERNEL);
	struct sighand_struct *sighand;
	unsigned long flags;
	int ret;

	if (!img)
		return kcr_nomem(ctx);
	sighand = kcr_sighand_lock(p->leader, &flags);
	if (sighand) {
		for (i = 0; i < KCR_SIGNALS; i++)
			action_encode(&img[i], &sighand->action[i].sa);
		spin_unlock_irqrestore(&sighand->siglock, flags);
		ret = kcr_write_rec(ctx, KCR_KIND_SIGHAND, 1, 0, p->id, img, len);
	} else {
		ret = kcr_sighand_gone(ctx);
	}
	kfree(img);
	return ret;
}

static int sighand_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	if (rec->len != KCR_SIGNALS * sizeof(struct kcr_img_sigaction))
		return kcr_bad_image(ctx, "signal handlers record of %zu bytes", rec->len);
	return 0;
}

static int sighand_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sigaction *img = kcr_rec_as(rec, struct kcr_img_sigaction);
	int sig, ret = 0;

	for (sig = 1; sig <= _NSIG && !ret; sig++, img++) {
		struct k_sigaction act = { .sa = {
			.sa_handler = (__sighandler_t)le64_to_cpu(img->handler),
			.sa_flags = le64_to_cpu(img->flags),
			.sa_restorer = (__sigrestore_t)le64_to_cpu(img->restorer),
			.sa_mask = kcr_sigset_decode(img->mask),
		} };

		if (!sig_kernel_only(sig))
			ret = kcr_call(do_sigaction)(sig, &act, NULL);
	}
	return ret ? kcr_bad_image(ctx, "handler of signal %d can't be set", sig - 1) : 0;
}

const struct kcr_ops kcr_sighand_ops = {
	.kind		= KCR_KIND_SIGHAND,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "sighand",
	.save_process	= sighand_save,
	.check		= sighand_check,
	.restore	= sighand_restore,
};
