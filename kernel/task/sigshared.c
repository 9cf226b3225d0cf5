// SPDX-License-Identifier: GPL-2.0
/*
 * Signals pending for the whole process.
 *
 * They are queued again when every thread is made: a signal that is pending
 * keeps a process from making threads. All signals are blocked until then, so
 * that none is thrown away or acted upon.
 *
 * Interval timers are saved along with them (itimer.c): one may send its signal
 * at any time. POSIX timers are read before (posix_timer_save.c).
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "task/itimer.h"
#include "task/posix_timer.h"
#include "task/signals.h"
#include <uapi/image/sigshared.h>

static int sigshared_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_itimers timers = {};
	struct kcr_sigqueue copy = { .timers = &timers };
	int ret = kcr_posix_timers_read(ctx, p) ?:
		  kcr_sigqueue_copy(p, p->leader, &p->leader->signal->shared_pending, &copy);

	if (!ret && copy.count)
		ret = kcr_write_rec(ctx, KCR_KIND_SIGSHARED, 1, 0, p->id, copy.info,
				    copy.count * sizeof(*copy.info));
	kvfree(copy.info);
	return ret ?: kcr_itimers_write(ctx, p, &timers);
}

static int sigshared_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return kcr_sigqueue_check(ctx, rec->data, rec->len);
}

static int sigshared_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return kcr_sigqueue_restore(rec->process, rec->data, rec->len, PIDTYPE_TGID);
}

const struct kcr_ops kcr_sigshared_ops = {
	.kind		= KCR_KIND_SIGSHARED,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "sigshared",
	.save_process	= sigshared_save,
	.check		= sigshared_check,
	.link		= sigshared_link,
};
