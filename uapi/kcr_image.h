/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The image: one forward-only stream of records.
 *
 *   struct kcr_image_head			once, at byte 0
 *   struct kcr_rec_head + payload + pad	records, each begins at a multiple of 8
 *   ...
 *   KCR_KIND_INDEX				where the pages are, and their hashes
 *   KCR_KIND_END				always last
 *
 * All numbers are little-endian. Nothing in an image is a kernel structure, a
 * kernel flag word or a kernel address. A record stands after every record
 * that it refers to. A reader skips a record of a kind that it does not know,
 * unless KCR_REC_CRITICAL is set: then it refuses the image.
 *
 * Sizes: a payload of anything but pages is at most KCR_REC_MAX bytes.
 */
#ifndef _UAPI_KCR_IMAGE_H
#define _UAPI_KCR_IMAGE_H

#include <linux/types.h>

#define KCR_IMAGE_MAGIC		"\x89KCR\r\n\x1a\n"
#define KCR_IMAGE_MAGIC_LEN	8
#define KCR_IMAGE_VERSION	1

#define KCR_ARCH_ANY		0
#define KCR_ARCH_X86_64		1

#define KCR_IMAGE_INCREMENT	(1u << 0) /* needs the image @parent */

/**
 * struct kcr_image_head - the first bytes of an image, 64 of them
 * @magic: KCR_IMAGE_MAGIC
 * @version: KCR_IMAGE_VERSION
 * @arch: KCR_ARCH_* of the program
 * @page_shift: log2 of the page size
 * @reserved0: zero
 * @flags: KCR_IMAGE_*; an unknown bit is a reason to refuse
 * @crc: CRC-32 (zlib's) of this structure with @crc zero
 * @id: random identity of this image
 * @parent: identity of the image that this one is an increment to, or zeros
 * @reserved: zero
 */
struct kcr_image_head {
	__u8	magic[KCR_IMAGE_MAGIC_LEN];
	__le16	version;
	__le16	arch;
	__le16	page_shift;
	__le16	reserved0;
	__le32	flags;
	__le32	crc;
	__u8	id[16];
	__u8	parent[16];
	__u8	reserved[8];
};

#define KCR_REC_CRITICAL	(1u << 0) /* refuse the image if the kind is unknown */
#define KCR_REC_TOOL		(1u << 1) /* made by a tool, not by the module */

#define KCR_REC_ALIGN		8u
#define KCR_REC_MAX		(16u << 20)
#define KCR_PAGES_MAX		512u	/* pages in one KCR_KIND_PAGES */

/**
 * struct kcr_rec_head - the envelope of a record, 40 bytes
 * @kind: enum kcr_kind
 * @version: version of the payload's layout
 * @flags: KCR_REC_*
 * @id: number by which later records refer to this one, or 0
 * @owner: @id of the KCR_KIND_PROCESS or KCR_KIND_THREAD record that this
 *	belongs to, or 0
 * @len: bytes of payload; zero bytes up to a multiple of 8 follow
 * @crc: CRC-32 (zlib's) of the payload; see struct kcr_img_pages
 * @head_crc: CRC-32 of this structure with @head_crc zero
 * @offset: this record's own distance from the beginning of the image
 */
struct kcr_rec_head {
	__le32	kind;
	__le16	version;
	__le16	flags;
	__le32	id;
	__le32	owner;
	__le64	len;
	__le64	offset;
	__le32	crc;
	__le32	head_crc;
};

/*
 * KCR_KINDS - the one list of kinds
 *
 * x(number, NAME, stem, "what it is")
 *
 * The number is for ever. The enum, the handlers' table in the module, the
 * printer of ckptinfo and the table of kinds in the documentation all grow
 * from this list. Its order is the order in which a process or a thread is
 * saved and restored: ids come last, so that a thread still may what it needs. uapi/image/<stem>.h holds the payload.
 */
