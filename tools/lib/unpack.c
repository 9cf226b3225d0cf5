// SPDX-License-Identifier: GPL-2.0
/*
 * A compressed image, decompressed from front to back by several threads.
 *
 * One thread cuts it into frames. A frame that says to hold a small block is
 * one worker's; others, as the plain commands make them, are decompressed piece
 * by piece where they are read. Either way no byte comes out before there is
 * another one of its frame, or the frame has ended and its checksum is right:
 * whoever has got the end of an image has got nothing that is damaged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unpack.h"

#define BUF_ROOM	(FRAME_MAX + (256u << 10))

static const uint8_t *at(const struct unpack *u)
{
	return u->buf + u->start;
}

static void consume(struct unpack *u, size_t len)
{
	u->start += len;
	u->have -= len;
	u->offset += len;
}

static int ends_early(const struct unpack *u, struct slot *slot)
{
	return fault_set(&slot->fault, -EBADMSG, "the compressed image ends early, at byte %llu",
			 (unsigned long long)(u->offset + u->have));
}

static int damaged(const struct unpack *u, struct slot *slot, int error, const char *why)
{
	return frame_failed(&slot->fault, u->frame, error, why);
}

/* Read more; returns bytes, 0 at the end. */
static ssize_t read_more(struct unpack *u, struct slot *slot)
{
	ssize_t n;

	if (u->start + u->have == BUF_ROOM || !u->have) {
		memmove(u->buf, at(u), u->have);
		u->start = 0;
	}
	do
		n = read(u->fd, u->buf + u->start + u->have, BUF_ROOM - u->start - u->have);
	while (n < 0 && errno == EINTR && !u->crew.stop);
	if (n < 0)
		return fault_set(&slot->fault, -errno, "can't read the image: %s",
				 strerror(errno));
	u->have += n;
	u->packed += n;
	return n;
}

/* Have @len bytes, at most FRAME_MAX and a little, or fail. */
static int need(struct unpack *u, size_t len, struct slot *slot)
{
	ssize_t n;

	while (u->have < len) {
		n = read_more(u, slot);
		if (n < 0)
			return n;
		if (!n)
			return ends_early(u, slot);
	}
	return 0;
}

static int skip_frame(struct unpack *u, struct slot *slot)
{
	uint64_t left, n;
	int r = need(u, SKIP_HEAD, slot);

	if (r)
		return r;
	left = get_le32(at(u) + 4);
	consume(u, SKIP_HEAD);
	while (left) {
		r = need(u, 1, slot);
		if (r)
			return r;
		n = left < u->have ? left : u->have;
		consume(u, n);
		left -= n;
	}
	return 0;
}

static int decompress_some(struct unpack *u, struct codec_io *io, struct slot *slot)
{
	size_t room = io->room, had = u->have;
	struct fault own = { 0 };
	int r;

	io->from = at(u);
	io->left = u->have;
	r = u->open->unpack(u->ctx, io, &own);
	consume(u, had - io->left);
	if (r < 0)
		return damaged(u, slot, r, own.why);
	if (r)
		u->open = NULL;
	else if (had && u->have == had && io->room == room)
		return damaged(u, slot, -EBADMSG, "makes no sense");
	return 0;
}

/* A piece of a frame. Returns CREW_READY or a negative errno. */
static int next_piece(struct unpack *u, struct slot *slot)
{
	struct codec_io io = { .room = PACK_BLOCK };
	int r = 0;

	if (slot_room(&slot->out, &slot->out_room, PACK_BLOCK + 1))
		return -ENOMEM;
	io.to = slot->out;
	if (u->carries)
		*io.to++ = u->carry;
	while (!r && u->open && io.room) {
		r = need(u, 1, slot);
		if (!r)
			r = decompress_some(u, &io, slot);
	}
	if (r)
		return r;
	slot->out_len = io.to - slot->out;
	u->carries = u->open;
	if (u->open)
		u->carry = slot->out[--slot->out_len];
	return CREW_READY;
}

/* A frame that is a small block; returns -E2BIG if it is none. */
static int measure(struct unpack *u, struct frame *frame, struct slot *slot)
{
	ssize_t n;
	int r = 0;

	while (!r && (n = frame->codec->head(frame, at(u), u->have)) > 0)
		r = need(u, n, slot);
	if (!r && n < 0)
		r = damaged(u, slot, n, "has no head that makes sense");
	if (!r && frame->content > PACK_BLOCK_MAX)
		return -E2BIG;
	while (!r && (n = frame->codec->measure(frame, at(u), u->have)) > 0)
		r = need(u, n, slot);
	if (!r && n == -E2BIG)
		return n;
	return !r && n < 0 ? damaged(u, slot, n, "is damaged") : r;
}

