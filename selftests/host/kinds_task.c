// SPDX-License-Identifier: GPL-2.0
/*
 * Of an image that holds every kind: the process and its threads.
 */
#include "../../uapi/image/blocked.h"
#include "../../uapi/image/cgroup.h"
#include "../../uapi/image/cred.h"
#include "../../uapi/image/filter.h"
#include "../../uapi/image/itimer.h"
#include "../../uapi/image/mempolicy.h"
#include "../../uapi/image/posix_timer.h"
#include "../../uapi/image/prctl.h"
#include "../../uapi/image/ptrace.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/rlimits.h"
#include "../../uapi/image/sched.h"
#include "../../uapi/image/seccomp.h"
#include "../../uapi/image/sighand.h"
#include "../../uapi/image/sigthread.h"
#include "../../uapi/image/thread.h"
#include "../../uapi/image/time.h"
#include "../../uapi/image/usage.h"
#include "../../uapi/image/x86_cpu.h"
#include "../../uapi/image/x86_debug.h"
#include "../../uapi/image/x86_ldt.h"
#include "../../uapi/image/x86_regs.h"
#include "../../uapi/image/x86_thread.h"
#include "kinds.h"

void kinds_put_process(struct build *b)
{
	struct kcr_img_process process = {
		.pid = cpu_to_le32(4711), .ppid = cpu_to_le32(1),
		.pgid = cpu_to_le32(4711), .sid = cpu_to_le32(4000),
		.threads = cpu_to_le32(2),
		.flags = cpu_to_le32(KCR_PROCESS_LEADS_GROUP),
		.exit_signal = cpu_to_le32(17),
		.oom_score_adj = cpu_to_le32(-100),
	};
	struct kcr_img_cgroup cgroup = { .threaded = cpu_to_le32(1) };
	struct kcr_img_rlimit limits[16] = {
		{ cpu_to_le64(KCR_RLIM_INFINITY), cpu_to_le64(KCR_RLIM_INFINITY) },
	};
	struct kcr_img_sigaction actions[KCR_SIGNALS] = {
		[1] = { .handler = cpu_to_le64(1) },
		[14] = { .handler = cpu_to_le64(0x401000), .mask = cpu_to_le64(3) },
	};
	struct kcr_img_siginfo pending = { .signo = cpu_to_le32(10) };
	struct kcr_img_time time = { cpu_to_le64(5), cpu_to_le64(6) };
	struct kcr_img_x86_cpu cpu = { { [KCR_CPUID_7_EBX] = cpu_to_le32(1 << 5) } };
	struct kcr_img_x86_ldt segment = { .entry = cpu_to_le32(3), .limit = cpu_to_le32(15) };
	struct kcr_img_usage usage = { .ended[KCR_USAGE_UTIME] = cpu_to_le64(3) };
	struct kcr_img_usage_thread threads[2] = {
		{ .tid = cpu_to_le32(4711), .val[KCR_USAGE_NVCSW] = cpu_to_le64(4) },
		{ .tid = cpu_to_le32(4712) },
	};
	struct kcr_img_itimer timers[KCR_ITIMERS] = {
		[0] = { cpu_to_le64(1500000000), cpu_to_le64(1000000000) },
	};
	struct kcr_img_posix_timers posix = {
		.next_id = cpu_to_le32(4), .count = cpu_to_le32(1),
	};
	struct kcr_img_posix_timer timer = {
		.id = cpu_to_le32(3), .clock = cpu_to_le32(-6),
		.flags = cpu_to_le32(KCR_POSIX_TIMER_ARMED), .signo = cpu_to_le32(14),
		.until_ns = cpu_to_le64(1500000000),
	};

	PUT(b, KCR_KIND_PROCESS, ID_PROCESS, 0, &process);
	PUT(b, KCR_KIND_RLIMITS, 0, 0, &limits);
	PUT_TAIL(b, KCR_KIND_CGROUP, 0, 0, &cgroup, "/job/some", 10);
	PUT(b, KCR_KIND_SIGHAND, 0, 0, &actions);
	PUT(b, KCR_KIND_SIGSHARED, 0, 0, &pending);
	PUT(b, KCR_KIND_TIME, 0, 0, &time);
	PUT_TAIL(b, KCR_KIND_USAGE, 0, 0, &usage, threads, sizeof(threads));
	PUT(b, KCR_KIND_ITIMER, 0, 0, &timers);
	PUT_TAIL(b, KCR_KIND_POSIX_TIMER, 0, 0, &posix, &timer, sizeof(timer));
	PUT(b, KCR_KIND_X86_CPU, 0, 0, &cpu);
	PUT(b, KCR_KIND_X86_LDT, 0, 0, &segment);
}

