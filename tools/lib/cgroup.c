// SPDX-License-Identifier: GPL-2.0
/*
 * Putting a restarted program where it was in cgroup2, while it stands still.
 *
 * Through the file system, with the caller's rights and no others. Cgroups that
 * are not there are made, without limits; they go away again if the restart
 * fails after all.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "device.h"
#include "../../uapi/image/cgroup.h"

/**
 * cgroup_parse() - the argument of --cgroup
 * @c: set up
 * @arg: keep, own or a path
 */
int cgroup_parse(struct cgroups *c, const char *arg)
{
	if (!strcmp(arg, "own")) {
		c->mode = CGROUP_OWN;
		return 0;
	}
	c->mode = CGROUP_KEEP;
	if (!strcmp(arg, "keep"))
		return 0;
	c->top = arg;
	return *arg == '/' ? 0 : -1;
}

/* Is @path @dir or below? Then what follows, beginning with / or empty. */
static const char *below(const char *dir, const char *path)
{
	size_t len = strcmp(dir, "/") ? strlen(dir) : 0;

	if (strncmp(dir, path, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

/* As /proc/PID/mountinfo writes it: a space is \040. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* Of one line: "id parent dev root where options... - type source options" */
static bool take_mount(struct cgroups *c, char *line)
{
	char *type = strstr(line, " - "), *root, *where;
	int i;

	if (!type || strncmp(type + 3, "cgroup2 ", 8))
		return false;
	for (i = 0, root = line; i < 3 && root; i++)
		root = strchr(root, ' ') ? strchr(root, ' ') + 1 : NULL;
	where = root ? strchr(root, ' ') : NULL;
	if (!where)
		return false;
	*where++ = '\0';
	where[strcspn(where, " ")] = '\0';
	unescape(root);
	unescape(where);
	if (strstr(root, ".."))
		return false;
	c->mount = open(where, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->mount < 0)
		return false;
	c->root = strdup(root);
	return true;
}

static void find_mount(struct cgroups *c)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;

	while (file && c->mount < 0 && getline(&line, &size, file) > 0)
		take_mount(c, line);
	free(line);
	if (file)
		fclose(file);
}

static void find_own(struct cgroups *c)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t size = 0;

	while (file && !c->own && getline(&line, &size, file) > 0)
		if (!strncmp(line, "0::", 3))
			c->own = strndup(line + 3, strcspn(line + 3, "\n"));
	free(line);
	if (file)
		fclose(file);
}

static int count_components(const char *path)
{
	int n = 0;

	for (; *path; path += strcspn(path, "/")) {
		path += strspn(path, "/");
		n += *path != '\0';
	}
	return n;
}

/* What --cgroup=PATH makes of a cgroup; to be freed. */
static char *target_of(const struct cgroups *c, const char *path, int *threaded)
{
	const char *rest = c->top ? below(c->base, path) : NULL;
	char *target;

	if (!c->top)
		return strdup(path);
	if (!rest)
		rest = "";
	if (*threaded > count_components(rest))
		*threaded = count_components(rest);
	if (asprintf(&target, "%s%s", strcmp(c->top, "/") || !*rest ? c->top : "",
		     rest) < 0)
		return NULL;
	return target;
}

static int write_at(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	int r, error;

	if (fd < 0)
		return -1;
	r = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	error = errno;
	close(fd);
	errno = error;
	return r;
}

static int note_made(struct cgroups *c, const char *path, size_t len)
{
	char **made = realloc(c->made, (c->nr_made + 1) * sizeof(*made));

	if (!made)
		return -1;
	c->made = made;
	made[c->nr_made] = strndup(path, len);
	c->nr_made += !!made[c->nr_made];
	return 0;
}

/* One component further: @path up to @len, whose last one is @name. */
static int step(struct cgroups *c, int dir, const char *name, const char *path,
		size_t len, bool threaded)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(dir, name, 0755))
		return -1;
	note_made(c, path, len);
	fd = openat(dir, name, flags);
	if (fd < 0 || !threaded || !write_at(fd, "cgroup.type", "threaded"))
		return fd;
	close(fd);
	return -1;
}

/* Nothing in an image leads out of the hierarchy, or through a link. */
static int open_below(struct cgroups *c, const char *path, int threaded)
{
	int dir = fcntl(c->mount, F_DUPFD_CLOEXEC, 0), next, error;
	int left = count_components(path);
	const char *end = path;
	char name[256];

	while (dir >= 0 && left--) {
		const char *begin = end + strspn(end, "/");
		size_t len = strcspn(begin, "/");

		end = begin + len;
		next = -1;
		errno = ENAMETOOLONG;
		if (len < sizeof(name)) {
			memcpy(name, begin, len);
			name[len] = '\0';
			errno = EXDEV;
			if (strcmp(name, ".") && strcmp(name, ".."))
				next = step(c, dir, name, path + strspn(path, "/"),
					    end - path - strspn(path, "/"),
					    left < threaded);
		}
		error = errno;
		close(dir);
		errno = error;
		dir = next;
	}
	return dir;
}

static int open_file(struct cgroups *c, const char *target, int threaded, bool thread)
{
	const char *path = c->mount < 0 ? NULL : below(c->root, target);
	int dir, fd, error;

	errno = c->mount < 0 ? ENODEV : EXDEV;
	dir = path ? open_below(c, path, threaded) : -1;
	if (dir < 0)
		return -1;
	fd = openat(dir, thread ? "cgroup.threads" : "cgroup.procs", O_WRONLY | O_CLOEXEC);
	error = errno;
	close(dir);
	errno = error;
	return fd;
}

