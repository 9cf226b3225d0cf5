// SPDX-License-Identifier: GPL-2.0
/*
 * What POSIX timers say at the cut.
 *
 * They go on while their process is parked. Each is read under its own lock,
 * together with whether its signal is pending: an expiry is in one of the two.
 * The queues of signals are copied later; what a timer has sent in between is
 * left out of them, as the timer that was read will expire once more.
 *
 * struct k_itimer, field by field:
 *   it_clock, it_id, it_sigev_notify, it_interval	saved
 *   it_overrun, it_overrun_last	saved
 *   it_pid			the thread that gets its signals
 *   it_requeue_pending		KCR_POSIX_TIMER_REARM, if it is that of its signal
 *   it_active, it		when it expires; of cpu, whose time it counts
 *   sigq			its place in a queue and si_overrun; what else it
 *				tells follows from the timer
 *   kclock			follows from the clock, and from whether a time on
 *				CLOCK_REALTIME is absolute: its base tells
 *   list, t_hash, it_lock, it_signal, rcu	no state of their own
 */
#include <linux/bsearch.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat/posix_timers.h"
#include "ksym.h"
#include "task/clock.h"
#include "task/posix_timer.h"

#define PROBE	(KTIME_MAX / 2)

/* Not in the image. */
#define ANOTHERS_TIME	(1u << 31)

/* The CPU time that a timer of that clock would count, asked as timer_gettime() does. */
u64 kcr_cpu_now(clockid_t clock, struct pid *pid)
{
	struct itimerspec64 left = {};
	struct k_itimer probe = {
		.it_clock = clock,
		.it_sigev_notify = SIGEV_SIGNAL,
		.it.cpu.pid = pid,
		.it.cpu.node.expires = PROBE,
	};

	kcr_call(posix_cpu_timer_get)(&probe, &left);
	return PROBE - timespec64_to_ns(&left.it_value);
}

/*
 * When it expires by itself, or would have been armed for if the signal had been
 * taken at the cut, @now. As the kernel does, what it has missed is added up.
 */
static u64 go_on(const struct k_itimer *timer, u64 expires, u64 now, u64 *overrun)
{
	u64 times = now > expires ? div64_u64(now - expires, timer->it_interval) + 1 : 1;

	*overrun += times;
	return kcr_time_shift(expires, times * timer->it_interval);
}

static u64 read_time(const struct k_itimer *timer, struct kcr_img_posix_timer *img,
		     u64 expires, u64 now, bool running)
{
	u32 flags = le32_to_cpu(img->flags);
	u64 overrun = timer->it_overrun;

	if (timer->it_sigev_notify == SIGEV_NONE) {
		running = expires && (timer->it_interval || expires > now);
		if (running && expires <= now)
			expires = go_on(timer, expires, now, &overrun);
	} else if (flags & KCR_POSIX_TIMER_REARM) {
		expires = go_on(timer, expires, now, &overrun);
		running = false;
	}
	img->flags |= cpu_to_le32(running ? KCR_POSIX_TIMER_ARMED : 0);
	img->overrun = cpu_to_le64(overrun);
	return expires;
}

static clockid_t base_of(const struct k_itimer *timer)
{
	switch (timer->it_clock) {
	case CLOCK_REALTIME_ALARM:
		return CLOCK_REALTIME;
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	default:
		return timer->it.real.timer.base->clockid;
	}
}

static ktime_t read_clock(struct kcr_ctx *ctx, const struct k_itimer *timer,
			  struct kcr_img_posix_timer *img)
{
	clockid_t base = base_of(timer);
	ktime_t expires = kcr_posix_timer_is_alarm(timer->it_clock) ?
			  timer->it.alarm.alarmtimer.node.expires :
			  hrtimer_get_expires(&timer->it.real.timer);

	img->base = cpu_to_le32(base);
	return read_time(timer, img, expires, kcr_clock_cut(ctx, base), timer->it_active);
}

/* What is left: CPU time stands still with the process. */
static ktime_t read_cpu(struct kcr_ctx *ctx, struct task_struct *leader, struct k_itimer *timer,
			struct kcr_img_posix_timer *img)
{
	u64 now = kcr_cpu_now(timer->it_clock, timer->it.cpu.pid), expires = timer->it.cpu.node.expires;
	struct task_struct *task;

	if (CPUCLOCK_PERTHREAD(timer->it_clock)) {
		task = pid_task(timer->it.cpu.pid, PIDTYPE_PID);
		img->clock_tid = cpu_to_le32(task ? pid_nr_ns(timer->it.cpu.pid, ctx->pid_ns) : 0);
	} else if (timer->it.cpu.pid != task_tgid(leader)) {
		img->flags |= cpu_to_le32(ANOTHERS_TIME);
	}
	expires = read_time(timer, img, expires, now, cpu_timer_queued(&timer->it.cpu));
	return expires > now ? expires - now : 1;
}

/* Its signal: the siglock is inside of the timer's. */
static bool read_signal(struct task_struct *leader, const struct k_itimer *timer,
			struct kcr_img_posix_timer *img)
{
	const kernel_siginfo_t *info = &timer->sigq->info;
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(leader, &flags);
	if (!sighand)
		return false;
	if (!list_empty(&timer->sigq->list)) {
		img->flags = cpu_to_le32(KCR_POSIX_TIMER_PENDING);
		if (timer->it_interval && info->si_sys_private &&
		    info->si_sys_private == timer->it_requeue_pending)
			img->flags |= cpu_to_le32(KCR_POSIX_TIMER_REARM);
		img->queued_overrun = cpu_to_le32(info->si_overrun);
	}
	img->signo = cpu_to_le32(info->si_signo);
	img->value = cpu_to_le64((unsigned long)info->si_ptr);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return true;
}