#define KCR_KINDS(x)							\
	x(1,  HOST,	host,	  "machine, kernel and clocks at the cut")	\
	x(30, PROCESS,	process,  "process: its ids and its parent")	\
	x(48, FILTER,	filter,	  "seccomp filter")			\
	x(2,  CONTENT,	content,  "contents or hash of a file")		\
	x(3,  REG,	reg,	  "open regular file or directory, O_PATH")	\
	x(4,  CHR,	chr,	  "open harmless character device")	\
	x(29, PROCFS,	procfs,	  "open file of /proc")			\
	x(92, PROCMEM,	procmem,  "/proc/PID/mem, open")			\
	x(5,  EXTERNAL,	external, "open terminal or pipe to the outside") \
	x(82, GIVEN,	given,	  "open pipe or socket that restart gives") \
	x(6,  PIPE,	pipe,	  "pipe with its unread bytes")		\
	x(7,  PIPE_END,	pipe_end, "open end of a pipe")			\
	x(8,  EVENTFD,	eventfd,  "event counter")			\
	x(9,  EPOLL,	epoll,	  "epoll set")				\
	x(18, TIMERFD,	timerfd,  "timerfd")				\
	x(19, SIGNALFD,	signalfd, "signalfd")				\
	x(24, FIFO,	fifo,	  "open FIFO")				\
	x(25, INOTIFY,	inotify,  "inotify instance")			\
	x(26, PIDFD,	pidfd,	  "pidfd")				\
	x(16, PTY,	pty,	  "pseudo terminal")			\
	x(17, TTY_END,	tty_end,  "open end of a pseudo terminal")	\
	x(10, SHMEM,	shmem,	  "shared memory, memfd or tmpfs file's memory") \
	x(27, HUGETLB,	hugetlb,  "memory of huge pages")		\
	x(11, MEMFD,	memfd,	  "open memfd")				\
	x(15, UNIX,	unix,	  "UNIX socket")			\
	x(70, UNIX_SOCK, unix_sock, "UNIX socket that nobody has open")	\
	x(71, UNIX_PEER, unix_peer, "connection of UNIX sockets")	\
	x(81, UNIX_DIAL, unix_dial, "connection to be made anew")	\
	x(72, UNIX_MSG, unix_msg, "message in a UNIX socket")		\
	x(50, SYSV_SHM,	sysv_shm, "System V shared memory")		\
	x(51, SYSV_SEM,	sysv_sem, "System V semaphores")		\
	x(52, SYSV_MSG,	sysv_msg, "System V message queue")		\
	x(53, MQUEUE,	mqueue,	  "open POSIX message queue")		\
	x(12, FDTABLE,	fdtable,  "table of descriptors")		\
	x(13, FS,	fs,	  "working directory, root and umask")	\
	x(14, LOCKS,	locks,	  "POSIX, OFD and flock locks")		\
	x(88, FOWN,	fown,	  "signals on I/O, and leases")		\
	x(104, DNOTIFY,	dnotify,  "directories watched with F_NOTIFY")	\
	x(73, CTTY,	ctty,	  "controlling terminal of a process")	\
	x(20, MM,	mm,	  "address space")			\
	x(21, VMA,	vma,	  "mapping")				\
	x(22, VDSO,	vdso,	  "vDSO")				\
	x(58, X86_LDT,	x86_ldt,  "x86-64 local descriptor table")	\
	x(23, X86_CPU,	x86_cpu,  "instructions of the processor")	\
	x(31, RLIMITS,	rlimits,  "resource limits")			\
	x(80, CGROUP,	cgroup,	  "cgroup that a process is in")	\
	x(32, SIGHAND,	sighand,  "signal handlers")			\
	x(34, TIME,	time,	  "clocks of the process")		\
	x(56, USAGE,	usage,	  "CPU time, other usage, and when it began") \
	x(33, SIGSHARED, sigshared, "signals pending for the process")	\
	x(35, ITIMER,	itimer,	  "interval timers")			\
	x(36, POSIX_TIMER, posix_timer, "POSIX timers")			\
	x(54, SEM_UNDO,	sem_undo, "what its end does to System V semaphores") \
	x(40, THREAD,	thread,	  "thread")				\
	x(42, SIGTHREAD, sigthread, "signal mask, stack and pending signals") \
	x(43, SCHED,	sched,	  "scheduling policy and affinity")	\
	x(49, PRCTL,	prctl,	  "what prctl(2) sets of a thread")	\
	x(57, X86_THREAD, x86_thread, "x86-64 I/O ports, TSC and CPUID") \
	x(28, MEMPOLICY, mempolicy, "NUMA policy of a thread")		\
	x(44, BLOCKED,	blocked,  "system call that the thread sleeps in") \
	x(45, X86_REGS,	x86_regs, "x86-64 general registers")		\
	x(46, X86_XSTATE, x86_xstate, "x86-64 extended registers")	\
	x(90, PTRACE,	ptrace,	  "who traces the thread, and where it is stopped") \
	x(91, X86_DEBUG, x86_debug, "x86-64 hardware breakpoints")	\
	x(47, SECCOMP,	seccomp,  "seccomp mode and filters")		\
	x(41, CRED,	cred,	  "ids, groups and capabilities")	\
	x(60, PAGES,	pages,	  "run of pages")			\
	x(61, INDEX,	index,	  "index of pages")			\
	x(62, PAD,	pad,	  "filler, so that pages are aligned")	\
	x(63, END,	end,	  "end of the image")

