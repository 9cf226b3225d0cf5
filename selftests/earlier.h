/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An image that an increment is made to, as the module wants to know it, and whether
 * all of a program's memory is as a chain of images has it.
 */
#ifndef KCR_EARLIER_H
#define KCR_EARLIER_H

#include "victim.h"

static inline int memory_of(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	return fd;
}

static inline void poke(int mem, unsigned long addr, uint64_t value)
{
	ASSERT_EQ(8, pwrite(mem, &value, 8, addr));
}

/* The earlier image, as the module wants to know it */

struct base {
	size_t nr_runs, nr_pages;
	struct kcr_base_run *runs;
	uint8_t (*hash)[KCR_HASH_LEN];
	const uint8_t **page;	/* the bytes, here or in one before */
	uint8_t id[16];
};

static inline void hash_of(const uint8_t *page, uint8_t *hash)
{
	uint64_t h[2] = { htole64(XXH64(page, PAGE, 0)),
			  htole64(XXH64(page, PAGE, KCR_HASH_SEED)) };

	memcpy(hash, h, sizeof(h));
}

static inline bool is_numbered(const struct rec *rec)
{
	const struct kcr_img_pages *run = (void *)rec->data;

	return kind_of(rec) == KCR_KIND_PAGES &&
	       !(le32toh(run->flags) & (KCR_PAGES_ZERO | KCR_PAGES_PARENT));
}

static inline bool owner_of(const struct image *img, uint32_t id, struct kcr_base_run *run)
{
	uint32_t shared = 0;
	size_t i;

	for (i = 0; i < img->n; i++) {
		const struct rec *rec = &img->rec[i];
		bool here = le32toh(rec->head.id) == id;

		if (kind_of(rec) == KCR_KIND_MM && here)
			run->type = KCR_BASE_PROCESS;
		else if (kind_of(rec) == KCR_KIND_SHMEM || kind_of(rec) == KCR_KIND_HUGETLB)
			shared++;
		if (kind_of(rec) == KCR_KIND_SHMEM && here) {
			run->type = KCR_BASE_SHARED;
			run->nr = shared - 1;
		}
	}
	return run->type;
}

static inline int by_place(const void *a, const void *b)
{
	const struct kcr_base_run *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The image has one process, @pid; what it leaves to @before is there. */
static inline struct base base_of(const struct image *img, pid_t pid, const struct base *before)
{
	struct base base = { 0 };
	size_t i, k;

	memcpy(base.id, img->head.id, sizeof(base.id));
	for (i = 0; i < img->n; i++) {
		const struct kcr_img_pages_earlier *e = (void *)img->rec[i].data;
		struct kcr_base_run run = { .nr = pid, .first = base.nr_pages };
		bool bytes = is_run(&img->rec[i]);

		if (!is_numbered(&img->rec[i]))
			continue;
		run.addr = le64toh(e->run.addr);
		run.count = le32toh(e->run.count);
		ASSERT_TRUE(owner_of(img, le32toh(e->run.mm), &run));
		base.nr_pages += run.count;
		base.page = realloc(base.page, base.nr_pages * sizeof(*base.page));
		base.hash = realloc(base.hash, base.nr_pages * sizeof(*base.hash));
		for (k = 0; k < run.count; k++) {
			size_t nr = run.first + k;

			if (!bytes)
				ASSERT_LT(le64toh(e->first) + k, before->nr_pages);
			base.page[nr] = bytes ? (uint8_t *)(&e->run + 1) + k * PAGE :
						before->page[le64toh(e->first) + k];
			hash_of(base.page[nr], base.hash[nr]);
		}
		base.runs = realloc(base.runs, (base.nr_runs + 1) * sizeof(run));
		base.runs[base.nr_runs++] = run;
	}
	qsort(base.runs, base.nr_runs, sizeof(*base.runs), by_place);
	return base;
}

static inline int base_file(const struct base *base)
{
	int fd = memfd_create("base", MFD_CLOEXEC);
	size_t runs = base->nr_runs * sizeof(*base->runs);
	size_t hashes = base->nr_pages * KCR_HASH_LEN;

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)runs, write(fd, base->runs, runs));
	ASSERT_EQ((ssize_t)hashes, write(fd, base->hash, hashes));
	return fd;
}

static inline int tracker(unsigned int how)
{
	struct kcr_track request = { .size = sizeof(request), .how = how };
	int dev = open_device(), fd = ioctl(dev, KCR_IOC_TRACK, &request), error = errno;

	close(dev);
	errno = error;
	return fd;
}

/* Begin; an operation, or -1 with errno. @track: a tracker, or -1. */
static inline int begin_tracked(pid_t pid, const struct base *base, int fd, int track)
{
	struct kcr_checkpoint request = { .size = sizeof(request), .pid = pid };
	int dev = open_device(), op, error;

	if (track >= 0) {
		request.flags = KCR_CKPT_TRACK;
		request.track_fd = track;
	}
	if (base) {
		request.base_fd = fd;
		request.base_runs = base->nr_runs;
		memcpy(request.base_id, base->id, sizeof(base->id));
	}
	op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);
	error = errno;
	close(dev);
	errno = error;
	return op;
}

static inline int begin(pid_t pid, const struct base *base, int fd)
{
	return begin_tracked(pid, base, fd, -1);
}

/* It goes on afterwards. */
static inline struct bytes take_tracked(pid_t pid, const struct base *base, int track,
					struct outcome *o)
{
	struct kcr_run run = { .size = sizeof(run) };
	int fd = base ? base_file(base) : -1, op = begin_tracked(pid, base, fd, track);
	struct bytes b;

	ASSERT_LE(0, op);
	run.image_fd = memfd_create("image", MFD_CLOEXEC);
	ASSERT_EQ(0, ioctl(op, KCR_IOC_RUN, &run));
	look_at(op, o);
	close(op);
	if (fd >= 0)
		close(fd);
	b = read_back(run.image_fd);
	close(run.image_fd);
	return b;
}

static inline struct bytes take(pid_t pid, const struct base *base, struct outcome *o)
{
	return take_tracked(pid, base, -1, o);
}

/* Is all of the memory as the images have it? */
static inline void expect_same(int mem, const struct base *base, uint32_t type, unsigned long start,
			unsigned int pages)
{
	uint8_t now[PAGE];
	unsigned int i;
	size_t r;

	for (i = 0; i < pages; i++) {
		static const uint8_t zeros[PAGE];
		const uint8_t *page = zeros;
		uint64_t addr = (type == KCR_BASE_PROCESS ? start : 0) + i * PAGE;

		for (r = 0; r < base->nr_runs; r++) {
			const struct kcr_base_run *run = &base->runs[r];

			if (run->type == type && addr - run->addr < run->count * PAGE)
				page = base->page[run->first + (addr - run->addr) / PAGE];
		}
		ASSERT_EQ(PAGE, pread(mem, now, PAGE, start + i * PAGE));
		if (memcmp(now, page, PAGE))
			kcr_fail(true, __FILE__, __LINE__, "page %u of %lx is another", i, start);
	}
}

static inline void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

#endif
