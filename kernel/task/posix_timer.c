// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX timers: timer_create(2).
 *
 * They are made, with their ids, before there is a thread or a signal; one that
 * signals a thread, or counts its CPU time, is turned to it when the threads are
 * there. A signal that was pending is queued again in its place, by the timer
 * that sent it (signals.c). They are set going at last, when clocks have been set.
 *
 * An absolute time on CLOCK_REALTIME stays what it is, and one that has passed
 * meanwhile expires at once; a relative one goes on with the program's clocks. On
 * CLOCK_TAI and CLOCK_REALTIME_ALARM the kernel knows no relative times. Of CPU
 * time, what was left at the cut is left.
 *
 * A periodic timer whose signal is pending is not armed before that is taken. The
 * kernel then adds up what it has missed; until the cut, that has been done.
 *
 * A process keeps the number of the next id. The order in which /proc shows
 * timers is that of their ids. A thread that has ended gets no signals and spends
 * no time; in its place there is an id that nobody has.
 */
#include <linux/bsearch.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/posix_timers.h"
#include "ksym.h"
#include "task/clock.h"
#include "task/posix_timer.h"

/* Far off; sums with the time that it is now stay in range. */
#define LATER	(KTIME_MAX / 2)

static int by_id(const void *key, const void *elt)
{
	u32 id = *(const u32 *)key;
	u32 other = le32_to_cpu(((const struct kcr_img_posix_timer *)elt)->id);

	return id < other ? -1 : id > other;
}

const struct kcr_img_posix_timer *
kcr_posix_timer_find(const struct kcr_img_posix_timers *img, u32 id)
{
	return bsearch(&id, img->timer, le32_to_cpu(img->count), sizeof(img->timer[0]), by_id);
}

unsigned int kcr_posix_timers_list(struct task_struct *task, struct k_itimer **list,
				   unsigned int room)
{
	struct sighand_struct *sighand;
	struct k_itimer *timer;
	unsigned int n = 0;
	unsigned long flags;

	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return 0;
	kcr_for_each_posix_timer(timer, task->signal) {
		if (list && n == room)
			break;
		if (list)
			list[n] = timer;
		n++;
	}
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return n;
}

void kcr_posix_timers_free(struct kcr_process *p)
{
	if (!p->posix_timers)
		return;
	kvfree(p->posix_timers->img);
	kvfree(p->posix_timers->made);
	kfree(p->posix_timers);
	p->posix_timers = NULL;
}

/* Is it sane? */

static bool clock_fits(s32 clock, u32 base)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return base == CLOCK_REALTIME || base == CLOCK_MONOTONIC;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return base == clock;
	case CLOCK_REALTIME_ALARM:
		return base == CLOCK_REALTIME;
	case CLOCK_BOOTTIME_ALARM:
		return base == CLOCK_BOOTTIME;
	default:
		return clock < 0 && !base && CPUCLOCK_WHICH(clock) < CPUCLOCK_MAX;
	}
}

static bool notify_fits(const struct kcr_img_posix_timer *img)
{
	u32 signo = le32_to_cpu(img->signo);

	switch (le32_to_cpu(img->notify)) {
	case SIGEV_NONE:
		return !(le32_to_cpu(img->flags) & KCR_POSIX_TIMER_PENDING);
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
	case SIGEV_THREAD_ID:
		return signo && signo <= _NSIG;
	default:
		return false;
	}
}

static bool time_fits(const struct kcr_img_posix_timer *img)
{
	u32 flags = le32_to_cpu(img->flags);

	if (flags & ~(KCR_POSIX_TIMER_ARMED | KCR_POSIX_TIMER_PENDING | KCR_POSIX_TIMER_REARM))
		return false;
	if (flags & KCR_POSIX_TIMER_REARM &&
	    (flags & KCR_POSIX_TIMER_ARMED || !(flags & KCR_POSIX_TIMER_PENDING) ||
	     !img->interval_ns))
		return false;
	return le64_to_cpu(img->until_ns) <= KTIME_MAX &&
	       le64_to_cpu(img->interval_ns) <= KTIME_MAX &&
	       (s64)le64_to_cpu(img->overrun) >= -1 && (s64)le64_to_cpu(img->overrun_last) >= -1 &&
	       le32_to_cpu(img->queued_overrun) <= INT_MAX;
}

