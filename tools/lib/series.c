// SPDX-License-Identifier: GPL-2.0
/*
 * The images of one process in a directory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "series.h"

/* Of the image with that name; 0 if it is none of this series. */
static uint64_t number_of(const struct series *s, const char *name)
{
	char again[SERIES_NAME];
	char *end;
	uint64_t number;
	int pid;

	if (sscanf(name, "%d.%" SCNu64, &pid, &number) != 2 || pid != s->pid)
		return 0;
	end = strrchr(name, '.');
	if (!end || strcmp(end, ".kcr"))
		return 0;
	snprintf(again, sizeof(again), "%d.%06" PRIu64 ".kcr", pid, number);
	return strcmp(name, again) ? 0 : number;
}

static int cannot_read(const struct series *s, struct verdict *v)
{
	return fail_file(v, errno, "read", s->path);
}

/*
 * How many images there are; the numbers of the oldest and of the newest, both 0
 * if there are none.
 */
static int look(const struct series *s, size_t *count, uint64_t *oldest, uint64_t *newest,
		struct verdict *v)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	*count = *oldest = *newest = 0;
	if (!dir) {
		cannot_read(s, v);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((entry = readdir(dir))) {
		uint64_t number = number_of(s, entry->d_name);

		if (!number)
			continue;
		++*count;
		if (!*oldest || number < *oldest)
			*oldest = number;
		if (number > *newest)
			*newest = number;
	}
	closedir(dir);
	return 0;
}

/**
 * series_open() - begin, or go on with, the images of a process
 * @s: the series
 * @path: of the directory; it is made if it is not there, for its owner only
 * @pid: the process
 * @v: why it failed
 */
int series_open(struct series *s, const char *path, pid_t pid, struct verdict *v)
{
	s->path = path;
	s->pid = pid;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail_file(v, errno, "make", path);
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->fd < 0 ? fail_file(v, errno, "open", path) : 0;
}

/**
 * series_next() - where the next image shall go
 * @s: the series
 * @v: why it failed
 *
 * Return: its path, to be freed by the caller, or NULL.
 */
char *series_next(struct series *s, struct verdict *v)
{
	uint64_t oldest, newest;
	size_t count;
	char *path;

	if (look(s, &count, &oldest, &newest, v) < 0)
		return NULL;
	snprintf(s->name, sizeof(s->name), "%d.%06" PRIu64 ".kcr", s->pid, newest + 1);
	if (asprintf(&path, "%s/%s", s->path, s->name) < 0) {
		fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
		return NULL;
	}
	return path;
}

/* PID.kcr leads to the newest, at any moment to a whole one. */
static int point(const struct series *s, struct verdict *v)
{
	char link[SERIES_NAME], fresh[SERIES_NAME];

	snprintf(link, sizeof(link), "%d.kcr", s->pid);
	snprintf(fresh, sizeof(fresh), ".%d.kcr.%d", s->pid, getpid());
	unlinkat(s->fd, fresh, 0);	/* of one that was killed, and had our id */
	if (symlinkat(s->name, s->fd, fresh) < 0)
		return fail_file(v, errno, "make a link in", s->path);
	if (renameat(s->fd, fresh, s->fd, link) < 0) {
		fail_file(v, errno, "make a link in", s->path);
		unlinkat(s->fd, fresh, 0);
		return -1;
	}
	return 0;
}

/**
 * series_add() - the image that series_next() has named is there
 * @s: the series
 * @keep: so many of the newest stay, at least 1; others are removed
 * @v: why it failed
 */
int series_add(struct series *s, unsigned int keep, struct verdict *v)
{
	char name[SERIES_NAME];
	uint64_t oldest, newest;
	size_t count;

	if (point(s, v) < 0)
		return -1;
	for (;;) {
		if (look(s, &count, &oldest, &newest, v) < 0)
			return -1;
		if (count <= keep)
			return 0;
		snprintf(name, sizeof(name), "%d.%06" PRIu64 ".kcr", s->pid, oldest);
		if (unlinkat(s->fd, name, 0) < 0 && errno != ENOENT)
			return fail_file(v, errno, "remove an image from", s->path);
	}
}
