// SPDX-License-Identifier: GPL-2.0
/*
 * FIFOs, with what was written and not read.
 *
 * Each open file is a record; the first one of a FIFO has what is in it. It is
 * opened again by its path with nothing but the restarter's own rights, never
 * waiting for another end: an end of the other direction is opened for an
 * instant where the kernel wants one, and to write what was not read. So that
 * the bytes of others don't meet the program's, nobody else may have the FIFO
 * open, neither at the checkpoint nor at restart.
 *
 * A FIFO whose name is gone is made again if it is missing. One that had been
 * removed is made in the same folder, opened, and removed.
 *
 * Of the pipe itself see pipe.c; of struct file, f_version (6.12: f_pipe) tells
 * whether there has been a writer since it was opened for reading.
 */
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "compat/namei.h"
#include "compat/pipe.h"
#include "ksym.h"
#include "internal.h"
#include "pipe.h"
#include <uapi/image/fifo.h>
#include <uapi/image/pipe.h>

#define KCR_FIFO_NAMES	16	/* tried to make one that is to have no name */

bool kcr_fifo_match(struct kcr_ctx *ctx, struct file *file)
{
	return S_ISFIFO(file_inode(file)->i_mode) && !kcr_pipe_of(file) &&
	       kcr_call(get_pipe_info)(file, false);
}

/* Saving */

static int put_locked(struct kcr_ctx *ctx, struct pipe_inode_info *pipe, u32 id,
		      struct kcr_img_fifo *img, const char *name)
{
	unsigned int bufs = 0;
	size_t len = strlen(name) + 1, bytes = 0;
	int ret;

	if (!img->first) {
		img->capacity = cpu_to_le32(pipe->max_usage << PAGE_SHIFT);
		bytes = kcr_pipe_bytes(pipe, &bufs);
	}
	if (sizeof(*img) + len + bytes + bufs * sizeof(struct kcr_img_pipe_buf) > KCR_REC_MAX)
		return kcr_refuse(ctx, "%s: FIFO with %zu unread bytes: not supported yet",
				  name, bytes);
	img->bufs = cpu_to_le32(bufs);
	img->path_len = cpu_to_le32(len);
	ret = kcr_rec_begin(ctx, KCR_KIND_FIFO, 1, id, 0) ?:
	      kcr_rec_put(ctx, img, sizeof(*img)) ?: kcr_rec_put(ctx, name, len);
	if (!ret && bufs)
		ret = kcr_pipe_put_bufs(ctx, pipe);
	return ret ?: kcr_rec_end(ctx);
}

static int save_named(struct kcr_ctx *ctx, struct file *file, u32 id, struct kcr_img_fifo *img,
		      const char *name)
{
	struct pipe_inode_info *pipe = kcr_call(get_pipe_info)(file, false);
	bool gone = kcr_path_gone(&file->f_path), quiet;
	struct kcr_stat stat;
	int ret = gone ? 0 : kcr_path_leads_here(ctx, name, &file->f_path);

	if (!ret && kcr_pipe_is_outside(ctx, file))
		ret = kcr_refuse(ctx, "%s: FIFO that another process has open: not supported yet",
				 name);
	if (!ret && gone && kcr_inode_of(file)->i_nlink)
		ret = kcr_refuse(ctx, "%s: removed, but it has other names: not supported yet",
				 name);
	if (ret)
		return ret;
	ret = kcr_stat(&file->f_path, &stat);
	if (ret)
		return kcr_path_fail(ctx, ret, name, "can't be looked at");
	quiet = !(file->f_mode & FMODE_WRITE) && *kcr_file_pipe(file) == pipe->w_counter;
	img->state = cpu_to_le32((gone ? KCR_FIFO_UNLINKED : 0) | (quiet ? KCR_FIFO_QUIET : 0));
	img->first = cpu_to_le32(kcr_table_first(ctx, file));
	img->mode = cpu_to_le32(stat.mode & 07777);
	img->uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, stat.uid));
	img->gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, stat.gid));
	pipe_lock(pipe);
	ret = put_locked(ctx, pipe, id, img, name);
	pipe_unlock(pipe);
	return ret;
}

static int fifo_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct kcr_img_fifo img = { };
	struct file *file = obj;
	char *name;
	int ret = kcr_file_named_save(ctx, file, &img.flags, &name);

	if (ret || !name)
		return ret;
	ret = save_named(ctx, file, id, &img, name);
	kfree(name);
	return ret;
}

