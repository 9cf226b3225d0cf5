/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of kernel/files/ share.
 *
 * A checkpoint touches struct kcr_files from the controller only. A restart
 * touches it from the controller before the leader is made and after it has
 * parked, and from the leader in between.
 */
#ifndef _KCR_FILES_INTERNAL_H
#define _KCR_FILES_INTERNAL_H

#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/path.h>
#include <linux/stat.h>
#include <linux/xarray.h>
#include <linux/xxhash.h>

#include "files.h"
#include "kcr.h"
#include <uapi/image/file.h>

#define KCR_FDS_MAX	(1ul << 20)	/* as fs.nr_open has it, if nobody has changed it */
#define KCR_IO_SIZE	(1u << 20)	/* step for reading and hashing files */

/**
 * struct kcr_shared - what threads share: a table of descriptors, or where paths begin
 * @node: in kcr_process.tables or kcr_process.roots
 * @hash: in kcr_files.shared
 * @obj: the files_struct or fs_struct, to be compared
 * @process: first one that has it
 * @task: a thread of it that has it, parked
 * @users: threads of the tree that have it
 * @first_fd: index of its first descriptor among the tree's
 * @nr_fds: how many it has
 * @id: of its record
 */
struct kcr_shared {
	struct list_head node;
	struct hlist_node hash;
	const void *obj;
	struct kcr_process *process;
	struct task_struct *task;
	unsigned int users;
	unsigned int first_fd, nr_fds;
	u32 id;
};

/**
 * struct kcr_open - an open file that a process of the tree has a descriptor of
 * @by_file: in kcr_files.opens
 * @by_inode: in kcr_files.inodes
 * @file: it, with no reference of its own
 * @slots: descriptors of the tree that it has
 * @flights: messages on the way to the tree that it is in; then, a reference is held
 * @process: first one that has one of them
 * @table: its table that has it; NULL: it is in a message
 * @fd: of them, the first one's first
 */
struct kcr_open {
	struct hlist_node by_file;
	struct hlist_node by_inode;
	struct file *file;
	unsigned int slots, flights;
	struct kcr_process *process;
	const struct kcr_shared *table;
	unsigned int fd;
};

#define KCR_OPEN_BITS	8	/* log2 of the buckets of those */

/**
 * struct kcr_fd - a descriptor of the target
 * @process: whose
 * @table: which; NULL: it is in a message
 * @file: a reference is held
 * @fd: its number
 * @cloexec: its close-on-exec flag
 */
struct kcr_fd {
	struct kcr_process *process;
	const struct kcr_shared *table;
	struct file *file;
	unsigned int fd;
	bool cloexec;
};

/**
 * struct kcr_files - ctx->files_data
 * @fds: the tree's descriptors at the cut: table by table, ascending
 * @nr_fds: how many
 * @max_fds: room at @fds
 * @opens: struct kcr_open, by file
 * @inodes: the same, by inode
 * @shared: struct kcr_shared, by what it is
 * @relied: struct kcr_relied, files that the image relies on or contains
 * @hashed_at_cut: bytes hashed while the target was stopped
 * @buf: KCR_IO_SIZE bytes, NULL until kcr_files_buf()
 * @stream: restart's own descriptors 0, 1 and 2; NULL if closed
 * @given: by id of its record: struct file, of restart's, that the user gives
 * @instead: a pipe with unread input has taken the stream's place
 * @wanted: by id: struct kcr_wanted, files whose bytes are in the image
 * @opened: by id: struct kcr_opened, what a REG record leads to
 * @nr_opened: how many
 * @made: struct kcr_made, names that go away if the restart fails
 * @last_fown: the last KCR_KIND_FOWN record
 * @committed: whether kcr_files_commit() has run
 * @kept: whether all has succeeded: names stay
 */
