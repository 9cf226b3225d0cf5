// SPDX-License-Identifier: GPL-2.0
/* What a process has used. */
#include "../../uapi/image/usage.h"
#include "info.h"

static const char * const counts[KCR_USAGE_COUNT] = {
	[KCR_USAGE_UTIME]	= "utime_ns",
	[KCR_USAGE_STIME]	= "stime_ns",
	[KCR_USAGE_GTIME]	= "gtime_ns",
	[KCR_USAGE_RUNTIME]	= "runtime_ns",
	[KCR_USAGE_SHOWN_UTIME]	= "shown_utime_ns",
	[KCR_USAGE_SHOWN_STIME]	= "shown_stime_ns",
	[KCR_USAGE_NVCSW]	= "nvcsw",
	[KCR_USAGE_NIVCSW]	= "nivcsw",
	[KCR_USAGE_MINFLT]	= "minflt",
	[KCR_USAGE_MAJFLT]	= "majflt",
	[KCR_USAGE_RCHAR]	= "rchar",
	[KCR_USAGE_WCHAR]	= "wchar",
	[KCR_USAGE_SYSCR]	= "syscr",
	[KCR_USAGE_SYSCW]	= "syscw",
	[KCR_USAGE_READ_BYTES]	= "read_bytes",
	[KCR_USAGE_WRITE_BYTES]	= "write_bytes",
	[KCR_USAGE_CANCELLED]	= "cancelled_write_bytes",
};

static const char * const process_counts[KCR_USAGE_PROCESS_COUNT] = {
	[KCR_USAGE_CUTIME]	= "cutime_ns",
	[KCR_USAGE_CSTIME]	= "cstime_ns",
	[KCR_USAGE_CGTIME]	= "cgtime_ns",
	[KCR_USAGE_CNVCSW]	= "cnvcsw",
	[KCR_USAGE_CNIVCSW]	= "cnivcsw",
	[KCR_USAGE_CMINFLT]	= "cminflt",
	[KCR_USAGE_CMAJFLT]	= "cmajflt",
	[KCR_USAGE_CINBLOCK]	= "cinblock",
	[KCR_USAGE_COUBLOCK]	= "coublock",
	[KCR_USAGE_INBLOCK]	= "inblock",
	[KCR_USAGE_OUBLOCK]	= "oublock",
	[KCR_USAGE_MAXRSS]	= "maxrss",
	[KCR_USAGE_CMAXRSS]	= "cmaxrss",
};

/* Zeros are left out. */
static void print_counts(struct emit *e, const char * const *name, const __le64 *val, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (val[i])
			emit_u64(e, name[i], le64_to_cpu(val[i]));
}

static void usage_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_usage *usage = rec->data;
	const struct kcr_img_usage_thread *thread = (const void *)(usage + 1);
	size_t i, n = info_items(rec, sizeof(*usage), sizeof(*thread), UINT32_MAX);

	print_counts(e, process_counts, usage->process, KCR_USAGE_PROCESS_COUNT);
	emit_begin(e, "ended");
	print_counts(e, counts, usage->ended, KCR_USAGE_COUNT);
	emit_end(e);
	emit_begin_list(e, "threads");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &thread[i], tid);
		EMIT64(e, &thread[i], start_monotonic_ns);
		EMIT64(e, &thread[i], start_boottime_ns);
		print_counts(e, counts, thread[i].val, KCR_USAGE_COUNT);
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_usage = {
	.size	= sizeof(struct kcr_img_usage),
	.print	= usage_print,
};
