// SPDX-License-Identifier: GPL-2.0
/* Who traces a thread, and where it is stopped for it. */
#include "../../uapi/image/ptrace.h"
#include "info.h"

static const struct info_name ptrace_flags[] = {
	{ KCR_PTRACE_SEIZED,		"seized" },
	{ KCR_PTRACE_SYSCALL,		"syscall" },
	{ KCR_PTRACE_EMULATE,		"emulate" },
	{ KCR_PTRACE_STEP,		"step" },
	{ KCR_PTRACE_LISTENING,		"listening" },
	{ KCR_PTRACE_STOP_SEEN,		"stop_seen" },
	{ KCR_PTRACE_STOP_PENDING,	"stop_pending" },
	{ KCR_PTRACE_STOP_COUNTS,	"stop_counts" },
	{ KCR_PTRACE_TRAP_PENDING,	"trap_pending" },
	{ KCR_PTRACE_TRAP_NOTIFY,	"trap_notify" },
	{ }
};

static const struct info_name ptrace_stops[] = {
	{ KCR_PTRACE_RUNS,	"runs" },
	{ KCR_PTRACE_SIGNAL,	"signal" },
	{ KCR_PTRACE_GROUP,	"group" },
	{ KCR_PTRACE_TRAP,	"trap" },
	{ KCR_PTRACE_ENTRY,	"entry" },
	{ KCR_PTRACE_EXIT,	"exit" },
	{ KCR_PTRACE_EVENT,	"event" },
	{ }
};

static void ptrace_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_ptrace *ptrace = rec->data;

	EMIT32(e, ptrace, tracer);
	emit_hex(e, "options", le32_to_cpu(ptrace->options));
	info_flags(e, "flags", le32_to_cpu(ptrace->flags), ptrace_flags);
	info_enum(e, "stop", le32_to_cpu(ptrace->stop), ptrace_stops);
	if (ptrace->event)
		EMIT32(e, ptrace, event);
	emit_hex(e, "code", le32_to_cpu(ptrace->code));
	EMIT32(e, ptrace, stop_signal);
	EMIT64(e, ptrace, message);
	EMITX64(e, ptrace, debug_status);
	emit_u64(e, "signal", le32_to_cpu(ptrace->info.signo));
	emit_hex(e, "signal_code", le32_to_cpu(ptrace->info.code));
}

const struct info_ops info_ptrace = {
	.size	= sizeof(struct kcr_img_ptrace),
	.print	= ptrace_print,
};
