/* SPDX-License-Identifier: GPL-2.0 */
/* System V objects and message queues, as others use them. */
#ifndef _KCR_IPC_H
#define _KCR_IPC_H

#include "kcr.h"

/* The file of mappings that shmat() has made? KCR_KIND_SYSV_SHM saves it. */
bool kcr_file_is_attached(const struct file *file);
bool kcr_attached_match(struct kcr_ctx *ctx, struct file *file);

bool kcr_mqueue_match(struct kcr_ctx *ctx, struct file *file);

/* What a task undoes at its end, to be compared, and how many tasks have it; or NULL. */
const void *kcr_undo_of(struct task_struct *task, unsigned int *users);

/* restart: where the pages of record @id belong, NULL if it is no segment */
struct file *kcr_shm_memory(struct kcr_ctx *ctx, u32 id);

/* restart failed: takes away what was made; nothing that was made runs */
void kcr_ipc_abort(struct kcr_ctx *ctx);
void kcr_ipc_drop(struct kcr_ctx *ctx);		/* any time, more than once */

#endif /* _KCR_IPC_H */
