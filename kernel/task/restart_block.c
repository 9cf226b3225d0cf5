// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that the kernel continues by itself, through restart_syscall(): its
 * restart block holds a function and until when to sleep, on the host's clock.
 *
 * The image names the call, and the time on the program's clock. What a sleep
 * has left on a clock of the world's that counts as time that passes
 * (CLOCK_TAI) is saved on CLOCK_MONOTONIC.
 */
#include <linux/alarmtimer.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/ktime.h>

#include "compat/futex.h"
#include "ksym.h"
#include "task/blocked_call.h"
#include "task/posix_timer.h"

#define fn_is(task, name)	((void *)(task)->restart_block.fn == (void *)kcr_var_##name)

/*
 * In restart_syscall(), a futex has put do_no_restart_syscall() in its own
 * place; that function itself never sleeps.
 */
bool kcr_restart_block_known(struct task_struct *task)
{
	return fn_is(task, hrtimer_nanosleep_restart) || fn_is(task, do_restart_poll) ||
	       fn_is(task, futex_wait_restart) || fn_is(task, do_no_restart_syscall) ||
	       fn_is(task, alarm_timer_nsleep_restart) ||
	       (fn_is(task, posix_cpu_nsleep_restart) &&
		kcr_cpu_clock_known(task, task->restart_block.nanosleep.clockid));
}

/* Whose CPU time is that? A reference of RCU's. */
static struct pid *cpu_clock_pid(struct task_struct *task, clockid_t clock)
{
	if (clock == CLOCK_PROCESS_CPUTIME_ID || !CPUCLOCK_PID(clock))
		return task_tgid(task);
	return find_pid_ns(CPUCLOCK_PID(clock), task_active_pid_ns(task));
}

/* kcr_cpu_clock_known() - does it count the CPU time of @task's process, or a thread's? */
bool kcr_cpu_clock_known(struct task_struct *task, clockid_t clock)
{
	struct task_struct *counted;
	bool own;

	if (clock >= 0 || CPUCLOCK_WHICH(clock) >= CPUCLOCK_MAX)
		return false;
	rcu_read_lock();
	counted = pid_task(cpu_clock_pid(task, clock), PIDTYPE_PID);
	own = counted && same_thread_group(counted, task);
	rcu_read_unlock();
	return own;
}

ktime_t kcr_cpu_clock_now(struct task_struct *task, clockid_t clock)
{
	ktime_t now;

	rcu_read_lock();
	now = kcr_cpu_now(clock, cpu_clock_pid(task, clock));
	rcu_read_unlock();
	return now;
}

/* Relative to the cut, as CLOCK_MONOTONIC of the host. */
static ktime_t from_world(struct kcr_ctx *ctx, ktime_t until, ktime_t now)
{
	ktime_t since_cut = ktime_sub(ktime_get(), ctx->cut_mono);
	ktime_t cut = ktime_sub(now, since_cut);

	return ktime_add(ctx->cut_mono, ktime_sub(until, cut));
}

/* What the ways to sleep have in common. */
static void sleep_get(const struct restart_block *rb, struct kcr_blocked *b)
{
	b->call = KCR_BLOCKED_NANOSLEEP;
	b->timed = true;
	b->until = rb->nanosleep.expires;
	if (rb->nanosleep.type == TT_NATIVE)
		b->arg[0] = (unsigned long)rb->nanosleep.rmtp;
}

static enum kcr_block nanosleep_get(struct kcr_ctx *ctx, const struct restart_block *rb,
				    struct kcr_blocked *b)
{
	if (rb->nanosleep.type != TT_NATIVE && rb->nanosleep.type != TT_NONE)
		return KCR_BLOCK_UNKNOWN;
	sleep_get(rb, b);

	switch (rb->nanosleep.clockid) {
	case CLOCK_MONOTONIC:
		return KCR_BLOCK_KNOWN;
	case CLOCK_BOOTTIME:
		b->clock = KCR_BLOCKED_BOOTTIME;
		return KCR_BLOCK_KNOWN;
	case CLOCK_TAI:
		b->until = from_world(ctx, b->until, ktime_get_clocktai());
		return KCR_BLOCK_KNOWN;
	default:
		return KCR_BLOCK_UNKNOWN;
	}
}

static enum kcr_block alarm_get(struct kcr_ctx *ctx, const struct restart_block *rb,
				struct kcr_blocked *b)
{
	sleep_get(rb, b);
	b->clock = KCR_BLOCKED_BOOTTIME_ALARM;
	if (rb->nanosleep.clockid == ALARM_REALTIME) {
		b->clock = KCR_BLOCKED_REALTIME_ALARM;
		b->until = from_world(ctx, b->until, ktime_get_real());
	}
	return KCR_BLOCK_KNOWN;
}

static enum kcr_block cpu_get(const struct task_struct *task, struct kcr_blocked *b)
{
	const struct restart_block *rb = &task->restart_block;

	sleep_get(rb, b);
	b->clock = KCR_BLOCKED_CPU;
	b->arg[1] = rb->nanosleep.clockid;
	return KCR_BLOCK_KNOWN;
}

static enum kcr_block poll_get(const struct restart_block *rb, struct kcr_blocked *b)
{
	b->call = KCR_BLOCKED_POLL;
	b->arg[0] = (unsigned long)rb->poll.ufds;
	b->arg[1] = rb->poll.nfds;
	b->timed = rb->poll.has_timeout;
	if (b->timed)
		b->until = ktime_set(rb->poll.tv_sec, rb->poll.tv_nsec);
	return KCR_BLOCK_KNOWN;
}

