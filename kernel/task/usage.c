// SPDX-License-Identifier: GPL-2.0
/*
 * What a process has used, and when it began. CPU-time clocks, getrusage(2),
 * times(2), /proc/PID/stat, /proc/PID/io and RLIMIT_CPU go on from where they
 * were, and so does what wait4(2) tells of a child that has ended.
 *
 * It is set at commit, when all is parked: what was used to make the process is
 * the restarter's. Clocks of the program are set before (time.c), timers of CPU
 * time after (itimer.c). Numbers of an image are the restarter's own claim about
 * itself; the sums are bounded, since the kernel multiplies and divides them.
 *
 * When a process began tells its id from that of another one of before. It is
 * set only for a restarter who has CAP_CHECKPOINT_RESTORE in the initial user
 * namespace; other programs began when they were restarted.
 *
 * Not restored are what only measures the kernel (sched_info, delays, acct_*)
 * and what belongs to cgroups.
 */
#include <linux/capability.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>

#include "task/signals.h"
#include "task/task.h"
#include <uapi/image/usage.h>

#define CPU_MAX		(1ull << 62)	/* ns; of a process in all */

/* Fields that threads have, and a process for those that have ended. */
#define COUNTERS(x)					\
	x(UTIME,	utime)				\
	x(STIME,	stime)				\
	x(GTIME,	gtime)				\
	x(SHOWN_UTIME,	prev_cputime.utime)		\
	x(SHOWN_STIME,	prev_cputime.stime)		\
	x(NVCSW,	nvcsw)				\
	x(NIVCSW,	nivcsw)				\
	x(MINFLT,	min_flt)			\
	x(MAJFLT,	maj_flt)			\
	IO_COUNTERS(x) STORAGE_COUNTERS(x)

#ifdef CONFIG_TASK_XACCT
#define IO_COUNTERS(x)					\
	x(RCHAR,	ioac.rchar)			\
	x(WCHAR,	ioac.wchar)			\
	x(SYSCR,	ioac.syscr)			\
	x(SYSCW,	ioac.syscw)
#else
#define IO_COUNTERS(x)
#endif

#ifdef CONFIG_TASK_IO_ACCOUNTING
#define STORAGE_COUNTERS(x)				\
	x(READ_BYTES,	ioac.read_bytes)		\
	x(WRITE_BYTES,	ioac.write_bytes)		\
	x(CANCELLED,	ioac.cancelled_write_bytes)
#else
#define STORAGE_COUNTERS(x)
#endif

/* What else a process has. */
#define PROCESS_COUNTERS(x)				\
	x(CUTIME,	cutime)				\
	x(CSTIME,	cstime)				\
	x(CGTIME,	cgtime)				\
	x(CNVCSW,	cnvcsw)				\
	x(CNIVCSW,	cnivcsw)			\
	x(CMINFLT,	cmin_flt)			\
	x(CMAJFLT,	cmaj_flt)			\
	x(CINBLOCK,	cinblock)			\
	x(COUBLOCK,	coublock)			\
	x(INBLOCK,	inblock)			\
	x(OUBLOCK,	oublock)

/* Save */

