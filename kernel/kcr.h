/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every file of the module may call.
 *
 * An operation is a struct kcr_ctx: made by an ioctl, run by another, and torn
 * down when its descriptor is closed. Handlers of kinds get it as their first
 * argument; they never call one another, they refer to objects by id.
 */
#ifndef _KCR_H
#define _KCR_H

#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rhashtable-types.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include <uapi/kcr.h>
#include <uapi/kcr_image.h>

struct cgroup;
struct kcr_claim;
struct kcr_ctx;
struct kcr_feed;
struct kcr_hands;
struct kcr_lazy;
struct kcr_posix_timers;
struct kcr_process;
struct kcr_run_sum;
struct kcr_shared;
struct kcr_snapshot;
struct kcr_thread;
struct lazy_mm;

/**
 * struct kcr_rec - a record of the image that is being restarted
 * @kind: enum kcr_kind, known
 * @version: of the payload
 * @id: its id, or 0
 * @owner: id of its process or thread, or 0
 * @len: bytes at @data
 * @data: the payload, aligned to 8; checksum already checked, nothing else
 * @node: in kcr_ctx.recs, in the order of the image
 * @hash: in kcr_ctx.rec_hash, if it is the first of its kind and id
 * @owned: in the image's order what a process or a thread owns: head in its own
 *	record, in all others the link
 * @process: whose it is, or whose thread's; NULL: the image's
 */
struct kcr_rec {
	u32 kind;
	u16 version;
	u32 id;
	u32 owner;
	size_t len;
	struct list_head node;
	struct hlist_node hash;
	struct list_head owned;
	struct kcr_process *process;
	u8 data[] __aligned(8);
};

/* Whose the records of a kind are. */
enum kcr_scope {
	KCR_SCOPE_IMAGE,	/* everybody's: objects that others refer to */
	KCR_SCOPE_PROCESS,
	KCR_SCOPE_THREAD,
};

/**
 * struct kcr_ops - the handler of a kind
 * @kind: what it handles
 * @scope: whose its records are
 * @version: layout that @save writes; restore accepts 1 to @version
 * @name: stem
 * @save: write object @obj, reached by kcr_save_object(); what it refers to is
 *	saved before its own record is begun
 * @save_image: write what an image has one of; called in the order of
 *	KCR_KINDS, before any process
 * @save_process: write what a process has one of, owned by it; called in the
 *	order of KCR_KINDS, before its threads
 * @save_thread: write what each thread has one of, owned by the thread; called
 *	in the order of KCR_KINDS, after the thread's KCR_KIND_THREAD
 * @check: before anything is made, in the restarter: is this record sane, may
 *	the caller have it, can this machine give it. In the image's order
 * @restore: in the leader of the process that owns the record, or of the first
 *	process, in the image's order
 * @restore_thread: in the thread being made that owns the record
 * @restore_parked: in the restarter, while the thread that owns the record
 *	sleeps where the kernel handles signals (registers)
 * @link: there too, when the process has all its pages, its children and its
 *	threads, before its leader's own @restore_thread
 * @commit: in the restarter, when everything is prepared: what can't be undone
 * @start: there too, when every commit has been done: timers, which run from then
 * @put: drop what kcr_object_add() was given
 *
 * Every handler returns 0 or a negative errno, after kcr_fail() or
 * kcr_refuse() has said why.
 */
struct kcr_ops {
	enum kcr_kind kind;
	enum kcr_scope scope;
	u16 version;
	const char *name;
	int (*save)(struct kcr_ctx *ctx, void *obj, u32 id);
	int (*save_image)(struct kcr_ctx *ctx);
	int (*save_process)(struct kcr_ctx *ctx, struct kcr_process *p);
	int (*save_thread)(struct kcr_ctx *ctx, struct kcr_thread *t);
	int (*check)(struct kcr_ctx *ctx, const struct kcr_rec *rec);
	int (*restore)(struct kcr_ctx *ctx, const struct kcr_rec *rec);
	int (*restore_thread)(struct kcr_ctx *ctx, struct kcr_thread *t,
			      const struct kcr_rec *rec);
	int (*restore_parked)(struct kcr_ctx *ctx, struct kcr_thread *t,
			      const struct kcr_rec *rec);
	int (*link)(struct kcr_ctx *ctx, const struct kcr_rec *rec);
	int (*commit)(struct kcr_ctx *ctx, const struct kcr_rec *rec);
	int (*start)(struct kcr_ctx *ctx, const struct kcr_rec *rec);
	void (*put)(void *obj);
};