struct kcr_files {
	struct kcr_fd *fds;
	unsigned int nr_fds, max_fds;
	DECLARE_HASHTABLE(opens, KCR_OPEN_BITS);
	DECLARE_HASHTABLE(inodes, KCR_OPEN_BITS);
	DECLARE_HASHTABLE(shared, KCR_OPEN_BITS);
	struct list_head relied;
	u64 hashed_at_cut;
	void *buf;

	struct file *stream[3];
	bool instead[3];
	struct xarray given;
	struct xarray wanted;
	struct xarray opened;
	unsigned int nr_opened;
	struct list_head made;
	const struct kcr_rec *last_fown;
	bool committed, kept;
};

/* drop.c */
struct kcr_files *kcr_files(struct kcr_ctx *ctx);	/* NULL after kcr_nomem() */
void *kcr_files_buf(struct kcr_ctx *ctx);		/* NULL after kcr_nomem() */
int kcr_files_made(struct kcr_ctx *ctx, const struct path *path);

/* file.c */
int kcr_file_flags_save(struct kcr_ctx *ctx, struct file *file, u32 *flags);
int kcr_file_flags_any(struct kcr_ctx *ctx, struct file *file, u32 *flags);
int kcr_file_named_save(struct kcr_ctx *ctx, struct file *file, __le32 *flags, char **name);
int kcr_file_flags_check(struct kcr_ctx *ctx, u32 flags, const char *what);
int kcr_file_flags_check_any(struct kcr_ctx *ctx, u32 flags, const char *what);
int kcr_file_flags(u32 flags);				/* as open(2) has them */
void kcr_file_flags_set(struct file *file, u32 flags);	/* those that may change later */
int kcr_file_made(struct kcr_ctx *ctx, const struct kcr_rec *rec, long fd, u32 flags,
		  const char *what);
char *kcr_fdinfo(struct kcr_ctx *ctx, struct file *file);

/* refuse.c: says by name what nobody handles */
int kcr_file_refuse(struct kcr_ctx *ctx, struct file *file);
bool kcr_fs_is_real(const struct super_block *sb);
bool kcr_fs_in_memory(const struct super_block *sb);

/* fdtable.c */
unsigned long kcr_fd_limit(void);

/* table.c: descriptors of the tree */
struct file *kcr_task_next_fd(struct task_struct *task, unsigned int *fd, bool *cloexec);
struct kcr_open *kcr_table_find(struct kcr_ctx *ctx, const struct file *file);
struct kcr_fd *kcr_table_fds(struct kcr_ctx *ctx, const struct kcr_shared *table,
			     unsigned int *nr);
void kcr_table_drop(struct kcr_files *files);
int kcr_table_flight(struct kcr_ctx *ctx, const struct kcr_fd *fd);
unsigned int kcr_table_slots(struct kcr_ctx *ctx, const struct file *file);
bool kcr_table_writes(struct kcr_ctx *ctx, const struct inode *inode);
u32 kcr_table_first(struct kcr_ctx *ctx, struct file *file);
bool kcr_file_shared(struct kcr_ctx *ctx, struct file *file);

static inline const struct inode *kcr_inode_of(const struct file *file)
{
	return d_inode(file->f_path.dentry);
}

#define kcr_for_each_open_of(files, o, inode)					\
	hash_for_each_possible((files)->inodes, o, by_inode, (uintptr_t)(inode))	\
		if (kcr_inode_of((o)->file) == (inode))

/* shared.c */
struct kcr_shared *kcr_shared_find(struct kcr_files *files, const void *obj);
struct kcr_shared *kcr_shared_add(struct kcr_files *files, struct kcr_thread *t,
				  const void *obj, struct list_head *own);
int kcr_shared_outside(struct kcr_ctx *ctx, struct kcr_process *p);
void kcr_shared_drop(struct kcr_files *files);
bool kcr_shared_has_table(struct kcr_ctx *ctx, const struct kcr_rec *rec, u32 id);
void kcr_fdtable_put(void *files);
struct files_struct *kcr_fdtable_wear(struct files_struct *files);
void kcr_fs_put(void *fs);
struct fs_struct *kcr_fs_get(struct fs_struct *fs);
struct fs_struct *kcr_fs_wear(struct fs_struct *fs);

