// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe, with what was written and not read.
 *
 * Only one whose ends are all in the process (pipe_end.c). It is restored with
 * an end for reading and one for writing; the records of the ends that the
 * program had take them, and what is left over is closed with the restart.
 *
 * struct pipe_inode_info, field by field:
 *   bufs, head, tail		the pieces; whether one may still be added to
 *				is given by how they are written again
 *   max_usage, ring_size	the capacity
 *   readers, writers, files	the ends' records
 *   r_counter, w_counter	only tell an open() under way from none
 *   nr_accounted, user		charged to the restarter
 *   fasync_*			refused with the ends
 *   watch_queue, note_loss	refused
 *   poll_usage			set again by the next poll()
 *   mutex, rd_wait, wr_wait, tmp_page	nothing to keep
 */
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/slab.h>

#include "ksym.h"
#include "internal.h"
#include "pipe.h"
#include <uapi/image/pipe.h>

static struct pipe_buffer *buf_at(struct pipe_inode_info *pipe, unsigned int slot)
{
	return &pipe->bufs[slot & (pipe->ring_size - 1)];
}

/**
 * kcr_pipe_copy() - copy what one buffer of a pipe holds
 * @pipe: the pipe, locked
 * @buf: one of its buffers; its pages may be part of a file or of a huge page
 * @put: is given the bytes, at most a page at a time
 * @arg: for @put
 */
int kcr_pipe_copy(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
		  int (*put)(void *arg, const void *data, size_t len), void *arg)
{
	unsigned int offset = buf->offset, left = buf->len;
	int ret = pipe_buf_confirm(pipe, buf);

	while (left && !ret) {
		struct page *page = nth_page(buf->page, offset >> PAGE_SHIFT);
		unsigned int n = min_t(unsigned int, left, PAGE_SIZE - offset_in_page(offset));
		void *p = kmap_local_page(page);

		ret = put(arg, p + offset_in_page(offset), n);
		kunmap_local(p);
		offset += n;
		left -= n;
	}
	return ret;
}

static int put_rec(void *arg, const void *data, size_t len)
{
	return kcr_rec_put(arg, data, len);
}

static int save_buf(struct kcr_ctx *ctx, struct pipe_inode_info *pipe,
		    struct pipe_buffer *buf)
{
	struct kcr_img_pipe_buf img = {
		.len = cpu_to_le32(buf->len),
		.flags = cpu_to_le32(buf->flags & PIPE_BUF_FLAG_PACKET ? KCR_PIPE_PACKET : 0),
	};
	int ret = kcr_rec_put(ctx, &img, sizeof(img));

	return ret ?: kcr_pipe_copy(pipe, buf, put_rec, ctx);
}

/* kcr_pipe_bytes() - what was not read, and in how many buffers it is */
size_t kcr_pipe_bytes(struct pipe_inode_info *pipe, unsigned int *bufs)
{
	size_t bytes = 0;
	unsigned int slot;

	*bufs = 0;
	for (slot = pipe->tail; slot != pipe->head; slot++) {
		bytes += buf_at(pipe, slot)->len;
		*bufs += buf_at(pipe, slot)->len > 0;
	}
	return bytes;
}

/* kcr_pipe_put_bufs() - put that into the record that is open; @pipe is locked */
int kcr_pipe_put_bufs(struct kcr_ctx *ctx, struct pipe_inode_info *pipe)
{
	unsigned int slot;
	int ret = 0;

	for (slot = pipe->tail; !ret && slot != pipe->head; slot++)
		if (buf_at(pipe, slot)->len)
			ret = save_buf(ctx, pipe, buf_at(pipe, slot));
	return ret;
}

static int save_locked(struct kcr_ctx *ctx, struct pipe_inode_info *pipe, u32 id)
{
	struct kcr_img_pipe img = {
		.capacity = cpu_to_le32(pipe->max_usage << PAGE_SHIFT),
	};
	unsigned int bufs;
	size_t bytes = kcr_pipe_bytes(pipe, &bufs);
	int ret;

	if (pipe_has_watch_queue(pipe))
		return kcr_refuse(ctx, "watch queue: not supported yet");
	if (sizeof(img) + bytes + bufs * sizeof(struct kcr_img_pipe_buf) > KCR_REC_MAX)
		return kcr_refuse(ctx, "pipe with %zu unread bytes: not supported yet", bytes);
	img.bufs = cpu_to_le32(bufs);
	ret = kcr_rec_begin(ctx, KCR_KIND_PIPE, 1, id, 0) ?:
	      kcr_rec_put(ctx, &img, sizeof(img));
	return ret ?: kcr_pipe_put_bufs(ctx, pipe) ?: kcr_rec_end(ctx);
}