#define KCR_OPS_DECLARE(nr, NAME, stem, text) \
	extern const struct kcr_ops kcr_##stem##_ops;
KCR_KINDS(KCR_OPS_DECLARE)
#undef KCR_OPS_DECLARE

/* kinds.c: NULL for a number that is no kind */
const struct kcr_ops *kcr_ops_find(u32 kind);

enum kcr_thread_state {
	KCR_THREAD_NEW,		/* to be asked (again) */
	KCR_THREAD_ASKED,	/* work is queued */
	KCR_THREAD_PARKED,	/* sleeps in our callback */
	KCR_THREAD_STOPPED,	/* sleeps in job control stop, counts as parked */
	KCR_THREAD_REFUSED,	/* of a check: sleeps in what can't be saved, likewise */
	KCR_THREAD_GONE,	/* has exited */
	KCR_THREAD_RELEASED,	/* left our callback */
};

/**
 * struct kcr_process - a process that is saved or made
 * @ctx: its operation
 * @parent: the process that it is a child of, NULL: outside of the tree
 * @memory: whose memory it has: mostly its own, or that of one before it (CLONE_VM)
 * @handlers: whose signal handlers, likewise (CLONE_SIGHAND)
 * @leader: its first thread, which may have ended; a reference is held. NULL
 *	until it is made, set under kcr_ctx.park_lock
 * @live: a thread of it that has not ended, @leader if there is a choice: whose
 *	memory and files are the process's. Held with its struct kcr_thread
 * @rec: restart: its KCR_KIND_PROCESS record
 * @node: in kcr_ctx.processes
 * @hash: checkpoint: by signal_struct
 * @claim: checkpoint: that nobody else stops it; NULL when it is let go
 * @threads: kcr_thread.sibling, the leader first
 * @id: of its KCR_KIND_PROCESS record
 * @tgid: its id, in the pid namespace of whoever runs the operation
 * @zombie: it has ended, and its parent does not know yet
 * @leader_ended: @leader has, and other threads go on
 * @own_group: its process group belongs to the tree
 * @own_session: its session does
 * @shares: checkpoint: KCR_PROCESS_SHARES_*: what it has of who makes it
 * @mm: checkpoint: its memory, or that of @memory; held from the cut on
 * @snapshot: checkpoint: copy-on-write duplicate of @mm, NULL while there is none
 * @mm_id: id of its KCR_KIND_MM record
 * @vma_end: restart: end of the last mapping that was checked
 * @children: checkpoint: whose pages are still to be written, and may be its
 * @pages_written: checkpoint: its own are
 * @kept: mappings that come from the parent's, in order; in a copy those that come
 *	from its template's
 * @nr_kept: how many
 * @max_kept: that @kept has room for
 * @kept_at: the first of them that matters still
 * @kept_pos: restart: up to there the pages in them are as they should be
 * @kept_rec: restart: mapping of the parent's that was found last
 * @locked: restart: bytes of its mappings that are locked, so far
 * @nr_threads: of those, they that were there at the cut
 * @nr: its place in kcr_ctx.processes, in a restart
 * @tables: checkpoint: struct kcr_shared, tables of descriptors that it is the first
 *	to have
 * @roots: the same for where paths begin
 * @coming: restart: it is being made, or has been; then it sets @leader
 * @has_table: restart: the first table of its own has been made
 * @has_fs: likewise
 * @nr_mms: restart: KCR_KIND_MM records that it has
 * @nr_fdtables: restart: KCR_KIND_FDTABLE records that it has
 * @posix_timers: kernel/task/posix_timer.c's own, NULL for none
 * @turn: restart: may build itself now
 * @lazy: restart: its pages that may come later, NULL: none, or the program runs
 */
struct kcr_process {
	struct kcr_ctx *ctx;
	struct kcr_process *parent, *memory, *handlers;
	struct task_struct *leader, *live;
	const struct kcr_rec *rec;
	struct list_head node;
	struct hlist_node hash;
	struct kcr_claim *claim;
	struct list_head threads;
	u32 id;
	pid_t tgid;
	bool zombie, leader_ended;
	bool own_group, own_session;
	u32 shares;
	struct mm_struct *mm;
	struct kcr_snapshot *snapshot;
	u32 mm_id;
	u64 vma_end, locked;
	unsigned int children;
	bool pages_written;
	struct kcr_kept *kept;
	unsigned int nr_kept, max_kept, kept_at;
	unsigned long kept_pos;
	const struct kcr_rec *kept_rec;
	unsigned int nr_threads;
	unsigned int nr;
	struct list_head tables, roots;
	bool coming, has_table, has_fs;
	unsigned int nr_mms, nr_fdtables;
	struct kcr_posix_timers *posix_timers;
	struct completion turn;
	struct lazy_mm *lazy;
};