/* path.c */
bool kcr_path_gone(const struct path *path);
const char *kcr_path_show(const struct path *path, char **buf);
int kcr_path_save(struct kcr_ctx *ctx, const struct path *path, char **name);
int kcr_path_find(struct kcr_ctx *ctx, const char *name, unsigned int lookup,
		  umode_t type, struct path *path);
int kcr_path_fail(struct kcr_ctx *ctx, int err, const char *name, const char *what);
struct file *kcr_path_open(const struct path *path, int flags);
int kcr_path_leads_here(struct kcr_ctx *ctx, const char *name, const struct path *path);
int kcr_path_give(struct kcr_ctx *ctx, const struct path *path, const char *name, u32 uid,
		  u32 gid);
void kcr_path_unmake(const struct path *path);
int kcr_path_write(struct kcr_ctx *ctx, enum kcr_kind kind, u32 id, const void *img, size_t len,
		   const char *name);
const char *kcr_path_check(struct kcr_ctx *ctx, const void *path, u32 len, size_t room,
			   const char *what);

/**
 * struct kcr_stat - tells whether a file has been touched
 * @size: bytes
 * @version: of the inode, where the file system counts changes
 * @mtime: when its contents were changed
 * @ctime: when it was changed at all
 * @uid: its owner
 * @gid: its group
 * @mode: its type and permissions
 */