static bool read_timer(struct kcr_ctx *ctx, struct task_struct *leader,
		       struct k_itimer *timer, struct kcr_img_posix_timer *img)
{
	unsigned long flags;
	ktime_t until = 0;
	bool there;

	spin_lock_irqsave(&timer->it_lock, flags);
	img->id = cpu_to_le32(timer->it_id);
	img->clock = cpu_to_le32(timer->it_clock);
	img->notify = cpu_to_le32(timer->it_sigev_notify);
	if (timer->it_sigev_notify & SIGEV_THREAD_ID &&
	    pid_task(timer->it_pid, PIDTYPE_PID))
		img->tid = cpu_to_le32(pid_nr_ns(timer->it_pid, ctx->pid_ns));
	img->interval_ns = cpu_to_le64(timer->it_interval);
	img->overrun_last = cpu_to_le64(timer->it_overrun_last);
	there = !kcr_posix_timer_gone(timer) && read_signal(leader, timer, img);
	if (there)
		until = timer->it_clock < 0 ? read_cpu(ctx, leader, timer, img) :
					      read_clock(ctx, timer, img);
	spin_unlock_irqrestore(&timer->it_lock, flags);
	if (timer->it_clock >= 0)
		until = kcr_time_shift(until, kcr_clock_offset(ctx->root->live, le32_to_cpu(img->base)));
	if (le32_to_cpu(img->flags) & (KCR_POSIX_TIMER_ARMED | KCR_POSIX_TIMER_REARM))
		img->until_ns = cpu_to_le64(max_t(ktime_t, until, 1));
	return there;
}

static int by_id(const void *a, const void *b)
{
	u32 id = le32_to_cpu(((const struct kcr_img_posix_timer *)a)->id);
	u32 other = le32_to_cpu(((const struct kcr_img_posix_timer *)b)->id);

	return id < other ? -1 : id > other;
}

static int read_all(struct kcr_ctx *ctx, struct kcr_process *p, unsigned int room,
		    struct k_itimer **list, struct kcr_img_posix_timers *img)
{
	unsigned int i, n;
	bool there = true;

	rcu_read_lock();
	n = min(kcr_posix_timers_list(p->leader, list, room), room);
	for (i = 0; i < n && there; i++)
		there = read_timer(ctx, p->leader, list[i], &img->timer[i]);
	rcu_read_unlock();
	if (!there)
		return kcr_sighand_gone(ctx);
	img->count = cpu_to_le32(n);
	img->next_id = cpu_to_le32(p->leader->signal->next_posix_timer_id);
	sort(img->timer, n, sizeof(img->timer[0]), by_id, NULL);
	return 0;
}

int kcr_posix_timers_read(struct kcr_ctx *ctx, struct kcr_process *p)
{
	unsigned int room = kcr_posix_timers_list(p->leader, NULL, 0);
	struct kcr_posix_timers *timers;
	struct k_itimer **list;
	int ret;

	if (!room && !p->leader->signal->next_posix_timer_id)
		return 0;
	if (room > KCR_POSIX_TIMERS_MAX)
		return kcr_refuse(ctx, "it has %u POSIX timers", room);
	timers = kzalloc(sizeof(*timers), GFP_KERNEL);
	if (!timers)
		return kcr_nomem(ctx);
	p->posix_timers = timers;
	timers->img = kvzalloc(struct_size(timers->img, timer, room), GFP_KERNEL);
	list = kvcalloc(room + 1, sizeof(*list), GFP_KERNEL);
	if (timers->img && list)
		ret = read_all(ctx, p, room, list, timers->img);
	else
		ret = kcr_nomem(ctx);
	kvfree(list);
	return ret;
}

static bool was_pending(const struct kcr_process *p, const struct kcr_img_siginfo *info)
{
	const struct kcr_img_posix_timer *timer = NULL;

	if (!(le32_to_cpu(info->flags) & KCR_SIGINFO_TIMER))
		return true;
	if (p->posix_timers && p->posix_timers->img)
		timer = kcr_posix_timer_find(p->posix_timers->img, kcr_posix_timer_id(info));
	return timer && le32_to_cpu(timer->flags) & KCR_POSIX_TIMER_PENDING;
}

void kcr_posix_timers_filter(struct kcr_process *p, struct kcr_sigqueue *copy)
{
	unsigned int i, kept = 0;

	for (i = 0; i < copy->count; i++)
		if (was_pending(p, &copy->info[i]))
			copy->info[kept++] = copy->info[i];
	copy->count = kept;
}

int kcr_posix_timers_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct kcr_img_posix_timers *img;
	u32 i;
	int ret;

	if (!p->posix_timers || !p->posix_timers->img)
		return 0;
	img = p->posix_timers->img;
	for (i = 0; i < le32_to_cpu(img->count); i++) {
		if (!(le32_to_cpu(img->timer[i].flags) & ANOTHERS_TIME))
			continue;
		ret = kcr_refuse(ctx, "its POSIX timer %u counts the CPU time of another process",
				 le32_to_cpu(img->timer[i].id));
		if (ret)
			return ret;
	}
	return kcr_write_rec(ctx, KCR_KIND_POSIX_TIMER, 1, 0, p->id, img,
			     struct_size(img, timer, le32_to_cpu(img->count)));
}
