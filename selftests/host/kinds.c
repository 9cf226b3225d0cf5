// SPDX-License-Identifier: GPL-2.0
/*
 * A small image that holds a record of every kind.
 */
#include "../../tools/lib/tool.h"
#include "../../uapi/image/blocked.h"
#include "../../uapi/image/cgroup.h"
#include "../../uapi/image/chr.h"
#include "../../uapi/image/content.h"
#include "../../uapi/image/cred.h"
#include "../../uapi/image/ctty.h"
#include "../../uapi/image/dnotify.h"
#include "../../uapi/image/epoll.h"
#include "../../uapi/image/eventfd.h"
#include "../../uapi/image/external.h"
#include "../../uapi/image/fdtable.h"
#include "../../uapi/image/filter.h"
#include "../../uapi/image/fifo.h"
#include "../../uapi/image/fown.h"
#include "../../uapi/image/fs.h"
#include "../../uapi/image/given.h"
#include "../../uapi/image/host.h"
#include "../../uapi/image/inotify.h"
#include "../../uapi/image/itimer.h"
#include "../../uapi/image/locks.h"
#include "../../uapi/image/memfd.h"
#include "../../uapi/image/mempolicy.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/mqueue.h"
#include "../../uapi/image/pidfd.h"
#include "../../uapi/image/pipe.h"
#include "../../uapi/image/pipe_end.h"
#include "../../uapi/image/posix_timer.h"
#include "../../uapi/image/prctl.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/procfs.h"
#include "../../uapi/image/reg.h"
#include "../../uapi/image/rlimits.h"
#include "../../uapi/image/sched.h"
#include "../../uapi/image/seccomp.h"
#include "../../uapi/image/shmem.h"
#include "../../uapi/image/sighand.h"
#include "../../uapi/image/signalfd.h"
#include "../../uapi/image/sigthread.h"
#include "../../uapi/image/sem_undo.h"
#include "../../uapi/image/sysv_msg.h"
#include "../../uapi/image/sysv_sem.h"
#include "../../uapi/image/sysv_shm.h"
#include "../../uapi/image/thread.h"
#include "../../uapi/image/time.h"
#include "../../uapi/image/timerfd.h"
#include "../../uapi/image/usage.h"
#include "../../uapi/image/unix.h"
#include "../../uapi/image/unix_dial.h"
#include "../../uapi/image/unix_msg.h"
#include "../../uapi/image/unix_peer.h"
#include "../../uapi/image/tty_end.h"
#include "../../uapi/image/vdso.h"
#include "../../uapi/image/vma.h"
#include "../../uapi/image/x86_cpu.h"
#include "../../uapi/image/x86_ldt.h"
#include "../../uapi/image/x86_regs.h"
#include "../../uapi/image/x86_thread.h"
#include "build.h"

/* Ids of what others refer to. */
enum {
	ID_TERMINAL = 1, ID_EXE, ID_OUTPUT, ID_NULL, ID_PROCFS, ID_PIPE, ID_PIPE_READ,
	ID_FIFO, ID_INOTIFY, ID_PIDFD, ID_EVENTFD, ID_EPOLL, ID_SIGNALFD, ID_TIMERFD,
	ID_UNIX, ID_UNIX_GONE, ID_UNIX_MSG, ID_PTY, ID_TTY_END,
	ID_SEGMENT, ID_ATTACHED, ID_SEMS, ID_MESSAGES, ID_MQUEUE, ID_SHMEM, ID_MEMFD, ID_CONTENT,
	ID_MM, ID_GIVEN,
	ID_PROCESS, ID_LEADER, ID_WORKER, ID_FILTER,
};

#define HEAP	0x555500000000ull
#define STACK	0x7ffff0000000ull

/* A fixed part and what follows it. */
#define PUT_TAIL(b, kind, id, owner, head, tail, tail_len)		\
	do {								\
		uint8_t payload[1024];					\
									\
		memcpy(payload, head, sizeof(*(head)));			\
		memcpy(payload + sizeof(*(head)), tail, tail_len);	\
		build_rec(b, kind, id, owner, payload,			\
			  sizeof(*(head)) + (tail_len));		\
	} while (0)