/* Restoring */

static const char *name_of(const struct kcr_img_fifo *img)
{
	return (const char *)(img + 1);
}

static bool is_unlinked(const struct kcr_img_fifo *img)
{
	return img->state & cpu_to_le32(KCR_FIFO_UNLINKED);
}

static int not_in_use(struct kcr_ctx *ctx, const char *name, struct inode *inode)
{
	bool used;

	spin_lock(&inode->i_lock);
	used = inode->i_pipe;
	spin_unlock(&inode->i_lock);
	if (!used)
		return 0;
	return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EBUSY,
			"%s: another process has this FIFO open", name);
}

/* -ENOENT, without a sentence, if it is to be made. */
static int find(struct kcr_ctx *ctx, const struct kcr_img_fifo *img, struct path *path)
{
	u32 uid = le32_to_cpu(img->uid), flags = le32_to_cpu(img->flags);
	const char *name = name_of(img);
	struct inode *inode;
	int ret = kern_path(name, flags & KCR_FILE_WRITE ? LOOKUP_NO_SYMLINKS : 0, path);

	if (ret == -ENOENT)
		return ret;
	if (ret)
		return kcr_path_fail(ctx, ret, name, "can't be looked up");
	inode = d_inode(path->dentry);
	if (!S_ISFIFO(inode->i_mode))
		ret = kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EINVAL, "%s: is no longer a FIFO",
			       name);
	else if (from_kuid_munged(current_user_ns(), inode->i_uid) != uid)
		ret = kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EPERM,
			       "%s: belongs to another user than at the checkpoint", name);
	else
		ret = not_in_use(ctx, name, inode);
	if (ret)
		path_put(path);
	return ret;
}

static int fifo_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fifo *img = kcr_rec_as(rec, struct kcr_img_fifo);
	u32 flags, len;
	struct path path;
	int ret;

	if (rec->len < sizeof(*img) || le32_to_cpu(img->state) & ~KCR_FIFO_STATE ||
	    le32_to_cpu(img->mode) & ~07777 || (!img->first && !img->capacity) ||
	    (img->first && img->bufs) || le32_to_cpu(img->capacity) > KCR_PIPE_MAX)
		return kcr_bad_image(ctx, "a FIFO record that makes no sense");
	flags = le32_to_cpu(img->flags);
	len = le32_to_cpu(img->path_len);
	ret = kcr_file_flags_check(ctx, flags, "FIFO");
	if (ret)
		return ret;
	if (!kcr_path_check(ctx, img + 1, len, rec->len - sizeof(*img), "FIFO"))
		return ctx->error;
	ret = kcr_pipe_check_bufs(ctx, rec, sizeof(*img) + len, le32_to_cpu(img->bufs));
	if (ret || img->first || is_unlinked(img))
		return ret;
	ret = find(ctx, img, &path);
	if (!ret)
		path_put(&path);
	return ret == -ENOENT ? ctx->error : ret;
}

static int make_node(const char *name, umode_t mode, struct path *path)
{
	struct path parent;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &parent, 0);
	int ret;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = security_path_mknod(&parent, dentry, mode, 0) ?:
	      kcr_vfs_mknod(&parent, dentry, mode);
	if (!ret) {
		path->mnt = mntget(parent.mnt);
		path->dentry = dget(dentry);
	}
	done_path_create(&parent, dentry);
	return ret;
}

/* Under its own name, or, if that is to go at once, under any. */
static int make_some(const struct kcr_img_fifo *img, struct path *path)
{
	umode_t mode = S_IFIFO | le32_to_cpu(img->mode);
	int ret = make_node(name_of(img), mode, path), i;
	char *name;

	for (i = 0; i < KCR_FIFO_NAMES && ret == -EEXIST && is_unlinked(img); i++) {
		name = kasprintf(GFP_KERNEL, "%s.%d", name_of(img), i);
		if (!name)
			return -ENOMEM;
		ret = make_node(name, mode, path);
		kfree(name);
	}
	return ret;
}

static int make_fifo(struct kcr_ctx *ctx, const struct kcr_img_fifo *img, struct path *path)
{
	umode_t umask = current->fs->umask;
	int ret;

	current->fs->umask = 0;		/* ours alone: no other thread yet */
	ret = make_some(img, path);
	current->fs->umask = umask;
	if (ret)
		return kcr_path_fail(ctx, ret, name_of(img), "can't be made");
	ret = kcr_files_made(ctx, path) ?:
	      kcr_path_give(ctx, path, name_of(img), le32_to_cpu(img->uid),
			    le32_to_cpu(img->gid));
	if (ret)
		path_put(path);
	return ret;
}