static int take_frame(struct unpack *u, const struct frame *frame, struct slot *slot)
{
	if (slot_room(&slot->in, &slot->in_room, frame->at) ||
	    slot_room(&slot->out, &slot->out_room, frame->content + 1))
		return -ENOMEM;
	memcpy(slot->in, at(u), frame->at);
	slot->in_len = frame->at;
	slot->out_len = frame->content;
	consume(u, frame->at);
	return CREW_RAW;
}

static int begin_frame(struct unpack *u, const struct codec *codec, struct slot *slot)
{
	struct frame frame = { .codec = codec };
	int r = codec_load(codec, &slot->fault);

	if (r)
		return r;
	if (!u->name)
		u->name = codec->name;
	r = measure(u, &frame, slot);
	if (!r)
		return take_frame(u, &frame, slot);
	if (r != -E2BIG)
		return r;
	u->ctx = unpackers_get(&u->own, codec);
	if (!u->ctx)
		return -ENOMEM;
	u->open = codec;
	return next_piece(u, slot);
}

static int fetch(void *arg, struct slot *slot)
{
	struct unpack *u = arg;
	const struct codec *codec;
	ssize_t n;
	int r;

	slot->out_len = 0;
	slot->offset = u->frame;
	if (u->open)
		return next_piece(u, slot);
	for (;;) {
		n = u->have ? 1 : read_more(u, slot);
		if (n <= 0)
			return n;
		r = need(u, 4, slot);
		if (r)
			return r;
		u->frame = u->offset;
		slot->offset = u->frame;
		codec = codec_of(get_le32(at(u)));
		if (codec)
			return begin_frame(u, codec, slot);
		if (!codec_skips(get_le32(at(u))))
			return damaged(u, slot, -EBADMSG, "is none of zstd or lz4");
		r = skip_frame(u, slot);
		if (r)
			return r;
	}
}

static void *hire(void *arg)
{
	(void)arg;
	return calloc(1, sizeof(struct unpackers));
}

static void fire(void *arg, void *needs)
{
	(void)arg;
	unpackers_free(needs);
	free(needs);
}

static void work(void *arg, void *needs, struct slot *slot)
{
	struct fault own = { 0 };
	int r = unpack_frame(needs, slot->in, slot->in_len, slot->out, slot->out_len, &own);

	(void)arg;
	if (r)
		frame_failed(&slot->fault, slot->offset, r, own.why);
}

static const struct crew_work unpack_work = {
	.fetch	= fetch,
	.hire	= hire,
	.fire	= fire,
	.work	= work,
};

/**
 * unpack_begin() - begin to decompress
 * @u: filled in; to be ended, also after a failure, which @u->fault tells
 * @fd: where from; from its position on
 * @threads: workers, 0: as many as there are processors
 */
int unpack_begin(struct unpack *u, int fd, unsigned int threads)
{
	memset(u, 0, sizeof(*u));
	u->fd = fd;
	u->buf = malloc(BUF_ROOM);
	if (!u->buf)
		return fault_set(&u->fault, -ENOMEM, "not enough memory");
	nudge_begin(&u->nudge);
	return crew_begin(&u->crew, &unpack_work, u, threads, &u->fault);
}

/**
 * unpack_next() - the next bytes
 * @u: where from
 * @p: told where they are, until the next call
 *
 * Returns how many, 0 at the end, or the negative errno of @u->fault.
 */
ssize_t unpack_next(struct unpack *u, const uint8_t **p)
{
	if (u->fault.error)
		return u->fault.error;
	for (;;) {
		if (u->slot)
			crew_release(&u->crew);
		u->slot = crew_take(&u->crew);
		if (!u->slot)
			return 0;
		u->fault = u->slot->fault;
		if (u->fault.error)
			return u->fault.error;
		*p = u->slot->out;
		if (u->slot->out_len)
			return u->slot->out_len;
	}
}

/**
 * unpack_read() - read as from a file
 * @u: where from; unpack_next() is not used beside
 * @p: where to
 * @len: at most so many bytes
 */
ssize_t unpack_read(struct unpack *u, void *p, size_t len)
{
	const uint8_t *bytes;
	ssize_t n;

	if (!u->slot || u->used == u->slot->out_len) {
		n = unpack_next(u, &bytes);
		if (n <= 0)
			return n;
		u->used = 0;
	}
	if (len > u->slot->out_len - u->used)
		len = u->slot->out_len - u->used;
	memcpy(p, u->slot->out + u->used, len);
	u->used += len;
	return len;
}

/* unpack_stop() - whoever waits in unpack_next() waits no longer */
void unpack_stop(struct unpack *u)
{
	crew_stop(&u->crew);
}

/* unpack_end() - in the thread that has begun it */
void unpack_end(struct unpack *u)
{
	if (!u->buf)
		return;
	crew_end(&u->crew);
	nudge_end(&u->nudge);
	unpackers_free(&u->own);
	free(u->buf);
	u->buf = NULL;
}
