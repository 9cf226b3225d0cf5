// SPDX-License-Identifier: GPL-2.0
/* A thread, and how it is scheduled and blocked. */
#include "../../uapi/image/blocked.h"
#include "../../uapi/image/cred.h"
#include "../../uapi/image/filter.h"
#include "../../uapi/image/prctl.h"
#include "../../uapi/image/rlimits.h"
#include "../../uapi/image/sched.h"
#include "../../uapi/image/seccomp.h"
#include "../../uapi/image/thread.h"
#include "blocked.h"
#include "info.h"
#include "summary.h"

static const struct info_name thread_flags[] = {
	{ KCR_THREAD_LEADER,	"leader" },
	{ KCR_THREAD_ENDED,	"ended" },
	{ KCR_THREAD_SHARES_IO,	"shares_io" },
	{ }
};

static void thread_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_thread *thread = rec->data;

	EMIT32(e, thread, tid);
	EMIT_CHARS(e, thread, comm);
	info_flags(e, "flags", le32_to_cpu(thread->flags), thread_flags);
	EMITX32(e, thread, personality);
	EMIT32(e, thread, pdeath_signal);
	EMITX64(e, thread, clear_child_tid);
	EMITX64(e, thread, robust_list);
	EMITX64(e, thread, rseq);
	EMIT32(e, thread, rseq_len);
	EMITX32(e, thread, rseq_sig);
	EMIT64(e, thread, timer_slack_ns);
	if (rec->len < sizeof(*thread))
		return;
	if (le32_to_cpu(thread->flags) & KCR_THREAD_ENDED)
		EMIT32(e, thread, exit_code);
	if (thread->files)
		EMIT32(e, thread, files);
	if (thread->fs)
		EMIT32(e, thread, fs);
}

static void thread_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_thread *thread = rec->data;
	struct summary_thread *t = summary_add_thread(s, rec->owner);
	struct summary_process *p = summary_process(s, rec->owner);

	if (!t)
		return;
	t->id = rec->id;
	t->tid = le32_to_cpu(thread->tid);
	t->ended = le32_to_cpu(thread->flags) & KCR_THREAD_ENDED;
	memcpy(t->comm, thread->comm, sizeof(thread->comm));
	if (p && !p->comm[0])
		memcpy(p->comm, thread->comm, sizeof(thread->comm));
}

const struct info_ops info_thread = {
	.size	= KCR_THREAD_LEN_1,
	.print	= thread_print,
	.note	= thread_note,
};

static const struct info_name blocked_calls[] = {
	{ KCR_BLOCKED_NANOSLEEP,	"nanosleep" },
	{ KCR_BLOCKED_POLL,		"poll" },
	{ KCR_BLOCKED_FUTEX,		"futex" },
	{ KCR_BLOCKED_EPOLL,		"epoll_wait" },
	{ KCR_BLOCKED_PPOLL,		"ppoll" },
	{ KCR_BLOCKED_SELECT,		"select" },
	{ KCR_BLOCKED_PSELECT,		"pselect" },
	{ KCR_BLOCKED_SIGWAIT,		"sigtimedwait" },
	{ KCR_BLOCKED_SIGSUSPEND,	"sigsuspend" },
	{ KCR_BLOCKED_WRITE,		"write" },
	{ KCR_BLOCKED_WRITEV,		"writev" },
	{ KCR_BLOCKED_READ,		"read" },
	{ KCR_BLOCKED_READV,		"readv" },
	{ KCR_BLOCKED_RECV,		"recv" },
	{ KCR_BLOCKED_RECVMSG,		"recvmsg" },
	{ KCR_BLOCKED_SEND,		"send" },
	{ KCR_BLOCKED_SENDMSG,		"sendmsg" },
	{ KCR_BLOCKED_ACCEPT,		"accept" },
	{ KCR_BLOCKED_CONNECT,		"connect" },
	{ KCR_BLOCKED_SPLICE,		"splice" },
	{ KCR_BLOCKED_SENDFILE,		"sendfile" },
	{ KCR_BLOCKED_SEMOP,		"semtimedop" },
	{ KCR_BLOCKED_AGAIN,		"again" },
	{ KCR_BLOCKED_ENDED,		"ended" },
	{ }
};

static const struct info_name blocked_flags[] = {
	{ KCR_BLOCKED_TIMED,	"timed" },
	{ KCR_BLOCKED_SHARED,	"shared" },
	{ KCR_BLOCKED_TELL,	"tell" },
	{ }
};

