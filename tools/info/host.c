// SPDX-License-Identifier: GPL-2.0
/* The machine, the process and its clocks. */
#include "../../uapi/image/cgroup.h"
#include "../../uapi/image/host.h"
#include "../../uapi/image/itimer.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/time.h"
#include "info.h"
#include "summary.h"
#include "xfeatures.h"

static const struct info_name checkpoint_flags[] = {
	{ KCR_CKPT_HOLD,	"hold" },
	{ KCR_CKPT_CHECK,	"check" },
	{ KCR_CKPT_WITH_FILES,	"with_files" },
	{ KCR_CKPT_SINGLE,	"single" },
	{ KCR_CKPT_SESSION,	"session" },
	{ KCR_CKPT_GROUP,	"group" },
	{ KCR_CKPT_CGROUP,	"cgroup" },
	{ }
};

static void host_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_host *host = rec->data;

	EMIT64(e, host, realtime_ns);
	EMIT64(e, host, monotonic_ns);
	EMIT64(e, host, boottime_ns);
	xfeatures_emit(e, "xfeatures", le64_to_cpu(host->xfeatures));
	EMIT32(e, host, xsave_size);
	EMIT32(e, host, uid);
	EMIT32(e, host, gid);
	info_flags(e, "flags", le32_to_cpu(host->flags), checkpoint_flags);
	EMIT32(e, host, pages_estimate);
	EMIT_CHARS(e, host, node);
	EMIT_CHARS(e, host, release);
	emit_text(e, "kernel", host->version, sizeof(host->version));
	EMIT_CHARS(e, host, machine);
	EMIT_CHARS(e, host, kcr);
	EMIT_CHARS(e, host, cpu);
}

static void host_note(struct summary *s, const struct image_rec *rec)
{
	memcpy(&s->host, rec->data, sizeof(s->host));
	s->has_host = true;
}

const struct info_ops info_host = {
	.size	= sizeof(struct kcr_img_host),
	.print	= host_print,
	.note	= host_note,
};

static const struct info_name process_flags[] = {
	{ KCR_PROCESS_LEADS_SESSION,	"leads_session" },
	{ KCR_PROCESS_LEADS_GROUP,	"leads_group" },
	{ KCR_PROCESS_STOPPED,		"stopped" },
	{ KCR_PROCESS_SUBREAPER,	"subreaper" },
	{ KCR_PROCESS_ZOMBIE,		"zombie" },
	{ KCR_PROCESS_OWN_SESSION,	"own_session" },
	{ KCR_PROCESS_OWN_GROUP,	"own_group" },
	{ KCR_PROCESS_SHARES_UNDO,	"shares_undo" },
	{ KCR_PROCESS_SHARES_IO,	"shares_io" },
	{ KCR_PROCESS_STOP_TOLD,	"stop_told" },
	{ KCR_PROCESS_STOPPING,		"stopping" },
	{ KCR_PROCESS_CONTINUED,	"continued" },
	{ KCR_PROCESS_TELL_STOPPED,	"tell_stopped" },
	{ KCR_PROCESS_TELL_CONTINUED,	"tell_continued" },
	{ }
};

static void process_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_process *process = rec->data;

	EMIT32(e, process, pid);
	EMIT32(e, process, ppid);
	EMIT32(e, process, pgid);
	EMIT32(e, process, sid);
	EMIT32(e, process, threads);
	info_flags(e, "flags", le32_to_cpu(process->flags), process_flags);
	EMIT32(e, process, exit_signal);
	EMIT32(e, process, stop_signal);
	EMITS32(e, process, oom_score_adj);
	if (rec->len < KCR_PROCESS_LEN_2)
		return;
	EMIT32(e, process, exit_code);
	EMIT32(e, process, parent);
	EMIT32(e, process, parent_tid);
	EMIT_CHARS(e, process, comm);
	if (rec->len < KCR_PROCESS_LEN_3)
		return;
	if (process->memory)
		EMIT32(e, process, memory);
	if (process->handlers)
		EMIT32(e, process, handlers);
	if (rec->len < sizeof(*process))
		return;
	EMIT32(e, process, tracer);
}

static void process_note(struct summary *s, const struct image_rec *rec)
{
	struct summary_process *p = summary_process(s, rec->id);
	size_t len = rec->len < sizeof(p->img) ? rec->len : sizeof(p->img);

	if (!p)
		return;
	memcpy(&p->img, rec->data, len);
	if (p->img.comm[0])
		memcpy(p->comm, p->img.comm, sizeof(p->img.comm));
}

const struct info_ops info_process = {
	.size	= KCR_PROCESS_LEN_1,
	.print	= process_print,
	.note	= process_note,
};

static void time_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_time *time = rec->data;

	EMIT64(e, time, monotonic_ns);
	EMIT64(e, time, boottime_ns);
}

const struct info_ops info_time = {
	.size	= sizeof(struct kcr_img_time),
	.print	= time_print,
};

static void itimer_print(struct emit *e, const struct image_rec *rec)
{
	static const char *const name[KCR_ITIMERS] = { "real", "virtual", "prof" };
	const struct kcr_img_itimer *timer = rec->data;
	int i;

	for (i = 0; i < KCR_ITIMERS; i++) {
		emit_begin(e, name[i]);
		EMIT64(e, &timer[i], value_ns);
		EMIT64(e, &timer[i], interval_ns);
		emit_end(e);
	}
}

const struct info_ops info_itimer = {
	.size	= KCR_ITIMERS * sizeof(struct kcr_img_itimer),
	.print	= itimer_print,
};

static void cgroup_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_cgroup *cgroup = rec->data;

	if (cgroup->tid)
		EMIT32(e, cgroup, tid);
	EMIT32(e, cgroup, threaded);
	info_path(e, "path", rec, sizeof(*cgroup), rec->len - sizeof(*cgroup));
}

const struct info_ops info_cgroup = {
	.size	= sizeof(struct kcr_img_cgroup),
	.print	= cgroup_print,
};