/**
 * struct kcr_thread - a thread that is saved or made
 * @ctx: its operation
 * @process: whose it is
 * @task: the thread; references to it and to its kernel stack are held, so that
 *	its registers can be looked at even if it is killed
 * @node: in kcr_ctx.threads
 * @sibling: in kcr_process.threads
 * @hash: checkpoint: by task
 * @work: queued on @task
 * @claim: its process's, with a reference while @work is queued
 * @state: enum kcr_thread_state, under kcr_ctx.park_lock
 * @id: of its KCR_KIND_THREAD record
 * @tid: in the pid namespace of whoever runs the operation
 * @leader: leads the thread group
 * @let_out: how often it was met inside of the vDSO, and let out
 * @ask_again: not before, when it was
 * @in_signal: parked (or stopped) where the kernel handles signals: a raw
 *	-ERESTART number in rax will start the system call again
 * @in_place: is made, and waits for its registers
 * @nr: system call that it sleeps in, -1: none
 * @released: restart: goes on before the others: it had ended, or is stopped for
 *	its tracer
 * @blocked: kernel/task/blocked.c's own
 * @ptrace: restart: its KCR_KIND_PTRACE record, NULL if nobody traces it
 * @table: checkpoint: its descriptors
 * @fs: checkpoint: where its paths begin
 * @error: of the thread being made
 */
struct kcr_thread {
	struct kcr_ctx *ctx;
	struct kcr_process *process;
	struct task_struct *task;
	struct list_head node;
	struct list_head sibling;
	struct hlist_node hash;
	struct callback_head work;
	struct kcr_claim *claim;
	enum kcr_thread_state state;
	u32 id;
	pid_t tid;
	bool leader;
	unsigned int let_out;
	ktime_t ask_again;
	bool in_signal;
	bool in_place;
	bool released;
	int nr;
	void *blocked;
	const struct kcr_rec *ptrace;
	struct kcr_shared *table, *fs;
	int error;
};

/**
 * struct kcr_chunk - a piece of the buffer that records are put together in
 * @node: in kcr_ctx.chunks, in the order of the image
 * @used: bytes at @data that hold something
 * @size: bytes at @data
 * @data: a kvmalloc() of its own
 */
struct kcr_chunk {
	struct list_head node;
	size_t used;
	size_t size;
	u8 *data;
};

/**
 * struct kcr_runs - heads of runs of pages that have been read
 * @at: of @nr, with room for @max
 * @nr: how many
 * @max: room
 */
struct kcr_runs {
	struct kcr_img_pages *at;
	unsigned int nr, max;
};

#define KCR_TASK_BITS	8	/* log2 of the buckets of tasks */

