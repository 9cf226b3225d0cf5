// SPDX-License-Identifier: GPL-2.0
/*
 * Where a checkpoint goes.
 *
 * A file is written without a name where the file system can do that, so that
 * nothing is left behind even by SIGKILL, and gets its name when it is safe on
 * the disk. An image holds all memory of a program: only its owner may read it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

#define OUTPUT_MODE	0600
#define OUTPUT_PIPE	(1 << 20)
#define OUTPUT_TRIES	100

static int open_directory(struct output *out, struct verdict *v)
{
	const char *slash = strrchr(out->path, '/');
	char *name;

	out->base = slash ? slash + 1 : out->path;
	if (!slash)
		name = strdup(".");
	else
		name = strndup(out->path, slash == out->path ? 1 : slash - out->path);
	if (!name)
		return fail_file(v, ENOMEM, "open", out->path);
	out->directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->directory < 0)
		fail_file(v, errno, "open the directory", name);
	free(name);
	return out->directory < 0 ? -1 : 0;
}

/* To rename over a device or a directory is never what is meant. */
static int check_target(const struct output *out, struct verdict *v)
{
	struct stat st;

	if (!*out->base)
		return fail(v, KCR_CLASS_USAGE, EISDIR, "%s is a directory",
			    out->path);
	if (fstatat(out->directory, out->base, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return 0;
	return fail(v, KCR_CLASS_USAGE, EINVAL,
		    "%s is no regular file: use > to write to it", out->path);
}

/* A fresh name beside the target. */
static void next_name(struct output *out, int try)
{
	snprintf(out->temporary, sizeof(out->temporary), ".kcr-%d-%d.tmp",
		 getpid(), try);
}

static int open_named(struct output *out)
{
	int try;

	for (try = 0; try < OUTPUT_TRIES; try++) {
		next_name(out, try);
		out->fd = openat(out->directory, out->temporary,
				 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				 OUTPUT_MODE);
		if (out->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	out->temporary[0] = '\0';
	return -1;
}

static int open_file(struct output *out, struct verdict *v)
{
	if (open_directory(out, v) < 0 || check_target(out, v) < 0)
		return -1;
	/* Without /proc a file without a name could not be given one. */
	if (!access("/proc/self/fd", X_OK))
		out->fd = openat(out->directory, ".",
				 O_WRONLY | O_TMPFILE | O_CLOEXEC, OUTPUT_MODE);
	if (out->fd < 0 && open_named(out) < 0)
		return fail_file(v, errno, "write", out->path);
	return 0;
}

static int open_stdout(struct output *out, struct verdict *v)
{
	struct stat st;

	out->fd = STDOUT_FILENO;
	if (isatty(out->fd))
		return fail(v, KCR_CLASS_USAGE, 0,
			    "not writing an image to a terminal: use > FILE or -o FILE");
	if (fstat(out->fd, &st))
		return fail_file(v, errno, "write", "standard output");
	if (S_ISREG(st.st_mode) && !st.st_size && st.st_uid == geteuid())
		fchmod(out->fd, OUTPUT_MODE);
	if (S_ISFIFO(st.st_mode))
		fcntl(out->fd, F_SETPIPE_SZ, OUTPUT_PIPE);
	return 0;
}

/**
 * output_open() - open what the image is to be written to
 * @out: filled in
 * @path: name of the file, or NULL for standard output
 * @v: told of a failure
 */
int output_open(struct output *out, const char *path, struct verdict *v)
{
	memset(out, 0, sizeof(*out));
	out->path = path;
	out->fd = -1;
	out->directory = -1;
	return path ? open_file(out, v) : open_stdout(out, v);
}

/**
 * output_sync() - make sure that the image survives a power-off
 * @out: where the image was written
 * @v: told of a failure
 *
 * What can't be synced (a pipe) is left to its reader.
 */
int output_sync(struct output *out, struct verdict *v)
{
	if (!fsync(out->fd) || errno == EINVAL || errno == ENOTSUP ||
	    errno == EROFS)
		return 0;
	return fail_file(v, errno, "write",
			 out->path ? out->path : "standard output");
}

/**
 * output_drained() - has the reader of a pipe taken all of it?
 * @out: where the image was written
 * @v: told of a failure
 *
 * Returns 1 if so, or if it is no pipe, 0 if not yet, -1 if it never will.
 */
int output_drained(const struct output *out, struct verdict *v)
{
	struct pollfd fd = { .fd = out->fd, .events = POLLOUT };
	struct stat st;
	int left;

	if (fstat(out->fd, &st) || !S_ISFIFO(st.st_mode))
		return 1;
	if (ioctl(out->fd, FIONREAD, &left) || !left)
		return 1;
	if (poll(&fd, 1, 0) > 0 && (fd.revents & POLLERR))
		return fail_file(v, EPIPE, "write", "standard output");
	return 0;
}

static int link_somewhere(struct output *out)
{
	char proc[32];
	int try;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", out->fd);
	for (try = 0; try < OUTPUT_TRIES; try++) {
		next_name(out, try);
		if (!linkat(AT_FDCWD, proc, out->directory, out->temporary,
			    AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	out->temporary[0] = '\0';
	return -1;
}

/**
 * output_publish() - give the file its name, once it is complete and synced
 * @out: where the image was written
 * @v: told of a failure
 */
int output_publish(struct output *out, struct verdict *v)
{
	if (!out->path)
		return 0;
	if (!out->temporary[0] && link_somewhere(out) < 0)
		return fail_file(v, errno, "write", out->path);
	if (renameat(out->directory, out->temporary, out->directory, out->base))
		return fail_file(v, errno, "write", out->path);
	out->temporary[0] = '\0';
	if (fsync(out->directory) && errno != EINVAL && errno != ENOTSUP)
		return fail_file(v, errno, "write", out->path);
	return 0;
}

/**
 * output_close() - let go of it; what was not published is gone
 * @out: where the image was written
 */
void output_close(struct output *out)
{
	if (out->temporary[0])
		unlinkat(out->directory, out->temporary, 0);
	if (out->directory >= 0)
		close(out->directory);
	if (out->path && out->fd >= 0)
		close(out->fd);
	out->fd = -1;
	out->directory = -1;
}
