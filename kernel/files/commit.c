// SPDX-License-Identifier: GPL-2.0
/*
 * Files at restart: comparing them with their hashes, and what is done to them
 * when all else has succeeded.
 *
 * A file that the program was writing to may have grown since the cut. It is
 * cut back to its length at the cut, so that no output is doubled, if its bytes
 * up to there are unchanged and nobody else has it open for writing. A file
 * whose bytes are in the image gets them back under the same condition. Both
 * happen at commit, after everything has been looked at once more.
 */
#include <linux/file.h>
#include <linux/namei.h>

#include "internal.h"
#include "ksym.h"
#include <uapi/image/content.h>
#include <uapi/image/reg.h>

/* kcr_opened_name() - the path in its record */
const char *kcr_opened_name(const struct kcr_opened *o)
{
	return (const char *)(kcr_rec_as(o->rec, struct kcr_img_reg) + 1);
}

static int stale(struct kcr_ctx *ctx, struct kcr_opened *o, const char *why)
{
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ESTALE, "%s: %s", kcr_opened_name(o), why);
}

/* Open for reading: the program's own, which is not used yet, or another. */
static struct file *open_to_compare(struct kcr_ctx *ctx, struct kcr_opened *o)
{
	struct file *file;

	if (o->file->f_mode & FMODE_READ)
		return get_file(o->file);
	file = kcr_path_open(&o->file->f_path, O_RDONLY | O_LARGEFILE | O_NONBLOCK);
	if (!IS_ERR(file))
		return file;
	kcr_path_fail(ctx, PTR_ERR(file), kcr_opened_name(o), "can't be read to compare it");
	return NULL;
}

static int compare_hash(struct kcr_ctx *ctx, struct kcr_opened *o,
			const struct kcr_img_content *img)
{
	u64 from = le64_to_cpu(img->from), to = from + le64_to_cpu(img->len);
	struct file *file = open_to_compare(ctx, o);
	u8 digest[KCR_HASH_LEN];
	int ret;

	if (!file)
		return ctx->error;
	ret = kcr_hash_range(ctx, file, from, to, digest);
	fput(file);
	if (ret == -ENODATA)
		return stale(ctx, o, "is shorter than at the checkpoint");
	if (ret)
		return ctx->error ?: kcr_path_fail(ctx, ret, kcr_opened_name(o), "can't be read");
	if (memcmp(digest, img->hash, sizeof(digest)))
		return stale(ctx, o, "its contents have changed since the checkpoint");
	return 0;
}

static bool has_flag(const struct kcr_img_content *img, u32 flag)
{
	return img->flags & cpu_to_le32(flag);
}

/* Writers of a file that are not what this restart has opened. */
static bool others_write(struct kcr_ctx *ctx, struct inode *inode)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_opened *o;
	struct kcr_wanted *w;
	unsigned long id;
	int ours = 0;

	xa_for_each(&files->opened, id, o)
		ours += o->file && file_inode(o->file) == inode &&
			o->file->f_mode & FMODE_WRITE;
	xa_for_each(&files->wanted, id, w)
		ours += w->file && file_inode(w->file) == inode &&
			w->file->f_mode & FMODE_WRITE;
	return atomic_read(&inode->i_writecount) > ours;
}

static int busy(struct kcr_ctx *ctx, const char *name)
{
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EBUSY,
			"%s: has to be changed, but another process has it open for writing",
			name);
}

/* What is cut back must not be reached through somebody's symbolic link. */
static int no_detour(struct kcr_ctx *ctx, struct kcr_opened *o)
{
	struct path path;
	bool same;
	int ret = kern_path(kcr_opened_name(o), LOOKUP_NO_SYMLINKS, &path);

	if (ret)
		return kcr_path_fail(ctx, ret, kcr_opened_name(o), "can't be looked up");
	same = path_equal(&path, &o->file->f_path);
	path_put(&path);
	return same ? 0 : stale(ctx, o, "its name leads to another file");
}

/* Its size matters; it may be longer if it was being written to. */
static int compare_size(struct kcr_ctx *ctx, struct kcr_opened *o,
			const struct kcr_img_content *img)
{
	u64 size = le64_to_cpu(img->size);

	if (o->stat.size < size)
		return stale(ctx, o, "is shorter than at the checkpoint");
	if (o->stat.size == size)
		return 0;
	if (!has_flag(img, KCR_CONTENT_GROWS))
		return stale(ctx, o, "is longer than at the checkpoint");
	if (!has_flag(img, KCR_CONTENT_CUT))
		return 0;
	o->cut = true;
	o->cut_to = size;
	return no_detour(ctx, o);
}

/**
 * kcr_opened_compare() - does a file hold what it did?
 * @ctx: the operation, in the restarter
 * @o: the file, open
 * @rec: a KCR_CONTENT_HASH record, of good structure
 */
