// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals, and pipes that another process holds an end of: the way to the
 * outside. What is one of the first process's standard streams, or the same
 * terminal or the same end of the same pipe as one, becomes restart's own stream.
 *
 * Bytes that were in such a pipe and not read by the program are in the image.
 * They are read first after a restart: they are put in front of what is in
 * restart's own input if that is a pipe, and are all of the input if that is
 * closed, /dev/null or the image itself.
 *
 * A terminal whose master is in the tree is no way to the outside, but a pty
 * (tty/pty.c). Settings and foreground group of a terminal: tty/ctty.c.
 */
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/tty.h>

#include "choice.h"
#include "ksym.h"
#include "internal.h"
#include "pipe.h"
#include <uapi/image/external.h>

/* What a file leads to: two files are alike if this is the same. */
static void *tty_of(struct file *file)
{
	struct tty_file_private *priv = file->private_data;

	if (!S_ISCHR(file_inode(file)->i_mode) || !priv ||
	    (file->f_op != &kcr_var(tty_fops) && file->f_op != &kcr_var(console_fops)))
		return NULL;
	return priv->tty;
}

/* kcr_file_is_tty() - is it a terminal, or the master of one? */
bool kcr_file_is_tty(struct file *file)
{
	return tty_of(file) || file_inode(file)->i_rdev == MKDEV(TTYAUX_MAJOR, 2);
}

static bool is_master(struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY &&
	       tty->driver->subtype == PTY_TYPE_MASTER;
}

static bool same_outside(struct file *a, struct file *b)
{
	if (tty_of(a))
		return tty_of(a) == tty_of(b);
	return kcr_pipe_of(a) && kcr_pipe_of(a) == kcr_pipe_of(b) &&
	       a->f_mode & b->f_mode & (FMODE_READ | FMODE_WRITE);
}

static u32 streams_of(struct kcr_ctx *ctx, struct file *file)
{
	unsigned int i, nr;
	const struct kcr_shared *own = list_first_entry(&ctx->root->tables, struct kcr_shared, node);
	const struct kcr_fd *fds = kcr_table_fds(ctx, own, &nr);
	u32 streams = 0;

	for (i = 0; i < nr && fds[i].fd < 3; i++)
		if (same_outside(file, fds[i].file))
			streams |= 1u << fds[i].fd;
	return streams;
}

bool kcr_external_match(struct kcr_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = kcr_pipe_of(file);
	struct tty_struct *tty = tty_of(file);

	if (kcr_choice_of(ctx, file))
		return false;
	if (tty ? is_master(tty) : !pipe || !kcr_pipe_is_outside(ctx, file))
		return false;
	return streams_of(ctx, file);
}

/* Saving */

static int external_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_external img = {
		.type = cpu_to_le32(kcr_pipe_of(file) ? KCR_EXTERNAL_PIPE : KCR_EXTERNAL_TERMINAL),
		.streams = cpu_to_le32(streams_of(ctx, file)),
	};
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags);

	if (ret)
		return ret;
	img.flags = cpu_to_le32(flags);
	return kcr_pipe_save_unread(ctx, file, &(struct kcr_unread) {
		.kind = KCR_KIND_EXTERNAL,
		.id = id,
		.img = &img,
		.len = sizeof(img),
		.unread = &img.unread,
	});
}

/* Restart's own streams */

/* kcr_file_is_ours() - the image itself, or the door to this operation, is no input */
bool kcr_file_is_ours(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_op->owner == THIS_MODULE ||
	       (ctx->image && file_inode(file) == file_inode(ctx->image));
}

static bool is_nothing(struct kcr_ctx *ctx, struct file *file)
{
	struct inode *inode = file ? file_inode(file) : NULL;

	return !file || kcr_file_is_ours(ctx, file) ||
	       (S_ISCHR(inode->i_mode) && inode->i_rdev == MKDEV(MEM_MAJOR, 3));
}

static bool serves(struct kcr_ctx *ctx, struct file *file, const struct kcr_img_external *img,
		   bool alike)
{
	u32 flags = le32_to_cpu(img->flags);

	if (!file || (flags & KCR_FILE_READ && !(file->f_mode & FMODE_READ)) ||
	    (flags & KCR_FILE_WRITE && !(file->f_mode & FMODE_WRITE)))
		return false;
	if (!alike)
		return true;
	return le32_to_cpu(img->type) == KCR_EXTERNAL_TERMINAL ? !!tty_of(file) :
								  !is_nothing(ctx, file);
}

/*
 * Which of the streams serves a descriptor other than 0, 1 and 2: a terminal
 * for a terminal, if there is one; else one that can be read and written alike.
 */
static unsigned int choose_stream(struct kcr_ctx *ctx, const struct kcr_img_external *img)
{
	struct kcr_files *files = kcr_files(ctx);
	u32 streams = le32_to_cpu(img->streams);
	unsigned int i;

	for (i = 0; i < 6; i++)
		if (streams & 1u << i % 3 && serves(ctx, files->stream[i % 3], img, i < 3))
			return i % 3;
	return __ffs(streams);
}

