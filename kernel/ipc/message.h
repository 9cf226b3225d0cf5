/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of both kinds of queues. */
#ifndef _KCR_IPC_MESSAGE_H
#define _KCR_IPC_MESSAGE_H

#include <linux/msg.h>

#include "kcr.h"
#include <uapi/image/message.h>

/**
 * struct kcr_messages - a copy of what is in a queue, as the image has it
 * @data: struct kcr_img_message each, with what follows it
 * @len: bytes of @data
 * @room: for it
 * @bytes: of the messages alone
 * @count: how many there are
 */
struct kcr_messages {
	u8 *data;
	size_t len, room, bytes;
	u32 count;
};

int kcr_messages_begin(struct kcr_ctx *ctx, struct kcr_messages *m, u64 count, u64 bytes);
bool kcr_messages_add(struct kcr_messages *m, const struct msg_msg *msg);
void kcr_messages_end(struct kcr_messages *m);

/**
 * struct kcr_messages_rec - those of a record
 * @rec: the record
 * @at: where they begin
 * @count: how many there are
 */
struct kcr_messages_rec {
	const struct kcr_rec *rec;
	size_t at;
	u32 count;
};

int kcr_messages_check(struct kcr_ctx *ctx, const struct kcr_messages_rec *m,
		       u64 min_type, u64 max_type, u32 max_len, u64 *bytes);

/* Sends what is at @page, in user memory. */
typedef long (*kcr_message_send_t)(int queue, unsigned long page,
				   const struct kcr_img_message *msg);
int kcr_messages_send(struct kcr_ctx *ctx, const struct kcr_messages_rec *m, int queue,
		      kcr_message_send_t send);

/* User memory of the current task, for what system calls take. */
unsigned long kcr_scratch_get(struct kcr_ctx *ctx, size_t len);	/* 0: none */
void kcr_scratch_put(unsigned long page, size_t len);

#endif /* _KCR_IPC_MESSAGE_H */
