// SPDX-License-Identifier: GPL-2.0
/*
 * Files that the image relies on without containing them, during a checkpoint.
 *
 * They are identified by content: a hash of the bytes that are needed. A file
 * that nobody writes to is hashed after the pause, and has not changed since
 * the cut if its size, its times and its version have not. A file that is open
 * for writing may change: what it holds is hashed before anything is stopped,
 * the bytes that came since while everything is stopped (not many, or the
 * pause would depend on the file), and all of it again after the pause, to
 * see whether it is only added to. One that is changed in place can't be
 * relied on: its bytes belong into the image (KCR_CKPT_WITH_FILES).
 *
 * When the program is held all of this is done while it is stopped.
 */
#include <linux/file.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat/file.h"
#include "internal.h"
#include "mm/mm.h"
#include <uapi/image/content.h>

#define KCR_CUT_MAX	(4u << 20)	/* bytes hashed while stopped */
#define KCR_ROUNDS	5		/* to catch up with a file that grows */

static bool held(struct kcr_ctx *ctx)
{
	return ctx->ckpt_flags & KCR_CKPT_HOLD;
}

static bool checking(struct kcr_ctx *ctx)
{
	return ctx->ckpt_flags & KCR_CKPT_CHECK;
}

static bool has_writers(struct file *file)
{
	return inode_is_open_for_write(file_inode(file)) ||
	       inode_is_open_for_write(d_inode(kcr_file_path(file)->dentry));
}

static bool same_file(const struct path *a, const struct path *b)
{
	if (path_equal(a, b))
		return true;
	/* Without a name it is the inode that counts. */
	return kcr_path_gone(a) && d_inode(a->dentry) == d_inode(b->dentry);
}

/**
 * kcr_relied_at() - the one entry for what is at @path
 * @ctx: the operation
 * @path: of a regular file, or of a directory that has been removed
 *
 * Return: the entry, or NULL after kcr_nomem().
 */
struct kcr_relied *kcr_relied_at(struct kcr_ctx *ctx, const struct path *path)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_relied *r;

	if (!files)
		return NULL;
	list_for_each_entry(r, &files->relied, node)
		if (same_file(path, &r->path))
			return r;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r) {
		kcr_nomem(ctx);
		return NULL;
	}
	r->path = *path;
	path_get(&r->path);
	kcr_hash_begin(&r->hash, 0);
	list_add_tail(&r->node, &files->relied);
	return r;
}

/* kcr_relied_get() - the one entry for the regular file that @file is open on */
struct kcr_relied *kcr_relied_get(struct kcr_ctx *ctx, struct file *file)
{
	return kcr_relied_at(ctx, kcr_file_path(file));
}

static int unreadable(struct kcr_ctx *ctx, struct kcr_relied *r, int err)
{
	char *buf;
	int ret = kcr_path_fail(ctx, err, kcr_path_show(&r->path, &buf), "can't be read");

	kfree(buf);
	return ret;
}

static int leased(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	char *buf;
	int ret;

	ret = kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EAGAIN,
		       "%s: can't be read without breaking a lease on writing (F_SETLEASE)",
		       kcr_path_show(&r->path, &buf));
	kfree(buf);
	return ret;
}

/* The target may be told by inotify who reads its files: not of us. */
static struct file *open_unnoticed(const struct path *path)
{
	int ret = path_permission(path, MAY_READ | MAY_OPEN);

	if (ret)
		return ERR_PTR(ret);
	return dentry_open(path, O_RDONLY | O_LARGEFILE | O_NONBLOCK | (__force int)FMODE_NONOTIFY,
			   current_cred());
}

/* A right to read that the caller lacks is not made up for by what is read around. */
static bool may_serve(struct kcr_relied *r, struct file *file, bool lease)
{
	if (file->f_mode & FMODE_READ)
		return true;
	return lease && kcr_can_read_cached(file) && !path_permission(&r->path, MAY_READ);
}

