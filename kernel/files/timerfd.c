// SPDX-License-Identifier: GPL-2.0
/*
 * Timers that are read from descriptors.
 *
 * One goes on while its process is parked: what it says is read in one moment,
 * under its lock, and an expiration is either among the ticks or still to come.
 * A periodic timer that has expired is not armed in the kernel before somebody
 * reads it; it is saved as timerfd_gettime() would leave it, armed for the first
 * time after the cut, and all expirations until then are ticks.
 *
 * An absolute time on CLOCK_REALTIME stays what it is: one that has passed when
 * the program comes back expires at once. All else goes on with the program's
 * clocks. A relative time on CLOCK_REALTIME_ALARM is absolute to the kernel, and
 * so it is here. To come back is no setting of the clock (TFD_TIMER_CANCEL_ON_SET);
 * one that happened before, and was not read, is kept.
 *
 * Not kept: what timerfd_gettime() shows of a timer that has expired if the clock
 * is set back then. A timer that a process outside of the tree holds too is
 * refused: the two would no longer share it. Who waits in read() or poll() waits
 * again by itself.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/timerfd.h>

#include "compat/timerfd.h"
#include "ksym.h"
#include "internal.h"
#include "task/clock.h"
#include <uapi/image/timerfd.h>

/* What fdinfo tells. */
struct told {
	int clock;
	unsigned int settime;
	u64 ticks;
	ktime_t interval;
};

bool kcr_timerfd_match(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_op == &kcr_var(timerfd_fops);
}

