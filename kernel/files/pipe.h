/* SPDX-License-Identifier: GPL-2.0 */
/* Pipes, as their ends and pipes to the outside use them. */
#ifndef _KCR_FILES_PIPE_H
#define _KCR_FILES_PIPE_H

#include <linux/fs.h>
#include <linux/pipe_fs_i.h>

#include "internal.h"

#define KCR_PIPE_MAX	(1u << 31)	/* bytes of capacity */

/**
 * struct kcr_pipe - what a KCR_KIND_PIPE is restored to
 * @end: to read from, to write to
 * @taken: which of them a KCR_KIND_PIPE_END has become
 */
struct kcr_pipe {
	struct file *end[2];
	bool taken[2];
};

/**
 * struct kcr_unread - a record that ends with what nobody has read of a pipe
 * @kind: of the record
 * @id: of the open file
 * @img: what is before it
 * @len: bytes of that
 * @unread: in @img: how many bytes follow
 */
struct kcr_unread {
	enum kcr_kind kind;
	u32 id;
	const void *img;
	size_t len;
	__le32 *unread;
};

int kcr_pipe_copy(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
		  int (*put)(void *arg, const void *data, size_t len), void *arg);

size_t kcr_pipe_bytes(struct pipe_inode_info *pipe, unsigned int *bufs);
int kcr_pipe_put_bufs(struct kcr_ctx *ctx, struct pipe_inode_info *pipe);
int kcr_pipe_check_bufs(struct kcr_ctx *ctx, const struct kcr_rec *rec, size_t at, u32 bufs);
int kcr_pipe_resize(struct kcr_ctx *ctx, struct file *file, u32 capacity);
int kcr_pipe_fill(struct kcr_ctx *ctx, struct file *file, const struct kcr_rec *rec,
		  size_t at, u32 bufs);

/* unread.c */
int kcr_pipe_save_unread(struct kcr_ctx *ctx, struct file *file, const struct kcr_unread *rec);
int kcr_pipe_push(struct kcr_ctx *ctx, struct pipe_inode_info *pipe, const void *data, size_t len);

/* pipe_end.c */
struct pipe_inode_info *kcr_pipe_of(struct file *file);
bool kcr_pipe_is_outside(struct kcr_ctx *ctx, struct file *file);

#endif /* _KCR_FILES_PIPE_H */
