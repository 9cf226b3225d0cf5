// SPDX-License-Identifier: GPL-2.0
/* Timers and signals that are read from descriptors. */
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