static bool is_alarm(clockid_t clock)
{
	return clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

static int ask(struct kcr_ctx *ctx, struct file *file, struct told *told)
{
	char *text = kcr_fdinfo(ctx, file);
	u64 left[2], interval[2];
	int n;

	if (!text)
		return -ENOMEM;
	n = sscanf(text, "clockid: %d\nticks: %llu\nsettime flags: 0%o\n"
		   "it_value: (%llu, %llu)\nit_interval: (%llu, %llu)", &told->clock,
		   &told->ticks, &told->settime, &left[0], &left[1],
		   &interval[0], &interval[1]);
	kvfree(text);
	if (n != 7)
		return -EOPNOTSUPP;
	told->interval = ktime_set(interval[0], interval[1]);
	return 0;
}

static bool is_as_told(const struct kcr_timerfd_ctx *timer, const struct told *told)
{
	return timer->clockid == told->clock && timer->settime_flags == told->settime &&
	       READ_ONCE(timer->ticks) == told->ticks && timer->tintv == told->interval &&
	       timer->expired <= 1 && (u8)timer->might_cancel <= 1;
}

/*
 * Do something to the private structure under its lock, if it looks as we think
 * it does. It may expire while it is looked at: so look again.
 */
static int with_timer(struct kcr_ctx *ctx, struct file *file,
		      void (*fn)(struct kcr_timerfd_ctx *timer, void *arg), void *arg)
{
	struct kcr_timerfd_ctx *timer = file->private_data;
	struct told told;
	bool same;
	int i, ret;

	for (i = 0; i < 5; i++) {
		ret = ask(ctx, file, &told);
		if (ret)
			return ret;
		if (!is_as_told(timer, &told))
			continue;
		spin_lock_irq(&timer->wqh.lock);
		same = is_as_told(timer, &told);
		if (same)
			fn(timer, arg);
		spin_unlock_irq(&timer->wqh.lock);
		if (same)
			return 0;
	}
	return -EOPNOTSUPP;
}

/* Saving */

static clockid_t base_of(const struct kcr_timerfd_ctx *timer)
{
	switch (timer->clockid) {
	case CLOCK_REALTIME_ALARM:
		return CLOCK_REALTIME;
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	default:	/* CLOCK_REALTIME with a relative time is CLOCK_MONOTONIC */
		return timer->t.tmr.base->clockid;
	}
}

/* When one that has expired would be next, and how often it was until the cut. */
static ktime_t go_on(ktime_t expires, ktime_t interval, ktime_t cut, u64 *times)
{
	*times = cut > expires ? ktime_divns(ktime_sub(cut, expires), interval) + 1 : 1;
	return kcr_time_shift(expires, *times * interval);
}

/* @expires: on the host's clock, when it would expire next */
struct reading {
	struct kcr_ctx *ctx;
	struct kcr_img_timerfd *img;
	ktime_t expires;
};

static void read_timer(struct kcr_timerfd_ctx *timer, void *arg)
{
	struct reading *r = arg;
	struct kcr_img_timerfd *img = r->img;
	bool alarm = is_alarm(timer->clockid);
	const struct hrtimer *hrtimer = alarm ? &timer->t.alarm.timer : &timer->t.tmr;
	ktime_t expires = alarm ? timer->t.alarm.node.expires : hrtimer_get_expires(hrtimer);
	bool canceled = timer->might_cancel && timer->moffs == KTIME_MAX;
	bool armed = !timer->expired && hrtimer_active(hrtimer);
	clockid_t base = base_of(timer);
	u64 times = 1;

	if (timer->expired && timer->tintv && !canceled) {
		expires = go_on(expires, timer->tintv, kcr_clock_cut(r->ctx, base), &times);
		armed = true;
	}
	img->clock = cpu_to_le32(timer->clockid);
	img->settime = cpu_to_le32(timer->settime_flags);
	img->state = cpu_to_le32((armed ? KCR_TIMERFD_ARMED : 0) |
				 (timer->might_cancel ? KCR_TIMERFD_CANCELS : 0) |
				 (canceled ? KCR_TIMERFD_CANCELED : 0));
	img->base = cpu_to_le32(base);
	img->ticks = cpu_to_le64(timer->ticks + times - 1);
	img->interval_ns = cpu_to_le64(timer->tintv);
	r->expires = expires;
}

/* What has expired by now, and was not told yet, expires at once. */
static void write_until(struct kcr_ctx *ctx, struct kcr_img_timerfd *img, ktime_t expires)
{
	ktime_t by = kcr_clock_offset(ctx->root->live, le32_to_cpu(img->base));

	if (le32_to_cpu(img->state) & KCR_TIMERFD_ARMED)
		img->until_ns = cpu_to_le64(max_t(ktime_t, kcr_time_shift(expires, by), 1));
}

static int timerfd_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_timerfd img = { };
	struct reading r = { .ctx = ctx, .img = &img };
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags);

	if (!ret && kcr_file_shared(ctx, file))
		ret = kcr_refuse(ctx, "timerfd: shared with another process: not supported yet");
	if (ret)
		return ret;
	ret = with_timer(ctx, file, read_timer, &r);
	if (ret == -ENOMEM)
		return ret;
	if (ret)
		return kcr_refuse(ctx, "timerfd: this kernel tells of it in another way");
	write_until(ctx, &img, r.expires);
	img.flags = cpu_to_le32(flags);
	return kcr_write_rec(ctx, KCR_KIND_TIMERFD, 1, id, 0, &img, sizeof(img));
}

/* Restoring */

static bool fits(u32 clock, u32 base)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return base == CLOCK_REALTIME || base == CLOCK_MONOTONIC;
	case CLOCK_MONOTONIC:
		return base == CLOCK_MONOTONIC;
	case CLOCK_REALTIME_ALARM:
		return base == CLOCK_REALTIME;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return base == CLOCK_BOOTTIME;
	default:
		return false;
	}
}

static int timerfd_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_timerfd *img = kcr_rec_as(rec, struct kcr_img_timerfd);

	if (rec->len != sizeof(*img) || img->reserved ||
	    !fits(le32_to_cpu(img->clock), le32_to_cpu(img->base)))
		return kcr_bad_image(ctx, "a timerfd record that makes no sense");
	if (le32_to_cpu(img->settime) & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    le32_to_cpu(img->state) >= KCR_TIMERFD_CANCELED << 1 ||
	    le64_to_cpu(img->until_ns) > KTIME_MAX || le64_to_cpu(img->interval_ns) > KTIME_MAX)
		return kcr_bad_image(ctx, "a timerfd record out of range");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "timerfd");
}

