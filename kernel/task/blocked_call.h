/* SPDX-License-Identifier: GPL-2.0 */
/* What the files about blocked system calls have in common. */
#ifndef _KCR_BLOCKED_CALL_H
#define _KCR_BLOCKED_CALL_H

#include <linux/hrtimer.h>

#include "kcr.h"
#include <uapi/image/blocked.h>

#define KCR_BLOCKED_NONE	0	/* nothing for us to do */

/**
 * struct kcr_blocked - a call that was interrupted, or will be
 * @call: enum kcr_blocked_call, or KCR_BLOCKED_NONE
 * @timed: it times out at @until
 * @shared: futex
 * @tell: its end is to be told to the thread's tracer
 * @clock: of @until: enum kcr_blocked_clock
 * @until: on the host's clock (while it is restored, on the program's)
 * @done: bytes written, read or moved
 * @arg: arguments
 * @late: the time was up while it was carried on
 * @timer: for that
 * @task: carries the call on
 * @work: that does so
 * @node: in carry.c's table meanwhile
 *
 * Owned by kcr_thread.blocked; when a call is carried on, by carry.c.
 */
struct kcr_blocked {
	u32 call;
	bool timed;
	bool shared;
	bool tell;
	enum kcr_blocked_clock clock;
	ktime_t until;
	u64 done;
	unsigned long arg[6];
	bool late;
	struct hrtimer timer;
	struct task_struct *task;
	struct callback_head work;
	struct hlist_node node;
};

/* sleep.c: until when a sleeping @task waits on CLOCK_MONOTONIC, if it does */
bool kcr_sleep_until(struct task_struct *task, ktime_t *until);
/* the same of one that counts jiffies: schedule_timeout() */
bool kcr_timeout_until(struct task_struct *task, ktime_t *until);

/*
 * blocked_files.c: is @nr a call on a file that may be interrupted? If it has a
 * time-out, that goes to @b.
 */
bool kcr_blocked_network(struct kcr_thread *t, unsigned int fd);
bool kcr_blocked_file(struct task_struct *task, int nr, const unsigned long *arg,
		      struct kcr_blocked *b);

/* carry_io.c: of current. What there is left to do of a call that returned @ret. */
u32 kcr_io_left(struct kcr_blocked *b, int nr, long ret);
long kcr_carry_io(struct kcr_blocked *b);
long kcr_carry_splice(struct kcr_blocked *b);

/* restart_block.c: calls that the kernel continues by itself */
enum kcr_block {
	KCR_BLOCK_KNOWN,	/* @b tells which */
	KCR_BLOCK_ENDED,	/* the call will return -EINTR */
	KCR_BLOCK_UNKNOWN,
};
bool kcr_restart_block_known(struct task_struct *task);
bool kcr_cpu_clock_known(struct task_struct *task, clockid_t clock);
/* CPU time that @clock shows to @task now */
ktime_t kcr_cpu_clock_now(struct task_struct *task, clockid_t clock);
enum kcr_block kcr_restart_block_get(struct kcr_ctx *ctx, const struct task_struct *task,
				     struct kcr_blocked *b);
/* For current; with KCR_BLOCKED_NONE it gets one that returns -EINTR. */
void kcr_restart_block_set(const struct kcr_blocked *b);

/* Did a call return that because something came in between? */
static inline bool kcr_was_interrupted(long ret)
{
	return ret == -EINTR || ret == -ERESTARTSYS || ret == -ERESTARTNOINTR ||
	       ret == -ERESTARTNOHAND || ret == -ERESTART_RESTARTBLOCK;
}

/* blocked_known.c: does the kernel start @nr again from its arguments? */
bool kcr_blocked_again(int nr);

/* carry.c: calls that we continue */
void kcr_carry_begin(struct kcr_thread *t);	/* of current, t->blocked */
bool kcr_carry_on(struct task_struct *task);	/* is there one? */
/* A copy of what @t carries on, or would when it is let go. */
bool kcr_carry_peek(struct kcr_thread *t, struct kcr_blocked *copy);

#endif /* _KCR_BLOCKED_CALL_H */
