// SPDX-License-Identifier: GPL-2.0
/*
 * The system call that a thread sleeps in, and how it goes on as if nothing had
 * been.
 *
 * park.c interrupts only calls of blocked_known.c. What the call then returns
 * is looked at here, by the thread itself, where the kernel is about to handle
 * signals. If a real signal is pending, nothing is done: it would have ended
 * the call just the same. Otherwise one of three things happens.
 *
 *   - The kernel starts the call again by itself: -ERESTARTSYS, -ERESTARTNOHAND,
 *     -ERESTARTNOINTR, or -EINTR that is rewritten to -ERESTARTNOHAND where the
 *     call had no time-out. Nothing is kept; the registers say all.
 *   - It continues it through the restart block (restart_block.c).
 *   - We carry it on (carry.c); so we do with what the kernel would continue if
 *     the thread is confined by seccomp, which may deny restart_syscall().
 *
 * If a tracer is told of system calls, we carry on all of them, and tell it of the
 * end, whatever came of the call.
 *
 * For the two last there is a record in the image. A thread that is made gets
 * its restart block, or carries the call on, when it is let go: by then its
 * clocks have been set. A signal that comes between the interruption and the
 * restart is delivered, and the call returns what it returns for a signal.
 *
 * A call that we carry on has, in its registers, a result that would start it
 * again (-ERESTARTNOHAND, -ERESTARTSYS) or the bytes that it has moved.
 */
#include <linux/capability.h>
#include <linux/overflow.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "ksym.h"
#include "task/blocked.h"
#include "task/blocked_call.h"
#include "task/ptrace.h"
#include "task/task.h"

static void set_result(struct pt_regs *regs, long ret)
{
	syscall_set_return_value(current, regs, ret, 0);
}

static u32 epoll_rewrite(struct kcr_blocked *b, struct pt_regs *regs, long ret)
{
	if (ret != -EINTR)
		return KCR_BLOCKED_NONE;
	set_result(regs, -ERESTARTNOHAND);
	return b->timed || test_restore_sigmask() ? KCR_BLOCKED_EPOLL : KCR_BLOCKED_NONE;
}

/*
 * The kernel writes the time that is left to where it found it, and starts again
 * from there; or, if it could not write, returns -EINTR.
 */
static u32 poll_rewrite(struct kcr_blocked *b, struct pt_regs *regs, long ret,
			u32 masked, u32 timed)
{
	if (ret == -ERESTARTNOHAND) {
		b->timed = false;
		return test_restore_sigmask() ? masked : KCR_BLOCKED_NONE;
	}
	if (ret != -EINTR || !b->timed)
		return KCR_BLOCKED_NONE;
	set_result(regs, -ERESTARTNOHAND);
	return timed;
}

static u32 semop_rewrite(struct kcr_blocked *b, struct pt_regs *regs, long ret)
{
	if (ret != -EINTR)
		return KCR_BLOCKED_NONE;
	set_result(regs, -ERESTARTNOHAND);
	return b->timed ? KCR_BLOCKED_SEMOP : KCR_BLOCKED_NONE;
}

/* Would a signal that is waited for be delivered instead, if it came now? */
static bool waits_for_unblocked(const struct kcr_blocked *b)
{
	sigset_t set;

	if (copy_from_user(&set, (sigset_t __user *)b->arg[0], sizeof(set)))
		return false;
	sigandnsets(&set, &set, &current->blocked);
	return !sigisemptyset(&set);
}

static u32 sigwait_rewrite(struct kcr_blocked *b, struct pt_regs *regs, long ret)
{
	if (ret != -EINTR)
		return KCR_BLOCKED_NONE;
	set_result(regs, -ERESTARTNOHAND);
	return b->timed || waits_for_unblocked(b) ? KCR_BLOCKED_SIGWAIT : KCR_BLOCKED_NONE;
}