static void process_read(struct signal_struct *signal, struct kcr_img_usage *img)
{
#define READ_ENDED(NAME, field) \
	img->ended[KCR_USAGE_##NAME] = cpu_to_le64(signal->field);
	COUNTERS(READ_ENDED)
#undef READ_ENDED
#define READ_PROCESS(NAME, field) \
	img->process[KCR_USAGE_##NAME] = cpu_to_le64(signal->field);
	PROCESS_COUNTERS(READ_PROCESS)
#undef READ_PROCESS
	img->ended[KCR_USAGE_RUNTIME] = cpu_to_le64(signal->sum_sched_runtime);
	img->process[KCR_USAGE_MAXRSS] = cpu_to_le64((u64)signal->maxrss << PAGE_SHIFT);
	img->process[KCR_USAGE_CMAXRSS] = cpu_to_le64((u64)signal->cmaxrss << PAGE_SHIFT);
}

static int thread_write(struct kcr_ctx *ctx, struct task_struct *task)
{
	/* One that has ended has none; the tree is in one time namespace. */
	struct timens_offsets off = kcr_clock_offsets(ctx->root->live);
	struct kcr_img_usage_thread img = {
		.tid = cpu_to_le32(task_pid_nr_ns(task, ctx->pid_ns)),
		.start_monotonic_ns = cpu_to_le64(task->start_time +
						  timespec64_to_ns(&off.monotonic)),
		.start_boottime_ns = cpu_to_le64(task->start_boottime +
						 timespec64_to_ns(&off.boottime)),
	};

#define READ_THREAD(NAME, field) \
	img.val[KCR_USAGE_##NAME] = cpu_to_le64(task->field);
	COUNTERS(READ_THREAD)
#undef READ_THREAD
	img.val[KCR_USAGE_RUNTIME] = cpu_to_le64(task->se.sum_exec_runtime);
	return kcr_rec_put(ctx, &img, sizeof(img));
}

static int threads_write(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_thread *t;
	int ret = 0;

	if (p->zombie || p->leader_ended)
		ret = thread_write(ctx, p->leader);
	list_for_each_entry(t, &p->threads, sibling)
		if (!ret && t->state != KCR_THREAD_GONE)
			ret = thread_write(ctx, t->task);
	return ret;
}

static int usage_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_img_usage img = {};
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(p->leader, &flags);
	if (!sighand)
		return kcr_sighand_gone(ctx);
	process_read(p->leader->signal, &img);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return kcr_rec_begin(ctx, KCR_KIND_USAGE, 1, 0, p->id) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?: threads_write(ctx, p) ?:
	       kcr_rec_end(ctx);
}

/* Check */

static const struct kcr_img_usage_thread *threads_of(const struct kcr_rec *rec)
{
	return (const void *)(kcr_rec_as(rec, struct kcr_img_usage) + 1);
}

static bool all_in_range(const __le64 *val, size_t n)
{
	while (n--)
		if (le64_to_cpu(val[n]) > S64_MAX)
			return false;
	return true;
}

/* Each sum is bounded as well as each number. */
static bool cpu_in_range(const __le64 *val, u64 *ticks, u64 *run)
{
	u64 utime = le64_to_cpu(val[KCR_USAGE_UTIME]), stime = le64_to_cpu(val[KCR_USAGE_STIME]);
	u64 runtime = le64_to_cpu(val[KCR_USAGE_RUNTIME]);

	if (utime > CPU_MAX || stime > CPU_MAX || runtime > CPU_MAX ||
	    le64_to_cpu(val[KCR_USAGE_GTIME]) > CPU_MAX ||
	    le64_to_cpu(val[KCR_USAGE_SHOWN_UTIME]) > CPU_MAX ||
	    le64_to_cpu(val[KCR_USAGE_SHOWN_STIME]) > CPU_MAX)
		return false;
	*ticks += utime;
	if (*ticks <= CPU_MAX)
		*ticks += stime;
	*run += runtime;
	return *ticks <= CPU_MAX && *run <= CPU_MAX;
}

static bool counts_in_range(const struct kcr_rec *rec, size_t n)
{
	const struct kcr_img_usage *img = kcr_rec_as(rec, struct kcr_img_usage);
	const struct kcr_img_usage_thread *thread = threads_of(rec);
	u64 ticks = 0, run = 0;
	size_t i;

	if (!all_in_range(img->ended, KCR_USAGE_COUNT) ||
	    !all_in_range(img->process, KCR_USAGE_PROCESS_COUNT) ||
	    !cpu_in_range(img->ended, &ticks, &run))
		return false;
	for (i = 0; i < n; i++)
		if (!all_in_range(thread[i].val, KCR_USAGE_COUNT) ||
		    !cpu_in_range(thread[i].val, &ticks, &run))
			return false;
	return true;
}

static bool tids_match(const struct kcr_rec *rec, size_t n)
{
	const struct kcr_img_usage_thread *img = threads_of(rec);
	const struct kcr_process *p = rec->process;
	const struct kcr_thread *t;
	size_t i = 0;

	if (p->zombie)
		return n == 1 && le32_to_cpu(img->tid) == p->tgid;
	list_for_each_entry(t, &p->threads, sibling)
		if (i >= n || le32_to_cpu(img[i++].tid) != t->tid)
			return false;
	return i == n;
}

static int usage_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	size_t tail = rec->len - sizeof(struct kcr_img_usage);
	size_t n = tail / sizeof(struct kcr_img_usage_thread);

	if (rec->len < sizeof(struct kcr_img_usage) ||
	    tail % sizeof(struct kcr_img_usage_thread))
		return kcr_bad_image(ctx, "usage record of %zu bytes", rec->len);
	if (!tids_match(rec, n))
		return kcr_bad_image(ctx, "usage of %zu threads that process %d has not", n,
				     rec->process->tgid);
	if (!counts_in_range(rec, n))
		return kcr_bad_image(ctx, "process %d has used more than there is",
				     rec->process->tgid);
	return 0;
}

/* Restore */

/* CPU time that the process will have more than now. */
struct more {
	u64 utime, stime, runtime;
};

/* What looks at how much the run time has grown since some moment. */
static void thread_derive(struct task_struct *task, u64 runtime)
{
#ifdef CONFIG_NUMA_BALANCING
	task->node_stamp += runtime;
#endif
#ifdef CONFIG_TASK_XACCT
	task->acct_timexpd = task->utime + task->stime;
#endif
}

static void thread_set(struct task_struct *task, const struct kcr_img_usage_thread *img,
		       struct more *more)
{
	u64 runtime = le64_to_cpu(img->val[KCR_USAGE_RUNTIME]) - task->se.sum_exec_runtime;

	more->utime -= task->utime;
	more->stime -= task->stime;
	more->runtime += runtime;
#define SET_THREAD(NAME, field) \
	task->field = le64_to_cpu(img->val[KCR_USAGE_##NAME]);
	COUNTERS(SET_THREAD)
#undef SET_THREAD
	task->se.sum_exec_runtime += runtime;
	more->utime += task->utime;
	more->stime += task->stime;
	thread_derive(task, runtime);
}

static void process_set(struct signal_struct *signal, const struct kcr_img_usage *img,
			struct more *more)
{
	write_seqlock(&signal->stats_lock);
#define SET_ENDED(NAME, field) \
	signal->field = le64_to_cpu(img->ended[KCR_USAGE_##NAME]);
	COUNTERS(SET_ENDED)
#undef SET_ENDED
#define SET_PROCESS(NAME, field) \
	signal->field = le64_to_cpu(img->process[KCR_USAGE_##NAME]);
	PROCESS_COUNTERS(SET_PROCESS)
#undef SET_PROCESS
	signal->sum_sched_runtime = le64_to_cpu(img->ended[KCR_USAGE_RUNTIME]);
	signal->maxrss = le64_to_cpu(img->process[KCR_USAGE_MAXRSS]) >> PAGE_SHIFT;
	signal->cmaxrss = le64_to_cpu(img->process[KCR_USAGE_CMAXRSS]) >> PAGE_SHIFT;
	write_sequnlock(&signal->stats_lock);
	more->utime += signal->utime;
	more->stime += signal->stime;
	more->runtime += signal->sum_sched_runtime;
}

/* What RLIMIT_CPU and timers look at, which has been counting since it was set. */
static void cputimer_add(struct signal_struct *signal, const struct more *more)
{
	struct task_cputime_atomic *sum = &signal->cputimer.cputime_atomic;

	if (!READ_ONCE(signal->posix_cputimers.timers_active))
		return;
	atomic64_add(more->utime, &sum->utime);
	atomic64_add(more->stime, &sum->stime);
	atomic64_add(more->runtime, &sum->sum_exec_runtime);
}

/* Before the machine's own start, it may be: in the program's clock it is not. */
static void start_set(struct task_struct *task, const struct kcr_img_usage_thread *img,
		      const struct timens_offsets *off)
{
	task->start_time = le64_to_cpu(img->start_monotonic_ns) -
			   timespec64_to_ns(&off->monotonic);
	task->start_boottime = le64_to_cpu(img->start_boottime_ns) -
			       timespec64_to_ns(&off->boottime);
}

static void threads_set(const struct kcr_rec *rec, const struct timens_offsets *off,
			struct more *more)
{
	const struct kcr_img_usage_thread *img = threads_of(rec);
	bool may_start = checkpoint_restore_ns_capable(&init_user_ns);
	struct kcr_process *p = rec->process;
	struct kcr_thread *t;

	if (p->zombie) {
		thread_set(p->leader, img, more);
		if (may_start)
			start_set(p->leader, img, off);
		return;
	}
	list_for_each_entry(t, &p->threads, sibling) {
		thread_set(t->task, img, more);
		if (may_start)
			start_set(t->task, img, off);
		img++;
	}
}

/* A thread that is killed meanwhile adds what it has to the process's: not yet. */
static int usage_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct timens_offsets off = kcr_clock_offsets(ctx->root->leader);
	struct task_struct *leader = rec->process->leader;
	struct sighand_struct *sighand;
	struct more more = {};
	unsigned long flags;

	sighand = kcr_sighand_lock(leader, &flags);
	if (!sighand)
		return kcr_sighand_gone(ctx);
	threads_set(rec, &off, &more);
	process_set(leader->signal, kcr_rec_as(rec, struct kcr_img_usage), &more);
	cputimer_add(leader->signal, &more);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return 0;
}

const struct kcr_ops kcr_usage_ops = {
	.kind		= KCR_KIND_USAGE,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "usage",
	.save_process	= usage_save,
	.check		= usage_check,
	.commit		= usage_commit,
};
