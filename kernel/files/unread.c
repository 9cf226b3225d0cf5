// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes that nobody has read, in a pipe whose other end is outside (external.c,
 * given.c). They are in the image, and are put in front of what is in the pipe
 * that takes its place.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/poll.h>

#include "ksym.h"
#include "internal.h"
#include "pipe.h"

/* Saving */

/* Bytes in a pipe; it is locked. */
static size_t bytes_in(struct pipe_inode_info *pipe)
{
	unsigned int slot;
	size_t bytes = 0;

	for (slot = pipe->tail; slot != pipe->head; slot++)
		bytes += pipe->bufs[slot & (pipe->ring_size - 1)].len;
	return bytes;
}

static int put_rec(void *arg, const void *data, size_t len)
{
	return kcr_rec_put(arg, data, len);
}

/* Put them into the record that is open. */
static int put_bytes(struct kcr_ctx *ctx, struct pipe_inode_info *pipe)
{
	unsigned int slot;
	int ret = 0;

	for (slot = pipe->tail; !ret && slot != pipe->head; slot++)
		ret = kcr_pipe_copy(pipe, &pipe->bufs[slot & (pipe->ring_size - 1)],
				    put_rec, ctx);
	return ret;
}

static int write_locked(struct kcr_ctx *ctx, struct pipe_inode_info *pipe,
			const struct kcr_unread *rec)
{
	size_t unread = pipe ? bytes_in(pipe) : 0;
	int ret;

	if (rec->len + unread > KCR_REC_MAX)
		return kcr_refuse(ctx, "pipe with %zu unread bytes: not supported yet", unread);
	*rec->unread = cpu_to_le32(unread);
	ret = kcr_rec_begin(ctx, rec->kind, 1, rec->id, 0) ?:
	      kcr_rec_put(ctx, rec->img, rec->len);
	if (!ret && unread)
		ret = put_bytes(ctx, pipe);
	return ret ?: kcr_rec_end(ctx);
}

/* They must not be delivered twice: the first file of a pipe has them. */
static bool has_them(struct kcr_ctx *ctx, struct file *file)
{
	struct kcr_files *files = ctx->files_data;
	unsigned int i;

	for (i = 0; i < files->nr_fds; i++) {
		struct file *other = files->fds[i].file;

		if (kcr_pipe_of(other) == kcr_pipe_of(file) &&
		    file->f_mode & other->f_mode & FMODE_READ)
			return other == file;
	}
	return false;
}

/**
 * kcr_pipe_save_unread() - write the record of an open file, and what is in the pipe
 * @ctx: the operation
 * @file: the file; perhaps no pipe
 * @rec: the record
 */
int kcr_pipe_save_unread(struct kcr_ctx *ctx, struct file *file, const struct kcr_unread *rec)
{
	struct pipe_inode_info *pipe = kcr_pipe_of(file);
	int ret;

	if (!pipe || !has_them(ctx, file))
		return write_locked(ctx, NULL, rec);
	pipe_lock(pipe);
	ret = write_locked(ctx, pipe, rec);
	pipe_unlock(pipe);
	return ret;
}

/* Restoring, at commit */

static int push_page(struct pipe_inode_info *pipe, const void *data, size_t len)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);
	struct pipe_buffer *buf;

	if (!page)
		return -ENOMEM;
	memcpy(page_address(page), data, len);
	spin_lock_irq(&pipe->rd_wait.lock);
	buf = &pipe->bufs[--pipe->tail & (pipe->ring_size - 1)];
	*buf = (struct pipe_buffer) {
		.page = page,
		.len = len,
		.ops = &nosteal_pipe_buf_ops,
	};
	spin_unlock_irq(&pipe->rd_wait.lock);
	return 0;
}

static int make_room(struct pipe_inode_info *pipe, unsigned int slots)
{
	unsigned int need = pipe_occupancy(pipe->head, pipe->tail) + slots;

	if (need <= pipe->max_usage)
		return 0;
	return kcr_call(pipe_resize_ring)(pipe, roundup_pow_of_two(need));
}

static int push_front(struct pipe_inode_info *pipe, const void *data, size_t len)
{
	int ret = make_room(pipe, DIV_ROUND_UP(len, PAGE_SIZE));

	while (len && !ret) {
		size_t n = (len - 1) % PAGE_SIZE + 1;

		len -= n;
		ret = push_page(pipe, data + len, n);
	}
	return ret;
}

/* kcr_pipe_push() - put bytes in front of what is in a pipe */
int kcr_pipe_push(struct kcr_ctx *ctx, struct pipe_inode_info *pipe, const void *data, size_t len)
{
	int ret;

	pipe_lock(pipe);
	ret = push_front(pipe, data, len);
	pipe_unlock(pipe);
	wake_up_interruptible_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"unread input can't be put into the pipe (errno %d)", -ret);
	return 0;
}