static struct file *open_now(struct kcr_ctx *ctx, const struct kcr_img_fifo *img,
			     const struct path *path, u32 flags)
{
	struct file *file = kcr_path_open(path, kcr_file_flags(flags & ~KCR_FILE_DIRECT) |
						O_NONBLOCK);

	if (!IS_ERR(file))
		return file;
	kcr_path_fail(ctx, PTR_ERR(file), name_of(img), "can't be opened");
	return NULL;
}

/* Also without a reader: then there is one while it is opened. */
static int open_end(struct kcr_ctx *ctx, const struct kcr_img_fifo *img,
		    const struct path *path, struct file **file)
{
	u32 flags = le32_to_cpu(img->flags);
	struct file *reader = NULL;

	if (!(flags & KCR_FILE_READ)) {
		reader = open_now(ctx, img, path, KCR_FILE_READ);
		if (!reader)
			return ctx->error;
	}
	*file = open_now(ctx, img, path, flags);
	if (reader)
		fput(reader);
	return *file ? 0 : ctx->error;
}

static int fill(struct kcr_ctx *ctx, const struct kcr_rec *rec, const struct path *path)
{
	const struct kcr_img_fifo *img = kcr_rec_as(rec, struct kcr_img_fifo);
	struct file *file;
	int ret;

	if (!img->bufs)
		return 0;
	file = open_now(ctx, img, path, KCR_FILE_READ | KCR_FILE_WRITE);
	if (!file)
		return ctx->error;
	ret = kcr_pipe_fill(ctx, file, rec, sizeof(*img) + le32_to_cpu(img->path_len),
			    le32_to_cpu(img->bufs));
	fput(file);
	return ret;
}

static int open_first(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file **file)
{
	const struct kcr_img_fifo *img = kcr_rec_as(rec, struct kcr_img_fifo);
	struct path path;
	int ret = is_unlinked(img) ? -ENOENT : find(ctx, img, &path);

	if (ret == -ENOENT && !ctx->error)
		ret = make_fifo(ctx, img, &path);
	if (ret)
		return ret;
	ret = open_end(ctx, img, &path, file);
	if (!ret)
		ret = kcr_pipe_resize(ctx, *file, le32_to_cpu(img->capacity)) ?:
		      fill(ctx, rec, &path);
	if (ret && *file)
		fput(*file);
	if (is_unlinked(img))
		kcr_path_unmake(&path);
	path_put(&path);
	return ret;
}

static int fifo_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fifo *img = kcr_rec_as(rec, struct kcr_img_fifo);
	struct file *file = NULL, *first;
	int ret;

	if (img->first) {
		first = kcr_object_get(ctx, le32_to_cpu(img->first), KCR_KIND_FIFO);
		if (!first)
			return kcr_bad_image(ctx, "an end of a FIFO that is not there");
		ret = open_end(ctx, img, &first->f_path, &file);
	} else {
		ret = open_first(ctx, rec, &file);
	}
	if (ret)
		return ret;
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	return kcr_object_add(ctx, rec, file);
}

/* When all its ends are there: whether it has seen a writer. */
static int fifo_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fifo *img = kcr_rec_as(rec, struct kcr_img_fifo);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_FIFO);
	struct pipe_inode_info *pipe = kcr_call(get_pipe_info)(file, false);
	bool quiet = img->state & cpu_to_le32(KCR_FIFO_QUIET);

	/* That of the kernel is never 0 again once there was a writer. */
	pipe_lock(pipe);
	if (!quiet && !pipe->w_counter)
		pipe->w_counter++;
	*kcr_file_pipe(file) = quiet ? pipe->w_counter : 0;
	pipe_unlock(pipe);
	return 0;
}

static int fifo_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return kcr_files_commit(ctx);
}

const struct kcr_ops kcr_fifo_ops = {
	.kind		= KCR_KIND_FIFO,
	.version	= 1,
	.name		= "fifo",
	.save		= fifo_save,
	.check		= fifo_check,
	.restore	= fifo_restore,
	.link		= fifo_link,
	.commit		= fifo_commit,
	.put		= kcr_file_put,
};
