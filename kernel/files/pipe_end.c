// SPDX-License-Identifier: GPL-2.0
/*
 * An open end of a pipe that leads nowhere outside.
 *
 * A pipe leads outside if any of its ends is held by somebody else: then there
 * are more readers or writers than the process has, or an end of the process's
 * is an open file that another process shares.
 *
 * One that does may be treated as if it did not, if the user wants that: whoever
 * is outside then counts as gone (--external KEY=eof).
 *
 * An end may have been opened once more through /proc/PID/fd, and then also
 * for both directions.
 */
#include <linux/file.h>
#include <linux/magic.h>

#include "choice.h"
#include "ksym.h"
#include "internal.h"
#include "pipe.h"
#include <uapi/image/pipe_end.h>

/* kcr_pipe_of() - the pipe that a file is an end of, or NULL; not of a FIFO */
struct pipe_inode_info *kcr_pipe_of(struct file *file)
{
	if (!S_ISFIFO(file_inode(file)->i_mode) ||
	    file_inode(file)->i_sb->s_magic != PIPEFS_MAGIC)
		return NULL;
	return kcr_call(get_pipe_info)(file, false);
}

/* kcr_pipe_is_outside() - does anybody else hold an end of this pipe or FIFO? */
bool kcr_pipe_is_outside(struct kcr_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = kcr_call(get_pipe_info)(file, false);
	const struct inode *inode = kcr_inode_of(file);
	struct kcr_files *files = ctx->files_data;
	unsigned int readers = 0, writers = 0;
	struct kcr_open *o;

	kcr_for_each_open_of(files, o, inode) {
		if (kcr_file_shared(ctx, o->file))
			return true;
		readers += !!(o->file->f_mode & FMODE_READ);
		writers += !!(o->file->f_mode & FMODE_WRITE);
	}
	return READ_ONCE(pipe->readers) > readers || READ_ONCE(pipe->writers) > writers;
}

bool kcr_pipe_end_match(struct kcr_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = kcr_pipe_of(file);

	return pipe && (kcr_choice_of(ctx, file) == KCR_CHOICE_EOF ||
			!kcr_pipe_is_outside(ctx, file));
}

static int pipe_end_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_pipe_end img = { };
	u32 flags, pipe;
	int ret = kcr_file_flags_save(ctx, file, &flags) ?:
		  kcr_save_object(ctx, KCR_KIND_PIPE, kcr_pipe_of(file), &pipe);

	if (ret)
		return ret;
	img.pipe = cpu_to_le32(pipe);
	img.flags = cpu_to_le32(flags);
	return kcr_write_rec(ctx, KCR_KIND_PIPE_END, 1, id, 0, &img, sizeof(img));
}

static int pipe_end_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pipe_end *img = kcr_rec_as(rec, struct kcr_img_pipe_end);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "a pipe end record of a wrong length");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "pipe end");
}

/* The pipe's own end if it is free, otherwise one more. */
static struct file *take_end(struct kcr_pipe *pipe, u32 flags)
{
	bool both = flags & KCR_FILE_READ && flags & KCR_FILE_WRITE;
	unsigned int nr = !!(flags & KCR_FILE_WRITE);

	if (both || pipe->taken[nr])
		return kcr_path_open(&pipe->end[0]->f_path, kcr_file_flags(flags));
	pipe->taken[nr] = true;
	return get_file(pipe->end[nr]);
}

static int pipe_end_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pipe_end *img = kcr_rec_as(rec, struct kcr_img_pipe_end);
	struct kcr_pipe *pipe = kcr_object_get(ctx, le32_to_cpu(img->pipe), KCR_KIND_PIPE);
	struct file *file;

	if (!pipe)
		return kcr_bad_image(ctx, "an end of a pipe that is not there");
	file = take_end(pipe, le32_to_cpu(img->flags));
	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
				"pipe: can't be opened (errno %ld)", -PTR_ERR(file));
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	return kcr_object_add(ctx, rec, file);
}

const struct kcr_ops kcr_pipe_end_ops = {
	.kind		= KCR_KIND_PIPE_END,
	.version	= 1,
	.name		= "pipe_end",
	.save		= pipe_end_save,
	.check		= pipe_end_check,
	.restore	= pipe_end_restore,
	.put		= kcr_file_put,
};
