/* SPDX-License-Identifier: GPL-2.0 */
/* Open files, as checkpoint.c, restart.c and the address space use them. */
#ifndef _KCR_FILES_H
#define _KCR_FILES_H

#include "kcr.h"

/* Save an open file of any kind; the same file gets the same id. */
int kcr_file_save(struct kcr_ctx *ctx, struct file *file, u32 *id);

/*
 * The image relies on bytes of @file that it does not contain: they are hashed
 * outside the pause, and restart checks them. A file that is gone from its
 * directory is put into the image instead.
 */
int kcr_content_need(struct kcr_ctx *ctx, struct file *file, u32 id, loff_t from,
		     loff_t len);

/* The open file that record @id was restored to, with a reference of its own. */
struct file *kcr_file_restored(struct kcr_ctx *ctx, u32 id);

/* checkpoint: before parking; hashes files that are open for writing */
int kcr_files_prepare(struct kcr_ctx *ctx, struct task_struct *leader);
/* checkpoint: after the pause; writes KCR_KIND_CONTENT with hashes */
int kcr_files_finish(struct kcr_ctx *ctx);
void kcr_files_drop(struct kcr_ctx *ctx);	/* any time, more than once */

/* restart, in the leader: keeps 0, 1 and 2 aside, closes every descriptor */
int kcr_files_begin(struct kcr_ctx *ctx);

#endif /* _KCR_FILES_H */