#define PUT(b, kind, id, owner, head) \
	build_rec(b, kind, id, owner, head, sizeof(*(head)))

static void put_host(struct build *b)
{
	struct kcr_img_host host = {
		.realtime_ns = cpu_to_le64(1750000000123456789ull),
		.monotonic_ns = cpu_to_le64(3600000000000ull),
		.boottime_ns = cpu_to_le64(3700000000000ull),
		.xfeatures = cpu_to_le64(0x207),
		.xsave_size = cpu_to_le32(2696),
		.uid = cpu_to_le32(1000),
		.gid = cpu_to_le32(1000),
		.node = "somewhere",
		.release = "6.1.0-test",
		.version = "#1 SMP",
		.machine = "x86_64",
		.kcr = "0.1.0",
		.cpu = "A processor \"of\" \x1b[31msorts",
	};

	PUT(b, KCR_KIND_HOST, 0, 0, &host);
}

static void put_reg(struct build *b, uint32_t id, uint32_t content,
		    uint32_t flags, const char *path)
{
	struct kcr_img_reg reg = {
		.content = cpu_to_le32(content),
		.flags = cpu_to_le32(flags),
		.pos = cpu_to_le64(12345),
		.uid = cpu_to_le32(1000),
		.path_len = cpu_to_le32(strlen(path) + 1),
	};

	PUT_TAIL(b, KCR_KIND_REG, id, 0, &reg, path, strlen(path) + 1);
}

static void put_content(struct build *b)
{
	struct kcr_img_content file = {
		.type = cpu_to_le32(KCR_CONTENT_FILE),
		.flags = cpu_to_le32(KCR_CONTENT_UNLINKED),
		.mode = cpu_to_le32(0600),
		.size = cpu_to_le64(5),
	};
	struct kcr_img_content data = {
		.type = cpu_to_le32(KCR_CONTENT_DATA),
		.file = cpu_to_le32(ID_CONTENT),
		.len = cpu_to_le64(5),
	};
	struct kcr_img_content hash = {
		.type = cpu_to_le32(KCR_CONTENT_HASH),
		.file = cpu_to_le32(ID_EXE),
		.flags = cpu_to_le32(KCR_CONTENT_WHOLE),
		.len = cpu_to_le64(1000),
		.size = cpu_to_le64(1000),
		.hash = "0123456789abcde",
	};

	PUT_TAIL(b, KCR_KIND_CONTENT, ID_CONTENT, 0, &file, "/tmp/gone", 10);
	PUT_TAIL(b, KCR_KIND_CONTENT, 0, 0, &data, "hello", 5);
	put_reg(b, ID_OUTPUT, ID_CONTENT, KCR_FILE_WRITE | KCR_FILE_APPEND,
		"/tmp/gone");
	put_reg(b, ID_EXE, 0, KCR_FILE_READ, "/usr/bin/sample \xff\"x\"");
	PUT(b, KCR_KIND_CONTENT, 0, 0, &hash);
}