enum kcr_kind {
#define KCR_KIND_ENUM(nr, NAME, stem, text)	KCR_KIND_##NAME = nr,
	KCR_KINDS(KCR_KIND_ENUM)
#undef KCR_KIND_ENUM
	KCR_KIND_MAX = 128,
};

/**
 * struct kcr_img_pages - KCR_KIND_PAGES: a run of pages of one address space
 * @mm: id of the KCR_KIND_MM record, or of one of memory that is shared
 * @count: pages, 1 to KCR_PAGES_MAX; their bytes follow the payload's padding
 * @addr: user address of the first page, or offset in the shared object
 * @flags: KCR_PAGES_*
 * @pad: bytes between this structure and the first page, so that the pages
 *	begin at a multiple of the page size in the image; fewer than 4096. In an
 *	increment, where runs are short, 0
 *
 * The record's @len counts all: this structure, @pad zero bytes, the pages.
 * Since version 2 of the record, the checksum in its head is that of what stands
 * before the pages, and of 8 bytes for each page: its XXH64 with seed 0, which is
 * the first half of its hash in the index. In version 1 it was that of all bytes.
 *
 * With KCR_PAGES_ZERO no bytes follow: the pages hold zeros. None follow with
 * KCR_PAGES_PARENT: the pages are those of the parent process at the same
 * addresses, in a mapping with KCR_VMA_INHERITED. None follow with
 * KCR_PAGES_EARLIER, but struct kcr_img_pages_earlier tells which they are.
 */
struct kcr_img_pages {
	__le32	mm;
	__le32	count;
	__le64	addr;
	__le32	flags;
	__le32	pad;
};

#define KCR_PAGES_HUGE		(1u << 0) /* was one transparent huge page */
#define KCR_PAGES_ZERO		(1u << 1) /* zeros, where a file has something else */
#define KCR_PAGES_PARENT	(1u << 2) /* as its parent process has them there */
#define KCR_PAGES_EARLIER	(1u << 3) /* the same as in the image before this one */
#define KCR_PAGES_NO_BYTES	(7u << 1) /* one of these three */

/**
 * struct kcr_img_pages_earlier - payload of a run with KCR_PAGES_EARLIER
 * @run: as of every run
 * @first: number of the page, in the image that this one is an increment to,
 *	that the run's first page equals; those that follow equal the next ones
 *
 * Numbers count the pages of all runs of that image with neither KCR_PAGES_ZERO nor
 * KCR_PAGES_PARENT, in their order, from 0. They may be anywhere in it, and
 * may be of KCR_PAGES_EARLIER themselves.
 */
struct kcr_img_pages_earlier {
	struct kcr_img_pages run;
	__le64	first;
};

/**
 * struct kcr_img_index - KCR_KIND_INDEX, a part of the index
 * @before: offset of the part before this one, 0 for the first
 *
 * What follows is a struct kcr_img_index_run with its hashes for each run of pages
 * since the part before. Parts stand between runs, so that who writes an image
 * need not keep all of it. In version 1 this structure was not there; all of
 * the index stood behind the pages, in as many records as KCR_REC_MAX made it.
 */
struct kcr_img_index {
	__le64	before;
};

/**
 * struct kcr_img_index_run - one KCR_KIND_PAGES record, as the index tells it
 * @mm: as there
 * @count: as there
 * @addr: as there
 * @offset: of the first page's bytes in the image; 0 for KCR_PAGES_ZERO and
 *	_PARENT; for KCR_PAGES_EARLIER KCR_INDEX_EARLIER + @first of the run
 *
 * It is followed by @count hashes of 16 bytes (none for a run without bytes). A
 * hash is XXH64(page, 0) followed by XXH64(page, KCR_HASH_SEED), little-endian.
 */
struct kcr_img_index_run {
	__le32	mm;
	__le32	count;
	__le64	addr;
	__le64	offset;
};

#define KCR_INDEX_EARLIER	(1ull << 63)

#define KCR_HASH_LEN		16
#define KCR_HASH_SEED		0x9e3779b97f4a7c15ull

/**
 * struct kcr_img_end - KCR_KIND_END
 * @total: bytes of the whole image, this record included
 * @records: records in the image, this one included
 * @pages: pages whose bytes are in the image
 * @pages_zero: pages left out because they hold zeros
 * @pages_file: pages left out because a file holds them
 * @index: offset of the last KCR_KIND_INDEX record, of the first in version 1 of
 *	that; 0 for none
 */
struct kcr_img_end {
	__le64	total;
	__le64	records;
	__le64	pages;
	__le64	pages_zero;
	__le64	pages_file;
	__le64	index;
};

#endif /* _UAPI_KCR_IMAGE_H */