static const struct info_name blocked_clocks[] = {
	{ KCR_BLOCKED_MONOTONIC,	"monotonic" },
	{ KCR_BLOCKED_BOOTTIME,		"boottime" },
	{ KCR_BLOCKED_REALTIME,		"realtime" },
	{ KCR_BLOCKED_CPU,		"CPU time" },
	{ KCR_BLOCKED_REALTIME_ALARM,	"realtime alarm" },
	{ KCR_BLOCKED_BOOTTIME_ALARM,	"boottime alarm" },
	{ }
};

/* blocked_name() - the system call that a thread sleeps in, or NULL */
const char *blocked_name(uint32_t call)
{
	return info_enum_name(call, blocked_calls);
}

static void blocked_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_blocked *blocked = rec->data;
	size_t i;

	info_enum(e, "call", le32_to_cpu(blocked->call), blocked_calls);
	info_flags(e, "flags", le32_to_cpu(blocked->flags), blocked_flags);
	info_enum(e, "clock", le32_to_cpu(blocked->clock), blocked_clocks);
	EMIT64(e, blocked, until_ns);
	EMIT64(e, blocked, done);
	emit_begin_list(e, "arguments");
	for (i = 0; i < 6; i++)
		emit_hex(e, NULL, le64_to_cpu(blocked->arg[i]));
	emit_end(e);
}

static void blocked_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_blocked *blocked = rec->data;
	struct summary_thread *t = summary_thread(s, rec->owner);

	if (t)
		t->call = le32_to_cpu(blocked->call);
}

const struct info_ops info_blocked = {
	.size	= sizeof(struct kcr_img_blocked),
	.print	= blocked_print,
	.note	= blocked_note,
};

static const struct info_name cred_flags[] = {
	{ KCR_CRED_NO_NEW_PRIVS,	"no_new_privs" },
	{ KCR_CRED_DUMPABLE,		"dumpable" },
	{ }
};

static void cred_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_cred *cred = rec->data;
	const __le32 *group = (const void *)(cred + 1);
	size_t i, n;

	EMIT32(e, cred, uid);
	EMIT32(e, cred, euid);
	EMIT32(e, cred, suid);
	EMIT32(e, cred, fsuid);
	EMIT32(e, cred, gid);
	EMIT32(e, cred, egid);
	EMIT32(e, cred, sgid);
	EMIT32(e, cred, fsgid);
	EMITX64(e, cred, inheritable);
	EMITX64(e, cred, permitted);
	EMITX64(e, cred, effective);
	EMITX64(e, cred, bounding);
	EMITX64(e, cred, ambient);
	EMITX32(e, cred, securebits);
	info_flags(e, "flags", le32_to_cpu(cred->flags), cred_flags);
	n = info_items(rec, sizeof(*cred), sizeof(*group),
		       le32_to_cpu(cred->groups));
	emit_begin_list(e, "groups");
	for (i = 0; i < n; i++)
		emit_u64(e, NULL, le32_to_cpu(group[i]));
	emit_end(e);
}

const struct info_ops info_cred = {
	.size	= sizeof(struct kcr_img_cred),
	.print	= cred_print,
};

static const struct info_name seccomp_modes[] = {
	{ KCR_SECCOMP_STRICT,	"strict" },
	{ KCR_SECCOMP_FILTER,	"filter" },
	{ }
};

static const struct info_name seccomp_flags[] = {
	{ KCR_SECCOMP_NO_NEW_PRIVS,	"no_new_privs" },
	{ }
};

static void seccomp_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_seccomp *seccomp = rec->data;

	info_enum(e, "mode", le32_to_cpu(seccomp->mode), seccomp_modes);
	info_flags(e, "flags", le32_to_cpu(seccomp->flags), seccomp_flags);
	EMIT32(e, seccomp, filter);
}

const struct info_ops info_seccomp = {
	.size	= sizeof(struct kcr_img_seccomp),
	.print	= seccomp_print,
};

static const struct info_name filter_flags[] = {
	{ KCR_FILTER_LOG,	"log" },
	{ }
};

static void filter_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_filter *filter = rec->data;

	EMIT32(e, filter, prev);
	info_flags(e, "flags", le32_to_cpu(filter->flags), filter_flags);
	emit_u64(e, "instructions", le32_to_cpu(filter->count));
}