static int posix_timer_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_posix_timers *img = kcr_rec_as(rec, struct kcr_img_posix_timers);
	s64 last = -1;
	u32 i;

	if (rec->len < sizeof(*img) || le32_to_cpu(img->count) > KCR_POSIX_TIMERS_MAX ||
	    rec->len != struct_size(img, timer, le32_to_cpu(img->count)) ||
	    le32_to_cpu(img->next_id) > INT_MAX)
		return kcr_bad_image(ctx, "a record of POSIX timers that makes no sense");
	for (i = 0; i < le32_to_cpu(img->count); i++) {
		const struct kcr_img_posix_timer *timer = &img->timer[i];
		u32 id = le32_to_cpu(timer->id);

		if (id <= last || id > INT_MAX || timer->reserved || !time_fits(timer) ||
		    !notify_fits(timer) ||
		    !clock_fits(le32_to_cpu(timer->clock), le32_to_cpu(timer->base)))
			return kcr_bad_image(ctx, "POSIX timer %u makes no sense", id);
		last = id;
	}
	return 0;
}

/* Making them, in the leader */

/* A thread's CPU time is the leader's at first. */
static clockid_t clock_here(const struct kcr_img_posix_timer *img)
{
	clockid_t clock = le32_to_cpu(img->clock);

	return clock < 0 ? make_process_cpuclock(0, clock & CLOCKFD_MASK) : clock;
}

static int not_made(struct kcr_ctx *ctx, u32 id, int err)
{
	switch (err) {
	case -EPERM:
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, err,
				"POSIX timer %u: you may not set alarms that wake the machine (CAP_WAKE_ALARM)",
				id);
	case -EAGAIN:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"POSIX timer %u: too many signals are pending (RLIMIT_SIGPENDING)", id);
	case -EOPNOTSUPP:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"POSIX timer %u: this machine has no clock for alarms", id);
	default:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"POSIX timer %u can't be made (errno %d)", id, -err);
	}
}

static int make(struct kcr_ctx *ctx, const struct kcr_img_posix_timer *img,
		timer_t __user *scratch, struct k_itimer **made)
{
	u32 id = le32_to_cpu(img->id);
	struct sigevent event = {
		.sigev_notify = le32_to_cpu(img->notify) & ~SIGEV_THREAD_ID,
		.sigev_signo = le32_to_cpu(img->signo),
		.sigev_value.sival_ptr = (void __user *)(unsigned long)le64_to_cpu(img->value),
	};
	int ret;

	current->signal->next_posix_timer_id = id;
	ret = kcr_call(do_timer_create)(clock_here(img), &event, scratch);
	if (ret)
		return not_made(ctx, id, ret);
	/* The newest is the first; nobody else is there to make or delete any. */
	kcr_posix_timers_list(current, made, 1);
	if ((*made)->it_id != id)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EEXIST,
				"POSIX timer %u can't have its id", id);
	return 0;
}

static int make_all(struct kcr_ctx *ctx, const struct kcr_img_posix_timers *img,
		    struct k_itimer **made)
{
	/* The kernel wants to tell the id to somebody. */
	unsigned long scratch = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, 0);
	int ret = 0;
	u32 i;

	if (IS_ERR_VALUE(scratch))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, scratch,
				"no room to make POSIX timers (errno %ld)", -(long)scratch);
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++) {
		ret = make(ctx, &img->timer[i], (timer_t __user *)scratch, &made[i]);
		cond_resched();
	}
	vm_munmap(scratch, PAGE_SIZE);
	return ret;
}

static int posix_timer_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_posix_timers *img = kcr_rec_as(rec, struct kcr_img_posix_timers);
	struct kcr_process *p = rec->process;
	int ret = 0;

	if (p->posix_timers)
		return kcr_bad_image(ctx, "two records of POSIX timers");
	p->posix_timers = kzalloc(sizeof(*p->posix_timers), GFP_KERNEL);
	if (!p->posix_timers)
		return kcr_nomem(ctx);
	p->posix_timers->rec = rec;
	p->posix_timers->made = kvcalloc(le32_to_cpu(img->count) + 1, sizeof(struct k_itimer *),
					 GFP_KERNEL);
	if (!p->posix_timers->made)
		return kcr_nomem(ctx);
	if (img->count)
		ret = make_all(ctx, img, p->posix_timers->made);
	current->signal->next_posix_timer_id = le32_to_cpu(img->next_id);
	return ret;
}

/* Turning them to their threads */

/* An id that had no task, and never will. */
static struct pid *nobody(void)
{
	struct pid *pid = kcr_call(alloc_pid)(task_active_pid_ns(current), NULL, 0);

	if (IS_ERR(pid))
		return NULL;
	get_pid(pid);
	kcr_call(free_pid)(pid);
	return pid;
}

