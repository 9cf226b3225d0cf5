// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe into which the module writes an image, and out of which it comes
 * compressed: frames of PACK_BLOCK bytes each, and a table of them at the end.
 *
 * If something fails, the end of the pipe is closed that the module does not
 * have: it ends as it does when the reader of a plain image goes away.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pack.h"
#include "text.h"

#define PACK_PIPE	(1 << 20)
#define LOOK_NS		20000000
#define NS_IN_SECOND	1000000000

static int number(const char *arg, int min, int max)
{
	char *end;
	long n = strtol(arg, &end, 10);

	return end == arg || *end || n < min || n > max ? -1 : n;
}

/**
 * pack_choose() - take an option of the user's
 * @p: filled in
 * @codec: how to compress
 * @level: its argument, or NULL
 */
int pack_choose(struct pack *p, const struct codec *codec, const char *level)
{
	p->codec = codec;
	p->level = level ? number(level, codec->level_min, codec->level_max) : codec->level;
	return p->level;
}

/* pack_threads() - the same for how many workers there shall be */
int pack_threads(struct pack *p, const char *arg)
{
	int n = number(arg, 1, CREW_MAX);

	p->threads = n < 0 ? 0 : n;
	return n;
}

static int fetch(void *arg, struct slot *slot)
{
	struct pack *p = arg;
	ssize_t n;

	if (slot_room(&slot->in, &slot->in_room, PACK_BLOCK))
		return -ENOMEM;
	slot->in_len = 0;
	while (slot->in_len < PACK_BLOCK) {
		n = read(p->pipe[0], slot->in + slot->in_len, PACK_BLOCK - slot->in_len);
		if (!n)
			break;
		if (n < 0 && (errno != EINTR || p->crew.stop))
			return fault_set(&slot->fault, -errno, "can't read from a pipe: %s",
					 strerror(errno));
		slot->in_len += n > 0 ? n : 0;
	}
	p->plain += slot->in_len;
	return slot->in_len ? CREW_RAW : 0;
}

static void leave(void *arg)
{
	struct pack *p = arg;

	close(p->pipe[0]);
	p->pipe[0] = -1;
}

static void *hire(void *arg)
{
	const struct pack *p = arg;

	return p->codec->pack_new(p->level);
}

static void fire(void *arg, void *needs)
{
	const struct pack *p = arg;

	p->codec->pack_free(needs);
}

static void work(void *arg, void *needs, struct slot *slot)
{
	const struct pack *p = arg;
	ssize_t n;

	if (slot_room(&slot->out, &slot->out_room, p->codec->bound(PACK_BLOCK))) {
		fault_set(&slot->fault, -ENOMEM, "not enough memory");
		return;
	}
	n = p->codec->pack(needs, slot->out, slot->out_room, slot->in, slot->in_len);
	if (n < 0)
		fault_set(&slot->fault, -ENOMEM, "not enough memory to compress");
	slot->out_len = n;
}

static const struct crew_work pack_work = {
	.fetch	= fetch,
	.hire	= hire,
	.fire	= fire,
	.work	= work,
	.leave	= leave,
};

/* In the words that the module has for the same. */
static int write_failed(struct pack *p, int error)
{
	switch (error) {
	case EPIPE:
		return fault_set(&p->fault, -EPIPE, "the reader of the image has gone away");
	case ENOSPC:
	case EDQUOT:
		return fault_set(&p->fault, -error, "no space left to write the image");
	default:
		return fault_set(&p->fault, -error, "writing the image failed: %s",
				 strerror(error));
	}
}