const struct info_ops info_filter = {
	.size	= sizeof(struct kcr_img_filter),
	.print	= filter_print,
};

static const struct info_name prctl_flags[] = {
	{ KCR_PRCTL_MCE_EARLY,		"mce_early" },
	{ KCR_PRCTL_MCE_LATE,		"mce_late" },
	{ KCR_PRCTL_IO_FLUSHER,		"io_flusher" },
	{ KCR_PRCTL_DISPATCH,		"dispatch" },
	{ KCR_PRCTL_TRACED_BY_ANY,	"traced_by_any" },
	{ }
};

static const struct info_name speculations[] = {
	{ KCR_SPECULATION_ENABLE,		"enable" },
	{ KCR_SPECULATION_DISABLE,		"disable" },
	{ KCR_SPECULATION_FORCE_DISABLE,	"force_disable" },
	{ KCR_SPECULATION_DISABLE_NOEXEC,	"disable_noexec" },
	{ }
};

static void prctl_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_prctl *prctl = rec->data;

	info_flags(e, "flags", le32_to_cpu(prctl->flags), prctl_flags);
	info_enum(e, "store_bypass", le32_to_cpu(prctl->store_bypass), speculations);
	info_enum(e, "indirect_branch", le32_to_cpu(prctl->indirect_branch), speculations);
	EMIT64(e, prctl, default_timer_slack_ns);
	EMITX64(e, prctl, dispatch_start);
	EMIT64(e, prctl, dispatch_len);
	EMITX64(e, prctl, dispatch_selector);
}

const struct info_ops info_prctl = {
	.size	= sizeof(struct kcr_img_prctl),
	.print	= prctl_print,
};

static const struct info_name policies[] = {
	{ KCR_SCHED_OTHER,	"other" },
	{ KCR_SCHED_FIFO,	"fifo" },
	{ KCR_SCHED_RR,		"rr" },
	{ KCR_SCHED_BATCH,	"batch" },
	{ KCR_SCHED_IDLE,	"idle" },
	{ KCR_SCHED_DEADLINE,	"deadline" },
	{ }
};

static const struct info_name sched_flags[] = {
	{ KCR_SCHED_RESET_ON_FORK,	"reset_on_fork" },
	{ KCR_SCHED_RECLAIM,		"reclaim" },
	{ KCR_SCHED_OVERRUN,		"overrun" },
	{ KCR_SCHED_ANY_CPU,		"any_cpu" },
	{ }
};

static void sched_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sched *sched = rec->data;
	const __le64 *word = (const void *)(sched + 1);
	size_t i, n;

	info_enum(e, "policy", le32_to_cpu(sched->policy), policies);
	info_flags(e, "flags", le32_to_cpu(sched->flags), sched_flags);
	EMITS32(e, sched, nice);
	EMIT32(e, sched, priority);
	EMIT64(e, sched, runtime_ns);
	EMIT64(e, sched, deadline_ns);
	EMIT64(e, sched, period_ns);
	EMITX32(e, sched, ioprio);
	n = info_items(rec, sizeof(*sched), sizeof(*word),
		       le32_to_cpu(sched->cpus) / 64);
	emit_begin_list(e, "cpus");
	for (i = 0; i < n * 64; i++)
		if (le64_to_cpu(word[i / 64]) >> i % 64 & 1)
			emit_u64(e, NULL, i);
	emit_end(e);
}

const struct info_ops info_sched = {
	.size	= sizeof(struct kcr_img_sched),
	.print	= sched_print,
};

static const char * const limits[] = {
	"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile",
	"memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio",
	"rttime",
};

static void emit_limit(struct emit *e, const char *name, uint64_t limit)
{
	if (limit == KCR_RLIM_INFINITY)
		emit_null(e, name);
	else
		emit_u64(e, name, limit);
}

static void rlimits_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_rlimit *limit = rec->data;
	size_t i, n = info_items(rec, 0, sizeof(*limit), KCR_RLIMITS_MAX);

	emit_begin_list(e, "limits");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		if (i < ARRAY_SIZE(limits))
			emit_string(e, "limit", limits[i]);
		else
			emit_u64(e, "limit", i);
		emit_limit(e, "soft", le64_to_cpu(limit[i].soft));
		emit_limit(e, "hard", le64_to_cpu(limit[i].hard));
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_rlimits = {
	.print	= rlimits_print,
};