/**
 * struct kcr_ctx - one operation
 *
 * @ref: the descriptor, the list of operations and whoever looks at it
 * @lock: one ioctl of an operation at a time; see Documentation/locking.rst
 * @node: in dev.c's list of all operations
 * @op: number of the operation
 * @restart: a restart, not a checkpoint
 * @ckpt_flags: KCR_CKPT_*; 0 in a restart
 * @restart_flags: KCR_RESTART_*; 0 in a checkpoint
 * @timeout_ms: how long to wait until every thread has stopped
 * @cred: of whoever opened the operation
 * @pid_ns: of whoever opened the operation; ids in the image are its
 * @runner: the thread in KCR_IOC_RUN, or NULL; under @status_lock
 * @device: the /dev/kcr that it was opened through
 *
 * @status_lock: protects what others may look at, from here to @pages_file
 * @phase: how far it is
 * @class: why it failed
 * @error: negative errno of the first failure, 0 for none
 * @cancelled: shall fail soon
 * @again: KCR_IOC_RUN goes on where a stop has interrupted it; under @lock
 * @blockers: sentences in @text, in a check
 * @text: the sentence, or the blockers
 * @text_len: bytes of @text, without its NUL
 * @text_size: bytes that @text has room for
 * @where: prefix of sentences, see kcr_where()
 * @started_ns: when the operation was opened
 * @phase_ns: when @phase began
 * @pause_ns: how long the target was stopped
 * @park_ns: of that, until its last thread had
 * @bytes_total: expected in all
 * @pages: written or read so far
 * @pages_zero: left out because they hold zeros
 * @pages_file: left out because a file holds them
 * @pages_earlier: left out because the image before has them
 * @pages_spared: of those, that were not looked at
 *
 * @snapshot_pages: checkpoint: pages of all snapshots at the cut, 0 while there is none
 * @faults: checkpoint: of all processes, until then
 *
 * @root: the target, or the first process made
 * @pid: of @root
 * @scope_pid: checkpoint: session or group that is saved too, or NULL
 * @scope_cgroup: checkpoint: cgroup that is saved too, or NULL
 * @choices: what becomes of what is shared with the outside, NULL for none
 * @nr_choices: how many
 * @processes: struct kcr_process, @root first, each after its parent
 * @nr_processes: how many
 * @building: restart: the one that builds itself; there is one at a time, or none.
 *	What it says has @where in front, what the controller says meanwhile has not
 * @processes_hash: checkpoint: the same, by signal_struct
 * @threads_hash: checkpoint: @threads, by task
 *
 * @park_lock: protects the states of threads and @releasing
 * @threads: struct kcr_thread of all processes
 * @nr_threads: of them, those that were there when asked
 * @nr_parked: of those, at the last look
 * @waits_for: a process that another operation stops, 0: none; others may look at it
 * @park_wait: where the controller waits for them
 * @release_wait: where they wait for the controller
 * @releasing: they are to go on
 * @aborting: what was made is to die
 * @parked: all are, and the clocks below have been taken
 * @park_start: when the first one was asked
 * @cut_mono: the host's CLOCK_MONOTONIC at the cut
 * @cut_boot: CLOCK_BOOTTIME, likewise
 * @cut_real: CLOCK_REALTIME, likewise
 *
 * @image: where the image goes to or comes from
 * @direct: what is written goes through to @image, all threads have been let go
 * @no_direct: @image can't be written past the page cache
 * @offset: next byte of the stream
 * @written: bytes that have reached, or come from, @image
 * @records: written or read so far
 * @index_offset: of the KCR_KIND_INDEX record that END names, so far; 0 for none yet
 * @chunks: what is buffered
 * @buffered: bytes of @chunks
 * @buffer_limit: for @buffered, while not @direct
 * @open_rec: head of the record between kcr_rec_begin() and kcr_rec_end()
 * @open_crc: checksum of its payload so far
 * @open_len: bytes of its payload so far
 * @index: runs of pages that no part of the index has yet
 * @index_bytes: that they will take in it
 *
 * @objects: restart: id to object
 * @saved: checkpoint: what kcr_save_object() has saved
 * @saved_hash: the same, by identity
 * @next_id: the last id that was given
 *
 * @head: of the image
 * @recs: restart: records before the pages
 * @recs_bytes: that they take; checkpoint: that they will
 * @rec_hash: they, by id and kind
 * @rec_bits: log2 of how many buckets that has
 * @rec_seed: so that nobody can choose what meets in a bucket
 * @next: head of the first record that is not in @recs
 * @pages_buf: for payloads from there on, NULL until needed
 * @run: head of the run of pages that is being read
 * @run_left: its pages that have not been read
 * @run_crc: checksum of its payload so far
 * @run_earlier: its pages are in an image before this one
 * @run_shared: others read its pages, and look at its checksum
 * @run_vec: for KCR_READ_MAX pages of it, NULL until needed
 * @run_sum: works out @run_crc, NULL until needed
 * @pages_done: the end has been read
 * @feed: page_feed.c's own, NULL until needed
 * @hands: page_hand.c's own, likewise
 * @cgroup: restart: the KCR_KIND_CGROUP record that was told of last
 * @lazy: restart: brings pages later, NULL: none
 * @template: the restart that this one takes from what was read, and holds locked
 *	while it does; NULL: none, or that is over
 * @runs: with KCR_RESTART_TEMPLATE: where there were pages, in the image's order
 * @runs_taken: of those of @template
 *
 * @mm_data: kernel/mm's own, NULL at first
 * @files_data: kernel/files', likewise
 * @task_data: kernel/task's, likewise
 * @tty_data: kernel/tty's, likewise
 * @ipc_data: kernel/ipc's, likewise
 */