static void put_thread(struct build *b, uint32_t id, uint32_t tid,
		       const char *comm)
{
	struct kcr_img_thread thread = {
		.tid = cpu_to_le32(tid),
		.flags = cpu_to_le32(id == ID_LEADER ? KCR_THREAD_LEADER : 0),
	};
	struct kcr_img_cred cred = {
		.uid = cpu_to_le32(1000), .groups = cpu_to_le32(2),
	};
	__le32 groups[2] = { cpu_to_le32(4), cpu_to_le32(1000) };
	struct kcr_img_sigthread signals = { .blocked = cpu_to_le64(1 << 9) };
	struct kcr_img_siginfo pending = { .signo = cpu_to_le32(35) };
	struct kcr_img_sched sched = {
		.nice = cpu_to_le32(-5), .cpus = cpu_to_le32(64),
	};
	__le64 cpus = cpu_to_le64(5);
	struct kcr_img_x86_regs regs = { .reg[0] = cpu_to_le64(15) };
	uint8_t xstate[576 + 256] = { [512] = 7, [KCR_X86_XCR0_OFFSET] = 0xff };

	strncpy(thread.comm, comm, sizeof(thread.comm));
	PUT(b, KCR_KIND_THREAD, id, 0, &thread);
	PUT_TAIL(b, KCR_KIND_CRED, 0, id, &cred, groups, sizeof(groups));
	PUT_TAIL(b, KCR_KIND_SIGTHREAD, 0, id, &signals, &pending, sizeof(pending));
	PUT_TAIL(b, KCR_KIND_SCHED, 0, id, &sched, &cpus, sizeof(cpus));
	PUT(b, KCR_KIND_X86_REGS, 0, id, &regs);
	build_rec(b, KCR_KIND_X86_XSTATE, 0, id, xstate, sizeof(xstate));
}

static void put_prctl(struct build *b)
{
	struct kcr_img_prctl prctl = {
		.flags = cpu_to_le32(KCR_PRCTL_MCE_EARLY),
		.default_timer_slack_ns = cpu_to_le64(50000),
	};
	struct kcr_img_x86_thread thread = {
		.flags = cpu_to_le32(KCR_X86_NO_TSC),
		.ranges = cpu_to_le32(1),
	};
	struct kcr_img_x86_ports ports = { cpu_to_le32(0x80), cpu_to_le32(1) };

	PUT(b, KCR_KIND_PRCTL, 0, ID_WORKER, &prctl);
	PUT_TAIL(b, KCR_KIND_X86_THREAD, 0, ID_WORKER, &thread, &ports, sizeof(ports));
}

static void put_ptrace(struct build *b)
{
	struct kcr_img_ptrace ptrace = {
		.tracer = cpu_to_le32(4711),
		.options = cpu_to_le32(1),
		.flags = cpu_to_le32(KCR_PTRACE_SYSCALL),
		.stop = cpu_to_le32(KCR_PTRACE_EXIT),
		.message = cpu_to_le64(2),
		.info = { .signo = cpu_to_le32(5), .code = cpu_to_le32(0x85) },
	};
	struct kcr_img_x86_debug debug = {
		.set = cpu_to_le32(2),
		.address = { [1] = cpu_to_le64(HEAP) },
		.control = cpu_to_le64(0xd00004),
	};

	PUT(b, KCR_KIND_PTRACE, 0, ID_WORKER, &ptrace);
	PUT(b, KCR_KIND_X86_DEBUG, 0, ID_WORKER, &debug);
}

static void put_seccomp(struct build *b)
{
	struct kcr_img_filter filter = { .count = cpu_to_le32(1) };
	struct kcr_img_insn allow = { cpu_to_le16(6), 0, 0, cpu_to_le32(0x7fff0000) };
	struct kcr_img_seccomp seccomp = {
		.mode = cpu_to_le32(KCR_SECCOMP_FILTER),
		.flags = cpu_to_le32(KCR_SECCOMP_NO_NEW_PRIVS),
		.filter = cpu_to_le32(ID_FILTER),
	};

	PUT_TAIL(b, KCR_KIND_FILTER, ID_FILTER, 0, &filter, &allow, sizeof(allow));
	PUT(b, KCR_KIND_SECCOMP, 0, ID_WORKER, &seccomp);
}

void kinds_put_threads(struct build *b)
{
	struct kcr_img_blocked blocked = {
		.call = cpu_to_le32(KCR_BLOCKED_FUTEX),
		.flags = cpu_to_le32(KCR_BLOCKED_TIMED),
		.arg = { cpu_to_le64(HEAP) },
	};
	struct kcr_img_mempolicy policy = {
		.mode = cpu_to_le32(KCR_MEMPOLICY_BIND),
		.home_node = cpu_to_le32(KCR_MEMPOLICY_NO_HOME),
		.nodes = { cpu_to_le64(5) },
	};

	put_thread(b, ID_LEADER, 4711, "sample");
	put_thread(b, ID_WORKER, 4712, "a worker of 16 c");
	PUT(b, KCR_KIND_BLOCKED, 0, ID_WORKER, &blocked);
	put_prctl(b);
	put_ptrace(b);
	put_seccomp(b);
	PUT(b, KCR_KIND_MEMPOLICY, 0, ID_WORKER, &policy);
}