static int write_all(struct pack *p, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	while (len) {
		if (p->crew.stop)
			return -EINTR;
		n = write(p->out, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_failed(p, errno);
		bytes += n;
		len -= n;
		p->packed += n;
	}
	return 0;
}

static int write_slot(struct pack *p, const struct slot *slot)
{
	if (slot->fault.error)
		return fault_set(&p->fault, slot->fault.error, "%s", slot->fault.why);
	if (seek_add(&p->seek, slot->out_len, slot->in_len))
		return fault_set(&p->fault, -ENOMEM, "not enough memory");
	return write_all(p, slot->out, slot->out_len);
}

static int write_table(struct pack *p)
{
	size_t len;
	uint8_t *frame;
	int r;

	if (p->crew.stop || p->seek.nr > SEEK_FRAMES_MAX)	/* never mind so many */
		return 0;
	frame = seek_frame(&p->seek, &len);
	if (!frame)
		return fault_set(&p->fault, -ENOMEM, "not enough memory");
	r = write_all(p, frame, len);
	free(frame);
	return r;
}

static void *writer(void *arg)
{
	struct pack *p = arg;
	struct slot *slot;
	int r = 0;

	while (!r && (slot = crew_take(&p->crew))) {
		r = write_slot(p, slot);
		crew_release(&p->crew);
	}
	if (!r)
		r = write_table(p);
	if (r)
		crew_stop(&p->crew);
	return NULL;
}

static int begin(struct pack *p)
{
	int r = codec_load(p->codec, &p->fault);

	if (r)
		return r;
	if (pipe2(p->pipe, O_CLOEXEC))
		return fault_set(&p->fault, -errno, "can't make a pipe: %s", strerror(errno));
	fcntl(p->pipe[1], F_SETPIPE_SZ, PACK_PIPE);
	r = crew_begin(&p->crew, &pack_work, p, p->threads, &p->fault);
	if (r)
		return r;
	r = thread_begin(&p->writer, writer, p);
	p->running = !r;
	return r ? fault_set(&p->fault, r, "can't start a thread: %s", strerror(-r)) : 0;
}

static int pack_begin(struct pack *p, int out)
{
	p->out = out;
	p->pipe[0] = -1;
	p->pipe[1] = -1;
	p->begun = true;
	nudge_begin(&p->nudge);
	return begin(p);
}

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static bool ended(struct pack *p)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_NS;
	if (until.tv_nsec >= NS_IN_SECOND) {
		until.tv_nsec -= NS_IN_SECOND;
		until.tv_sec++;
	}
	return !pthread_timedjoin_np(p->writer, NULL, &until);
}

/* The module has written all. */
static int finish(struct pack *p, int (*go_on)(void *arg), void *arg, struct verdict *v)
{
	close_end(&p->pipe[1]);
	while (!ended(p))
		if (go_on(arg) < 0)
			return -1;
	p->running = false;
	return p->fault.error ? fault_fail(&p->fault, v) : 0;
}

/* The module has failed: was it because of us? */
static int explain(struct pack *p, struct verdict *v)
{
	pack_close(p);
	if (!p->fault.error || v->class != KCR_CLASS_IO)
		return -1;
	free(v->text);
	*v = (struct verdict){ 0 };
	return fault_fail(&p->fault, v);
}

/**
 * pack_feed() - write an image, compressed
 * @p: with the user's choices; to be closed
 * @out: where the image goes
 * @from: who writes it into the pipe, and is asked while the rest is written
 * @v: told of a failure
 */
int pack_feed(struct pack *p, int out, const struct pack_from *from, struct verdict *v)
{
	if (pack_begin(p, out))
		return fault_fail(&p->fault, v);
	if (from->write(from->writer, p->pipe[1], v) < 0)
		return explain(p, v);
	return finish(p, from->go_on, from->arg, v);
}

static int write_op(void *op, int fd, struct verdict *v)
{
	return op_run(op, fd, v);
}

/**
 * pack_run() - op_run() of a checkpoint, compressed
 * @p: with the user's choices; to be closed
 * @op: the operation
 * @out: where the image goes
 * @go_on: asked while it is written and the module is done; less than 0: no
 * @arg: for that
 * @v: told of a failure
 */
int pack_run(struct pack *p, struct op *op, int out, int (*go_on)(void *arg), void *arg,
	     struct verdict *v)
{
	struct pack_from from = { .write = write_op, .writer = op, .go_on = go_on, .arg = arg };

	return pack_feed(p, out, &from, v);
}

/* pack_close() - end whatever is left of it; nothing more is written */
void pack_close(struct pack *p)
{
	if (!p->begun)
		return;
	p->begun = false;
	if (p->crew.slots)
		crew_stop(&p->crew);
	close_end(&p->pipe[1]);
	if (p->running)
		nudge_join(p->writer);
	p->running = false;
	crew_end(&p->crew);
	close_end(&p->pipe[0]);
	nudge_end(&p->nudge);
	seek_free(&p->seek);
}

/* pack_emit() - the two sizes */
void pack_emit(const struct pack *p, struct emit *e)
{
	if (p->codec) {
		emit_string(e, "compression", p->codec->name);
		emit_u64(e, "compressed_bytes", p->packed);
	} else {
		emit_null(e, "compression");
		emit_null(e, "compressed_bytes");
	}
	emit_ratio(e, "ratio", p->codec ? p->plain : 0, p->packed);
}

/* pack_say() - the same, for people */
void pack_say(const struct pack *p)
{
	char plain[TEXT_NUMBER], packed[TEXT_NUMBER];

	say("compressed with %s: %s instead of %s, %.2f : 1", p->codec->name,
	    text_bytes(packed, p->packed), text_bytes(plain, p->plain),
	    p->packed ? (double)p->plain / p->packed : 0);
}
