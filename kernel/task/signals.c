// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of pending signals, with all that siginfo_t tells, in their order.
 *
 * An entry that belongs to a POSIX timer goes back to the timer when it is
 * delivered. It is saved as such, with nothing but the timer's id, and is queued
 * again by that timer (posix_timer.c).
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "ksym.h"
#include "task/itimer.h"
#include "task/posix_timer.h"
#include "task/signals.h"

void kcr_siginfo_encode(struct kcr_img_siginfo *img, const kernel_siginfo_t *info)
{
	BUILD_BUG_ON(sizeof(*info) != 16 + sizeof(img->fields));
	img->signo = cpu_to_le32(info->si_signo);
	img->err = cpu_to_le32(info->si_errno);
	img->code = cpu_to_le32(info->si_code);
	memcpy(img->fields, (const u8 *)info + 16, sizeof(img->fields));
}

/* What else there is to it, its timer tells. */
static void timer_encode(struct kcr_img_siginfo *img, const kernel_siginfo_t *info)
{
	__le32 id = cpu_to_le32(info->si_tid);

	img->signo = cpu_to_le32(info->si_signo);
	img->code = cpu_to_le32(info->si_code);
	img->flags = cpu_to_le32(KCR_SIGINFO_TIMER);
	memcpy(img->fields, &id, sizeof(id));
}

void kcr_siginfo_decode(kernel_siginfo_t *info, const struct kcr_img_siginfo *img)
{
	clear_siginfo(info);
	info->si_signo = le32_to_cpu(img->signo);
	if (le32_to_cpu(img->flags) & KCR_SIGINFO_LOST)
		return;		/* what the kernel tells then: SI_USER from 0 */
	info->si_errno = le32_to_cpu(img->err);
	info->si_code = le32_to_cpu(img->code);
	memcpy((u8 *)info + 16, img->fields, sizeof(img->fields));
}

static unsigned int queue_length(const struct sigpending *pending)
{
	const struct sigqueue *q;
	unsigned int n = 0;

	list_for_each_entry(q, &pending->list, list)
		n++;
	return n;
}

/*
 * A signal whose entry could not be allocated is pending all the same. Such a
 * one has no place in the order, and comes last.
 */
static void copy_lost(struct kcr_sigqueue *copy, struct sigpending *pending,
		      sigset_t *seen)
{
	int sig;

	for (sig = 1; sig <= _NSIG; sig++) {
		if (!sigismember(&pending->signal, sig) || sigismember(seen, sig))
			continue;
		copy->info[copy->count].signo = cpu_to_le32(sig);
		copy->info[copy->count++].flags = cpu_to_le32(KCR_SIGINFO_LOST);
	}
}

static void copy_queue(struct kcr_sigqueue *copy, struct sigpending *pending,
		       unsigned int room)
{
	const struct sigqueue *q;
	sigset_t seen;

	sigemptyset(&seen);
	list_for_each_entry(q, &pending->list, list) {
		if (copy->count == room)
			break;
		sigaddset(&seen, q->info.si_signo);
		if (q->flags & SIGQUEUE_PREALLOC)
			timer_encode(&copy->info[copy->count++], &q->info);
		else
			kcr_siginfo_encode(&copy->info[copy->count++], &q->info);
	}
	copy_lost(copy, pending, &seen);
}

/*
 * The threads are parked, but others can send signals: the room is measured
 * first, and what comes after that came after the cut.
 */
int kcr_sigqueue_copy(struct kcr_process *p, struct task_struct *task,
		      struct sigpending *pending, struct kcr_sigqueue *copy)
{
	struct kcr_ctx *ctx = p->ctx;
	struct sighand_struct *sighand;
	unsigned long flags;
	unsigned int room;

	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return kcr_sighand_gone(ctx);
	room = queue_length(pending);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	if (room > KCR_SIGPENDING_MAX - _NSIG)
		return kcr_refuse(ctx, "%u signals are pending", room);

	copy->count = 0;
	copy->info = kvcalloc(room + _NSIG, sizeof(*copy->info), GFP_KERNEL);
	if (!copy->info)
		return kcr_nomem(ctx);
	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return kcr_sighand_gone(ctx);
	copy_queue(copy, pending, room);
	if (copy->timers)
		kcr_itimers_read(ctx, task, copy->timers);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	kcr_posix_timers_filter(p, copy);
	return 0;
}

int kcr_sigqueue_check(struct kcr_ctx *ctx, const void *data, size_t len)
{
	const struct kcr_img_siginfo *img = data;
	size_t i, n = len / sizeof(*img);

	if (len % sizeof(*img) || n > KCR_SIGPENDING_MAX)
		return kcr_bad_image(ctx, "signal queue of %zu bytes", len);
	for (i = 0; i < n; i++)
		if (!img[i].signo || le32_to_cpu(img[i].signo) > _NSIG ||
		    le32_to_cpu(img[i].flags) & ~(KCR_SIGINFO_LOST | KCR_SIGINFO_TIMER))
			return kcr_bad_image(ctx, "pending signal %u with flags %#x",
					     le32_to_cpu(img[i].signo),
					     le32_to_cpu(img[i].flags));
	return 0;
}

static int send(struct kcr_ctx *ctx, const struct kcr_img_siginfo *img, enum pid_type type)
{
	kernel_siginfo_t info;
	int ret;

	kcr_siginfo_decode(&info, img);
	ret = kcr_call(do_send_sig_info)(info.si_signo, &info, current, type);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"signal %d can't be queued again: too many are pending",
				info.si_signo);
	return 0;
}

int kcr_sigqueue_restore(struct kcr_process *p, const void *data, size_t len,
			 enum pid_type type)
{
	const struct kcr_img_siginfo *img = data;
	size_t i, n = len / sizeof(*img);
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = le32_to_cpu(img[i].flags) & KCR_SIGINFO_TIMER ?
		      kcr_posix_timer_queue(p->ctx, p, &img[i], type) :
		      send(p->ctx, &img[i], type);
	return ret;
}