static struct pid *thread_pid(pid_t tid)
{
	struct task_struct *task;
	struct pid *pid;

	if (!tid)
		return nobody();
	rcu_read_lock();
	pid = find_vpid(tid);
	task = pid_task(pid, PIDTYPE_PID);
	pid = task && same_thread_group(task, current) ? get_pid(pid) : NULL;
	rcu_read_unlock();
	return pid;
}

static int turn(struct kcr_ctx *ctx, struct k_itimer *timer,
		const struct kcr_img_posix_timer *img)
{
	u32 id = le32_to_cpu(img->id), notify = le32_to_cpu(img->notify);
	clockid_t clock = le32_to_cpu(img->clock);
	bool counts = clock < 0 && CPUCLOCK_PERTHREAD(clock), signals = notify & SIGEV_THREAD_ID;
	struct pid *pid = signals ? thread_pid(le32_to_cpu(img->tid)) : NULL;
	struct pid *cpu = counts ? thread_pid(le32_to_cpu(img->clock_tid)) : NULL;

	if ((signals && !pid) || (counts && !cpu)) {
		put_pid(pid);
		put_pid(cpu);
		return kcr_bad_image(ctx, "POSIX timer %u has a thread that is not there", id);
	}
	spin_lock_irq(&timer->it_lock);
	if (signals)
		swap(timer->it_pid, pid);
	if (counts)
		swap(timer->it.cpu.pid, cpu);
	timer->it_sigev_notify = notify;
	timer->it_clock = clock;
	spin_unlock_irq(&timer->it_lock);
	put_pid(pid);
	put_pid(cpu);
	return 0;
}

static int posix_timer_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_posix_timers *img = kcr_rec_as(rec, struct kcr_img_posix_timers);
	struct k_itimer **made = rec->process->posix_timers->made;
	int ret = 0;
	u32 i;

	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++)
		ret = turn(ctx, made[i], &img->timer[i]);
	return ret;
}

/* The signal of one */

static bool may_queue(const struct kcr_img_posix_timer *img, enum pid_type type)
{
	bool thread = le32_to_cpu(img->notify) & SIGEV_THREAD_ID;

	return le32_to_cpu(img->flags) & KCR_POSIX_TIMER_PENDING &&
	       thread == (type == PIDTYPE_PID) &&
	       (!thread || le32_to_cpu(img->tid) == task_pid_vnr(current));
}

int kcr_posix_timer_queue(struct kcr_ctx *ctx, struct kcr_process *p,
			  const struct kcr_img_siginfo *info, enum pid_type type)
{
	const struct kcr_img_posix_timer *img = NULL;
	const struct kcr_img_posix_timers *all;
	u32 id = kcr_posix_timer_id(info);
	struct k_itimer *timer;
	int ret;

	if (p->posix_timers) {
		all = kcr_rec_as(p->posix_timers->rec, struct kcr_img_posix_timers);
		img = kcr_posix_timer_find(all, id);
	}
	if (!img || !may_queue(img, type))
		return kcr_bad_image(ctx, "a signal that POSIX timer %u can't have sent", id);
	timer = p->posix_timers->made[img - all->timer];
	ret = kcr_call(send_sigqueue)(timer->sigq, type == PIDTYPE_PID ? task_pid(current) :
				      task_tgid(current), type);
	if (ret < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EAGAIN,
				"the signal of POSIX timer %u can't be queued again", id);
	spin_lock_irq(kcr_own_siglock());
	timer->sigq->info.si_overrun = le32_to_cpu(img->queued_overrun);
	spin_unlock_irq(kcr_own_siglock());
	return 0;
}

/* Setting them going, in the restarter */

/* Did it come into the queue? Then it shall arm the timer again when it is taken. */
static bool waits_for_signal(struct task_struct *leader, struct k_itimer *timer,
			     const struct kcr_img_posix_timer *img)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	bool waits;

	if (!(le32_to_cpu(img->flags) & KCR_POSIX_TIMER_REARM))
		return false;
	sighand = kcr_sighand_lock(leader, &flags);
	if (!sighand)
		return false;
	waits = !list_empty(&timer->sigq->list);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return waits;
}

static void set_time(struct k_itimer *timer, const struct kcr_img_posix_timer *img,
		     ktime_t value, bool absolute)
{
	struct itimerspec64 its = {
		.it_value = ktime_to_timespec64(max_t(ktime_t, value, 1)),
		.it_interval = ktime_to_timespec64(le64_to_cpu(img->interval_ns)),
	};

	if (timer->it_clock < 0)
		kcr_call(posix_cpu_timer_set)(timer, 0, &its, NULL);
	else
		kcr_call(common_timer_set)(timer, absolute ? TIMER_ABSTIME : 0, &its, NULL);
}

