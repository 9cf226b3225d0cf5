/* SPDX-License-Identifier: GPL-2.0 */
/* Open files, as checkpoint.c, restart.c and the address space use them. */
#ifndef _KCR_FILES_H
#define _KCR_FILES_H

#include "kcr.h"

/* Save an open file of any kind; the same file gets the same id. */
int kcr_file_save(struct kcr_ctx *ctx, struct file *file, u32 *id);

/*
 * The image relies on bytes of @file that it does not contain: they are hashed
 * outside the pause, and restart checks them. @id is what kcr_file_save() gave.
 * Nothing happens for a file whose contents are in the image.
 */
int kcr_content_need(struct kcr_ctx *ctx, struct file *file, u32 id, loff_t from,
		     loff_t len);

/*
 * The open file that record @id was restored to, with a reference of its own;
 * NULL, after kcr_bad_image(), if there is none. What a kind of open file gives
 * to kcr_object_add() is a struct file, and its put() is kcr_file_put().
 */
struct file *kcr_file_restored(struct kcr_ctx *ctx, u32 id);
void kcr_file_put(void *file);

/*
 * Contents of record @id that are pages of a mounted hugetlbfs: the file that they go
 * into, and whether it was there with them already.
 */
struct file *kcr_huge_restored(struct kcr_ctx *ctx, u32 id);
bool kcr_huge_is_there(struct kcr_ctx *ctx, u32 id);
/* Likewise of a tmpfs: they go there in any case. */
struct file *kcr_memory_restored(struct kcr_ctx *ctx, u32 id);

/* checkpoint: before parking; hashes files that are open for writing */
int kcr_files_prepare(struct kcr_ctx *ctx);
/* checkpoint: everything is parked; who has what open */
int kcr_files_read_tables(struct kcr_ctx *ctx);
/* checkpoint: before the program goes on, so that what it closes is closed */
void kcr_files_let_go(struct kcr_ctx *ctx);
/* checkpoint: after the pause; writes KCR_KIND_CONTENT with hashes */
int kcr_files_finish(struct kcr_ctx *ctx);
void kcr_files_drop(struct kcr_ctx *ctx);	/* any time, more than once */
void kcr_files_keep(struct kcr_ctx *ctx);	/* restart: nothing can fail any more */

/*
 * What threads share: tables of descriptors, and where paths begin. The first
 * process that has one restores it, and whoever names it joins.
 */
/* checkpoint: 0 for the first of the process's own */
u32 kcr_shared_id(const struct list_head *own, const struct kcr_shared *shared);
/* restart: before anything is made; is there what threads want to join? */
int kcr_files_check_joins(struct kcr_ctx *ctx);
/* restart, in the thread being made */
int kcr_files_join(struct kcr_ctx *ctx, const struct kcr_rec *thread);

/* restart, in a leader: keeps the first one's 0, 1 and 2 aside, closes every descriptor */
int kcr_files_begin(struct kcr_ctx *ctx, struct kcr_process *p);

void kcr_known_drop(void);

#endif /* _KCR_FILES_H */
