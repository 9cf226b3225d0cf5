/* SPDX-License-Identifier: GPL-2.0 */
/* POSIX message queues: mqueue.c saves and opens them, mqueue_fill.c fills them. */
#ifndef _KCR_IPC_MQUEUE_H
#define _KCR_IPC_MQUEUE_H

#include "private.h"
#include "message.h"
#include <uapi/image/mqueue.h>

static inline struct kcr_mqueue_info *kcr_mqueue_of(const struct file *file)
{
	return container_of(file_inode(file), struct kcr_mqueue_info, vfs_inode);
}

static inline const char *kcr_mqueue_name(const struct kcr_img_mqueue *img)
{
	return (const char *)(img + 1);
}

static inline struct kcr_messages_rec kcr_mqueue_messages(const struct kcr_rec *rec)
{
	const struct kcr_img_mqueue *img = kcr_rec_as(rec, struct kcr_img_mqueue);

	return (struct kcr_messages_rec){
		rec,
		sizeof(*img) + ALIGN(le32_to_cpu(img->name_len), KCR_MESSAGE_ALIGN),
		le32_to_cpu(img->count),
	};
}

/* mqueue_fill.c, in whoever restores or commits */
struct file *kcr_mqueue_make(struct kcr_ctx *ctx, const char *name, u32 max_messages,
			     u32 max_size);
int kcr_mqueue_fill(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file);
int kcr_mqueue_settle(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file);

#endif /* _KCR_IPC_MQUEUE_H */
