// SPDX-License-Identifier: GPL-2.0
/*
 * Increments as the module writes them: what is in them, and what it makes of
 * an earlier image that a tool has told it wrongly.
 */
#define _GNU_SOURCE
#include "victim.h"

#define OWN	0x100000000000ul	/* 8 MB of the process's own */
#define SHARED	0x200000000000ul	/* 2 MB of shared memory */
#define OWN_PAGES	2048u
#define SHARED_PAGES	512u

static void fill(unsigned long addr, unsigned int pages, int flags)
{
	uint64_t *p = mmap((void *)addr, pages * PAGE, PROT_READ | PROT_WRITE,
			   flags | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	unsigned int i;

	ASSERT_EQ(addr, (unsigned long)p);
	for (i = 0; i < pages; i++)
		p[i * PAGE / 8] = addr + i + 1;
}

static void holder(int ready)
{
	setsid();
	fill(OWN, OWN_PAGES, MAP_PRIVATE);
	fill(SHARED, SHARED_PAGES, MAP_SHARED);
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	for (;;)
		pause();
}

static int memory_of(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	return fd;
}

static void poke(int mem, unsigned long addr, uint64_t value)
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

static void hash_of(const uint8_t *page, uint8_t *hash)
{
	uint64_t h[2] = { htole64(XXH64(page, PAGE, 0)),
			  htole64(XXH64(page, PAGE, KCR_HASH_SEED)) };

	memcpy(hash, h, sizeof(h));
}

static bool is_numbered(const struct rec *rec)
{
	const struct kcr_img_pages *run = (void *)rec->data;

	return kind_of(rec) == KCR_KIND_PAGES &&
	       !(le32toh(run->flags) & (KCR_PAGES_ZERO | KCR_PAGES_PARENT));
}

static bool owner_of(const struct image *img, uint32_t id, struct kcr_base_run *run)
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

static int by_place(const void *a, const void *b)
{
	const struct kcr_base_run *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The image has one process, @pid; what it leaves to @before is there. */
static struct base base_of(const struct image *img, pid_t pid, const struct base *before)
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

static int base_file(const struct base *base)
{
	int fd = memfd_create("base", MFD_CLOEXEC);
	size_t runs = base->nr_runs * sizeof(*base->runs);
	size_t hashes = base->nr_pages * KCR_HASH_LEN;

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)runs, write(fd, base->runs, runs));
	ASSERT_EQ((ssize_t)hashes, write(fd, base->hash, hashes));
	return fd;
}

