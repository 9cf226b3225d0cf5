// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe out of which the module reads a chain of images as a full one.
 *
 * The chain is open, and so complete, before the module is asked for anything.
 * The bytes of its pages are looked at while they are read: the module commits
 * only what it has read to the end, which is written last.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crew.h"
#include "feed.h"
#include "merge.h"

#define FEED_PIPE	(1 << 20)

/**
 * struct feed - the thread behind the pipe
 * @chain: what it writes
 * @pipe: both ends
 * @thread: that writes
 * @v: how that went
 */
struct feed {
	const struct chain *chain;
	int pipe[2];
	pthread_t thread;
	struct verdict v;
};

static void *feed(void *arg)
{
	struct feed *f = arg;
	struct merge_sum sum = { 0 };

	merge_write(f->chain, f->pipe[1], &sum, &f->v);
	close(f->pipe[1]);
	return NULL;
}

static int begin(struct feed *f, struct verdict *v)
{
	int r;

	if (pipe2(f->pipe, O_CLOEXEC))
		return fail(v, KCR_CLASS_ENVIRONMENT, errno, "can't make a pipe: %s",
			    strerror(errno));
	fcntl(f->pipe[1], F_SETPIPE_SZ, FEED_PIPE);
	r = thread_begin(&f->thread, feed, f);
	if (!r)
		return 0;
	close(f->pipe[0]);
	close(f->pipe[1]);
	return fail(v, KCR_CLASS_ENVIRONMENT, -r, "can't start a thread: %s", strerror(-r));
}

/* Was it because of us that the module has failed? That it has gone, we know. */
static bool is_ours(const struct feed *f, int r, const struct verdict *v)
{
	if (f->v.class == KCR_CLASS_OK || f->v.error == EPIPE)
		return false;
	return !r || v->class == KCR_CLASS_IMAGE || v->class == KCR_CLASS_IO;
}

/**
 * feed_run() - op_run() of a restart from a chain
 * @op: the operation
 * @c: the chain
 * @v: told of a failure
 */
int feed_run(struct op *op, const struct chain *c, struct verdict *v)
{
	struct feed f = { .chain = c };
	int r;

	if (begin(&f, v) < 0)
		return -1;
	r = op_run(op, f.pipe[0], v);
	close(f.pipe[0]);	/* who still writes gets EPIPE */
	pthread_join(f.thread, NULL);
	if (!is_ours(&f, r, v)) {
		free(f.v.text);
		return r;
	}
	free(v->text);
	*v = f.v;
	return -1;
}

/**
 * feed_wants() - does a chain begin here?
 * @c: with what the user has named
 * @fd: an image: a file that holds an increment, or a pipe if something is named
 */
bool feed_wants(const struct chain *c, int fd)
{
	struct kcr_image_head head;
	struct fault fault = { 0 };
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return c->parents.nr_named;
	return !link_read_head(fd, &head, &fault) &&
	       le32_to_cpu(head.flags) & KCR_IMAGE_INCREMENT;
}

/* What comes through a pipe is kept in memory: an increment is small. */
static int keep(int fd, struct verdict *v)
{
	int to = memfd_create("kcr-image", MFD_CLOEXEC);
	char buf[1 << 16];
	ssize_t n, done;

	if (to < 0)
		return fail_file(v, errno, "keep", "the image in memory");
	while ((n = read(fd, buf, sizeof(buf)))) {
		done = n < 0 ? n : write(to, buf, n);
		if ((n < 0 && errno == EINTR) || (n >= 0 && done == n))
			continue;
		fail_file(v, errno, "read", "the image");
		close(to);
		return -1;
	}
	lseek(to, 0, SEEK_SET);
	return to;
}

/**
 * feed_open() - open the chain that a restart is from
 * @c: with what the user has named; to be closed
 * @fd: the newest image, a file or a pipe
 * @name: of it
 * @v: told of a failure
 */
int feed_open(struct chain *c, int fd, const char *name, struct verdict *v)
{
	struct stat st;
	int kept, r;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return chain_open(c, fd, name, v);
	kept = keep(fd, v);
	if (kept < 0)
		return -1;
	r = chain_open(c, kept, name, v);
	close(kept);
	return r;
}

/**
 * feed_owned() - does root own all of them?
 * @c: the chain
 * @v: told of one that root does not own
 *
 * The module, which asks that of an image, sees a pipe of ours.
 */
int feed_owned(const struct chain *c, struct verdict *v)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (c->links[i]->st.st_uid)
			return fail(v, KCR_CLASS_PERMISSION, EPERM,
				    "root does not own the image %s: use --trust, or --as USER",
				    c->links[i]->name);
	return 0;
}
