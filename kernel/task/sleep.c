// SPDX-License-Identifier: GPL-2.0
/*
 * Until when does a thread sleep?
 *
 * Calls that return a plain -EINTR when they are interrupted (epoll_wait,
 * sigtimedwait) tell nobody how much of their time was left; the kernel keeps
 * it on the sleeper's stack. There it also keeps the timer that will wake it,
 * and that can be found: a high-resolution timer in a sleeping thread's stack
 * is its own. The queues are short, and are looked at only for such calls.
 *
 * Sockets and terminals sleep in schedule_timeout(), whose timer counts jiffies
 * and is in no queue that could be searched. It is looked for in the stack itself.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/sched/task_stack.h>
#include <linux/timerqueue.h>

#include "ksym.h"
#include "task/blocked_call.h"

static bool on_stack(const struct task_struct *task, const void *p)
{
	const void *stack = task_stack_page(task);

	return p >= stack && p < stack + THREAD_SIZE;
}

static bool queue_find(struct hrtimer_clock_base *base, struct task_struct *task,
		       ktime_t *until)
{
	struct timerqueue_node *node = timerqueue_getnext(&base->active);

	for (; node; node = timerqueue_iterate_next(node)) {
		struct hrtimer *timer = container_of(node, struct hrtimer, node);

		if (on_stack(task, timer)) {
			*until = hrtimer_get_softexpires(timer);
			return true;
		}
	}
	return false;
}

static bool cpu_find(struct hrtimer_cpu_base *cpu_base, struct task_struct *task,
		     ktime_t *until)
{
	bool found = false;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&cpu_base->lock, flags);
	for (i = 0; i < HRTIMER_MAX_CLOCK_BASES && !found; i++)
		if (cpu_base->clock_base[i].clockid == CLOCK_MONOTONIC)
			found = queue_find(&cpu_base->clock_base[i], task, until);
	raw_spin_unlock_irqrestore(&cpu_base->lock, flags);
	return found;
}

bool kcr_sleep_until(struct task_struct *task, ktime_t *until)
{
	struct hrtimer_cpu_base __percpu *bases =
		(struct hrtimer_cpu_base __percpu __force *)kcr_var_hrtimer_bases;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu_find(per_cpu_ptr(bases, cpu), task, until))
			return true;
	return false;
}

/* kernel/time/timer.c keeps this to itself; so it has been since 4.15. */
struct process_timer {
	struct timer_list timer;
	struct task_struct *task;
};

/* It may be gone, or become something else, while it is read. */
static bool timer_read(const struct process_timer *p, struct task_struct *task,
		       unsigned long *expires)
{
	*expires = READ_ONCE_NOCHECK(p->timer.expires);
	return READ_ONCE_NOCHECK(p->timer.function) == (void *)kcr_var_process_timeout &&
	       READ_ONCE_NOCHECK(p->task) == task &&
	       READ_ONCE_NOCHECK(p->timer.entry.pprev);
}

/* Rounded up: never too early. */
static ktime_t from_jiffies(unsigned long expires)
{
	long left = expires - jiffies;

	return ktime_add_ns(ktime_get(), left > 0 ? left * (u64)TICK_NSEC : 0);
}

bool kcr_timeout_until(struct task_struct *task, ktime_t *until)
{
	void *stack = try_get_task_stack(task), *p;
	unsigned long expires;
	bool found = false;

	if (!stack)
		return false;
	for (p = stack; !found && p + sizeof(struct process_timer) <= stack + THREAD_SIZE; p += sizeof(long))
		found = timer_read(p, task, &expires);
	kcr_call(put_task_stack)(task);
	if (found)
		*until = from_jiffies(expires);
	return found;
}
