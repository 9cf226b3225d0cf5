// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of both kinds of queues: copied while a queue is locked, and sent
 * again by system calls.
 *
 * struct msg_msg, field by field:
 *   m_list		their order
 *   m_type, m_ts	saved
 *   next		what does not fit into the first page
 *   security		given by the LSM when it is sent
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "message.h"
#include "private.h"

/* Save */

static size_t room_of(u64 len)
{
	return sizeof(struct kcr_img_message) + ALIGN(len, KCR_MESSAGE_ALIGN);
}

/* kcr_messages_begin() - make room for @count messages of @bytes in all */
int kcr_messages_begin(struct kcr_ctx *ctx, struct kcr_messages *m, u64 count, u64 bytes)
{
	u64 room = bytes + count * room_of(KCR_MESSAGE_ALIGN);

	memset(m, 0, sizeof(*m));
	if (count > KCR_REC_MAX || bytes > KCR_REC_MAX || room > KCR_REC_MAX - PAGE_SIZE)
		return kcr_refuse(ctx, "%llu messages of %llu bytes: not supported yet",
				  count, bytes);
	m->data = kvzalloc(room ?: 1, GFP_KERNEL);
	if (!m->data)
		return kcr_nomem(ctx);
	m->room = room;
	return 0;
}

/* kcr_messages_add() - copy one of a queue that is locked; false: it does not fit */
bool kcr_messages_add(struct kcr_messages *m, const struct msg_msg *msg)
{
	size_t left = msg->m_ts, part = min_t(size_t, left, KCR_MSG_FIRST);
	const struct kcr_msgseg *seg = (void *)msg->next;
	struct kcr_img_message *img;
	u8 *to;

	if (!m->data || left > KCR_REC_MAX || room_of(left) > m->room - m->len)
		return false;
	img = (void *)m->data + m->len;
	img->type = cpu_to_le64(msg->m_type);
	img->len = cpu_to_le32(left);
	to = (u8 *)(img + 1);
	memcpy(to, msg + 1, part);
	for (left -= part; left && seg; left -= part, seg = seg->next) {
		to += part;
		part = min_t(size_t, left, KCR_MSG_SEGMENT);
		memcpy(to, seg + 1, part);
	}
	m->len += room_of(msg->m_ts);
	m->bytes += msg->m_ts;
	m->count++;
	return !left && !seg;
}

void kcr_messages_end(struct kcr_messages *m)
{
	kvfree(m->data);
	m->data = NULL;
}

/* Restore */

static const struct kcr_img_message *message_at(const struct kcr_messages_rec *m, size_t at)
{
	return (const void *)m->rec->data + at;
}

static size_t next_at(const struct kcr_messages_rec *m, size_t at)
{
	return at + room_of(le32_to_cpu(message_at(m, at)->len));
}

/**
 * kcr_messages_check() - are the messages of a record sane?
 * @ctx: the operation
 * @m: they; behind them the record ends
 * @min_type: lowest type that one may have
 * @max_type: highest
 * @max_len: bytes that one may have
 * @bytes: set to how many there are in all
 */
int kcr_messages_check(struct kcr_ctx *ctx, const struct kcr_messages_rec *m,
		       u64 min_type, u64 max_type, u32 max_len, u64 *bytes)
{
	const struct kcr_img_message *msg;
	size_t at = m->at, end = m->rec->len;
	u32 i;

	*bytes = 0;
	for (i = 0; i < m->count; i++) {
		if (at > end || end - at < sizeof(*msg))
			return kcr_bad_image(ctx, "message %u is cut short", i);
		msg = message_at(m, at);
		if (le32_to_cpu(msg->len) > max_len || le64_to_cpu(msg->type) < min_type ||
		    le64_to_cpu(msg->type) > max_type ||
		    room_of(le32_to_cpu(msg->len)) > end - at)
			return kcr_bad_image(ctx, "message %u has type %lld and %u bytes", i,
					     le64_to_cpu(msg->type), le32_to_cpu(msg->len));
		*bytes += le32_to_cpu(msg->len);
		at = next_at(m, at);
	}
	if (at != end)
		return kcr_bad_image(ctx, "bytes are left over behind the messages");
	return 0;
}

unsigned long kcr_scratch_get(struct kcr_ctx *ctx, size_t len)
{
	unsigned long page = vm_mmap(NULL, 0, PAGE_ALIGN(len), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);

	if (!IS_ERR_VALUE(page))
		return page;
	kcr_nomem(ctx);
	return 0;
}

void kcr_scratch_put(unsigned long page, size_t len)
{
	vm_munmap(page, PAGE_ALIGN(len));
}

static int send_one(struct kcr_ctx *ctx, const struct kcr_img_message *msg, int queue,
		    unsigned long page, kcr_message_send_t send)
{
	long ret = send(queue, page, msg);

	if (ret >= 0)
		return 0;
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
			"a message of %u bytes can't be put in (errno %ld)",
			le32_to_cpu(msg->len), -ret);
}

/**
 * kcr_messages_send() - send the messages of a record
 * @ctx: the operation
 * @m: they, which kcr_messages_check() has found good
 * @queue: a descriptor, or an id
 * @send: sends one
 */
int kcr_messages_send(struct kcr_ctx *ctx, const struct kcr_messages_rec *m, int queue,
		      kcr_message_send_t send)
{
	size_t at = m->at, len = sizeof(long);
	unsigned long page;
	int ret = 0;
	u32 i;

	if (!m->count)
		return 0;
	for (i = 0; i < m->count; i++, at = next_at(m, at))
		len = max_t(size_t, len, sizeof(long) + le32_to_cpu(message_at(m, at)->len));
	page = kcr_scratch_get(ctx, len);
	if (!page)
		return -ENOMEM;
	for (i = 0, at = m->at; i < m->count && !ret; i++, at = next_at(m, at)) {
		ret = send_one(ctx, message_at(m, at), queue, page, send);
		cond_resched();
	}
	kcr_scratch_put(page, len);
	return ret;
}
