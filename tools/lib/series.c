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

#include "fault.h"
#include "link.h"
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

/* An image that is there, and whether it needs the one before. */
struct image_nr {
	uint64_t number;
	bool increment;
};

/* All of them, the oldest first. */
struct images {
	struct image_nr *image;
	size_t nr;
	size_t room;
};

static void name_of(const struct series *s, uint64_t number, char name[SERIES_NAME])
{
	snprintf(name, SERIES_NAME, "%d.%06" PRIu64 ".kcr", s->pid, number);
}

/* One that can't be read is none: nothing depends on what nobody can use. */
static bool is_increment(const struct series *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct kcr_image_head head;
	struct fault fault = { 0 };
	bool increment = false;

	if (fd < 0)
		return false;
	if (!link_read_head(fd, &head, &fault))
		increment = le32_to_cpu(head.flags) & KCR_IMAGE_INCREMENT;
	close(fd);
	return increment;
}

static int add_image(struct images *all, struct image_nr image, struct verdict *v)
{
	struct image_nr *more;

	if (all->nr == all->room) {
		more = reallocarray(all->image, 2 * all->room + 16, sizeof(*more));
		if (!more)
			return fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
		all->image = more;
		all->room = 2 * all->room + 16;
	}
	all->image[all->nr++] = image;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct image_nr *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int read_names(const struct series *s, DIR *dir, struct images *all, struct verdict *v)
{
	struct dirent *entry;
	int r = 0;

	while (!r && (entry = readdir(dir))) {
		struct image_nr image = { .number = number_of(s, entry->d_name) };

		if (!image.number)
			continue;
		image.increment = is_increment(s, entry->d_name);
		r = add_image(all, image, v);
	}
	return r;
}

/* To be freed by the caller, whatever it returns. */
static int look(const struct series *s, struct images *all, struct verdict *v)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*all = (struct images) { 0 };
	if (!dir) {
		cannot_read(s, v);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	r = read_names(s, dir, all, v);
	closedir(dir);
	if (all->nr)
		qsort(all->image, all->nr, sizeof(*all->image), by_number);
	return r;
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

/* How many images the newest chain has; 0 if it has no full one. */
static size_t newest_chain(const struct images *all)
{
	size_t n = 0;

	while (n < all->nr && all->image[all->nr - 1 - n].increment)
		n++;
	return n < all->nr ? n + 1 : 0;
}

static char *path_of(const struct series *s, const char *name, struct verdict *v)
{
	char *path;

	if (asprintf(&path, "%s/%s", s->path, name) >= 0)
		return path;
	fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
	return NULL;
}

/**
 * series_next() - where the next image shall go
 * @s: the series
 * @full_every: so many images make a chain; 1: all are full
 * @parent: set to the path of the image that it shall be an increment to, or to
 *	NULL; to be freed by the caller
 * @v: why it failed
 *
 * Return: its path, to be freed by the caller, or NULL.
 */
char *series_next(struct series *s, unsigned int full_every, char **parent, struct verdict *v)
{
	char newest[SERIES_NAME], *path = NULL;
	struct images all;
	uint64_t last;
	size_t chain;

	*parent = NULL;
	if (!look(s, &all, v)) {
		last = all.nr ? all.image[all.nr - 1].number : 0;
		chain = newest_chain(&all);
		name_of(s, last, newest);
		name_of(s, last + 1, s->name);
		path = path_of(s, s->name, v);
		if (path && chain && chain < full_every)
			*parent = path_of(s, newest, v);
	}
	free(all.image);
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

/* The newest first: what stays if somebody kills us is a chain, too. */
static int remove_chain(const struct series *s, const struct images *all, size_t first,
			size_t end, struct verdict *v)
{
	char name[SERIES_NAME];

	while (end-- > first) {
		name_of(s, all->image[end].number, name);
		if (unlinkat(s->fd, name, 0) < 0 && errno != ENOENT)
			return fail_file(v, errno, "remove an image from", s->path);
	}
	return 0;
}

/* The oldest chains go, each as a whole, as long as enough images stay. */
static int remove_oldest(const struct series *s, const struct images *all, unsigned int keep,
			 struct verdict *v)
{
	size_t first = 0, next;
	int r = 0;

	for (; !r; first = next) {
		for (next = first + 1; next < all->nr && all->image[next].increment; next++)
			;
		if (next >= all->nr || all->nr - next < keep)
			break;
		r = remove_chain(s, all, first, next, v);
	}
	return r;
}

/**
 * series_add() - the image that series_next() has named is there
 * @s: the series
 * @keep: so many of the newest stay, at least 1, and what they need; others are
 *	removed
 * @v: why it failed
 */
int series_add(struct series *s, unsigned int keep, struct verdict *v)
{
	struct images all;
	int r;

	if (point(s, v) < 0)
		return -1;
	r = look(s, &all, v) ?: remove_oldest(s, &all, keep, v);
	free(all.image);
	return r;
}