static int pipe_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct pipe_inode_info *pipe = obj;
	int ret;

	pipe_lock(pipe);
	ret = save_locked(ctx, pipe, id);
	pipe_unlock(pipe);
	return ret;
}

/**
 * kcr_pipe_check_bufs() - what was not read, in a record
 * @ctx: the operation
 * @rec: the record
 * @at: where it begins; not behind the end
 * @bufs: how many buffers there should be
 */
int kcr_pipe_check_bufs(struct kcr_ctx *ctx, const struct kcr_rec *rec, size_t at, u32 bufs)
{
	u32 i, len;

	for (i = 0; i < bufs; i++) {
		struct kcr_img_pipe_buf buf;

		if (rec->len - at < sizeof(buf))
			return kcr_bad_image(ctx, "a pipe record that is cut short");
		memcpy(&buf, rec->data + at, sizeof(buf));
		at += sizeof(buf);
		len = le32_to_cpu(buf.len);
		if (!len || len > rec->len - at || le32_to_cpu(buf.flags) & ~KCR_PIPE_PACKET)
			return kcr_bad_image(ctx, "a pipe record with bytes out of place");
		at += len;
	}
	if (at != rec->len)
		return kcr_bad_image(ctx, "a pipe record with bytes left over");
	return 0;
}

static int pipe_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pipe *img = kcr_rec_as(rec, struct kcr_img_pipe);

	if (rec->len < sizeof(*img) || !img->capacity ||
	    le32_to_cpu(img->capacity) > KCR_PIPE_MAX)
		return kcr_bad_image(ctx, "a pipe record that makes no sense");
	return kcr_pipe_check_bufs(ctx, rec, sizeof(*img), le32_to_cpu(img->bufs));
}

/**
 * kcr_pipe_fill() - write it again
 * @ctx: the operation
 * @file: an end to write to; there is one to read from, too
 * @rec: a record that kcr_pipe_check_bufs() has seen
 * @at: as there
 * @bufs: as there
 *
 * Each piece takes no more room than it had: one buffer.
 */
int kcr_pipe_fill(struct kcr_ctx *ctx, struct file *file, const struct kcr_rec *rec,
		  size_t at, u32 bufs)
{
	struct kcr_img_pipe_buf buf;
	loff_t pos = 0;
	size_t len;
	ssize_t n;
	u32 i;

	for (i = 0; i < bufs; i++) {
		memcpy(&buf, rec->data + at, sizeof(buf));
		at += sizeof(buf);
		len = le32_to_cpu(buf.len);
		kcr_file_flags_set(file, KCR_FILE_WRITE | KCR_FILE_NONBLOCK |
				   (buf.flags ? KCR_FILE_DIRECT : 0));
		n = kernel_write(file, rec->data + at, len, &pos);
		if (n != len)
			return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, n < 0 ? n : -ENOSPC,
					"pipe: what was in it does not fit into a new one");
		at += len;
	}
	kcr_file_flags_set(file, KCR_FILE_WRITE);
	return 0;
}

/* kcr_pipe_resize() - give a pipe its capacity */
int kcr_pipe_resize(struct kcr_ctx *ctx, struct file *file, u32 capacity)
{
	long ret;

	if (kcr_call(pipe_fcntl)(file, F_GETPIPE_SZ, 0) == capacity)
		return 0;
	ret = kcr_call(pipe_fcntl)(file, F_SETPIPE_SZ, capacity);
	if (ret < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"pipe: %u bytes of capacity are not allowed here", capacity);
	return 0;
}

static int pipe_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pipe *img = kcr_rec_as(rec, struct kcr_img_pipe);
	struct kcr_pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!pipe)
		return kcr_nomem(ctx);
	ret = kcr_call(create_pipe_files)(pipe->end, 0);
	if (ret) {
		kfree(pipe);
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"pipe: can't be made (errno %d)", -ret);
	}
	ret = kcr_object_add(ctx, rec, pipe);
	if (ret)
		return ret;
	return kcr_pipe_resize(ctx, pipe->end[1], le32_to_cpu(img->capacity)) ?:
	       kcr_pipe_fill(ctx, pipe->end[1], rec, sizeof(*img), le32_to_cpu(img->bufs));
}

static void pipe_put(void *obj)
{
	struct kcr_pipe *pipe = obj;

	fput(pipe->end[0]);
	fput(pipe->end[1]);
	kfree(pipe);
}

const struct kcr_ops kcr_pipe_ops = {
	.kind		= KCR_KIND_PIPE,
	.version	= 1,
	.name		= "pipe",
	.save		= pipe_save,
	.check		= pipe_check,
	.restore	= pipe_restore,
	.put		= pipe_put,
};