static int external_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_external *img = kcr_rec_as(rec, struct kcr_img_external);
	u32 streams = rec->len >= sizeof(*img) ? le32_to_cpu(img->streams) : 0;

	if (!streams || streams > 7 || rec->len != sizeof(*img) + le32_to_cpu(img->unread) ||
	    !img->type || le32_to_cpu(img->type) > KCR_EXTERNAL_PIPE ||
	    (img->unread && le32_to_cpu(img->type) != KCR_EXTERNAL_PIPE))
		return kcr_bad_image(ctx, "a standard stream that makes no sense");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "standard stream");
}

/* A pipe with nothing but the bytes of the image in it. */
static struct file *pipe_with(struct kcr_ctx *ctx, const void *data, size_t len)
{
	struct file *end[2];
	loff_t pos = 0;
	long ret = kcr_call(create_pipe_files)(end, O_NONBLOCK);

	if (ret)
		return ERR_PTR(ret);
	if (len > kcr_call(pipe_fcntl)(end[1], F_GETPIPE_SZ, 0))
		ret = kcr_call(pipe_fcntl)(end[1], F_SETPIPE_SZ, len);
	if (ret >= 0)
		ret = kernel_write(end[1], data, len, &pos);
	fput(end[1]);
	if (ret != len) {
		fput(end[0]);
		return ERR_PTR(ret < 0 ? ret : -ENOSPC);
	}
	kcr_file_flags_set(end[0], KCR_FILE_READ);
	return end[0];
}

/* Input that was not read yet, where restart has no input of its own. */
static int instead(struct kcr_ctx *ctx, const struct kcr_img_external *img, unsigned int nr)
{
	struct kcr_files *files = kcr_files(ctx);
	struct file *file = pipe_with(ctx, img + 1, le32_to_cpu(img->unread));

	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
				"fd %u: no pipe can be made for its unread input", nr);
	if (files->stream[nr])
		fput(files->stream[nr]);
	files->stream[nr] = file;
	files->instead[nr] = true;
	return 0;
}

/**
 * kcr_file_with_flags() - give a file of restart's the flags that it had
 * @file: it; the reference is taken over
 * @flags: KCR_FILE_*
 *
 * Whether reads block is the program's choice, but the open file may be shared
 * with restart's shell: so it is opened once more if it must be different. If
 * that can't be, the shared one is changed, as the program itself had done.
 */
struct file *kcr_file_with_flags(struct file *file, u32 flags)
{
	int want = kcr_file_flags(flags) & O_NONBLOCK;
	struct file *own;

	if ((file->f_flags & O_NONBLOCK) == want || S_ISREG(file_inode(file)->i_mode))
		return file;
	own = kcr_path_open(&file->f_path, (file->f_flags & O_ACCMODE) | O_NOCTTY | want);
	if (!IS_ERR(own)) {
		fput(file);
		return own;
	}
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~O_NONBLOCK) | want;
	spin_unlock(&file->f_lock);
	return file;
}

/**
 * kcr_external_stream() - what a standard stream of the program becomes
 * @ctx: the operation, in the leader, after kcr_files_begin()
 * @nr: 0, 1 or 2
 * @flags: KCR_FILE_* that it had
 *
 * Return: an open file, with a reference, or NULL after kcr_fail().
 */
struct file *kcr_external_stream(struct kcr_ctx *ctx, unsigned int nr, u32 flags)
{
	struct kcr_files *files = kcr_files(ctx);
	struct file *file = files->stream[nr];

	if (file && !kcr_file_is_ours(ctx, file))
		return kcr_file_with_flags(get_file(file), flags);
	file = filp_open("/dev/null", O_RDWR | O_LARGEFILE, 0);
	if (!IS_ERR(file))
		return file;
	kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file), "fd %u: /dev/null can't be opened",
		 nr);
	return NULL;
}

static int external_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_external *img = kcr_rec_as(rec, struct kcr_img_external);
	struct kcr_files *files = kcr_files(ctx);
	unsigned int nr = choose_stream(ctx, img);
	struct file *file;
	int ret = 0;

	if (img->unread && is_nothing(ctx, files->stream[nr]))
		ret = instead(ctx, img, nr);
	else if (img->unread && !kcr_pipe_of(files->stream[nr]))
		ret = kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EOPNOTSUPP,
			       "fd %u: %u bytes of input that was not read yet can only be delivered through a pipe or /dev/null",
			       nr, le32_to_cpu(img->unread));
	if (ret)
		return ret;
	file = kcr_external_stream(ctx, nr, le32_to_cpu(img->flags));
	return file ? kcr_object_add(ctx, rec, file) : ctx->error;
}

static int external_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_external *img = kcr_rec_as(rec, struct kcr_img_external);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_EXTERNAL);
	struct pipe_inode_info *pipe = file ? kcr_pipe_of(file) : NULL;
	struct kcr_files *files = kcr_files(ctx);

	if (!img->unread || !pipe || files->instead[choose_stream(ctx, img)])
		return 0;
	return kcr_pipe_push(ctx, pipe, img + 1, le32_to_cpu(img->unread));
}

const struct kcr_ops kcr_external_ops = {
	.kind		= KCR_KIND_EXTERNAL,
	.version	= 1,
	.name		= "external",
	.save		= external_save,
	.check		= external_check,
	.restore	= external_restore,
	.commit		= external_commit,
	.put		= kcr_file_put,
};
