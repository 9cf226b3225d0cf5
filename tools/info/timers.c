// SPDX-License-Identifier: GPL-2.0
/* Timers and signals that are read from descriptors. */
#include "../../uapi/image/posix_timer.h"
#include "../../uapi/image/signalfd.h"
#include "../../uapi/image/timerfd.h"
#include "info.h"
#include "summary.h"

static const struct info_name clocks[] = {
	{ 0,	"realtime" },
	{ 1,	"monotonic" },
	{ 7,	"boottime" },
	{ 8,	"realtime_alarm" },
	{ 9,	"boottime_alarm" },
	{ 11,	"tai" },
	{ }
};

static const struct info_name timerfd_settime[] = {
	{ 1,	"absolute" },
	{ 2,	"cancel_on_set" },
	{ }
};

static const struct info_name timerfd_states[] = {
	{ KCR_TIMERFD_ARMED,	"armed" },
	{ KCR_TIMERFD_CANCELS,	"cancels" },
	{ KCR_TIMERFD_CANCELED,	"canceled" },
	{ }
};

static void timerfd_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_timerfd *timerfd = rec->data;

	info_enum(e, "clock", le32_to_cpu(timerfd->clock), clocks);
	info_flags(e, "flags", le32_to_cpu(timerfd->flags), info_file_flags);
	info_flags(e, "settime", le32_to_cpu(timerfd->settime), timerfd_settime);
	info_flags(e, "state", le32_to_cpu(timerfd->state), timerfd_states);
	info_enum(e, "base", le32_to_cpu(timerfd->base), clocks);
	EMIT64(e, timerfd, ticks);
	EMIT64(e, timerfd, until_ns);
	EMIT64(e, timerfd, interval_ns);
}

static void timerfd_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_timerfd *timerfd = rec->data;
	char text[40];
	int len = snprintf(text, sizeof(text), "timer with %llu ticks",
			   (unsigned long long)le64_to_cpu(timerfd->ticks));

	summary_add_object(s, rec, le32_to_cpu(timerfd->flags), 0, text, len);
}

const struct info_ops info_timerfd = {
	.size	= sizeof(struct kcr_img_timerfd),
	.print	= timerfd_print,
	.note	= timerfd_note,
};

static void signalfd_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_signalfd *signalfd = rec->data;

	info_signals(e, "mask", le64_to_cpu(signalfd->mask));
	info_flags(e, "flags", le32_to_cpu(signalfd->flags), info_file_flags);
}

static void signalfd_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_signalfd *signalfd = rec->data;

	summary_add_object(s, rec, le32_to_cpu(signalfd->flags), 0, "signals", 7);
}

const struct info_ops info_signalfd = {
	.size	= sizeof(struct kcr_img_signalfd),
	.print	= signalfd_print,
	.note	= signalfd_note,
};

static const struct info_name notifications[] = {
	{ 0,	"signal" },
	{ 1,	"none" },
	{ 2,	"thread" },
	{ 4,	"signal_to_thread" },
	{ }
};

static const struct info_name posix_timer_flags[] = {
	{ KCR_POSIX_TIMER_ARMED,	"armed" },
	{ KCR_POSIX_TIMER_PENDING,	"pending" },
	{ KCR_POSIX_TIMER_REARM,	"rearm" },
	{ }
};

static void emit_posix_timer(struct emit *e, const struct kcr_img_posix_timer *timer)
{
	bool cpu = (int32_t)le32_to_cpu(timer->clock) < 0;

	EMIT32(e, timer, id);
	if (cpu)
		EMITS32(e, timer, clock);
	else
		info_enum(e, "clock", le32_to_cpu(timer->clock), clocks);
	if (!cpu)
		info_enum(e, "base", le32_to_cpu(timer->base), clocks);
	info_flags(e, "flags", le32_to_cpu(timer->flags), posix_timer_flags);
	info_enum(e, "notify", le32_to_cpu(timer->notify), notifications);
	EMIT32(e, timer, signo);
	EMIT32(e, timer, tid);
	EMIT32(e, timer, clock_tid);
	EMITX64(e, timer, value);
	EMIT64(e, timer, until_ns);
	EMIT64(e, timer, interval_ns);
	emit_s64(e, "overrun", le64_to_cpu(timer->overrun));
	emit_s64(e, "overrun_last", le64_to_cpu(timer->overrun_last));
	EMIT32(e, timer, queued_overrun);
}

static void posix_timer_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_posix_timers *img = rec->data;
	size_t i, n = info_items(rec, sizeof(*img), sizeof(img->timer[0]),
				 le32_to_cpu(img->count));

	EMIT32(e, img, next_id);
	emit_begin_list(e, "timers");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		emit_posix_timer(e, &img->timer[i]);
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_posix_timer = {
	.size	= sizeof(struct kcr_img_posix_timers),
	.print	= posix_timer_print,
};
