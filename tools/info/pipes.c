// SPDX-License-Identifier: GPL-2.0
/* Pipes, FIFOs, event counters, inotify instances and pidfds. */
#include "../../uapi/image/epoll.h"
#include "../../uapi/image/eventfd.h"
#include "../../uapi/image/fifo.h"
#include "../../uapi/image/given.h"
#include "../../uapi/image/inotify.h"
#include "../../uapi/image/pidfd.h"
#include "../../uapi/image/pipe.h"
#include "../../uapi/image/pipe_end.h"
#include "info.h"
#include "summary.h"

/* Bytes that wait in a pipe, as far as its pieces make sense. */
static uint64_t pipe_bytes(const struct image_rec *rec, size_t at, uint32_t left)
{
	const struct kcr_img_pipe_buf *buf;
	uint64_t bytes = 0;
	struct kcr_img_pipe_buf copy;

	for (; left; left--) {
		buf = info_tail(rec, at, sizeof(*buf));
		if (!buf)
			break;
		memcpy(&copy, buf, sizeof(copy));
		bytes += le32_to_cpu(copy.len);
		at += sizeof(copy) + le32_to_cpu(copy.len);
	}
	return bytes;
}

static void pipe_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_pipe *pipe = rec->data;

	EMIT32(e, pipe, capacity);
	EMIT32(e, pipe, bufs);
	emit_u64(e, "unread", pipe_bytes(rec, sizeof(*pipe), le32_to_cpu(pipe->bufs)));
}

const struct info_ops info_pipe = {
	.size	= sizeof(struct kcr_img_pipe),
	.print	= pipe_print,
};

static void pipe_end_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_pipe_end *end = rec->data;

	EMIT32(e, end, pipe);
	info_flags(e, "flags", le32_to_cpu(end->flags), info_file_flags);
}

static void pipe_end_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_pipe_end *end = rec->data;
	char text[32];
	int len = snprintf(text, sizeof(text), "pipe %u",
			   le32_to_cpu(end->pipe));

	summary_add_object(s, rec, le32_to_cpu(end->flags), 0, text, len);
}

const struct info_ops info_pipe_end = {
	.size	= sizeof(struct kcr_img_pipe_end),
	.print	= pipe_end_print,
	.note	= pipe_end_note,
};

static const struct info_name fifo_states[] = {
	{ KCR_FIFO_UNLINKED,	"unlinked" },
	{ KCR_FIFO_QUIET,	"quiet" },
	{ }
};

static void fifo_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_fifo *fifo = rec->data;
	size_t len = le32_to_cpu(fifo->path_len);

	info_path(e, "path", rec, sizeof(*fifo), len);
	info_flags(e, "flags", le32_to_cpu(fifo->flags), info_file_flags);
	info_flags(e, "state", le32_to_cpu(fifo->state), fifo_states);
	EMIT32(e, fifo, first);
	EMIT32(e, fifo, capacity);
	EMIT32(e, fifo, bufs);
	emit_u64(e, "unread", pipe_bytes(rec, sizeof(*fifo) + len, le32_to_cpu(fifo->bufs)));
	emit_octal(e, "mode", le32_to_cpu(fifo->mode));
	EMIT32(e, fifo, uid);
	EMIT32(e, fifo, gid);
}

static void fifo_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_fifo *fifo = rec->data;
	size_t len = le32_to_cpu(fifo->path_len);

	summary_add_object(s, rec, le32_to_cpu(fifo->flags), 0,
			   info_tail(rec, sizeof(*fifo), len), len);
}

const struct info_ops info_fifo = {
	.size	= sizeof(struct kcr_img_fifo),
	.print	= fifo_print,
	.note	= fifo_note,
};

static const struct info_name eventfd_modes[] = {
	{ KCR_EVENTFD_SEMAPHORE,	"semaphore" },
	{ }
};

static void eventfd_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_eventfd *eventfd = rec->data;

	EMIT64(e, eventfd, count);
	info_flags(e, "flags", le32_to_cpu(eventfd->flags), info_file_flags);
	info_flags(e, "mode", le32_to_cpu(eventfd->mode), eventfd_modes);
}

static void eventfd_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_eventfd *eventfd = rec->data;
	char text[40];
	int len = snprintf(text, sizeof(text), "event counter at %llu",
			   (unsigned long long)le64_to_cpu(eventfd->count));

	summary_add_object(s, rec, le32_to_cpu(eventfd->flags), 0, text, len);
}

const struct info_ops info_eventfd = {
	.size	= sizeof(struct kcr_img_eventfd),
	.print	= eventfd_print,
	.note	= eventfd_note,
};