/**
 * kcr_relied_open() - open a file so that we can read it
 * @ctx: the operation, in the controller
 * @r: the entry; r->file is set
 * @file: the target's own, which serves if it can be read from, also through the page
 *	cache if a lease on writing is in the way; or NULL
 *
 * A file of our own leaves the target's times and read-ahead alone, but would
 * break a lease on writing.
 */
int kcr_relied_open(struct kcr_ctx *ctx, struct kcr_relied *r, struct file *file)
{
	struct file *own;

	if (r->file)
		return 0;
	own = kcr_has_write_lease(&r->path) ? ERR_PTR(-EAGAIN) : open_unnoticed(&r->path);
	if (!IS_ERR(own)) {
		own->f_flags |= O_NOATIME;
		r->file = own;
		return 0;
	}
	if (!file || !may_serve(r, file, own == ERR_PTR(-EAGAIN)))
		return own == ERR_PTR(-EAGAIN) ? leased(ctx, r) : unreadable(ctx, r, PTR_ERR(own));
	r->file = get_file(file);
	return 0;
}

/* Before parking */

static int catch_up(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	int i, ret;

	for (i = 0; i < KCR_ROUNDS; i++) {
		u64 size = i_size_read(d_inode(r->path.dentry));

		if (r->hash.done >= size)
			break;
		ret = kcr_hash_to(ctx, r->file, &r->hash, size);
		if (ret == -ENODATA)	/* shrinks: begins anew at the cut */
			kcr_hash_begin(&r->hash, 0);
		else if (ret)
			return ctx->error ?: unreadable(ctx, r, ret);
	}
	return 0;
}

static bool will_be_kept(struct kcr_ctx *ctx, struct file *file)
{
	return kcr_path_gone(kcr_file_path(file)) ||
	       kcr_fs_in_memory(file_inode(file)->i_sb) ||
	       (ctx->ckpt_flags & KCR_CKPT_WITH_FILES && file->f_mode & FMODE_WRITE);
}

static int prepare(struct kcr_ctx *ctx, struct file *file)
{
	struct kcr_relied *r;
	int ret;

	if (!S_ISREG(file_inode(file)->i_mode) || file->f_mode & FMODE_PATH ||
	    !kcr_reg_match(ctx, file) || !has_writers(file) || will_be_kept(ctx, file))
		return 0;
	r = kcr_relied_get(ctx, file);
	if (!r)
		return -ENOMEM;
	ret = kcr_relied_open(ctx, r, file);
	return ret ?: catch_up(ctx, r);
}

/* Its main thread may have ended, and then has no files any more. */
static struct task_struct *any_thread(struct task_struct *leader)
{
	struct task_struct *t, *any = leader;

	rcu_read_lock();
	for_each_thread(leader, t)
		if (READ_ONCE(t->files)) {
			any = t;
			break;
		}
	get_task_struct(any);
	rcu_read_unlock();
	return any;
}

static int prepare_descriptors(struct kcr_ctx *ctx, struct task_struct *task)
{
	unsigned int fd = 0;
	struct file *file;
	int ret = 0;

	for (; !ret && (file = kcr_task_next_fd(task, &fd, NULL)); fd++) {
		ret = prepare(ctx, file);
		fput(file);
	}
	return ret;
}

static int prepare_mappings(struct kcr_ctx *ctx, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long addr = 0;
	struct file *file;
	int ret = 0;

	if (!mm)
		return 0;
	while (!ret && (file = kcr_mm_next_file(mm, &addr))) {
		ret = prepare(ctx, file);
		fput(file);
	}
	mmput(mm);
	return ret;
}

static int prepare_process(struct kcr_ctx *ctx, struct task_struct *leader)
{
	struct task_struct *task = any_thread(leader);
	int ret = prepare_descriptors(ctx, task) ?: prepare_mappings(ctx, task);

	put_task_struct(task);
	return ret;
}