static enum kcr_block futex_get(const struct restart_block *rb, struct kcr_blocked *b)
{
	u32 flags = rb->futex.flags;

	if (flags & ~(KCR_FUTEX_ALWAYS | KCR_FUTEX_SHARED | KCR_FUTEX_CLOCKRT |
		      KCR_FUTEX_HAS_TIMEOUT))
		return KCR_BLOCK_UNKNOWN;
	b->call = KCR_BLOCKED_FUTEX;
	b->arg[0] = (unsigned long)rb->futex.uaddr;
	b->arg[1] = rb->futex.val;
	b->arg[2] = rb->futex.bitset;
	b->shared = flags & KCR_FUTEX_SHARED;
	b->timed = flags & KCR_FUTEX_HAS_TIMEOUT;
	b->until = rb->futex.time;
	if (flags & KCR_FUTEX_CLOCKRT)
		b->clock = KCR_BLOCKED_REALTIME;
	return KCR_BLOCK_KNOWN;
}

enum kcr_block kcr_restart_block_get(struct kcr_ctx *ctx, const struct task_struct *task,
				     struct kcr_blocked *b)
{
	const struct restart_block *rb = &task->restart_block;

	memset(b->arg, 0, sizeof(b->arg));
	if (fn_is(task, do_no_restart_syscall))
		return KCR_BLOCK_ENDED;
	if (fn_is(task, hrtimer_nanosleep_restart))
		return nanosleep_get(ctx, rb, b);
	if (fn_is(task, alarm_timer_nsleep_restart))
		return alarm_get(ctx, rb, b);
	if (fn_is(task, posix_cpu_nsleep_restart))
		return cpu_get(task, b);
	if (fn_is(task, do_restart_poll))
		return poll_get(rb, b);
	if (fn_is(task, futex_wait_restart))
		return futex_get(rb, b);
	return KCR_BLOCK_UNKNOWN;
}

static void nanosleep_set(struct restart_block *rb, const struct kcr_blocked *b)
{
	rb->nanosleep.type = b->arg[0] ? TT_NATIVE : TT_NONE;
	rb->nanosleep.rmtp = (struct __kernel_timespec __user *)b->arg[0];
	rb->nanosleep.expires = b->until;
	switch (b->clock) {
	case KCR_BLOCKED_CPU:
		rb->fn = (void *)kcr_var_posix_cpu_nsleep_restart;
		rb->nanosleep.clockid = b->arg[1];
		break;
	case KCR_BLOCKED_REALTIME_ALARM:
		rb->fn = (void *)kcr_var_alarm_timer_nsleep_restart;
		rb->nanosleep.clockid = ALARM_REALTIME;
		rb->nanosleep.expires = ktime_add(ktime_get_real(),
						  ktime_sub(b->until, ktime_get()));
		break;
	case KCR_BLOCKED_BOOTTIME_ALARM:
		rb->fn = (void *)kcr_var_alarm_timer_nsleep_restart;
		rb->nanosleep.clockid = ALARM_BOOTTIME;
		break;
	default:
		rb->fn = (void *)kcr_var_hrtimer_nanosleep_restart;
		rb->nanosleep.clockid = b->clock == KCR_BLOCKED_BOOTTIME ? CLOCK_BOOTTIME :
					CLOCK_MONOTONIC;
	}
}

static void poll_set(struct restart_block *rb, const struct kcr_blocked *b)
{
	struct timespec64 ts = ktime_to_timespec64(max_t(ktime_t, b->until, 0));

	rb->fn = (void *)kcr_var_do_restart_poll;
	rb->poll.ufds = (struct pollfd __user *)b->arg[0];
	rb->poll.nfds = b->arg[1];
	rb->poll.has_timeout = b->timed;
	rb->poll.tv_sec = ts.tv_sec;
	rb->poll.tv_nsec = ts.tv_nsec;
}

static void futex_set(struct restart_block *rb, const struct kcr_blocked *b)
{
	rb->fn = (void *)kcr_var_futex_wait_restart;
	rb->futex.uaddr = (u32 __user *)b->arg[0];
	rb->futex.val = b->arg[1];
	rb->futex.bitset = b->arg[2];
	rb->futex.time = b->until;
	rb->futex.uaddr2 = NULL;
	rb->futex.flags = KCR_FUTEX_ALWAYS;
	if (b->shared)
		rb->futex.flags |= KCR_FUTEX_SHARED;
	if (b->timed)
		rb->futex.flags |= KCR_FUTEX_HAS_TIMEOUT;
	if (b->clock == KCR_BLOCKED_REALTIME)
		rb->futex.flags |= KCR_FUTEX_CLOCKRT;
}

void kcr_restart_block_set(const struct kcr_blocked *b)
{
	struct restart_block *rb = &current->restart_block;

	rb->arch_data = 0;
	switch (b->call) {
	case KCR_BLOCKED_NANOSLEEP:
		nanosleep_set(rb, b);
		break;
	case KCR_BLOCKED_POLL:
		poll_set(rb, b);
		break;
	case KCR_BLOCKED_FUTEX:
		futex_set(rb, b);
		break;
	default:
		rb->fn = (void *)kcr_var_do_no_restart_syscall;
	}
}