struct kcr_stat {
	u64 size;
	u64 version;
	struct timespec64 mtime, ctime;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/* hash.c */
struct kcr_hash {
	struct xxh64_state state[2];
	u64 done;
};

int kcr_stat(const struct path *path, struct kcr_stat *stat);
bool kcr_stat_same(const struct kcr_stat *a, const struct kcr_stat *b);
void kcr_hash_begin(struct kcr_hash *hash, u64 from);
int kcr_hash_to(struct kcr_ctx *ctx, struct file *file, struct kcr_hash *hash, u64 to);
void kcr_hash_end(const struct kcr_hash *hash, u8 *digest);
int kcr_hash_range(struct kcr_ctx *ctx, struct file *file, u64 from, u64 to, u8 *digest);
int kcr_files_stopped(struct kcr_ctx *ctx);
ssize_t kcr_read_full(struct file *file, void *buf, size_t len, loff_t pos);

/* known.c */
bool kcr_known_find(struct file *file, const struct kcr_stat *stat, u64 from, u64 to,
		    u8 *digest);
void kcr_known_add(struct file *file, const struct kcr_stat *before, u64 from, u64 to,
		   const u8 *digest);

/**
 * struct kcr_relied - a file that the image relies on, or contains
 * @node: in kcr_files.relied
 * @path: as it was opened
 * @file: open for reading, NULL until needed
 * @kept: its bytes are in the image, under this id
 * @reg: id of a REG record that leads to it, 0 while nobody needs it
 * @from: first byte that is needed
 * @to: byte after the last one
 * @whole: all of it is needed
 * @ours: the target may write to it
 * @writers: somebody may write to it
 * @hash: so far, of files that somebody may write to
 * @digest: at the cut, with @cut
 * @cut: @digest is there
 * @stat: at the cut
 */
struct kcr_relied {
	struct list_head node;
	struct path path;
	struct file *file;
	u32 kept;
	u32 reg;
	u64 from, to;
	bool whole, ours, writers, cut;
	struct kcr_hash hash;
	u8 digest[16];
	struct kcr_stat stat;
};

/* relied.c */
struct kcr_img_reg;
struct kcr_relied *kcr_relied_at(struct kcr_ctx *ctx, const struct path *path);
struct kcr_relied *kcr_relied_get(struct kcr_ctx *ctx, struct file *file);
int kcr_relied_open(struct kcr_ctx *ctx, struct kcr_relied *r, struct file *file);
void kcr_relied_drop(struct kcr_files *files);

/**
 * struct kcr_wanted - a file whose bytes are in the image
 * @rec: its KCR_CONTENT_FILE record
 * @data: KCR_CONTENT_DATA records, in order
 * @nr_data: of them
 * @max_data: that @data has room for
 * @path: where it is, or NULLs
 * @file: made for it, or NULL
 * @memory: KCR_CONTENT_MEMORY: its pages, unless they go into @file; or NULL
 * @settled: the next two are known
 * @there: @path leads to it
 * @same: and it holds the right bytes
 * @made: has been made at @path, and goes away if the restart fails
 */
struct kcr_wanted {
	const struct kcr_rec *rec;
	const struct kcr_rec **data;
	unsigned int nr_data, max_data;
	struct path path;
	struct file *file, *memory;
	bool settled, there, same, made;
};

/* content_save.c */
int kcr_content_keep(struct kcr_ctx *ctx, struct file *file, u32 *id);
int kcr_content_save(struct kcr_ctx *ctx, void *obj, u32 id);

/* content.c */
int kcr_wanted_settle(struct kcr_ctx *ctx, u32 id, struct kcr_wanted **wanted);
int kcr_wanted_compare(struct kcr_ctx *ctx, struct kcr_wanted *w);
int kcr_wanted_fill(struct kcr_ctx *ctx, struct kcr_wanted *w, struct file *file);
const char *kcr_wanted_name(const struct kcr_wanted *w);
bool kcr_wanted_is_dir(const struct kcr_wanted *w);
int kcr_wanted_dir(struct kcr_ctx *ctx, u32 id, struct path *path);
void kcr_wanted_drop(struct kcr_files *files);

/**
 * struct kcr_gone_dir - a directory that has been removed
 * @name: the path that it had
 * @mode: its permissions
 * @uid: its owner, in the caller's namespace
 * @gid: its group, likewise
 */
struct kcr_gone_dir {
	const char *name;
	umode_t mode;
	u32 uid, gid;
};

/* gone_dir.c */
int kcr_gone_dir_save(struct kcr_ctx *ctx, const struct path *path, u32 *id);
struct file *kcr_gone_dir_make(struct kcr_ctx *ctx, const struct kcr_gone_dir *gone);

/**
 * struct kcr_opened - what a REG record leads to
 * @rec: the record
 * @file: open as the program had it; NULL until it can be opened
 * @wanted: its bytes are in the image
 * @hash: the record that it was compared with, or NULL
 * @stat: when it was compared with its hash
 * @cut_to: with @cut: its length at the cut
 * @cut: it has grown, and is cut back at commit
 */
struct kcr_opened {
	const struct kcr_rec *rec;
	struct file *file;
	struct kcr_wanted *wanted;
	const struct kcr_rec *hash;
	struct kcr_stat stat;
	u64 cut_to;
	bool cut;
};

/* opath.c */
bool kcr_opath_match(struct kcr_ctx *ctx, struct file *file);
int kcr_opath_save(struct kcr_ctx *ctx, struct file *file, struct kcr_img_reg *img, char **name);
umode_t kcr_opath_type(u32 type);

/* huge.c */
struct kcr_img_content;
bool kcr_path_is_huge(const struct path *path);
int kcr_huge_describe(struct kcr_ctx *ctx, struct kcr_relied *r, struct kcr_img_content *img);
bool kcr_wanted_is_huge(const struct kcr_wanted *w);
int kcr_huge_check(struct kcr_ctx *ctx, const struct kcr_img_content *img);
int kcr_huge_missing(struct kcr_ctx *ctx, struct kcr_wanted *w);
int kcr_huge_compare(struct kcr_ctx *ctx, struct kcr_wanted *w);
struct file *kcr_huge_make_unlinked(struct kcr_ctx *ctx, struct kcr_wanted *w);
int kcr_huge_size(struct kcr_ctx *ctx, struct kcr_wanted *w);
int kcr_huge_commit(struct kcr_ctx *ctx, struct kcr_wanted *w);

/* memory.c */
bool kcr_relied_is_memory(const struct kcr_relied *r);
bool kcr_wanted_is_memory(const struct kcr_wanted *w);
int kcr_memory_check(struct kcr_ctx *ctx, const struct kcr_img_content *img);
int kcr_memory_begin(struct kcr_ctx *ctx, struct kcr_wanted *w);
int kcr_memory_fill(struct kcr_ctx *ctx, struct kcr_wanted *w, struct file *file);

/* mounts.c */
typedef bool (*kcr_mount_fits_t)(const struct path *path, const void *arg);
char *kcr_inode_name(struct kcr_ctx *ctx, struct inode *inode);
bool kcr_mount_find(struct kcr_ctx *ctx, const char *type, kcr_mount_fits_t fits,
		    const void *arg, struct path *path);

/* commit.c */
int kcr_opened_compare(struct kcr_ctx *ctx, struct kcr_opened *o, const struct kcr_rec *rec);
int kcr_files_commit(struct kcr_ctx *ctx);
void kcr_files_settled(struct kcr_ctx *ctx);
const char *kcr_opened_name(const struct kcr_opened *o);

/* fown.c */
int kcr_fown_refuse(struct kcr_ctx *ctx, struct file *file, enum kcr_kind kind);

/**
 * struct kcr_lease - a lease of an open file
 * @flags: KCR_FOWN_LEASE_*, KCR_FOWN_DOWNGRADE and KCR_FOWN_UNLOCK
 * @fd: descriptor that it was taken through
 * @downgrade: milliseconds until the kernel makes it one on reading; 0: it does not
 * @unlock: likewise, until it takes it away
 */
struct kcr_lease {
	u32 flags;
	int fd;
	u32 downgrade, unlock;
};

/* lease.c */
struct kcr_img_fown_file;
int kcr_fasync_fd(const struct fasync_struct *list, const struct file *file);
bool kcr_lease_find(struct file *file, struct kcr_lease *lease);
bool kcr_has_write_lease(const struct path *path);
int kcr_lease_refuse(struct kcr_ctx *ctx, struct file *file);
bool kcr_can_read_cached(struct file *file);
ssize_t kcr_read_cached(struct file *file, void *buf, size_t len, loff_t pos);
int kcr_lease_take(struct kcr_ctx *ctx, struct task_struct *leader, struct file *file,
		   const struct kcr_img_fown_file *img);
void kcr_lease_break(struct file *file, const struct kcr_img_fown_file *img);

/* external.c */
bool kcr_external_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_file_is_tty(struct file *file);
bool kcr_file_is_ours(struct kcr_ctx *ctx, struct file *file);
struct file *kcr_file_with_flags(struct file *file, u32 flags);
struct file *kcr_external_stream(struct kcr_ctx *ctx, unsigned int nr, u32 flags);

/* given.c */
bool kcr_given_match(struct kcr_ctx *ctx, struct file *file);
int kcr_given_take(struct kcr_ctx *ctx);
void kcr_given_drop(struct kcr_files *files);

/* procfs.c */
struct file *kcr_procfs_restored(struct kcr_ctx *ctx, u32 id);

/* What a kind recognizes; pipe_end.c, chr.c and so on */
bool kcr_reg_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_chr_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_procfs_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_procmem_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_pipe_end_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_fifo_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_inotify_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_pidfd_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_eventfd_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_epoll_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_timerfd_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_signalfd_match(struct kcr_ctx *ctx, struct file *file);
bool kcr_unix_match(struct kcr_ctx *ctx, struct file *file);	/* kernel/net */
bool kcr_tty_end_match(struct kcr_ctx *ctx, struct file *file);

#endif /* _KCR_FILES_INTERNAL_H */