/**
 * kcr_files_prepare() - hash what is open for writing, as far as it goes
 * @ctx: the operation; the tree is running
 */
int kcr_files_prepare(struct kcr_ctx *ctx)
{
	struct task_struct *leader = NULL;
	int ret = 0;

	if (held(ctx) || checking(ctx))
		return 0;
	while (!ret && (leader = kcr_tree_next(ctx, leader)))
		ret = prepare_process(ctx, leader);
	if (leader)
		put_task_struct(leader);
	/* So that it need not be made while the program stands still. */
	return ret ?: kcr_files_buf(ctx) ? 0 : -ENOMEM;
}

/* At the cut */

static int too_much(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	char *buf;
	int ret;

	ret = kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EAGAIN,
		       "%s: was opened or written to just now, too much to look at: try again",
		       kcr_path_show(&r->path, &buf));
	kfree(buf);
	return ret;
}

/* The hash of a file that somebody may write to, now that nothing moves. */
static int hash_at_cut(struct kcr_ctx *ctx, struct kcr_relied *r, struct file *file)
{
	struct kcr_files *files = kcr_files(ctx);
	u64 more;
	int ret = kcr_relied_open(ctx, r, file);

	if (ret)
		return ret;
	if (r->hash.done > r->stat.size)
		kcr_hash_begin(&r->hash, 0);
	more = r->stat.size - r->hash.done;
	if (files->hashed_at_cut + more > KCR_CUT_MAX)
		return too_much(ctx, r);
	files->hashed_at_cut += more;
	ret = kcr_hash_to(ctx, r->file, &r->hash, r->stat.size);
	if (ret)
		return ctx->error ?: unreadable(ctx, r, ret);
	kcr_hash_end(&r->hash, r->digest);
	r->cut = true;
	return 0;
}

static int first_need(struct kcr_ctx *ctx, struct kcr_relied *r, struct file *file, u32 id)
{
	int ret = kcr_stat(&r->path, &r->stat);

	if (ret)
		return unreadable(ctx, r, ret);
	r->reg = id;
	r->from = U64_MAX;
	r->writers = has_writers(file);
	r->ours = file->f_mode & FMODE_WRITE ||
		  kcr_table_writes(ctx, d_inode(r->path.dentry));
	if (checking(ctx))
		return 0;
	if (r->writers && !held(ctx))
		return hash_at_cut(ctx, r, file);
	/* The rest can wait, if we are sure to be let in then. */
	if (path_permission(&r->path, MAY_READ) || kcr_has_write_lease(&r->path))
		return kcr_relied_open(ctx, r, file);
	return 0;
}

/**
 * kcr_content_need() - the image relies on bytes of a file
 * @ctx: the operation; everything is parked
 * @file: open on it
 * @id: what kcr_file_save() gave for @file
 * @from: first byte
 * @len: bytes; may reach beyond the end
 */
int kcr_content_need(struct kcr_ctx *ctx, struct file *file, u32 id, loff_t from,
		     loff_t len)
{
	struct kcr_relied *r;
	int ret;

	if (!id || !S_ISREG(file_inode(file)->i_mode) || file->f_mode & FMODE_PATH ||
	    !kcr_reg_match(ctx, file))
		return 0;
	r = kcr_relied_get(ctx, file);
	if (!r)
		return -ENOMEM;
	if (r->kept)
		return 0;
	if (!r->reg) {
		ret = first_need(ctx, r, file, id);
		if (ret)
			return ret;
	}
	r->from = min_t(u64, r->from, from);
	r->to = max_t(u64, r->to, from + min_t(u64, len, r->stat.size));
	r->whole |= r->writers || (!from && len >= r->stat.size);
	return 0;
}

/* After the pause */

static int changed(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	char *buf;
	int ret;

	ret = kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EAGAIN,
		       "%s: has changed while the image was written",
		       kcr_path_show(&r->path, &buf));
	kfree(buf);
	return ret;
}