static void disarm_cpu(struct task_struct *leader, struct k_itimer *timer, ktime_t left)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(leader, &flags);
	if (!sighand)
		return;
	cpu_timer_dequeue(&timer->it.cpu);
	timer->it.cpu.node.expires += left - LATER;
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

/* All of it is set up but that it runs; it had been armed for LATER. */
static void disarm(struct task_struct *leader, struct k_itimer *timer, ktime_t expires)
{
	if (timer->it_clock < 0) {
		disarm_cpu(leader, timer, expires);
	} else if (kcr_posix_timer_is_alarm(timer->it_clock)) {
		alarm_try_to_cancel(&timer->it.alarm.alarmtimer);
		timer->it.alarm.alarmtimer.node.expires = expires;
	} else {
		hrtimer_try_to_cancel(&timer->it.real.timer);
		hrtimer_set_expires(&timer->it.real.timer, expires);
	}
	timer->it_active = 0;
}

static void wait_for_signal(struct task_struct *leader, struct k_itimer *timer)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	timer->it_requeue_pending |= REQUEUE_PENDING;
	sighand = kcr_sighand_lock(leader, &flags);
	if (!sighand)
		return;
	timer->sigq->info.si_sys_private = timer->it_requeue_pending;
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

/**
 * struct going - when one expires
 * @expires: on the host's clock; of CPU time, from now on
 * @own: added to that: on the restarter's clock
 * @absolute: it was set as an absolute time
 */
struct going {
	ktime_t expires;
	ktime_t own;
	bool absolute;
};

static struct going going_of(struct kcr_ctx *ctx, const struct kcr_img_posix_timer *img)
{
	clockid_t clock = le32_to_cpu(img->clock), base = le32_to_cpu(img->base);
	struct going g = { .expires = le64_to_cpu(img->until_ns) };

	if (clock < 0)
		return g;
	g.absolute = clock != CLOCK_REALTIME || base == CLOCK_REALTIME;
	g.expires = kcr_time_shift(g.expires, -kcr_clock_offset(ctx->root->leader, base));
	g.own = g.absolute ? kcr_clock_offset(current, base) : -kcr_clock_now(base);
	return g;
}

static void set_going(struct kcr_ctx *ctx, struct task_struct *leader, struct k_itimer *timer,
		      const struct kcr_img_posix_timer *img)
{
	struct going g = going_of(ctx, img);
	unsigned long flags;

	spin_lock_irqsave(&timer->it_lock, flags);
	if (kcr_posix_timer_gone(timer))
		goto out;
	if (waits_for_signal(leader, timer, img)) {
		set_time(timer, img, LATER, g.absolute);
		disarm(leader, timer, g.expires);
		wait_for_signal(leader, timer);
	} else if (img->until_ns) {
		set_time(timer, img, kcr_time_shift(g.expires, g.own), g.absolute);
	}
	timer->it_interval = le64_to_cpu(img->interval_ns);
	timer->it_overrun = le64_to_cpu(img->overrun);
	timer->it_overrun_last = le64_to_cpu(img->overrun_last);
out:
	spin_unlock_irqrestore(&timer->it_lock, flags);
}

/* The process may be killed, and its timers with it: they stay readable under RCU. */
static int posix_timer_start(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_posix_timers *img = kcr_rec_as(rec, struct kcr_img_posix_timers);
	struct task_struct *leader = rec->process->leader;
	u32 i, count = le32_to_cpu(img->count), n;
	struct k_itimer **list;

	list = kvcalloc(count + 1, sizeof(*list), GFP_KERNEL);
	if (!list)
		return kcr_nomem(ctx);
	rcu_read_lock();
	n = kcr_posix_timers_list(leader, list, count);
	for (i = 0; n == count && i < count; i++)
		if (list[count - 1 - i]->it_id == le32_to_cpu(img->timer[i].id))
			set_going(ctx, leader, list[count - 1 - i], &img->timer[i]);
	rcu_read_unlock();
	kvfree(list);
	return 0;
}

const struct kcr_ops kcr_posix_timer_ops = {
	.kind		= KCR_KIND_POSIX_TIMER,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "posix_timer",
	.save_process	= kcr_posix_timers_save,
	.check		= posix_timer_check,
	.restore	= posix_timer_restore,
	.link		= posix_timer_link,
	.start		= posix_timer_start,
};