struct kcr_ctx {
	struct kref ref;
	struct mutex lock;
	struct list_head node;		/* dev.c: all operations */
	u64 op;
	bool restart;
	u32 ckpt_flags;
	u32 restart_flags;
	u32 timeout_ms;
	const struct cred *cred;
	struct pid_namespace *pid_ns;	/* of the caller; ids in the image are its */
	struct task_struct *runner;	/* thread in KCR_IOC_RUN, under status_lock */
	struct file *device;		/* the /dev/kcr it was opened through */

	/* what others may look at */
	spinlock_t status_lock;
	enum kcr_phase phase;
	enum kcr_class class;
	int error;			/* negative errno of the first failure */
	bool cancelled;
	bool again;
	u32 blockers;
	char *text;
	size_t text_len, text_size;
	char where[160];
	u64 started_ns, phase_ns;	/* when it, and its phase, began */
	u64 pause_ns, park_ns;
	u64 bytes_total;
	u64 pages, pages_zero, pages_file, pages_earlier, pages_spared;
	u64 snapshot_pages, faults;
	u64 file_bytes;

	/* the target, or what is made */
	struct kcr_process *root;
	struct pid *pid;
	struct pid *scope_pid;
	struct cgroup *scope_cgroup;
	struct kcr_choice *choices;
	unsigned int nr_choices;
	struct list_head processes;
	unsigned int nr_processes;
	struct kcr_process *building;
	DECLARE_HASHTABLE(processes_hash, KCR_TASK_BITS);
	DECLARE_HASHTABLE(threads_hash, KCR_TASK_BITS);

	/* park.c, restart.c */
	spinlock_t park_lock;
	struct list_head threads;
	unsigned int nr_threads, nr_parked;
	pid_t waits_for;
	wait_queue_head_t park_wait;	/* the controller waits here */
	wait_queue_head_t release_wait;	/* parked threads wait here */
	bool releasing, aborting;
	bool parked;
	ktime_t park_start;
	ktime_t cut_mono, cut_boot;	/* clocks at the cut, host's */
	ktime_t cut_real;

	/* stream.c */
	struct file *image;
	bool direct;			/* write goes through to the image */
	bool no_direct;			/* can't go past the page cache */
	u64 offset;			/* next byte of the stream */
	u64 written;			/* bytes that reached @image */
	u64 records;
	u64 index_offset;
	struct list_head chunks;
	size_t buffered, buffer_limit;
	struct kcr_rec_head *open_rec;	/* between kcr_rec_begin and _end */
	u32 open_crc;
	u64 open_len;
	struct list_head index;
	size_t index_bytes;
	struct kcr_base *base;		/* of an increment, else NULL */
	struct file *track;		/* mm/track.c: a tracker, or NULL */
	bool tracked;			/* it knows what has changed since @base */

	/* object.c */
	struct xarray objects;		/* restore: id -> object */
	struct list_head saved;		/* save: identity -> id */
	struct hlist_head *saved_hash;
	u32 next_id;

	/* reader.c */
	struct kcr_image_head head;
	struct list_head recs;
	size_t recs_bytes;
	struct hlist_head *rec_hash;
	unsigned int rec_bits;
	u32 rec_seed;
	struct kcr_rec_head next;	/* first record that is not in @recs */
	/* page_reader.c */
	void *pages_buf;
	struct kcr_img_pages run;
	unsigned int run_left;
	u32 run_crc;
	bool run_earlier;
	bool run_shared;
	struct bio_vec *run_vec;
	struct kcr_run_sum *run_sum;
	bool pages_done;
	struct kcr_feed *feed;
	struct kcr_hands *hands;
	struct kcr_rec *cgroup;
	struct kcr_lazy *lazy;
	/* template.c */
	struct kcr_ctx *template;
	struct kcr_runs runs;
	unsigned int runs_taken;

	/* of kernel/mm, files, task, tty and ipc: their own, NULL at first */
	void *mm_data;
	void *files_data;
	void *task_data;
	void *tty_data;
	void *ipc_data;
};

/* error.c */
#define KCR_TEXT_FIRST	512	/* bytes of a sentence for which there always is room */
__printf(4, 5) int kcr_fail(struct kcr_ctx *ctx, enum kcr_class class, int err,
			    const char *fmt, ...);