static void put_files(struct build *b)
{
	struct kcr_img_external terminal = {
		.type = cpu_to_le32(KCR_EXTERNAL_TERMINAL),
		.streams = cpu_to_le32(5),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};
	struct kcr_img_chr null = {
		.device = cpu_to_le32(KCR_CHR_NULL),
		.flags = cpu_to_le32(KCR_FILE_WRITE),
		.path_len = cpu_to_le32(10),
	};
	struct kcr_img_procfs procfs = {
		.flags = cpu_to_le32(KCR_FILE_READ), .path_len = cpu_to_le32(11),
	};
	struct kcr_img_pipe pipe = { cpu_to_le32(65536), cpu_to_le32(1) };
	struct {
		struct kcr_img_pipe_buf buf;
		char data[3];
	} piece = { .buf.len = cpu_to_le32(3), .data = "abc" };
	struct kcr_img_pipe_end end = {
		cpu_to_le32(ID_PIPE), cpu_to_le32(KCR_FILE_READ)
	};
	struct kcr_img_given given = {
		.type = cpu_to_le32(KCR_GIVEN_PIPE), .ino = cpu_to_le64(1234),
		.flags = cpu_to_le32(KCR_FILE_READ), .fd = cpu_to_le32(7),
		.unread = cpu_to_le32(3),
	};
	struct kcr_img_fifo fifo = {
		.flags = cpu_to_le32(KCR_FILE_READ),
		.state = cpu_to_le32(KCR_FIFO_QUIET),
		.capacity = cpu_to_le32(65536),
		.mode = cpu_to_le32(0600),
		.path_len = cpu_to_le32(10),
	};
	struct kcr_img_inotify inotify = {
		.flags = cpu_to_le32(KCR_FILE_READ), .watches = cpu_to_le32(1),
	};
	struct {
		struct kcr_img_inotify_item item;
		char path[5];
	} __attribute__((packed)) watch = {
		.item = {
			.type = cpu_to_le32(KCR_INOTIFY_WATCH), .wd = cpu_to_le32(1),
			.mask = cpu_to_le32(2), .len = cpu_to_le32(5),
		},
		.path = "/tmp",
	};
	struct kcr_img_pidfd pidfd = {
		.id = cpu_to_le32(4711),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};
	struct kcr_img_eventfd eventfd = { .count = cpu_to_le64(7) };
	struct kcr_img_timerfd timerfd = {
		.state = cpu_to_le32(KCR_TIMERFD_ARMED), .ticks = cpu_to_le64(2),
		.until_ns = cpu_to_le64(1500000000),
	};
	struct kcr_img_signalfd signalfd = { .mask = cpu_to_le64(1 << 9) };
	struct kcr_img_epoll epoll = { .count = cpu_to_le32(1) };
	struct kcr_img_epoll_item item = {
		.fd = cpu_to_le32(4), .file = cpu_to_le32(ID_PIPE_READ),
	};

	PUT(b, KCR_KIND_EXTERNAL, ID_TERMINAL, 0, &terminal);
	PUT_TAIL(b, KCR_KIND_CHR, ID_NULL, 0, &null, "/dev/null", 10);
	PUT_TAIL(b, KCR_KIND_PROCFS, ID_PROCFS, 0, &procfs, "/proc/stat", 11);
	PUT_TAIL(b, KCR_KIND_PIPE, ID_PIPE, 0, &pipe, &piece, 11);
	PUT(b, KCR_KIND_PIPE_END, ID_PIPE_READ, 0, &end);
	PUT_TAIL(b, KCR_KIND_GIVEN, ID_GIVEN, 0, &given, "abc", 3);
	PUT_TAIL(b, KCR_KIND_FIFO, ID_FIFO, 0, &fifo, "/tmp/fifo", 10);
	PUT_TAIL(b, KCR_KIND_INOTIFY, ID_INOTIFY, 0, &inotify, &watch, sizeof(watch));
	PUT(b, KCR_KIND_PIDFD, ID_PIDFD, 0, &pidfd);
	PUT(b, KCR_KIND_EVENTFD, ID_EVENTFD, 0, &eventfd);
	PUT(b, KCR_KIND_TIMERFD, ID_TIMERFD, 0, &timerfd);
	PUT(b, KCR_KIND_SIGNALFD, ID_SIGNALFD, 0, &signalfd);
	PUT_TAIL(b, KCR_KIND_EPOLL, ID_EPOLL, 0, &epoll, &item, sizeof(item));
}

