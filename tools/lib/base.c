// SPDX-License-Identifier: GPL-2.0
/*
 * What the module wants to know of an image to write an increment to it: which
 * pages are where, and their hashes, in a file in memory.
 *
 * Memory is told there by what outlives a record's id: that of a process by its
 * pid, what is shared by its place among all that is shared.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base.h"
#include "../../uapi/image/content.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/sysv_shm.h"

#define HASHES	4096u	/* that are written at once */

/**
 * struct owner - whose memory a record is, or which process
 * @id: of the record
 * @type: KCR_BASE_PROCESS or _SHARED, 0 for a process
 * @nr: pid or number
 */
struct owner {
	uint32_t id;
	uint32_t type;
	uint32_t nr;
};

/**
 * struct owners - of an image
 * @tree: of struct owner
 * @shared: of KCR_BASE_SHARED so far
 * @first: pid of the first process: that of all in old images
 */
struct owners {
	void *tree;
	uint32_t shared;
	uint32_t first;
};

static int no_memory(struct verdict *v)
{
	return fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
}

static int by_id(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct owner *find_owner(const struct owners *o, uint32_t id)
{
	struct owner key = { .id = id };
	struct owner **found = tfind(&key, &o->tree, by_id);

	return found ? *found : NULL;
}

static int add_owner(struct owners *o, uint32_t id, uint32_t type, uint32_t nr)
{
	struct owner *new = malloc(sizeof(*new)), **found;

	if (!new)
		return -ENOMEM;
	*new = (struct owner){ .id = id, .type = type, .nr = nr };
	found = tsearch(new, &o->tree, by_id);
	if (!found || *found != new)
		free(new);
	return found ? 0 : -ENOMEM;
}

static int add_process(struct owners *o, const struct image_rec *rec)
{
	const struct kcr_img_process *process = rec->data;
	uint32_t pid = le32_to_cpu(process->pid);

	if (!o->first)
		o->first = pid;
	return add_owner(o, rec->id, 0, pid);
}

static int add_mm(struct owners *o, const struct image_rec *rec)
{
	const struct owner *process = find_owner(o, rec->owner);

	return add_owner(o, rec->id, KCR_BASE_PROCESS,
			 process && !process->type ? process->nr : o->first);
}

static bool is_segment(const struct image_rec *rec)
{
	const struct kcr_img_sysv_shm *shm = rec->data;

	return le32_to_cpu(shm->type) == KCR_SHM_SEGMENT;
}

static bool has_pages(const struct image_rec *rec)
{
	const struct kcr_img_content *content = rec->data;

	return le32_to_cpu(content->type) == KCR_CONTENT_HUGE ||
	       le32_to_cpu(content->type) == KCR_CONTENT_MEMORY;
}

static int add_shared(struct owners *o, const struct image_rec *rec, bool shared)
{
	return shared ? add_owner(o, rec->id, KCR_BASE_SHARED, o->shared++) : 0;
}

static int note_rec(struct owners *o, const struct image_rec *rec)
{
	if (!rec->known)
		return 0;
	switch (rec->kind) {
	case KCR_KIND_PROCESS:
		return add_process(o, rec);
	case KCR_KIND_MM:
		return add_mm(o, rec);
	case KCR_KIND_SHMEM:
	case KCR_KIND_HUGETLB:
		return add_shared(o, rec, true);
	case KCR_KIND_SYSV_SHM:
		return add_shared(o, rec, is_segment(rec));
	case KCR_KIND_CONTENT:
		return add_shared(o, rec, has_pages(rec));
	default:
		return 0;
	}
}

/* All of them stand before the first run of pages. */
static int read_owners(struct owners *o, struct link *l, struct verdict *v)
{
	struct image img;
	int r;

	access_rewind(&l->access);
	r = image_open_source(&img, &l->access.source, false);
	while (!r && image_next(&img) > 0 && img.rec.kind != KCR_KIND_PAGES)
		r = note_rec(o, &img.rec);
	if (img.error)
		r = link_fail(l, img.error, img.why, v);
	else if (r)
		r = no_memory(v);
	image_close(&img);
	return r;
}

static int by_place(const void *a, const void *b)
{
	const struct kcr_base_run *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static bool goes_on(const struct kcr_base_run *run, const struct kcr_base_run *next)
{
	uint64_t bytes = (uint64_t)run->count * KCR_PARSE_PAGE_SIZE;

	return run->type == next->type && run->nr == next->nr &&
	       run->addr + bytes == next->addr && run->first + run->count == next->first &&
	       run->count <= UINT32_MAX / 2;
}

/* Sorted, and what follows each other is one. */
static size_t join(struct kcr_base_run *runs, size_t nr)
{
	size_t i, n = 0;

	qsort(runs, nr, sizeof(*runs), by_place);
	for (i = 0; i < nr; i++) {
		if (n && goes_on(&runs[n - 1], &runs[i]))
			runs[n - 1].count += runs[i].count;
		else
			runs[n++] = runs[i];
	}
	return n;
}

/* An image that has a page twice: the module would not take that. */
static bool overlap(const struct kcr_base_run *runs, size_t nr)
{
	size_t i;

	for (i = 1; i < nr; i++)
		if (runs[i - 1].type == runs[i].type && runs[i - 1].nr == runs[i].nr &&
		    runs[i].addr - runs[i - 1].addr <
		    (uint64_t)runs[i - 1].count * KCR_PARSE_PAGE_SIZE)
			return true;
	return false;
}

static int place_run(struct kcr_base_run *to, const struct link_run *run,
		     const struct owners *o)
{
	const struct owner *owner = find_owner(o, run->mm);

	if (!owner || !owner->type)
		return -1;
	*to = (struct kcr_base_run){
		.type = owner->type,
		.nr = owner->nr,
		.addr = run->addr,
		.first = run->number,
		.count = run->count,
	};
	return 0;
}

static int write_all(int fd, const void *p, size_t len, struct verdict *v)
{
	const char *from = p;
	ssize_t n;

	for (; len; len -= n, from += n) {
		n = write(fd, from, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return fail(v, KCR_CLASS_ENVIRONMENT, errno,
				    "can't keep the index of the image before: %s", strerror(errno));
	}
	return 0;
}

static int write_runs(struct base *b, const struct link *l, const struct owners *o,
		      struct verdict *v)
{
	struct kcr_base_run *runs = calloc(l->nr ? l->nr : 1, sizeof(*runs));
	size_t i;
	int r = runs ? 0 : no_memory(v);

	for (i = 0; i < l->nr && !r; i++)
		if (place_run(&runs[i], &l->runs[i], o) < 0)
			r = link_fail(l, -EBADMSG, "run of pages belongs to no memory", v);
	if (!r)
		b->runs = join(runs, l->nr);
	if (!r && overlap(runs, b->runs))
		r = link_fail(l, -EBADMSG, "has a page twice", v);
	if (!r)
		r = write_all(b->fd, runs, b->runs * sizeof(*runs), v);
	free(runs);
	if (!r && b->runs > KCR_BASE_RUNS_MAX)
		r = link_fail(l, -E2BIG, "has too many runs of pages for an increment", v);
	return r;
}

static int write_hashes(struct base *b, const struct chain *c, struct verdict *v)
{
	uint64_t number = 0, left = chain_newest(c)->pages;
	uint8_t hashes[HASHES * KCR_HASH_LEN];
	uint32_t n;

	for (; left; left -= n, number += n) {
		n = left < HASHES ? left : HASHES;
		if (chain_hashes(c, number, n, hashes, v) < 0 ||
		    write_all(b->fd, hashes, n * KCR_HASH_LEN, v) < 0)
			return -1;
	}
	return 0;
}

/**
 * base_make() - tell the module what the newest image of a chain holds
 * @b: filled in; to be closed, also after a failure
 * @c: the chain
 * @v: told of a failure
 */
int base_make(struct base *b, const struct chain *c, struct verdict *v)
{
	struct link *l = chain_newest(c);
	struct owners o = { 0 };
	int r;

	*b = (struct base){ .fd = memfd_create("kcr-base", MFD_CLOEXEC) };
	memcpy(b->id, l->head.id, sizeof(b->id));
	if (b->fd < 0)
		return fail(v, KCR_CLASS_ENVIRONMENT, errno, "can't make a file in memory: %s",
			    strerror(errno));
	r = read_owners(&o, l, v);
	if (!r)
		r = write_runs(b, l, &o, v);
	tdestroy(o.tree, free);
	return r ? r : write_hashes(b, c, v);
}

/* base_fill() - make a request one for an increment */
void base_fill(const struct base *b, struct kcr_checkpoint *request)
{
	request->base_fd = b->fd;
	request->base_runs = b->runs;
	memcpy(request->base_id, b->id, sizeof(b->id));
}

void base_close(struct base *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}