/* Begin; an operation, or -1 with errno. */
static int begin(pid_t pid, const struct base *base, int fd)
{
	struct kcr_checkpoint request = { .size = sizeof(request), .pid = pid };
	int dev = open_device(), op, error;

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

/* It goes on afterwards. */
static struct bytes take(pid_t pid, const struct base *base, struct outcome *o)
{
	struct kcr_run run = { .size = sizeof(run) };
	int fd = base ? base_file(base) : -1, op = begin(pid, base, fd);
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

/* Is all of the memory as the images have it? */
static void expect_same(int mem, const struct base *base, uint32_t type, unsigned long start,
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

static void expect_all(int mem, const struct base *base)
{
	expect_same(mem, base, KCR_BASE_PROCESS, OWN, OWN_PAGES);
	expect_same(mem, base, KCR_BASE_SHARED, SHARED, SHARED_PAGES);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

#define STACK	64u	/* what it may change besides */

TEST_PLAIN(only_what_has_changed_is_written, .timeout = 60)
{
	pid_t pid = start_one(holder);
	int i, changed = 0, mem = memory_of(pid);
	struct image first, second;
	struct base a, b;
	struct bytes bytes;
	struct outcome o;

	first = take_apart(take(pid, NULL, &o));
	a = base_of(&first, pid, NULL);
	expect_all(mem, &a);
	EXPECT_LE(OWN_PAGES + SHARED_PAGES, o.status.pages);
	for (i = 3; i < OWN_PAGES; i += 37, changed++)
		poke(mem, OWN + i * PAGE + 8, i);
	for (i = 5; i < SHARED_PAGES; i += 11, changed++)
		poke(mem, SHARED + i * PAGE + 16, i);
	poke(mem, OWN, 4711);		/* and back again */
	poke(mem, OWN, OWN + 1);
	poke(mem, OWN + PAGE, 0);	/* zeros now */
	bytes = take(pid, &a, &o);
	second = take_apart(bytes);
	b = base_of(&second, pid, &a);
	expect_all(mem, &b);
	EXPECT_TRUE(le32toh(second.head.flags) & KCR_IMAGE_INCREMENT);
	EXPECT_EQ(0, memcmp(second.head.parent, first.head.id, 16));
	EXPECT_LE(changed, o.status.pages);
	EXPECT_GE(changed + STACK, o.status.pages);
	EXPECT_LE(OWN_PAGES + SHARED_PAGES - changed - 1, o.status.pages_earlier);
	/* Half as much again as what has changed, besides what every image has. */
	EXPECT_GE((changed + STACK) * PAGE * 3 / 2 + 32768, bytes.len);
	end(pid);
}

TEST_PLAIN(increments_build_on_increments, .timeout = 60)
{
	pid_t pid = start_one(holder);
	int mem = memory_of(pid), i, round;
	struct image image[4];
	struct base base[4];
	struct outcome o;

	for (round = 0; round < 4; round++) {
		const struct base *before = round ? &base[round - 1] : NULL;

		image[round] = take_apart(take(pid, before, &o));
		base[round] = base_of(&image[round], pid, before);
		expect_all(mem, &base[round]);
		if (round)
			EXPECT_GE(256 + STACK, o.status.pages);
		for (i = 0; i < 256; i++)
			poke(mem, (i & 1 ? SHARED : OWN) + i * (round + 1) % 512 * PAGE + 24,
			     random());
	}
	end(pid);
}

/* Whoever tells nonsense is told so, and the program goes on. */
static void expect_refused(pid_t pid, const struct base *base, int fd, int error)
{
	EXPECT_EQ(-1, begin(pid, base, fd));
	EXPECT_EQ(error, errno);
	EXPECT_EQ(0, kill(pid, 0));
}

static void expect_refused_file(pid_t pid, const struct base *base)
{
	int fd = base_file(base);

	expect_refused(pid, base, fd, EINVAL);
	close(fd);
}

TEST_PLAIN(nonsense_is_refused)
{
	pid_t pid = start_one(holder);
	struct outcome o;
	struct image img = take_apart(take(pid, NULL, &o));
	struct base base = base_of(&img, pid, NULL), none = base;
	struct kcr_base_run *run = base.runs, good = *run;
	int fd = open("writeonly", O_WRONLY | O_CREAT, 0600), pipes[2];

	ASSERT_LT(2, base.nr_runs);
	expect_refused(pid, &base, fd, EBADF);
	expect_refused(pid, &base, 999, EBADF);
	ASSERT_EQ(0, pipe(pipes));
	expect_refused(pid, &base, pipes[0], EINVAL);
	none.nr_runs = 0;
	expect_refused(pid, &none, 0, EINVAL);	/* an id, and no runs */

	run->count = 0;
	expect_refused_file(pid, &base);
	run->count = UINT32_MAX;
	expect_refused_file(pid, &base);
	*run = good;
	run->first = UINT64_MAX;
	expect_refused_file(pid, &base);
	run->first = base.nr_pages;
	expect_refused_file(pid, &base);
	*run = good;
	run->addr = UINT64_MAX - PAGE + 1;
	expect_refused_file(pid, &base);
	run->addr = good.addr + 1;
	expect_refused_file(pid, &base);
	*run = good;
	run->reserved = 1;
	expect_refused_file(pid, &base);
	*run = run[1];			/* the same twice */
	expect_refused_file(pid, &base);
	*run = run[2];			/* not in order */
	expect_refused_file(pid, &base);
	*run = good;
	base.nr_pages--;		/* the last one's end is not there */
	expect_refused_file(pid, &base);
	end(pid);
}

/* Places that are none of its: they say only where to look. */
TEST_PLAIN(wrong_places_cost_bytes_only, .timeout = 60)
{
	pid_t pid = start_one(holder);
	int mem = memory_of(pid);
	struct image first, second;
	struct base a, b;
	struct outcome o;
	size_t i;

	first = take_apart(take(pid, NULL, &o));
	a = base_of(&first, pid, NULL);
	for (i = 0; i < a.nr_runs; i++)
		if (a.runs[i].type == KCR_BASE_PROCESS)
			a.runs[i].nr++;
	second = take_apart(take(pid, &a, &o));
	b = base_of(&second, pid, &a);
	expect_all(mem, &b);
	EXPECT_LE(OWN_PAGES, o.status.pages);
	EXPECT_LE(SHARED_PAGES, o.status.pages_earlier);
	end(pid);
}

TEST_PLAIN(an_increment_alone_is_not_restarted)
{
	pid_t pid = start_one(holder);
	struct image first;
	struct bytes bytes;
	struct outcome o;
	struct base a;

	first = take_apart(take(pid, NULL, &o));
	a = base_of(&first, pid, NULL);
	bytes = take(pid, &a, &o);
	end(pid);
	restart_bytes(bytes, 0, &o);
	EXPECT_FALSE(o.ran);
	EXPECT_EQ(KCR_CLASS_IMAGE, o.status.class);
	EXPECT_TRUE(strstr(o.text, "increment"));
	/* And not with a head that does not tell. */
	memset(bytes.data + offsetof(struct kcr_image_head, parent), 0, 16);
	first = take_apart(bytes);
	first.head.flags = 0;
	restart_bytes(put_together(&first, true), 0, &o);
	EXPECT_FALSE(o.ran);
	EXPECT_EQ(KCR_CLASS_IMAGE, o.status.class);
}