__printf(2, 3) int kcr_refuse(struct kcr_ctx *ctx, const char *fmt, ...);
__printf(2, 3) int kcr_bad_image(struct kcr_ctx *ctx, const char *fmt, ...);
int kcr_nomem(struct kcr_ctx *ctx);
__printf(2, 3) size_t kcr_where(struct kcr_ctx *ctx, const char *fmt, ...);
size_t kcr_where_process(struct kcr_ctx *ctx, const struct kcr_process *p);
void kcr_where_end(struct kcr_ctx *ctx, size_t mark);

/* object.c: saving */
int kcr_save_object(struct kcr_ctx *ctx, enum kcr_kind kind, void *obj, u32 *id);
u32 kcr_saved_id(struct kcr_ctx *ctx, const void *obj);
u32 kcr_new_id(struct kcr_ctx *ctx);
/* object.c: restoring */
int kcr_object_add(struct kcr_ctx *ctx, const struct kcr_rec *rec, void *obj);
void *kcr_object_get(struct kcr_ctx *ctx, u32 id, enum kcr_kind kind);
void *kcr_object_any(struct kcr_ctx *ctx, u32 id, enum kcr_kind *kind);
void kcr_objects_drop(struct kcr_ctx *ctx);

/* stream.c */
int kcr_write_rec(struct kcr_ctx *ctx, enum kcr_kind kind, u16 version, u32 id,
		  u32 owner, const void *data, size_t len);
int kcr_rec_begin(struct kcr_ctx *ctx, enum kcr_kind kind, u16 version, u32 id,
		  u32 owner);
int kcr_rec_put(struct kcr_ctx *ctx, const void *data, size_t len);
int kcr_rec_end(struct kcr_ctx *ctx);
int kcr_write_pages(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		    struct page **pages, unsigned int count, const u8 *hash);
int kcr_write_no_pages(struct kcr_ctx *ctx, u32 mm, u64 addr, u32 flags,
		       unsigned int count);
int kcr_stream_flush(struct kcr_ctx *ctx);

/* reader.c */
int kcr_read_head(struct kcr_ctx *ctx);
int kcr_read_recs(struct kcr_ctx *ctx);
int kcr_recs_copy(struct kcr_ctx *ctx, const struct kcr_ctx *from);
struct kcr_rec *kcr_rec_find(struct kcr_ctx *ctx, u32 id, enum kcr_kind kind);

/* page_reader.c */
#define KCR_PAGES_OTHERS	1	/* the run is another process's: of kcr_mm_page_run() */
#define KCR_PAGES_SKIP		2	/* the run is not needed, only checked */
typedef int (*kcr_page_run_t)(struct kcr_ctx *ctx, const struct kcr_img_pages *run);
int kcr_read_pages(struct kcr_ctx *ctx, kcr_page_run_t page_run);
#define KCR_READ_MAX		256u	/* pages at once: waking others is dear */
#define KCR_READ_BATCH		64u	/* likewise, of who has them on its stack */
int kcr_read_run(struct kcr_ctx *ctx, struct page **pages, unsigned int count);

/* tree.c */
struct kcr_process *kcr_process_add(struct kcr_ctx *ctx, struct kcr_process *parent);
struct kcr_thread *kcr_thread_add(struct kcr_process *p);
void kcr_thread_remove(struct kcr_thread *t);
bool kcr_thread_hold(struct kcr_thread *t, struct task_struct *task);
void kcr_tree_free(struct kcr_ctx *ctx);
struct kcr_process *kcr_tree_process(struct kcr_ctx *ctx, struct task_struct *task);
unsigned int kcr_tree_unknown(struct kcr_ctx *ctx, struct task_struct **found,
			      unsigned int room);
struct task_struct *kcr_tree_next(struct kcr_ctx *ctx, struct task_struct *p);
int kcr_tree_settle(struct kcr_ctx *ctx);
#define kcr_for_each_process(ctx, p)	list_for_each_entry(p, &(ctx)->processes, node)

/* park.c */
int kcr_park(struct kcr_ctx *ctx);
void kcr_resume(struct kcr_ctx *ctx);
void kcr_wait_inactive(struct kcr_thread *t);

/* dev.c */
void kcr_ctx_get(struct kcr_ctx *ctx);
void kcr_ctx_put(struct kcr_ctx *ctx);
void kcr_set_phase(struct kcr_ctx *ctx, enum kcr_phase phase);
bool kcr_cancelled(struct kcr_ctx *ctx);
bool kcr_interrupted(struct kcr_ctx *ctx);
void kcr_interrupted_end(void);

#define kcr_rec_as(rec, type) ((const type *)(rec)->data)

#endif /* _KCR_H */