static void put_sockets(struct build *b)
{
	struct {
		struct kcr_img_unix sock;
		struct kcr_img_unix_option option;
		char name[10];
	} open = {
		.sock = {
			.type = cpu_to_le32(KCR_UNIX_STREAM),
			.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
			.state = cpu_to_le32(KCR_UNIX_CONNECTED),
			.mode = cpu_to_le32(0777), .options = cpu_to_le32(1),
			.name_len = cpu_to_le32(10),
		},
		.option = { cpu_to_le32(7), cpu_to_le32(212992) },
		.name = "\0abstract",
	};
	struct kcr_img_unix gone = {
		.type = cpu_to_le32(KCR_UNIX_STREAM), .state = cpu_to_le32(KCR_UNIX_GONE),
	};
	struct kcr_img_unix_dial dial = { cpu_to_le32(ID_UNIX), cpu_to_le32(6) };
	struct kcr_img_unix_peer peer = { cpu_to_le32(ID_UNIX), cpu_to_le32(ID_UNIX_GONE) };
	struct {
		struct kcr_img_unix_msg msg;
		__le32 file;
		char data[5];
	} msg = {
		.msg = {
			.to = cpu_to_le32(ID_UNIX), .from = cpu_to_le32(ID_UNIX_GONE),
			.files = cpu_to_le32(1), .len = cpu_to_le32(5),
		},
		.file = cpu_to_le32(ID_EVENTFD), .data = "hello",
	};

	build_rec(b, KCR_KIND_UNIX, ID_UNIX, 0, &open,
		  sizeof(open.sock) + sizeof(open.option) + sizeof(open.name));
	PUT(b, KCR_KIND_UNIX_SOCK, ID_UNIX_GONE, 0, &gone);
	PUT(b, KCR_KIND_UNIX_PEER, 0, 0, &peer);
	PUT_TAIL(b, KCR_KIND_UNIX_DIAL, 0, 0, &dial, "/door", 6);
	build_rec(b, KCR_KIND_UNIX_MSG, ID_UNIX_MSG, 0, &msg, sizeof(msg.msg) + 9);
}

static void put_terminal(struct build *b)
{
	struct kcr_img_pty pty = {
		.index = cpu_to_le32(3), .flags = cpu_to_le32(KCR_PTY_PACKET),
		.mode = cpu_to_le32(0620), .path_len = cpu_to_le32(10),
		.winsize = { .row = cpu_to_le16(24), .col = cpu_to_le16(80) },
		.side = { { .queued = cpu_to_le32(2) } },
	};
	struct kcr_img_tty_end end = {
		.pty = cpu_to_le32(ID_PTY), .end = cpu_to_le32(KCR_TTY_END_MASTER),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};
	struct kcr_img_ctty ctty = {
		.type = cpu_to_le32(KCR_CTTY_OUTSIDE), .pgrp = cpu_to_le32(4711),
	};

	PUT_TAIL(b, KCR_KIND_PTY, ID_PTY, 0, &pty, "/dev/ptmx\0hi", 12);
	PUT(b, KCR_KIND_TTY_END, ID_TTY_END, 0, &end);
	PUT(b, KCR_KIND_CTTY, 0, 0, &ctty);
}

static void put_tables(struct build *b)
{
	static const uint32_t files[] = {
		ID_TERMINAL, ID_OUTPUT, ID_TERMINAL, ID_NULL, ID_PIPE_READ,
		ID_EVENTFD, ID_EPOLL, ID_MEMFD,
	};
	enum { COUNT = ARRAY_SIZE(files) };
	struct kcr_img_fdtable table = { .count = cpu_to_le32(COUNT) };
	struct kcr_img_fd fds[COUNT] = { 0 };
	struct kcr_img_fs fs = {
		.umask = cpu_to_le32(022), .cwd_len = cpu_to_le32(6),
	};
	struct kcr_img_fown fown = { .count = cpu_to_le32(1) };
	struct kcr_img_fown_file owned = {
		.flags = cpu_to_le32(KCR_FOWN_ASYNC), .signum = cpu_to_le32(29),
		.type = cpu_to_le32(KCR_FOWN_PROCESS), .id = cpu_to_le32(1203),
	};
	struct kcr_img_dnotify dnotify = { .count = cpu_to_le32(1) };
	struct kcr_img_dnotify_watch watch = {
		.fd = cpu_to_le32(2),
		.events = cpu_to_le32(KCR_DNOTIFY_CREATE | KCR_DNOTIFY_MULTISHOT),
	};
	struct kcr_img_locks locks = { .count = cpu_to_le32(1) };
	struct kcr_img_lock lock = {
		.fd = cpu_to_le32(1), .type = cpu_to_le32(KCR_LOCK_FLOCK),
		.flags = cpu_to_le32(KCR_LOCK_EXCLUSIVE),
	};
	char home[sizeof(fs) + 6];
	uint32_t i;

	for (i = 0; i < COUNT; i++) {
		fds[i].fd = cpu_to_le32(i);
		fds[i].file = cpu_to_le32(files[i]);
	}
	PUT_TAIL(b, KCR_KIND_FDTABLE, 0, 0, &table, fds, sizeof(fds));
	memcpy(home + sizeof(fs), "/home", 6);
	memcpy(home, &fs, sizeof(fs));
	build_rec_flags(b, KCR_KIND_FS, 2, KCR_REC_CRITICAL, home, sizeof(home));
	PUT_TAIL(b, KCR_KIND_LOCKS, 0, 0, &locks, &lock, sizeof(lock));
	PUT_TAIL(b, KCR_KIND_FOWN, 0, 0, &fown, &owned, sizeof(owned));
	PUT_TAIL(b, KCR_KIND_DNOTIFY, 0, 0, &dnotify, &watch, sizeof(watch));
}

