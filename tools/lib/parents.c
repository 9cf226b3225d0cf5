// SPDX-License-Identifier: GPL-2.0
/*
 * Where the image is that another one is an increment to: among the files that
 * the user has named, otherwise in the directory of that other one. It is told by
 * the id in its head.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parents.h"

/**
 * struct parents_head - an image that may be it
 * @name: of the file
 * @id: of the image
 * @dev: of the file: it may have several names
 * @ino: likewise
 */
struct parents_head {
	char *name;
	__u8 id[16];
	dev_t dev;
	ino_t ino;
};

static int no_memory(struct verdict *v)
{
	return fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
}

/* parents_name() - the user names a file; it stays where it is */
int parents_name(struct parents *p, const char *name)
{
	const char **named = realloc(p->named, (p->nr_named + 1) * sizeof(*named));

	if (!named)
		return -1;
	p->named = named;
	named[p->nr_named++] = name;
	return 0;
}

/* Takes @name over. */
static int add_head(struct parents *p, char *name, const __u8 *id, const struct stat *st,
		    struct verdict *v)
{
	struct parents_head *heads = realloc(p->heads, (p->nr + 1) * sizeof(*heads));

	if (heads)
		p->heads = heads;
	if (!heads || !name) {
		free(name);
		return no_memory(v);
	}
	heads += p->nr++;
	heads->name = name;
	heads->dev = st->st_dev;
	heads->ino = st->st_ino;
	memcpy(heads->id, id, sizeof(heads->id));
	return 0;
}

static void forget(struct parents *p, size_t from)
{
	while (p->nr > from)
		free(p->heads[--p->nr].name);
}

static int look_at_named(struct parents *p, const char *name, struct verdict *v)
{
	int fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	struct kcr_image_head head;
	struct fault fault = { 0 };
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st)) {
		fail_file(v, errno, "open", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (link_read_head(fd, &head, &fault))
		r = fail(v, image_error_class(fault.error), -fault.error, "%s: %s", name, fault.why);
	else
		r = add_head(p, strdup(name), head.id, &st, v);
	close(fd);
	return r;
}

static int look_at_all_named(struct parents *p, struct verdict *v)
{
	for (; p->known < p->nr_named; p->known++)
		if (look_at_named(p, p->named[p->known], v) < 0)
			return -1;
	return 0;
}

/* Whatever is no image, or can't be read, is not it. */
static int look_at_entry(struct parents *p, int directory, const char *name, struct verdict *v)
{
	int fd = openat(directory, name, O_RDONLY | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct kcr_image_head head;
	struct fault fault = { 0 };
	struct stat st;
	char *path = NULL;
	int r = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !link_read_head(fd, &head, &fault)) {
		if (asprintf(&path, "%s/%s", p->directory, name) < 0)
			path = NULL;
		r = add_head(p, path, head.id, &st, v);
	}
	close(fd);
	return r;
}

static int look_into(struct parents *p, const char *directory, struct verdict *v)
{
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (p->directory && !strcmp(p->directory, directory))
		return 0;
	forget(p, p->known);
	free(p->directory);
	p->directory = strdup(directory);
	if (!p->directory)
		return no_memory(v);
	dir = opendir(directory);
	if (!dir)
		return fail_file(v, errno, "look into", directory);
	while (!r && (entry = readdir(dir)))
		if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN)
			r = look_at_entry(p, dirfd(dir), entry->d_name, v);
	closedir(dir);
	return r;
}

/* The directory of the child, NULL if it is in none that could be told. */
static char *directory_of(const struct link *child)
{
	char link[32], path[PATH_MAX], *slash;
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", child->fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || path[0] != '/')
		return NULL;
	path[n] = '\0';
	if (stat(path, &st) || st.st_dev != child->st.st_dev || st.st_ino != child->st.st_ino)
		return NULL;
	slash = strrchr(path, '/');
	slash[slash == path] = '\0';
	return strdup(path);
}

static int fail_doubled(const struct parents_head *a, const struct parents_head *b,
			const struct parents *p, struct verdict *v)
{
	char id[LINK_ID];

	return fail(v, KCR_CLASS_IMAGE, EBADMSG, "%s and %s both are image %s: name one of them %s",
		    a->name, b->name, link_id(id, a->id), p->hint);
}

/* Returns 1 and tells which, 0 or -1. */
static int search(const struct parents *p, size_t from, size_t to, const __u8 *id,
		  const struct parents_head **found, struct verdict *v)
{
	const struct parents_head *h, *first = NULL;

	for (h = p->heads + from; h < p->heads + to; h++) {
		if (memcmp(h->id, id, sizeof(h->id)))
			continue;
		if (first && (first->dev != h->dev || first->ino != h->ino))
			return fail_doubled(first, h, p, v);
		first = first ? first : h;
	}
	*found = first;
	return !!first;
}

static int fail_missing(const struct parents *p, const struct link *child, const char *directory,
			struct verdict *v)
{
	char id[LINK_ID];

	link_id(id, child->head.parent);
	if (!directory)
		return fail(v, KCR_CLASS_IMAGE, ENOENT,
			    "%s is an increment to image %s, which is none of those named: name it %s",
			    child->name, id, p->hint);
	return fail(v, KCR_CLASS_IMAGE, ENOENT,
		    "%s is an increment to image %s, which is not in %s: name it %s",
		    child->name, id, directory, p->hint);
}

static struct link *open_found(const struct parents_head *found, struct verdict *v)
{
	int fd = open(found->name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct link *l;

	if (fd < 0) {
		fail_file(v, errno, "open", found->name);
		return NULL;
	}
	l = link_open(fd, found->name, v);
	close(fd);
	if (!l || !memcmp(l->head.id, found->id, sizeof(found->id)))
		return l;
	link_fail(l, -EBADMSG, "has been replaced by another image meanwhile", v);
	link_free(l);
	return NULL;
}

/**
 * parents_find() - open the image that another one is an increment to
 * @p: where it may be
 * @child: the other one
 * @v: told of a failure
 */
struct link *parents_find(struct parents *p, const struct link *child, struct verdict *v)
{
	const struct parents_head *found = NULL;
	struct link *l = NULL;
	char *directory = NULL;
	int r = look_at_all_named(p, v);

	if (!r)
		r = search(p, 0, p->known, child->head.parent, &found, v);
	if (!r && !p->alone)
		directory = directory_of(child);
	if (!r && directory)
		r = look_into(p, directory, v);
	if (!r && directory)
		r = search(p, p->known, p->nr, child->head.parent, &found, v);
	if (r > 0)
		l = open_found(found, v);
	else if (!r)
		fail_missing(p, child, directory, v);
	free(directory);
	return l;
}

void parents_close(struct parents *p)
{
	forget(p, 0);
	free(p->heads);
	free(p->directory);
	free(p->named);
	*p = (struct parents){ 0 };
}