static void epoll_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_epoll *epoll = rec->data;
	size_t i, n = info_items(rec, sizeof(*epoll), sizeof(epoll->item[0]),
				 le32_to_cpu(epoll->count));

	info_flags(e, "flags", le32_to_cpu(epoll->flags), info_file_flags);
	emit_begin_list(e, "items");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &epoll->item[i], fd);
		EMIT32(e, &epoll->item[i], file);
		EMITX64(e, &epoll->item[i], data);
		EMITX32(e, &epoll->item[i], events);
		emit_end(e);
	}
	emit_end(e);
}

static void epoll_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_epoll *epoll = rec->data;
	char text[40];
	int len = snprintf(text, sizeof(text), "epoll set of %u",
			   le32_to_cpu(epoll->count));

	summary_add_object(s, rec, le32_to_cpu(epoll->flags), 0, text, len);
}

const struct info_ops info_epoll = {
	.size	= sizeof(struct kcr_img_epoll),
	.print	= epoll_print,
	.note	= epoll_note,
};

static const struct info_name inotify_types[] = {
	{ KCR_INOTIFY_WATCH,	"watch" },
	{ KCR_INOTIFY_EVENT,	"event" },
	{ }
};

static size_t inotify_item_print(struct emit *e, const struct image_rec *rec, size_t at)
{
	struct kcr_img_inotify_item item;
	const void *p = info_tail(rec, at, sizeof(item));

	if (!p)
		return 0;
	memcpy(&item, p, sizeof(item));
	emit_begin(e, NULL);
	info_enum(e, "type", le32_to_cpu(item.type), inotify_types);
	EMITS32(e, &item, wd);
	EMITX32(e, &item, mask);
	EMIT32(e, &item, cookie);
	if (item.len)
		info_path(e, "name", rec, at + sizeof(item), le32_to_cpu(item.len));
	emit_end(e);
	return at + sizeof(item) + le32_to_cpu(item.len);
}

static void inotify_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_inotify *inotify = rec->data;
	uint64_t left = (uint64_t)le32_to_cpu(inotify->watches) + le32_to_cpu(inotify->events);
	size_t at = sizeof(*inotify);

	info_flags(e, "flags", le32_to_cpu(inotify->flags), info_file_flags);
	EMIT32(e, inotify, next_wd);
	EMIT32(e, inotify, watches);
	EMIT32(e, inotify, events);
	emit_begin_list(e, "items");
	for (; left && at; left--)
		at = inotify_item_print(e, rec, at);
	emit_end(e);
}

static void inotify_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_inotify *inotify = rec->data;
	char text[48];
	int len = snprintf(text, sizeof(text), "inotify instance with %u watches",
			   le32_to_cpu(inotify->watches));

	summary_add_object(s, rec, le32_to_cpu(inotify->flags), 0, text, len);
}

const struct info_ops info_inotify = {
	.size	= sizeof(struct kcr_img_inotify),
	.print	= inotify_print,
	.note	= inotify_note,
};

static const struct info_name pidfd_modes[] = {
	{ KCR_PIDFD_THREAD,	"thread" },
	{ }
};

static void pidfd_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_pidfd *pidfd = rec->data;

	EMIT32(e, pidfd, id);
	info_flags(e, "flags", le32_to_cpu(pidfd->flags), info_file_flags);
	info_flags(e, "mode", le32_to_cpu(pidfd->mode), pidfd_modes);
}

static void pidfd_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_pidfd *pidfd = rec->data;
	char text[40];
	int len = snprintf(text, sizeof(text), "pidfd of %u", le32_to_cpu(pidfd->id));

	summary_add_object(s, rec, le32_to_cpu(pidfd->flags), 0, text, len);
}

const struct info_ops info_pidfd = {
	.size	= sizeof(struct kcr_img_pidfd),
	.print	= pidfd_print,
	.note	= pidfd_note,
};

static const struct info_name given_types[] = {
	{ KCR_GIVEN_PIPE,	"pipe" },
	{ KCR_GIVEN_SOCKET,	"socket" },
	{ }
};

static void given_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_given *given = rec->data;

	info_enum(e, "type", le32_to_cpu(given->type), given_types);
	EMIT64(e, given, ino);
	EMIT32(e, given, fd);
	info_flags(e, "flags", le32_to_cpu(given->flags), info_file_flags);
	EMIT32(e, given, unread);
}

static void given_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_given *given = rec->data;
	const char *type = info_enum_name(le32_to_cpu(given->type), given_types);
	char text[80];
	int len = snprintf(text, sizeof(text), "%s:[%llu], restart's descriptor %u",
			   type ? type : "file", (unsigned long long)le64_to_cpu(given->ino),
			   le32_to_cpu(given->fd));

	summary_add_object(s, rec, le32_to_cpu(given->flags), 0, text, len);
}

const struct info_ops info_given = {
	.size	= sizeof(struct kcr_img_given),
	.print	= given_print,
	.note	= given_note,
};
