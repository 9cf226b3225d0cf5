// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe out of which the module reads a compressed image as a plain one.
 *
 * The module has read all of it when the program is prepared: nothing of this
 * is left when that is let go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pump.h"
#include "unpack.h"

#define PUMP_PIPE	(1 << 20)

/**
 * struct pump - the threads behind the pipe
 * @unpack: who decompresses
 * @pipe: both ends; -1: not open
 * @whole: the input ends by itself: a regular file
 * @thread: that writes
 * @stop: it is to end
 * @running: it is there
 */
struct pump {
	struct unpack unpack;
	int pipe[2];
	bool whole;
	pthread_t thread;
	atomic_bool stop;
	bool running;
};

static bool write_all(struct pump *p, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	while (len && !p->stop) {
		n = write(p->pipe[1], bytes, len);
		if (n < 0 && errno != EINTR)
			return false;	/* the module reads no more, and knows why */
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
	return !len;
}

static void *pump(void *arg)
{
	struct pump *p = arg;
	const uint8_t *bytes;
	ssize_t n;

	do
		n = unpack_next(&p->unpack, &bytes);
	while (n > 0 && write_all(p, bytes, n));
	close(p->pipe[1]);
	return NULL;
}

static int begin(struct pump *p, int fd, struct fault *fault)
{
	int r = unpack_begin(&p->unpack, fd, 0);

	if (r)
		return fault_set(fault, r, "%s", p->unpack.fault.why);
	if (pipe2(p->pipe, O_CLOEXEC))
		return fault_set(fault, -errno, "can't make a pipe: %s", strerror(errno));
	fcntl(p->pipe[1], F_SETPIPE_SZ, PUMP_PIPE);
	r = thread_begin(&p->thread, pump, p);
	if (r)
		return fault_set(fault, r, "can't start a thread: %s", strerror(-r));
	p->running = true;
	return 0;
}

/* Returns true if the module had read it to its end, or to where it is damaged. */
static bool wait_for_end(struct pump *p)
{
	ssize_t n;
	char c;

	do
		n = read(p->pipe[0], &c, 1);
	while (n < 0 && errno == EINTR);
	return !n;
}

static void stop(struct pump *p)
{
	p->stop = true;
	unpack_stop(&p->unpack);
	if (p->pipe[0] >= 0)
		close(p->pipe[0]);
	if (p->running)
		nudge_join(p->thread);
	else if (p->pipe[1] >= 0)
		close(p->pipe[1]);
	unpack_end(&p->unpack);
}

static int pump_begin(struct pump *p, int fd, struct verdict *v)
{
	struct fault fault = { 0 };
	struct stat st;

	memset(p, 0, sizeof(*p));
	p->pipe[0] = -1;
	p->pipe[1] = -1;
	p->whole = !fstat(fd, &st) && S_ISREG(st.st_mode);
	if (!begin(p, fd, &fault))
		return 0;
	stop(p);
	return fault_fail(&fault, v);
}

/* The module has read, or failed to, and @r tells how it went. */
static int pump_end(struct pump *p, int r, struct verdict *v)
{
	bool ended = !r && p->whole && wait_for_end(p);
	const struct fault *fault = &p->unpack.fault;

	stop(p);
	if (!fault->error)
		return r;
	if (r < 0 && v->class != KCR_CLASS_IMAGE && v->class != KCR_CLASS_IO)
		return r;
	if (!r && !ended)
		return r;
	free(v->text);
	*v = (struct verdict){ 0 };
	return fault_fail(fault, v);
}

/**
 * pump_run() - op_run() of a restart from a compressed image
 * @op: the operation
 * @fd: the compressed image, from its position on
 * @v: told of a failure: ours, if that is why the module has failed
 *
 * A file is looked at to its end, as far as nothing follows the image in it; a
 * pipe might never end.
 */
int pump_run(struct op *op, int fd, struct verdict *v)
{
	struct pump p;

	if (pump_begin(&p, fd, v) < 0)
		return -1;
	return pump_end(&p, op_run(op, p.pipe[0], v), v);
}