static int timerfd_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_timerfd *img = kcr_rec_as(rec, struct kcr_img_timerfd);
	u32 clock = le32_to_cpu(img->clock);
	long fd = kcr_syscall(timerfd_create, clock, 0);

	if (fd == -EPERM && is_alarm(clock))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, fd,
				"timerfd: you may not set alarms that wake the machine (CAP_WAKE_ALARM)");
	return kcr_file_made(ctx, rec, fd, le32_to_cpu(img->flags), "timerfd");
}

/* In which way timerfd_settime() was called that made it so. */
static int settime_flags(const struct kcr_img_timerfd *img)
{
	int flags = le32_to_cpu(img->settime);

	if (le32_to_cpu(img->state) & KCR_TIMERFD_CANCELS)
		return TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	flags &= ~TFD_TIMER_CANCEL_ON_SET;
	if (le32_to_cpu(img->clock) != CLOCK_REALTIME)
		return flags;
	return le32_to_cpu(img->base) == CLOCK_REALTIME ? TFD_TIMER_ABSTIME : 0;
}

/* As timerfd_settime() takes it, called by the restarter, who has clocks of its own. */
static struct timespec64 value_of(struct kcr_ctx *ctx, const struct kcr_img_timerfd *img,
				  bool absolute)
{
	clockid_t base = le32_to_cpu(img->base);
	ktime_t until = kcr_time_shift(le64_to_cpu(img->until_ns),
				       -kcr_clock_offset(ctx->root->leader, base));

	if (!(le32_to_cpu(img->state) & KCR_TIMERFD_ARMED))
		return (struct timespec64){};
	until = kcr_time_shift(until, absolute ? kcr_clock_offset(current, base) :
					       -kcr_clock_now(base));
	return ktime_to_timespec64(max_t(ktime_t, until, 1));
}

/* With a descriptor of the restarter's for as long as that takes. */
static int settime(struct kcr_ctx *ctx, struct file *file, const struct kcr_img_timerfd *img)
{
	int flags = settime_flags(img), ret;
	struct itimerspec64 value = {
		.it_interval = ktime_to_timespec64(le64_to_cpu(img->interval_ns)),
		.it_value = value_of(ctx, img, flags & TFD_TIMER_ABSTIME),
	}, old;
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd,
				"timerfd: no descriptor is left to set it with");
	fd_install(fd, get_file(file));
	ret = kcr_call(do_timerfd_settime)(fd, flags, &value, &old);
	close_fd(fd);
	if (ret && ret != -ECANCELED)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"timerfd: can't be set (errno %d)", -ret);
	return 0;
}

/* Those that come from now on add to the ticks that there were. */
static void add_ticks(struct kcr_timerfd_ctx *timer, void *arg)
{
	const struct kcr_img_timerfd *img = arg;

	timer->settime_flags = le32_to_cpu(img->settime);
	if (le32_to_cpu(img->state) & KCR_TIMERFD_CANCELED)
		timer->moffs = KTIME_MAX;
	timer->ticks += le64_to_cpu(img->ticks);
	if (timer->ticks)
		wake_up_locked_poll(&timer->wqh, EPOLLIN);
}

static int timerfd_start(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_timerfd *img = kcr_rec_as(rec, struct kcr_img_timerfd);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_TIMERFD);
	int ret;

	if (!file)
		return ctx->error ?: -EBADF;
	ret = settime(ctx, file, img);
	if (ret)
		return ret;
	ret = with_timer(ctx, file, add_ticks, (void *)img);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"timerfd: can't be given its ticks (errno %d)", -ret);
	return 0;
}

const struct kcr_ops kcr_timerfd_ops = {
	.kind		= KCR_KIND_TIMERFD,
	.version	= 1,
	.name		= "timerfd",
	.save		= timerfd_save,
	.check		= timerfd_check,
	.restore	= timerfd_restore,
	.start		= timerfd_start,
	.put		= kcr_file_put,
};