/* Calls on files; a time-out that runs makes of them an -EINTR. */
static u32 io_rewrite(struct kcr_blocked *b, struct pt_regs *regs, int nr, long ret)
{
	u32 call = kcr_io_left(b, nr, ret);

	if (ret == -EINTR && (call || nr == __NR_ioctl))
		set_result(regs, -ERESTARTNOHAND);
	return call;
}

static bool confined(void)
{
#ifdef CONFIG_SECCOMP
	return current->seccomp.mode;
#else
	return false;
#endif
}

static u32 restart_block_rewrite(struct kcr_thread *t)
{
	struct kcr_blocked *b = t->blocked;

	if ((!confined() && !b->tell) || kcr_restart_block_get(t->ctx, current, b) != KCR_BLOCK_KNOWN)
		return KCR_BLOCKED_NONE;
	return b->call;
}

/* What there is left to do of a call that returned @ret. */
static u32 rewrite(struct kcr_thread *t, struct pt_regs *regs, long ret)
{
	struct kcr_blocked *b = t->blocked;

	if (ret == -ERESTART_RESTARTBLOCK)
		return restart_block_rewrite(t);
	switch (syscall_get_nr(current, regs)) {
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
		return epoll_rewrite(b, regs, ret);
	case __NR_ppoll:
		return poll_rewrite(b, regs, ret, KCR_BLOCKED_PPOLL, KCR_BLOCKED_PPOLL);
	case __NR_pselect6:
		return poll_rewrite(b, regs, ret, KCR_BLOCKED_PSELECT, KCR_BLOCKED_SELECT);
	case __NR_select:
		return poll_rewrite(b, regs, ret, KCR_BLOCKED_NONE, KCR_BLOCKED_SELECT);
	case __NR_rt_sigtimedwait:
		return sigwait_rewrite(b, regs, ret);
	case __NR_rt_sigsuspend:
		return ret == -ERESTARTNOHAND ? KCR_BLOCKED_SIGSUSPEND : KCR_BLOCKED_NONE;
	case __NR_semop:
	case __NR_semtimedop:
		return semop_rewrite(b, regs, ret);
	default:
		return io_rewrite(b, regs, syscall_get_nr(current, regs), ret);
	}
}

/* The program may not begin it again, as its tracer would see that. */
static void call_again(struct kcr_blocked *b, int nr, long ret)
{
	if (ret != -ERESTARTSYS && ret != -ERESTARTNOINTR && ret != -ERESTARTNOHAND)
		return;
	if (!kcr_blocked_again(nr))
		return;
	b->call = KCR_BLOCKED_AGAIN;
	b->done = nr;
}

void kcr_blocked_parked(struct kcr_thread *t, struct pt_regs *regs)
{
	struct kcr_blocked *b = t->blocked;

	if (!b || task_sigpending(current) || current->flags & PF_EXITING ||
	    kcr_carry_on(current))
		return;
	b->call = rewrite(t, regs, regs_return_value(regs));
	if (b->call == KCR_BLOCKED_NONE && b->tell)
		call_again(b, syscall_get_nr(current, regs), regs_return_value(regs));
}

/*
 * Its end was to be told: park.c has switched that off. Whatever else has become
 * of it, that is done when it is let go.
 */
void kcr_blocked_tell(struct kcr_thread *t)
{
	struct kcr_blocked *b = t->blocked;

	if (!b || !b->tell)
		return;
	set_task_syscall_work(current, SYSCALL_TRACE);
	if (b->call == KCR_BLOCKED_NONE)
		b->call = KCR_BLOCKED_ENDED;
}

void kcr_blocked_resumed(struct kcr_thread *t, struct pt_regs *regs)
{
	const struct kcr_blocked *b = t->blocked;

	if (b && b->call != KCR_BLOCKED_NONE)
		kcr_carry_begin(t);
}

void kcr_blocked_free(struct kcr_thread *t)
{
	kfree(t->blocked);
	t->blocked = NULL;
}

