// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed.h"
#include "packed.h"
#include "pump.h"
#include "source.h"

/* Above all descriptors that a program's standard streams could be. */
#define IMAGE_FD	10

/* The module sees a pipe of ours instead: as it looks at a file, we do. */
static int check_owner(struct source *s, const struct stat *st, struct verdict *v)
{
	if (s->trusted || geteuid())
		return 0;
	if (s->increment)
		return feed_owned(&s->chain, v);
	if (!s->packed || !st->st_uid)
		return 0;
	return fail(v, KCR_CLASS_PERMISSION, EPERM,
		    "root does not own the image: use --trust, or --as USER");
}

/* It is read anywhere, and when we may be gone. */
static int check_lazy(const struct source *s, const struct stat *st, const char *name,
		      struct verdict *v)
{
	if (!s->lazy || S_ISREG(st->st_mode))
		return 0;
	return fail(v, KCR_CLASS_USAGE, 0,
		    "%s is no regular file, and can't be restarted with --lazy", name);
}

static int take(struct source *s, int fd, const char *name, struct verdict *v)
{
	struct stat st;

	if (isatty(fd))
		return fail(v, KCR_CLASS_USAGE, 0, "where is the image? (restart < IMAGE)");
	if (fstat(fd, &st))
		return fail_file(v, errno, "read", name);
	if (S_ISDIR(st.st_mode))
		return fail_file(v, EISDIR, "read", name);
	s->increment = feed_wants(&s->chain, fd);
	s->packed = !s->increment && packed_is(fd);
	if (check_lazy(s, &st, name, v) < 0)
		return -1;
	if (s->increment && feed_open(&s->chain, fd, name, v) < 0)
		return -1;
	if (check_owner(s, &st, v) < 0)
		return -1;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, IMAGE_FD);
	if (s->fd < 0)
		return fail_file(v, errno, "read", name);
	return 0;
}

/* source_open() - the image, or standard input, which stays open beside @s->fd */
int source_open(struct source *s, struct verdict *v)
{
	int fd, r;

	if (!s->name)
		return take(s, STDIN_FILENO, "standard input", v);
	fd = open(s->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail_file(v, errno, "open", s->name);
	r = take(s, fd, s->name, v);
	close(fd);
	return r;
}

/* All of them are open, and belong together: the module looks at that again. */
static int run_lazy(struct source *s, struct op *op, struct verdict *v)
{
	int parents[CHAIN_MAX];
	size_t i;

	for (i = 1; i < s->chain.nr; i++)
		parents[i - 1] = s->chain.links[i]->fd;
	return op_run_chain(op, s->fd, parents, i - 1, v);
}

/* source_run() - let the module read it */
int source_run(struct source *s, struct op *op, struct verdict *v)
{
	if (s->lazy)
		return run_lazy(s, op, v);
	if (s->increment)
		return feed_run(op, &s->chain, v);
	if (s->packed)
		return pump_run(op, s->fd, v);
	return op_run(op, s->fd, v);
}
