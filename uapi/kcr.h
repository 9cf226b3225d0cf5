/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/kcr: checkpoint and restart of running programs.
 *
 * History of this interface
 *   1	first version
 *
 * The protocol
 *
 *   open("/dev/kcr")
 *   |
 *   +- KCR_IOC_INFO			version, kinds, limits, policy
 *   |
 *   +- KCR_IOC_CHECKPOINT -> fd	the target is looked up and access is checked
 *   |    +- KCR_IOC_RUN		parks, takes the cut, resumes (unless
 *   |    |				KCR_CKPT_HOLD) and writes the image
 *   |    +- KCR_IOC_FINISH		resumes, stops or kills what is held
 *   |    `- close()			whatever is held is resumed
 *   |
 *   +- KCR_IOC_TRACK -> fd		what changes between two checkpoints that it is
 *   |				given to; close() forgets
 *   |
 *   `- KCR_IOC_RESTART -> fd
 *        +- KCR_IOC_RUN		reads the image, or takes what another has read
 *        |			(KCR_RESTART_COPY); everything is made, parked
 *        +- KCR_IOC_CGROUP	tells, call by call, who was in which cgroup
 *        +- KCR_IOC_FINISH		commits: the program runs
 *        `- close()			whatever was made is killed
 *
 *   On both kinds of descriptor, and from any thread:
 *     KCR_IOC_STATUS	progress, pause, class of failure, the sentence
 *     KCR_IOC_CANCEL	makes a running KCR_IOC_RUN fail
 *
 * Every structure begins with its own size as the caller knows it. A longer
 * one is accepted when the bytes that the module does not know are zero; in a
 * shorter one the missing bytes count as zero.
 */
#ifndef _UAPI_KCR_H
#define _UAPI_KCR_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KCR_ABI			1
#define KCR_VERSION		"0.1.0"
#define KCR_DEVICE		"/dev/kcr"

/**
 * enum kcr_class - why an operation failed, as an exit status tells it
 * @KCR_CLASS_OK: it did not fail
 * @KCR_CLASS_USAGE: the request made no sense
 * @KCR_CLASS_PERMISSION: the caller may not
 * @KCR_CLASS_UNSUPPORTED: the program holds something that can't be saved,
 *	or this machine can't give something that the image needs
 * @KCR_CLASS_TRANSIENT: would not stop in time, is gone, a pid is taken
 * @KCR_CLASS_ENVIRONMENT: memory, limits, kernel
 * @KCR_CLASS_IMAGE: the image is damaged, or of a version not known here
 * @KCR_CLASS_IO: reading or writing the image failed
 */
enum kcr_class {
	KCR_CLASS_OK		= 0,
	KCR_CLASS_USAGE		= 1,
	KCR_CLASS_PERMISSION	= 2,
	KCR_CLASS_UNSUPPORTED	= 3,
	KCR_CLASS_TRANSIENT	= 4,
	KCR_CLASS_ENVIRONMENT	= 5,
	KCR_CLASS_IMAGE		= 6,
	KCR_CLASS_IO		= 7,
};

/**
 * enum kcr_phase - how far an operation is
 * @KCR_PHASE_NEW: made, KCR_IOC_RUN has not been called
 * @KCR_PHASE_PARK: waiting until every thread has stopped
 * @KCR_PHASE_CUT: everything is stopped; state is being taken
 * @KCR_PHASE_WRITE: writing the image
 * @KCR_PHASE_HOLD: image written, the program is still stopped
 * @KCR_PHASE_READ: reading the image and making the program from it
 * @KCR_PHASE_PREPARED: the program is made, and stopped
 * @KCR_PHASE_DONE: finished well
 * @KCR_PHASE_FAILED: failed; class, error and sentence tell why
 */
enum kcr_phase {
	KCR_PHASE_NEW		= 0,
	KCR_PHASE_PARK		= 1,
	KCR_PHASE_CUT		= 2,
	KCR_PHASE_WRITE		= 3,
	KCR_PHASE_HOLD		= 4,
	KCR_PHASE_READ		= 5,
	KCR_PHASE_PREPARED	= 6,
	KCR_PHASE_DONE		= 7,
	KCR_PHASE_FAILED	= 8,
};

/**
 * enum kcr_right - to whom a policy parameter allows what it is about
 * @KCR_RIGHT_ROOT: CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
 * @KCR_RIGHT_GROUP: the group of the device, too
 * @KCR_RIGHT_ANY: everybody
 */
enum kcr_right {
	KCR_RIGHT_ROOT		= 0,
	KCR_RIGHT_GROUP		= 1,
	KCR_RIGHT_ANY		= 2,
};

/**
 * struct kcr_info - KCR_IOC_INFO: what this module is
 * @size: sizeof(struct kcr_info)
 * @abi: KCR_ABI of the module
 * @image_version: KCR_IMAGE_VERSION that it writes
 * @kinds: number of kinds of record it knows
 * @max_ops: operations that may be under way at once
 * @active_ops: operations under way
 * @policy_checkpoint: enum kcr_right of the parameter ``checkpoint``
 * @policy_pid: enum kcr_right of the parameter ``pid_choice``
 * @policy_time: enum kcr_right of the parameter ``time_choice``
 * @reserved: zero
 * @buffer_limit: bytes that an operation that begins now may copy before they are written
 * @version: KCR_VERSION of the module, NUL-terminated
 * @kernel: release of the running kernel, NUL-terminated
 */
struct kcr_info {
	__u32	size;
	__u32	abi;
	__u32	image_version;
	__u32	kinds;
	__u32	max_ops;
	__u32	active_ops;
	__u32	policy_checkpoint;
	__u32	policy_pid;
	__u32	policy_time;
	__u32	reserved;
	__u64	buffer_limit;
	char	version[32];
	char	kernel[64];
};

#define KCR_CKPT_HOLD		(1u << 0) /* stay stopped after the cut */
#define KCR_CKPT_CHECK		(1u << 1) /* list blockers, estimate; write nothing */
#define KCR_CKPT_WITH_FILES	(1u << 2) /* contents of files open for writing too */
#define KCR_CKPT_SINGLE		(1u << 3) /* the process alone, not its descendants */
#define KCR_CKPT_SESSION	(1u << 4) /* also all of its session */
#define KCR_CKPT_GROUP		(1u << 5) /* also all of its process group */
#define KCR_CKPT_CGROUP		(1u << 6) /* also all of @cgroup_fd */
#define KCR_CKPT_PARK		(1u << 7) /* with KCR_CKPT_HOLD: only that, no image */
#define KCR_CKPT_DIRECT		(1u << 8) /* pages go past the page cache where that can be */
#define KCR_CKPT_TRACK		(1u << 9) /* @track_fd is a tracker */
#define KCR_CKPT_FLAGS		(KCR_CKPT_HOLD | KCR_CKPT_CHECK | KCR_CKPT_WITH_FILES | \
				 KCR_CKPT_SINGLE | KCR_CKPT_SESSION | KCR_CKPT_GROUP | \
				 KCR_CKPT_CGROUP | KCR_CKPT_PARK | KCR_CKPT_DIRECT | \
				 KCR_CKPT_TRACK)

#define KCR_CHOICE_PIPE		1u
#define KCR_CHOICE_SOCKET	2u

#define KCR_CHOICE_INHERIT	1u /* restart's descriptor @fd takes its place */
#define KCR_CHOICE_CLOSE	2u /* descriptors of it are closed */
#define KCR_CHOICE_EOF		3u /* whoever is outside counts as gone */
#define KCR_CHOICE_RECONNECT	4u /* a UNIX socket is connected anew */

#define KCR_CHOICES_MAX		4096u

/**
 * struct kcr_choice - what becomes of what is shared with the outside
 * @type: KCR_CHOICE_PIPE or _SOCKET
 * @what: KCR_CHOICE_INHERIT, _CLOSE, _EOF or _RECONNECT; at restart _INHERIT
 * @ino: its inode number, as /proc/PID/fd shows it: pipe:[INO], socket:[INO]
 * @fd: with KCR_CHOICE_INHERIT: a descriptor of restart's; else 0
 * @reserved: zero
 */
struct kcr_choice {
	__u32	type;
	__u32	what;
	__u64	ino;
	__s32	fd;
	__u32	reserved;
};

#define KCR_BASE_PROCESS	1u /* the memory of a process */
#define KCR_BASE_SHARED		2u /* memory that is shared: SHMEM and HUGETLB records */

#define KCR_BASE_RUNS_MAX	(1u << 24)

/**
 * struct kcr_base_run - pages of an earlier image, for an increment to it
 * @type: KCR_BASE_PROCESS or _SHARED
 * @nr: a process id, as in the image; or the how manieth, from 0, of the SHMEM and
 *	HUGETLB records of the image
 * @addr: address, or offset in what is shared, of the first page
 * @first: its number, as in struct kcr_img_pages_earlier
 * @count: pages
 * @reserved: zero
 *
 * It only says where to look: whether a page is the same is told by its hash.
 */
struct kcr_base_run {
	__u32	type;
	__u32	nr;
	__u64	addr;
	__u64	first;
	__u32	count;
	__u32	reserved;
};

#define KCR_TRACK_HASH		1u /* nothing but the pages' hashes */
#define KCR_TRACK_SNAPSHOT	2u /* the snapshot is kept until the next image */

/**
 * struct kcr_track - KCR_IOC_TRACK: make something that tells what changes
 * @size: sizeof(struct kcr_track)
 * @how: KCR_TRACK_*
 *
 * Returns a descriptor, close-on-exec, for @track_fd of checkpoints, one at a time.
 * Each that it is given to is tracked from its cut on; and if it is an increment to
 * the image of the one before, pages that can't have changed are not looked at. What
 * it holds goes when it is closed. Errors: EINVAL, EBUSY (too many), EMFILE.
 */
struct kcr_track {
	__u32	size;
	__u32	how;
};

/**
 * struct kcr_checkpoint - KCR_IOC_CHECKPOINT: begin to checkpoint a process
 * @size: sizeof(struct kcr_checkpoint)
 * @flags: KCR_CKPT_*
 * @pid: process id in the caller's pid namespace
 * @timeout_ms: how long to wait until every thread has stopped; 0: 10 seconds
 * @cgroup_fd: with KCR_CKPT_CGROUP: a directory of cgroup2, open
 * @nr_choices: how many, at most KCR_CHOICES_MAX
 * @choices: address of struct kcr_choice
 * @base_fd: with @base_runs: a file, open for reading, that holds @base_runs of
 *	struct kcr_base_run, sorted by @type, @nr and @addr, and then the hashes
 *	of all pages of the earlier image, KCR_HASH_LEN bytes each, in the order
 *	of their numbers
 * @base_runs: of those, at most KCR_BASE_RUNS_MAX; 0: not an increment
 * @base_id: with @base_runs: the id of the earlier image
 * @track_fd: with KCR_CKPT_TRACK, not with KCR_CKPT_HOLD and _CHECK: of KCR_IOC_TRACK
 * @reserved: zero
 *
 * At most one of KCR_CKPT_SINGLE, _SESSION, _GROUP and _CGROUP may be set; the
 * last three include all descendants.
 *
 * Returns a descriptor of the operation, close-on-exec. Errors: EPERM, ESRCH,
 * EINVAL, EBUSY (too many operations, tracker in use), EOPNOTSUPP (a kernel thread, oneself).
 */
struct kcr_checkpoint {
	__u32	size;
	__u32	flags;
	__s32	pid;
	__u32	timeout_ms;
	__s32	cgroup_fd;
	__u32	nr_choices;
	__u64	choices;
	__s32	base_fd;
	__u32	base_runs;
	__u8	base_id[16];
	__s32	track_fd;
	__u32	reserved;
};

#define KCR_RESTART_CHECK	(1u << 0) /* look at image and machine; make nothing */
#define KCR_RESTART_TRUST	(1u << 1) /* root takes an image that root does not own */
#define KCR_RESTART_DETACH	(1u << 2) /* the caller will not stay as the parent */
#define KCR_RESTART_ANY_CPU	(1u << 3) /* also where the processor lacks instructions */
#define KCR_RESTART_LAZY	(1u << 4) /* pages come while the program runs */
#define KCR_RESTART_TEMPLATE	(1u << 5) /* copies of it will be asked for */
#define KCR_RESTART_COPY	(1u << 6) /* one more of @template_fd, not of an image */
#define KCR_RESTART_FLAGS	(KCR_RESTART_CHECK | KCR_RESTART_TRUST | \
				 KCR_RESTART_DETACH | KCR_RESTART_ANY_CPU | \
				 KCR_RESTART_LAZY | KCR_RESTART_TEMPLATE | \
				 KCR_RESTART_COPY)

/**
 * struct kcr_restart - KCR_IOC_RESTART: begin to restart an image
 * @size: sizeof(struct kcr_restart)
 * @flags: KCR_RESTART_*
 * @nr_choices: how many, at most KCR_CHOICES_MAX
 * @template_fd: with KCR_RESTART_COPY: descriptor of an operation; else 0
 * @choices: address of struct kcr_choice
 *
 * The program becomes a child of the thread that calls KCR_IOC_RUN and takes
 * its descriptors 0, 1 and 2 where the image says so.
 *
 * With KCR_RESTART_LAZY the image is a regular file, compressed (block by block) or
 * not, and stays open until all has come; closing the descriptor of the operation
 * does not change that. It may be an increment, if its parents are told of.
 *
 * With KCR_RESTART_TEMPLATE others can make copies of the program, each by an
 * operation of its own with KCR_RESTART_COPY, in a pid namespace in which the ids are
 * free, and as the same user. That is while the first one is prepared, and nothing of
 * it runs: KCR_IOC_RUN of a copy needs no image, and takes from the first one what
 * that has read. Their private memory is the same until one of them writes to it.
 */
struct kcr_restart {
	__u32	size;
	__u32	flags;
	__u32	nr_choices;
	__s32	template_fd;
	__u64	choices;
};

#define KCR_PARENTS_MAX		511u

/**
 * struct kcr_run - KCR_IOC_RUN: do the first phase of an operation
 * @size: sizeof(struct kcr_run)
 * @image_fd: where to write or read the image; ignored for a check, and with
 *	KCR_CKPT_PARK and KCR_RESTART_COPY
 * @nr_parents: with KCR_RESTART_LAZY: images before it that an increment needs, at
 *	most KCR_PARENTS_MAX
 * @reserved: zero
 * @parents: address of their descriptors, __s32 each, the newest first
 *
 * Blocks. Returns 0 when the image is written (checkpoint) or the program is
 * prepared (restart); @image_fd is not held any longer than that. After an error KCR_IOC_STATUS tells class and sentence.
 */
struct kcr_run {
	__u32	size;
	__s32	image_fd;
	__u32	nr_parents;
	__u32	reserved;
	__u64	parents;
};

/**
 * enum kcr_action - what becomes of the program
 * @KCR_ACTION_RESUME: checkpoint: it goes on
 * @KCR_ACTION_KILL: checkpoint: SIGKILL, nothing more of it is run
 * @KCR_ACTION_STOP: checkpoint: SIGSTOP, nothing more of it is run
 * @KCR_ACTION_COMMIT: restart: it runs
 * @KCR_ACTION_ABORT: restart: what was made is killed
 */
enum kcr_action {
	KCR_ACTION_RESUME	= 0,
	KCR_ACTION_KILL		= 1,
	KCR_ACTION_STOP		= 2,
	KCR_ACTION_COMMIT	= 3,
	KCR_ACTION_ABORT	= 4,
};

/**
 * struct kcr_finish - KCR_IOC_FINISH: the second phase
 * @size: sizeof(struct kcr_finish)
 * @action: enum kcr_action
 */
struct kcr_finish {
	__u32	size;
	__u32	action;
};

/**
 * struct kcr_status - KCR_IOC_STATUS: how the operation stands
 * @size: sizeof(struct kcr_status)
 * @phase: enum kcr_phase
 * @class: enum kcr_class
 * @error: errno (positive), 0 for none
 * @pid: target, or the process made, in the caller's pid namespace; 0: none
 * @threads: threads of the process
 * @blockers: sentences about what can't be saved (KCR_CKPT_CHECK)
 * @text_len: in: bytes at @text; out: bytes that there are, with the final NUL
 * @bytes: written or read so far
 * @bytes_total: what is expected in all, an estimate until the phase is DONE
 * @pages: pages written or read so far
 * @pages_zero: pages left out because they hold zeros only
 * @pages_file: pages left out because a file holds them
 * @pause_ns: how long the program was stopped
 * @park_ns: of that, until the last thread had stopped
 * @op: number of the operation, as generic netlink tells it
 * @text: where to put the sentence, or the blockers one to a line
 * @pages_earlier: pages left out because the image before this one has them
 * @extra: bytes, at most, that pages take twice now, because the program has
 *	written to them and they are not in the image yet
 * @file_bytes: bytes of files that were read to hash them; what is known of files that
 *	have not been touched since is not read again
 * @pages_spared: of @pages_earlier, those that nobody has looked at
 * @track: KCR_TRACK_*: what tells, of an increment, which pages have changed; else 0
 * @reserved: zero
 */
struct kcr_status {
	__u32	size;
	__u32	phase;
	__u32	class;
	__u32	error;
	__s32	pid;
	__u32	threads;
	__u32	blockers;
	__u32	text_len;
	__u64	bytes;
	__u64	bytes_total;
	__u64	pages;
	__u64	pages_zero;
	__u64	pages_file;
	__u64	pause_ns;
	__u64	park_ns;
	__u64	op;
	__u64	text;
	__u64	pages_earlier;
	__u64	extra;
	__u64	file_bytes;
	__u64	pages_spared;
	__u32	track;
	__u32	reserved;
};

#define KCR_CGROUP_THREAD	(1u << 0) /* a thread that was not where its process was */

/**
 * struct kcr_cgroup - KCR_IOC_CGROUP: where somebody was in cgroup2
 * @size: sizeof(struct kcr_cgroup)
 * @flags: KCR_CGROUP_*
 * @id: of the process or thread that was made, in the caller's pid namespace
 * @threaded: so many last components of the path were threaded cgroups
 * @path_len: in: bytes at @path; out: bytes that there are, with the final NUL
 * @reserved: zero
 * @path: where to put the path, as it was in the checkpointer's cgroup namespace
 *
 * Of a program that is prepared; each call tells of the next, a process before
 * its threads. ENOENT after the last one. To put them there is the caller's
 * part, before KCR_IOC_FINISH.
 */
struct kcr_cgroup {
	__u32	size;
	__u32	flags;
	__s32	id;
	__u32	threaded;
	__u32	path_len;
	__u32	reserved;
	__u64	path;
};

#define KCR_IOC_MAGIC		0xcb
#define KCR_IOC_INFO		_IOWR(KCR_IOC_MAGIC, 0, struct kcr_info)
#define KCR_IOC_CHECKPOINT	_IOW(KCR_IOC_MAGIC, 1, struct kcr_checkpoint)
#define KCR_IOC_RESTART		_IOW(KCR_IOC_MAGIC, 2, struct kcr_restart)
#define KCR_IOC_RUN		_IOW(KCR_IOC_MAGIC, 3, struct kcr_run)
#define KCR_IOC_FINISH		_IOW(KCR_IOC_MAGIC, 4, struct kcr_finish)
#define KCR_IOC_STATUS		_IOWR(KCR_IOC_MAGIC, 5, struct kcr_status)
#define KCR_IOC_CANCEL		_IO(KCR_IOC_MAGIC, 6)
#define KCR_IOC_CGROUP		_IOWR(KCR_IOC_MAGIC, 7, struct kcr_cgroup)
#define KCR_IOC_TRACK		_IOW(KCR_IOC_MAGIC, 8, struct kcr_track)

/*
 * Generic netlink: family "kcr".
 *
 *   KCR_CMD_OP_GET	dump: operations under way that the reader may see
 *   KCR_CMD_KIND_GET	dump: kinds of record that the module knows
 *   KCR_CMD_CANCEL	cancel operation KCR_ATTR_OP
 *   KCR_CMD_EVENT	multicast, group "events" (CAP_SYS_ADMIN), in the initial
 *			network namespace; KCR_ATTR_PID is of the initial pid
 *			namespace, whoever reads
 *
 * An event is one message for all its readers, and a socket does not tell in
 * which pid namespace it is read. So each KCR_ATTR_PID comes with the namespace
 * that it counts in, which in a dump is the reader's own: whoever is in another
 * one asks KCR_CMD_OP_GET for the operation, and gets the number that it has
 * there.
 */
#define KCR_GENL_NAME		"kcr"
#define KCR_GENL_VERSION	1
#define KCR_GENL_GROUP		"events"

enum kcr_cmd {
	KCR_CMD_UNSPEC,
	KCR_CMD_OP_GET,
	KCR_CMD_KIND_GET,
	KCR_CMD_CANCEL,
	KCR_CMD_EVENT,
	__KCR_CMD_MAX,
};
#define KCR_CMD_MAX		(__KCR_CMD_MAX - 1)

enum kcr_event {
	KCR_EVENT_STARTED	= 1,
	KCR_EVENT_PARKED	= 2,
	KCR_EVENT_RESUMED	= 3,	/* with KCR_ATTR_PAUSE_NS */
	KCR_EVENT_FINISHED	= 4,
	KCR_EVENT_FAILED	= 5,	/* with KCR_ATTR_TEXT */
};

enum kcr_attr {
	KCR_ATTR_UNSPEC,
	KCR_ATTR_PAD,
	KCR_ATTR_OP,		/* u64 */
	KCR_ATTR_EVENT,		/* u32, enum kcr_event */
	KCR_ATTR_RESTART,	/* flag: a restart, not a checkpoint */
	KCR_ATTR_PHASE,		/* u32, enum kcr_phase */
	KCR_ATTR_PID,		/* u32, in KCR_ATTR_PID_NS, 0: not seen there */
	KCR_ATTR_BYTES,		/* u64 */
	KCR_ATTR_BYTES_TOTAL,	/* u64 */
	KCR_ATTR_PAGES,		/* u64 */
	KCR_ATTR_RATE,		/* u64, bytes in a second */
	KCR_ATTR_PAUSE_NS,	/* u64 */
	KCR_ATTR_CLASS,		/* u32, enum kcr_class */
	KCR_ATTR_ERROR,		/* u32, errno */
	KCR_ATTR_TEXT,		/* string */
	KCR_ATTR_KIND,		/* u32, enum kcr_kind */
	KCR_ATTR_KIND_NAME,	/* string */
	KCR_ATTR_KIND_VERSION,	/* u32 */
	KCR_ATTR_PID_NS,	/* u64, inode number of /proc/PID/ns/pid */
	__KCR_ATTR_MAX,
};
#define KCR_ATTR_MAX		(__KCR_ATTR_MAX - 1)

#endif /* _UAPI_KCR_H */