int kcr_opened_compare(struct kcr_ctx *ctx, struct kcr_opened *o, const struct kcr_rec *rec)
{
	const struct kcr_img_content *img = kcr_rec_as(rec, struct kcr_img_content);
	bool whole = has_flag(img, KCR_CONTENT_WHOLE);
	int ret;

	if (!S_ISREG(file_inode(o->file)->i_mode) || o->hash ||
	    (whole && (img->from || img->len != img->size)))
		return kcr_bad_image(ctx, "%s: a hash that makes no sense", kcr_opened_name(o));
	o->hash = rec;
	ret = kcr_stat(&o->file->f_path, &o->stat);
	if (ret)
		return kcr_path_fail(ctx, ret, kcr_opened_name(o), "can't be looked at");
	if (whole)
		ret = compare_size(ctx, o, img);
	if (!ret)
		ret = compare_hash(ctx, o, img);
	if (!ret && o->cut && others_write(ctx, file_inode(o->file)))
		ret = busy(ctx, kcr_opened_name(o));
	return ret;
}

/* Commit: first all are looked at once more, then all are changed. */

static int look_again(struct kcr_ctx *ctx, struct kcr_opened *o)
{
	const struct kcr_img_content *img = kcr_rec_as(o->hash, struct kcr_img_content);
	struct kcr_stat now;
	int ret = kcr_stat(&o->file->f_path, &now);

	if (ret)
		return kcr_path_fail(ctx, ret, kcr_opened_name(o), "can't be looked at");
	if (others_write(ctx, file_inode(o->file)))
		return busy(ctx, kcr_opened_name(o));
	return kcr_stat_same(&now, &o->stat) ? 0 : compare_hash(ctx, o, img);
}

/* What was there and differs, or could not be filled when it was made. */
static bool to_write_back(const struct kcr_wanted *w)
{
	return w->settled && !w->same && (w->there || w->memory);
}

static int look_at_wanted(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	int ret = w->there && w->memory ? kcr_wanted_compare(ctx, w) : 0;

	if (!ret && w->there && to_write_back(w) && others_write(ctx, d_inode(w->path.dentry)))
		ret = busy(ctx, kcr_wanted_name(w));
	return ret;
}

static int look_at_all(struct kcr_ctx *ctx, struct kcr_files *files)
{
	struct kcr_opened *o;
	struct kcr_wanted *w;
	unsigned long id;
	int ret;

	xa_for_each(&files->opened, id, o) {
		ret = o->cut ? look_again(ctx, o) : 0;
		if (ret)
			return ret;
	}
	xa_for_each(&files->wanted, id, w) {
		ret = look_at_wanted(ctx, w);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_back(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	struct file *file;
	int ret;

	if (w->file)
		return kcr_wanted_fill(ctx, w, w->file);
	file = kcr_path_open(&w->path, O_WRONLY | O_LARGEFILE);
	if (IS_ERR(file))
		return kcr_path_fail(ctx, PTR_ERR(file), kcr_wanted_name(w), "can't be written");
	ret = kcr_wanted_fill(ctx, w, file);
	fput(file);
	return ret;
}

static int change_all(struct kcr_ctx *ctx, struct kcr_files *files)
{
	struct kcr_opened *o;
	struct kcr_wanted *w;
	unsigned long id;
	int ret;

	xa_for_each(&files->opened, id, o) {
		ret = o->cut ? vfs_truncate(&o->file->f_path, o->cut_to) : 0;
		if (ret)
			return kcr_path_fail(ctx, ret, kcr_opened_name(o), "can't be cut back");
	}
	xa_for_each(&files->wanted, id, w) {
		ret = to_write_back(w) ? write_back(ctx, w) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * kcr_files_commit() - change files on disk as the image wants them
 * @ctx: the operation, in the restarter; everything is made, and parked
 *
 * More than once is fine.
 */
int kcr_files_commit(struct kcr_ctx *ctx)
{
	struct kcr_files *files = kcr_files(ctx);
	int ret;

	if (!files)
		return -ENOMEM;
	if (files->committed)
		return 0;
	ret = look_at_all(ctx, files) ?: change_all(ctx, files);
	if (!ret)
		files->committed = true;
	return ret;
}

/**
 * kcr_files_settled() - close what files were changed through
 * @ctx: the operation, in the restarter, after kcr_files_commit()
 */
void kcr_files_settled(struct kcr_ctx *ctx)
{
	struct kcr_wanted *w;
	unsigned long id;

	xa_for_each(&kcr_files(ctx)->wanted, id, w) {
		if (w->file)
			fput(w->file);
		w->file = NULL;
	}
	kcr_call(task_work_run)();
}