static int unwritable(struct kcr_ctx *ctx, struct kcr_relied *r, int err)
{
	char *buf;
	int ret;

	ret = kcr_fail(ctx, KCR_CLASS_IO, err, "%s: can't be brought to the disk (errno %d)",
		       kcr_path_show(&r->path, &buf), -err);
	kfree(buf);
	return ret;
}

static int changed_in_place(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	char *buf;
	int ret;

	ret = kcr_refuse(ctx, "%s: is changed in place: its contents must be in the image (--with-files)",
			 kcr_path_show(&r->path, &buf));
	kfree(buf);
	return ret;
}

static int write_hash(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	struct kcr_img_content img = {
		.type = cpu_to_le32(KCR_CONTENT_HASH),
		.file = cpu_to_le32(r->reg),
		.flags = cpu_to_le32((r->ours ? KCR_CONTENT_CUT : 0) |
				     (r->writers ? KCR_CONTENT_GROWS : 0) |
				     (r->whole ? KCR_CONTENT_WHOLE : 0)),
		.from = cpu_to_le64(r->from),
		.len = cpu_to_le64(r->to - r->from),
		.size = cpu_to_le64(r->stat.size),
	};

	memcpy(img.hash, r->digest, sizeof(img.hash));
	return kcr_write_rec(ctx, KCR_KIND_CONTENT, 1, 0, 0, &img, sizeof(img));
}

/* An image is of no use after a power failure if what it relies on is lost. */
static int to_disk(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	struct address_space *mapping = r->file->f_mapping;
	int ret = 0;

	if (r->writers || mapping_tagged(mapping, PAGECACHE_TAG_DIRTY) ||
	    mapping_tagged(mapping, PAGECACHE_TAG_WRITEBACK))
		ret = vfs_fsync(r->file, 0);
	if (ret && ret != -EINVAL)
		return unwritable(ctx, r, ret);
	return 0;
}

static int finish(struct kcr_ctx *ctx, struct kcr_relied *r)
{
	struct kcr_stat now;
	u8 digest[KCR_HASH_LEN];
	int ret;

	r->from = r->whole ? 0 : min(r->from, r->stat.size);
	r->to = r->whole ? r->stat.size : clamp(r->to, r->from, r->stat.size);
	ret = kcr_relied_open(ctx, r, NULL);
	if (ret)
		return ret;
	ret = to_disk(ctx, r);
	if (ret)
		return ret;
	ret = kcr_hash_range(ctx, r->file, r->from, r->to, digest);
	if (ret == -ENODATA)
		return r->cut ? changed_in_place(ctx, r) : changed(ctx, r);
	if (ret)
		return ctx->error ?: unreadable(ctx, r, ret);
	if (r->cut && memcmp(digest, r->digest, sizeof(digest)))
		return changed_in_place(ctx, r);
	if (!r->writers && (kcr_stat(&r->path, &now) || !kcr_stat_same(&now, &r->stat)))
		return changed(ctx, r);
	memcpy(r->digest, digest, sizeof(digest));
	return write_hash(ctx, r);
}

/**
 * kcr_files_finish() - hash the rest, and write all hashes
 * @ctx: the operation; the program runs again, unless it is held
 */
int kcr_files_finish(struct kcr_ctx *ctx)
{
	struct kcr_files *files = ctx->files_data;
	struct kcr_relied *r;
	int ret;

	if (!files)
		return 0;
	list_for_each_entry(r, &files->relied, node) {
		if (!r->reg || r->kept)
			continue;
		ret = finish(ctx, r);
		if (ret)
			return ret;
		fput(r->file);
		r->file = NULL;
	}
	return 0;
}

/* kcr_relied_drop() - forget all of them */
void kcr_relied_drop(struct kcr_files *files)
{
	struct kcr_relied *r, *next;

	list_for_each_entry_safe(r, next, &files->relied, node) {
		if (r->file)
			fput(r->file);
		path_put(&r->path);
		kfree(r);
	}
}