/* What the image says of a point of time of @task's is the host's plus this. */
static ktime_t clock_offset(struct task_struct *task, const struct kcr_blocked *b)
{
	struct timens_offsets offsets = kcr_clock_offsets(task);

	switch (b->clock) {
	case KCR_BLOCKED_MONOTONIC:
	case KCR_BLOCKED_REALTIME_ALARM:
		return timespec64_to_ktime(offsets.monotonic);
	case KCR_BLOCKED_BOOTTIME:
	case KCR_BLOCKED_BOOTTIME_ALARM:
		return timespec64_to_ktime(offsets.boottime);
	case KCR_BLOCKED_CPU:
		return -kcr_cpu_clock_now(task, b->arg[1]);
	default:
		return 0;
	}
}

/* Time-outs without end stay so. ktime_add_safe() takes no offset below zero. */
static ktime_t shift(ktime_t until, ktime_t by)
{
	ktime_t sum;

	if (check_add_overflow(until, by, &sum))
		return by > 0 ? KTIME_MAX : KTIME_MIN;
	return sum;
}

static int blocked_write(struct kcr_ctx *ctx, struct kcr_thread *t,
			 const struct kcr_blocked *b)
{
	struct kcr_img_blocked img = {
		.call = cpu_to_le32(b->call),
		.clock = cpu_to_le32(b->clock),
		.done = cpu_to_le64(b->done),
	};
	ktime_t until = shift(b->until, clock_offset(t->task, b));
	unsigned int i;

	if (b->timed) {
		img.flags |= cpu_to_le32(KCR_BLOCKED_TIMED);
		img.until_ns = cpu_to_le64(max_t(s64, ktime_to_ns(until), 0));
	}
	if (b->shared)
		img.flags |= cpu_to_le32(KCR_BLOCKED_SHARED);
	if (b->tell)
		img.flags |= cpu_to_le32(KCR_BLOCKED_TELL);
	for (i = 0; i < ARRAY_SIZE(img.arg); i++)
		img.arg[i] = cpu_to_le64(b->arg[i]);
	return kcr_write_rec(ctx, KCR_KIND_BLOCKED, b->tell ? 2 : 1, 0, t->id, &img,
			     sizeof(img));
}

static bool has_restart_block(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);

	return syscall_get_nr(task, regs) >= 0 &&
	       syscall_get_error(task, regs) == -ERESTART_RESTARTBLOCK;
}

static int blocked_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct kcr_blocked b = {};

	if (kcr_carry_peek(t, &b))
		return blocked_write(ctx, t, &b);
	if (!has_restart_block(t->task))
		return 0;
	memset(&b, 0, sizeof(b));
	switch (kcr_restart_block_get(ctx, t->task, &b)) {
	case KCR_BLOCK_KNOWN:
		return blocked_write(ctx, t, &b);
	case KCR_BLOCK_ENDED:
		return 0;
	default:
		return kcr_refuse(ctx, "it sleeps in a system call that can't be continued elsewhere");
	}
}

/* Can a call be like that? Something must be left, and a reason to do it here. */
static bool plausible(const struct kcr_img_blocked *img)
{
	bool timed = img->flags & cpu_to_le32(KCR_BLOCKED_TIMED);
	bool tell = img->flags & cpu_to_le32(KCR_BLOCKED_TELL);
	bool odd_clock = le32_to_cpu(img->clock) >= KCR_BLOCKED_CPU;

	if (odd_clock && (!timed || le32_to_cpu(img->call) != KCR_BLOCKED_NANOSLEEP))
		return false;
	if (img->clock == cpu_to_le32(KCR_BLOCKED_CPU) &&
	    ((clockid_t)le64_to_cpu(img->arg[1]) >= 0 ||
	     CPUCLOCK_WHICH((clockid_t)le64_to_cpu(img->arg[1])) >= CPUCLOCK_MAX))
		return false;
	switch (le32_to_cpu(img->call)) {
	case KCR_BLOCKED_AGAIN:
		return tell && !timed && kcr_blocked_again(le64_to_cpu(img->done));
	case KCR_BLOCKED_ENDED:
		return tell && !timed && !img->done;
	case KCR_BLOCKED_SELECT:
	case KCR_BLOCKED_ACCEPT:
	case KCR_BLOCKED_CONNECT:
		return timed && !img->done;
	case KCR_BLOCKED_SPLICE:
	case KCR_BLOCKED_SENDFILE:
		return img->done;
	case KCR_BLOCKED_WRITE ... KCR_BLOCKED_SENDMSG:
		return timed || img->done;
	default:
		return !img->done;
	}
}