/* Most are where the one before is. */
static int file_of(struct cgroups *c, const char *target, int threaded, bool thread)
{
	if (c->file >= 0 && !thread && c->last && !strcmp(c->last, target))
		return c->file;
	if (c->file >= 0)
		close(c->file);
	free(c->last);
	c->last = thread ? NULL : strdup(target);
	c->file = open_file(c, target, threaded, thread);
	return c->file;
}

static int move(struct cgroups *c, const struct kcr_cgroup *at, const char *target,
		int threaded)
{
	bool thread = at->flags & KCR_CGROUP_THREAD;
	char id[16];
	int fd, len;

	if (!thread && c->own && !strcmp(target, c->own))
		return 0;
	fd = file_of(c, target, threaded, thread);
	if (fd < 0)
		return -1;
	len = snprintf(id, sizeof(id), "%d\n", at->id);
	return write(fd, id, len) == len ? 0 : -1;
}

static const char *reason(int error)
{
	switch (error) {
	case ENODEV:
		return "cgroup2 is not mounted";
	case EXDEV:
		return "it is outside of what is mounted of cgroup2 here";
	case EBUSY:
		return "it passes controllers on to cgroups below it, and so can hold no process";
	default:
		return strerror(error);
	}
}

static int not_moved(struct cgroups *c, const struct kcr_cgroup *at, const char *target,
		     struct verdict *v)
{
	const char *what = at->flags & KCR_CGROUP_THREAD ? "thread" : "process";
	bool permission = errno == EACCES || errno == EPERM || errno == EROFS;
	int error = errno;

	if (c->mode == CGROUP_KEEP)
		return fail(v, permission ? KCR_CLASS_PERMISSION : KCR_CLASS_ENVIRONMENT,
			    error, "%s %d can't be put into cgroup %s: %s", what, at->id,
			    target, reason(error));
	if (!c->warning &&
	    asprintf(&c->warning, "%s %d can't be put into cgroup %s, and stays in %s: %s",
		     what, at->id, target, c->own ? c->own : "restart's own",
		     reason(error)) < 0)
		c->warning = NULL;
	return 0;
}

static int place(struct cgroups *c, const struct kcr_cgroup *at, const char *path,
		 struct verdict *v)
{
	int threaded = at->threaded > INT16_MAX ? INT16_MAX : at->threaded, r;
	char *target;

	/* It was confined by none: no reason to leave what restart is confined by. */
	if (c->mode == CGROUP_TRY && !strcmp(path, "/"))
		return 0;
	if (!c->base)
		c->base = strdup(path);
	target = c->base ? target_of(c, path, &threaded) : NULL;
	if (!target)
		return fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "out of memory");
	r = move(c, at, target, threaded);
	if (r < 0)
		r = not_moved(c, at, target, v);
	free(target);
	return r;
}

/**
 * cgroup_place() - put all of a program where it was
 * @c: what the user wants
 * @op: descriptor of a restart that is prepared
 * @v: told of a failure
 *
 * What can't be done is a failure, or @c->warning.
 */
int cgroup_place(struct cgroups *c, int op, struct verdict *v)
{
	char path[KCR_CGROUP_PATH_MAX];
	struct kcr_cgroup next = {
		.path = (__u64)(uintptr_t)path,
	};
	int r = 0;

	if (c->mode == CGROUP_OWN)
		return 0;
	find_mount(c);
	find_own(c);
	while (!r) {
		next.path_len = sizeof(path);
		if (device_cgroup(op, &next))
			break;
		path[sizeof(path) - 1] = '\0';
		r = place(c, &next, path, v);
	}
	if (c->file >= 0)
		close(c->file);
	c->file = -1;
	return r;
}

/**
 * cgroup_undo() - the program has not come to run: remove what was made for it
 * @c: what was done
 */
void cgroup_undo(struct cgroups *c)
{
	while (c->nr_made) {
		char *made = c->made[--c->nr_made];

		unlinkat(c->mount, made, AT_REMOVEDIR);
		free(made);
	}
}

/* Whoever has been there first has the lowest id, most often. */
static pid_t first_of(int dir)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC), pid, first = 0;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	while (file && fscanf(file, "%d", &pid) == 1)
		if (pid > 0 && (!first || pid < first))
			first = pid;
	if (file)
		fclose(file);
	return first;
}

/**
 * cgroup_find() - the cgroup that is to be saved
 * @path: of it
 * @request: gets its descriptor and, if it names no process, the first one there
 * @v: told of a failure
 */
int cgroup_find(const char *path, struct kcr_checkpoint *request, struct verdict *v)
{
	struct cgroups c = { .mount = -1 };
	const char *rest = NULL;
	char *name = NULL;

	find_mount(&c);
	errno = ENODEV;
	if (c.mount >= 0) {
		errno = EXDEV;
		rest = below(c.root, path);
	}
	if (rest && asprintf(&name, "./%s", rest) >= 0)
		request->cgroup_fd = openat(c.mount, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		request->cgroup_fd = -1;
	free(name);
	if (request->cgroup_fd < 0)
		return fail(v, KCR_CLASS_USAGE, errno, "cgroup %s: %s", path, reason(errno));
	if (!request->pid)
		request->pid = first_of(request->cgroup_fd);
	if (!request->pid)
		return fail(v, KCR_CLASS_TRANSIENT, ESRCH, "cgroup %s: no process is in it", path);
	return 0;
}
