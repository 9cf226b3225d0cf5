// SPDX-License-Identifier: GPL-2.0
/* Signals: what happens when they come, and those that have come already. */
#define _GNU_SOURCE
#include <signal.h>

#include "../../uapi/image/sighand.h"
#include "../../uapi/image/sigshared.h"
#include "../../uapi/image/sigthread.h"
#include "info.h"

static void emit_signal(struct emit *e, uint32_t signo)
{
	const char *name = signo < 65 ? sigabbrev_np(signo) : NULL;

	if (name)
		emit_string(e, "signal", name);
	else
		emit_u64(e, "signal", signo);
}

static void emit_handler(struct emit *e, uint64_t handler)
{
	if (handler == 1)
		emit_string(e, "handler", "ignore");
	else
		emit_hex(e, "handler", handler);
}

/* Those with the default action say nothing. */
static void sighand_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sigaction *action = rec->data;
	size_t i, n = info_items(rec, 0, sizeof(*action), KCR_SIGNALS);

	emit_begin_list(e, "actions");
	for (i = 0; i < n; i++) {
		if (!action[i].handler)
			continue;
		emit_begin(e, NULL);
		emit_signal(e, i + 1);
		emit_handler(e, le64_to_cpu(action[i].handler));
		EMITX64(e, &action[i], flags);
		EMITX64(e, &action[i], restorer);
		info_signals(e, "mask", le64_to_cpu(action[i].mask));
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_sighand = {
	.size	= KCR_SIGNALS * sizeof(struct kcr_img_sigaction),
	.print	= sighand_print,
};

static const struct info_name siginfo_flags[] = {
	{ KCR_SIGINFO_LOST,	"lost" },
	{ KCR_SIGINFO_TIMER,	"timer" },
	{ }
};

static void emit_pending(struct emit *e, const struct image_rec *rec, size_t at)
{
	const struct kcr_img_siginfo *info =
		(const void *)((const char *)rec->data + at);
	size_t i, n = info_items(rec, at, sizeof(*info), KCR_SIGPENDING_MAX);

	emit_begin_list(e, "pending");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		emit_signal(e, le32_to_cpu(info[i].signo));
		EMITS32(e, &info[i], err);
		EMITS32(e, &info[i], code);
		info_flags(e, "flags", le32_to_cpu(info[i].flags),
			   siginfo_flags);
		emit_bytes(e, "fields", info[i].fields, sizeof(info[i].fields));
		emit_end(e);
	}
	emit_end(e);
}

static void sigshared_print(struct emit *e, const struct image_rec *rec)
{
	emit_pending(e, rec, 0);
}

const struct info_ops info_sigshared = {
	.print	= sigshared_print,
};

static const struct info_name stack_flags[] = {
	{ KCR_SIGSTACK_ONSTACK,		"onstack" },
	{ KCR_SIGSTACK_DISABLE,		"disable" },
	{ KCR_SIGSTACK_AUTODISARM,	"autodisarm" },
	{ }
};

static const struct info_name sigthread_flags[] = {
	{ KCR_SIGTHREAD_RESTORE,	"restore" },
	{ }
};

static void sigthread_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sigthread *thread = rec->data;

	info_signals(e, "blocked", le64_to_cpu(thread->blocked));
	info_signals(e, "saved", le64_to_cpu(thread->saved));
	EMITX64(e, thread, stack);
	EMIT64(e, thread, stack_size);
	info_flags(e, "stack_flags", le32_to_cpu(thread->stack_flags),
		   stack_flags);
	info_flags(e, "flags", le32_to_cpu(thread->flags), sigthread_flags);
	emit_pending(e, rec, sizeof(*thread));
}

const struct info_ops info_sigthread = {
	.size	= sizeof(struct kcr_img_sigthread),
	.print	= sigthread_print,
};