static int blocked_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_blocked *img = kcr_rec_as(rec, struct kcr_img_blocked);
	u32 known = KCR_BLOCKED_TIMED | KCR_BLOCKED_SHARED | KCR_BLOCKED_TELL;
	u32 call, clock, flags, last = KCR_BLOCKED_ENDED;

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "system call record of %zu bytes", rec->len);
	call = le32_to_cpu(img->call);
	clock = le32_to_cpu(img->clock);
	flags = le32_to_cpu(img->flags);
	if (rec->version < 2) {
		last = KCR_BLOCKED_SEMOP;
		known &= ~KCR_BLOCKED_TELL;
	}
	if (!call || call > last || clock > KCR_BLOCKED_BOOTTIME_ALARM || flags & ~known)
		return kcr_bad_image(ctx, "system call %u, clock %u, flags %#x",
				     call, clock, flags);
	if (le64_to_cpu(img->until_ns) > KTIME_MAX ||
	    le64_to_cpu(img->done) > MAX_RW_COUNT || !plausible(img))
		return kcr_bad_image(ctx, "system call %u that never was like that", call);
	if ((clock == KCR_BLOCKED_REALTIME_ALARM || clock == KCR_BLOCKED_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"it sleeps on an alarm clock: you may not do that (CAP_WAKE_ALARM)");
	return 0;
}

static int blocked_restore(struct kcr_ctx *ctx, struct kcr_thread *t,
			   const struct kcr_rec *rec)
{
	const struct kcr_img_blocked *img = kcr_rec_as(rec, struct kcr_img_blocked);
	struct kcr_blocked *b;
	unsigned int i;

	if (t->blocked)
		return kcr_bad_image(ctx, "thread %d sleeps in two system calls", t->tid);
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return kcr_nomem(ctx);
	b->call = le32_to_cpu(img->call);
	b->timed = le32_to_cpu(img->flags) & KCR_BLOCKED_TIMED;
	b->shared = le32_to_cpu(img->flags) & KCR_BLOCKED_SHARED;
	b->tell = le32_to_cpu(img->flags) & KCR_BLOCKED_TELL;
	b->clock = le32_to_cpu(img->clock);
	b->until = le64_to_cpu(img->until_ns);
	b->done = le64_to_cpu(img->done);
	for (i = 0; i < ARRAY_SIZE(b->arg); i++)
		b->arg[i] = le64_to_cpu(img->arg[i]);
	t->blocked = b;
	return 0;
}

/* The restart block was the restart tool's; the clocks are the program's. */
void kcr_blocked_made(struct kcr_thread *t)
{
	struct kcr_blocked none = {}, *b = t->blocked ?: &none;

	if (b->timed)
		b->until = shift(b->until, -clock_offset(current, b));
	/* One that is stopped for its tracer has been interrupted by that. */
	if (!kcr_ptrace_stopped(t) &&
	    (b->call >= KCR_BLOCKED_EPOLL || (b->call && (b->tell || confined()))))
		kcr_carry_begin(t);
	else
		kcr_restart_block_set(b);
}

const struct kcr_ops kcr_blocked_ops = {
	.kind		= KCR_KIND_BLOCKED,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 2,
	.name		= "blocked",
	.save_thread	= blocked_save,
	.check		= blocked_check,
	.restore_thread	= blocked_restore,
};