static void put_semaphores(struct build *b)
{
	struct kcr_img_sysv_sem set = {
		.perm.id = cpu_to_le32(7), .count = cpu_to_le32(1),
	};
	struct kcr_img_sem sem = { cpu_to_le32(3), cpu_to_le32(4711) };
	struct kcr_img_sem_undo undo = { cpu_to_le32(ID_SEMS), cpu_to_le32(1) };
	struct kcr_img_sem_adj adj = { 0, cpu_to_le32(-2) };

	PUT_TAIL(b, KCR_KIND_SYSV_SEM, ID_SEMS, 0, &set, &sem, sizeof(sem));
	PUT_TAIL(b, KCR_KIND_SEM_UNDO, 0, 0, &undo, &adj, sizeof(adj));
}

static void put_queues(struct build *b)
{
	struct kcr_img_sysv_msg queue = {
		.perm.id = cpu_to_le32(3), .qbytes = cpu_to_le64(16384),
		.count = cpu_to_le32(1), .lspid = cpu_to_le32(4711),
	};
	struct {
		struct kcr_img_message head;
		char text[8];
	} msg = { { .type = cpu_to_le64(5), .len = cpu_to_le32(6) }, "walrus" };
	struct kcr_img_mqueue mqueue = {
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_NONBLOCK),
		.mode = cpu_to_le32(0640), .max_messages = cpu_to_le32(10),
		.max_size = cpu_to_le32(8192), .name_len = cpu_to_le32(6),
		.notify = cpu_to_le32(KCR_MQUEUE_NOTIFY_SIGNAL),
		.signo = cpu_to_le32(10), .notify_pid = cpu_to_le32(4711),
	};

	PUT_TAIL(b, KCR_KIND_SYSV_MSG, ID_MESSAGES, 0, &queue, &msg, sizeof(msg));
	PUT_TAIL(b, KCR_KIND_MQUEUE, ID_MQUEUE, 0, &mqueue, "queue\0\0", 8);
}

static void put_shared_memory(struct build *b)
{
	struct kcr_img_shmem shmem = {
		.size = cpu_to_le64(8192), .mode = cpu_to_le32(0600),
		.seals = cpu_to_le32(KCR_SEAL_SHRINK), .name = "memfd:pool",
	};
	struct kcr_img_memfd memfd = {
		.shmem = cpu_to_le32(ID_SHMEM),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};

	struct kcr_img_sysv_shm segment = {
		.type = cpu_to_le32(KCR_SHM_SEGMENT),
		.perm.id = cpu_to_le32(32768), .perm.mode = cpu_to_le32(0600),
		.size = cpu_to_le64(8192), .cpid = cpu_to_le32(4711),
	};
	struct kcr_img_sysv_shm attached = {
		.type = cpu_to_le32(KCR_SHM_ATTACHED),
		.segment = cpu_to_le32(ID_SEGMENT),
	};

	PUT(b, KCR_KIND_SHMEM, ID_SHMEM, 0, &shmem);
	PUT(b, KCR_KIND_MEMFD, ID_MEMFD, 0, &memfd);
	PUT(b, KCR_KIND_SYSV_SHM, ID_SEGMENT, 0, &segment);
	PUT(b, KCR_KIND_SYSV_SHM, ID_ATTACHED, 0, &attached);
}

