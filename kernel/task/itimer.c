// SPDX-License-Identifier: GPL-2.0
/*
 * Interval timers, alarm(2) among them.
 *
 * ITIMER_REAL goes on while its process is parked. What it says is therefore
 * read in the same moment as the queue of signals (sigshared.c): an expiry is
 * in one of the two, and only in one. What is saved is the time that was left
 * at the cut; the timers start at commit. The timers of CPU time stand still
 * with the process.
 *
 * A periodic timer whose signal is still pending is not armed in the kernel: it
 * is when the signal is taken, for the next multiple of its interval. It comes
 * back armed for that; the signals of both are one. (Where the signal was
 * ignored, the kernel never arms it again, and neither do we.)
 */
#include <linux/hrtimer.h>
#include <linux/posix-timers.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>

#include "ksym.h"
#include "task/itimer.h"
#include "task/signals.h"

/* From the cut until ITIMER_REAL expires, for the next time if it has just now. */
static ktime_t real_left(struct kcr_ctx *ctx, struct signal_struct *signal)
{
	const struct hrtimer *timer = &signal->real_timer;
	ktime_t left = ktime_sub(hrtimer_get_expires(timer), ctx->cut_mono);
	ktime_t incr = signal->it_real_incr;

	if (hrtimer_active(timer))
		return max_t(ktime_t, left, 1);
	if (!incr || !sigismember(&signal->shared_pending.signal, SIGALRM))
		return 0;
	return left > 0 ? left + incr : incr - -left % incr;
}

/* CPU time; it is due if it should have expired by now. */
static u64 cpu_left(u64 expires, u64 now)
{
	if (!expires)
		return 0;
	return expires > now ? expires - now : 1;
}

static void cpu_read(struct task_struct *task, unsigned int clock,
		     struct kcr_img_itimer *img)
{
	const struct cpu_itimer *it = &task->signal->it[clock];
	u64 samples[CPUCLOCK_MAX] = {};

	if (it->expires)
		kcr_call(thread_group_sample_cputime)(task, samples);
	img->value_ns = cpu_to_le64(cpu_left(it->expires, samples[clock]));
	img->interval_ns = cpu_to_le64(it->incr);
}

void kcr_itimers_read(struct kcr_ctx *ctx, struct task_struct *task,
		      struct kcr_itimers *timers)
{
	struct signal_struct *signal = task->signal;
	unsigned int i;

	timers->timer[ITIMER_REAL].value_ns = cpu_to_le64(real_left(ctx, signal));
	timers->timer[ITIMER_REAL].interval_ns = cpu_to_le64(signal->it_real_incr);
	cpu_read(task, CPUCLOCK_VIRT, &timers->timer[ITIMER_VIRTUAL]);
	cpu_read(task, CPUCLOCK_PROF, &timers->timer[ITIMER_PROF]);
	for (i = 0; i < KCR_ITIMERS; i++)
		timers->armed |= timers->timer[i].value_ns || timers->timer[i].interval_ns;
}

int kcr_itimers_write(struct kcr_ctx *ctx, struct kcr_process *p,
		      const struct kcr_itimers *timers)
{
	if (!timers->armed)
		return 0;
	return kcr_write_rec(ctx, KCR_KIND_ITIMER, 1, 0, p->id, timers->timer,
			     sizeof(timers->timer));
}

static int itimer_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_itimer *img = kcr_rec_as(rec, struct kcr_img_itimer);
	unsigned int i;

	if (rec->len != KCR_ITIMERS * sizeof(*img))
		return kcr_bad_image(ctx, "interval timers in %zu bytes", rec->len);
	for (i = 0; i < KCR_ITIMERS; i++)
		if (le64_to_cpu(img[i].value_ns) > KTIME_MAX ||
		    le64_to_cpu(img[i].interval_ns) > KTIME_MAX)
			return kcr_bad_image(ctx, "interval timer %u out of range", i);
	return 0;
}

/* The interval first: the timer may expire at once. */
static void real_start(struct signal_struct *signal, const struct kcr_img_itimer *img)
{
	signal->it_real_incr = ns_to_ktime(le64_to_cpu(img->interval_ns));
	if (img->value_ns)
		hrtimer_start(&signal->real_timer, ns_to_ktime(le64_to_cpu(img->value_ns)),
			      HRTIMER_MODE_REL);
}

static void cpu_start(struct task_struct *task, unsigned int clock,
		      const struct kcr_img_itimer *img)
{
	struct cpu_itimer *it = &task->signal->it[clock];
	u64 value = le64_to_cpu(img->value_ns), none = 0;

	lockdep_assert_held(&task->sighand->siglock);
	if (value)
		kcr_call(set_process_cpu_timer)(task, clock, &value, &none);
	it->expires = value;
	it->incr = le64_to_cpu(img->interval_ns);
}

/* Everything is parked; nothing that follows can take long. */
static int itimer_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_itimer *img = kcr_rec_as(rec, struct kcr_img_itimer);
	struct task_struct *leader = rec->process->leader;
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(leader, &flags);
	if (!sighand)
		return kcr_sighand_gone(ctx);
	real_start(leader->signal, &img[ITIMER_REAL]);
	cpu_start(leader, CPUCLOCK_VIRT, &img[ITIMER_VIRTUAL]);
	cpu_start(leader, CPUCLOCK_PROF, &img[ITIMER_PROF]);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return 0;
}

const struct kcr_ops kcr_itimer_ops = {
	.kind		= KCR_KIND_ITIMER,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "itimer",
	.check		= itimer_check,
	.commit		= itimer_commit,
};