static void put_vma(struct build *b, uint64_t start, uint64_t len,
		    uint32_t file, uint32_t flags)
{
	struct kcr_img_vma vma = {
		.start = cpu_to_le64(start),
		.end = cpu_to_le64(start + len),
		.mm = cpu_to_le32(ID_MM),
		.file = cpu_to_le32(file),
		.flags = cpu_to_le32(flags),
	};

	PUT(b, KCR_KIND_VMA, 0, 0, &vma);
}

static void put_vdso(struct build *b)
{
	struct {
		struct kcr_img_vdso vdso;
		uint8_t code[0x1000];
	} rec = {
		.vdso = {
			.vvar = cpu_to_le64(STACK + 0x100000),
			.vvar_len = cpu_to_le64(0x4000),
			.vdso = cpu_to_le64(STACK + 0x104000),
			.vdso_len = cpu_to_le64(sizeof(rec.code)),
			.arch = cpu_to_le32(KCR_ARCH_X86_64),
		},
	};

	build_rec_flags(b, KCR_KIND_VDSO, 2, KCR_REC_CRITICAL, &rec, sizeof(rec));
}

static void put_memory(struct build *b)
{
	struct kcr_img_mm mm = {
		.start_brk = cpu_to_le64(HEAP), .brk = cpu_to_le64(HEAP + 0xc000),
		.exe = cpu_to_le32(ID_EXE), .dumpable = cpu_to_le32(1),
		.auxv_count = cpu_to_le32(2), .auxv = { cpu_to_le64(6) },
	};

	PUT(b, KCR_KIND_MM, ID_MM, 0, &mm);
	put_vma(b, 0x400000, 0x10000, ID_EXE, KCR_VMA_READ | KCR_VMA_EXEC);
	put_vma(b, HEAP, 0xc000, 0, KCR_VMA_READ | KCR_VMA_WRITE);
	put_vma(b, HEAP + 0x100000, 0x2000, ID_MEMFD,
		KCR_VMA_READ | KCR_VMA_SHARED);
	put_vma(b, STACK, 0x21000, 0,
		KCR_VMA_READ | KCR_VMA_WRITE | KCR_VMA_GROWSDOWN);
	put_vdso(b);
}

static void put_process(struct build *b)
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

static void put_threads(struct build *b)
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
	put_seccomp(b);
	PUT(b, KCR_KIND_MEMPOLICY, 0, ID_WORKER, &policy);
}

static void put_pages(struct build *b)
{
	static uint8_t pages[3 * BUILD_PAGE];
	size_t i;

	for (i = 0; i < sizeof(pages); i++)
		pages[i] = i * 7 + i / 251;
	build_pages(b, ID_MM, HEAP, 2, pages);
	build_zeros(b, ID_MM, HEAP + 0x2000, 7);
	build_pages(b, ID_MM, HEAP + 0x9000, 3, pages);
	build_pages(b, ID_SHMEM, 0x1000, 1, pages);
}

void build_sample(struct build *b)
{
	build_begin(b);
	put_host(b);
	put_content(b);
	put_files(b);
	put_semaphores(b);
	put_queues(b);
	put_shared_memory(b);
	put_sockets(b);
	put_terminal(b);
	put_tables(b);
	put_memory(b);
	put_process(b);
	put_threads(b);
	build_rec_flags(b, 4000, 1, 0, "of tomorrow", 11);
	build_rec_flags(b, KCR_KIND_PAD, 1, 0, "", 0);
	put_pages(b);
	build_end(b);
}
