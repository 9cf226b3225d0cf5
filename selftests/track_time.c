// SPDX-License-Identifier: GPL-2.0
/*
 * What a tracker is for: time. Increments of a program that has rewritten 1 % of its
 * pages, here and there, with all pages looked at and with those that are spared.
 */
#define _GNU_SOURCE
#include <sys/uio.h>

#include "earlier.h"
#include "nanoseconds.h"

#define AREA	0x100000000000ul
#define PAGES	65536u		/* 256 MB */
#define ORDERS	0x200000000000ul
#define ROUNDS	5

struct orders {
	uint32_t wanted, done;
	uint64_t fork_ns;
};

static int advice;

static void answer(volatile struct orders *orders)
{
	uint64_t begun = now(CLOCK_MONOTONIC);
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	orders->fork_ns = now(CLOCK_MONOTONIC) - begun;
	waitpid(pid, NULL, 0);
	orders->done = orders->wanted;
}

static void *map(unsigned long addr, size_t size)
{
	return mmap((void *)addr, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static void holder(int ready)
{
	volatile struct orders *orders = map(ORDERS, PAGE);
	uint64_t *p = map(AREA, PAGES * (size_t)PAGE);
	size_t i;

	setsid();
	madvise(p, PAGES * (size_t)PAGE, advice);
	for (i = 0; i < PAGES * (size_t)PAGE / 8; i++)
		p[i] = i * 0x9e3779b97f4a7c15ull;
	if (write(ready, "", 1) != 1)
		_exit(2);
	close(ready);
	for (;;) {
		while (orders->wanted == orders->done)
			usleep(1000);
		answer(orders);
	}
}

/* How long a fork() of it takes now. */
static uint64_t fork_ns(int mem)
{
	struct orders o;

	ASSERT_EQ((ssize_t)sizeof(o), pread(mem, &o, sizeof(o), ORDERS));
	o.wanted++;
	ASSERT_EQ(4, pwrite(mem, &o.wanted, 4, ORDERS));
	do {
		usleep(1000);
		ASSERT_EQ((ssize_t)sizeof(o), pread(mem, &o, sizeof(o), ORDERS));
	} while (o.done != o.wanted);
	return o.fork_ns;
}

static void hash_page(int mem, struct base *base, unsigned int i)
{
	uint8_t page[PAGE];

	ASSERT_EQ((ssize_t)PAGE, pread(mem, page, PAGE, AREA + i * (size_t)PAGE));
	hash_of(page, base->hash[i]);
}

/* All that it has been told of an image, as if that had only these pages. */
static void begin_base(struct base *base, pid_t pid, int mem)
{
	unsigned int i;

	base->nr_runs = 1;
	base->runs = calloc(1, sizeof(*base->runs));
	*base->runs = (struct kcr_base_run){
		.type = KCR_BASE_PROCESS, .nr = pid, .addr = AREA, .count = PAGES,
	};
	base->nr_pages = PAGES;
	base->hash = calloc(PAGES, sizeof(*base->hash));
	for (i = 0; i < PAGES; i++)
		hash_page(mem, base, i);
}

struct figures {
	uint64_t ns[ROUNDS], pause[ROUNDS], fork[ROUNDS];
};

/* Image and id of it; @base: to which it is an increment. */
static uint64_t image(pid_t pid, struct base *base, bool increment, int track,
		      struct outcome *o)
{
	int fd = increment ? base_file(base) : -1;
	int op = begin_tracked(pid, increment ? base : NULL, fd, track);
	struct kcr_run run = { .size = sizeof(run), .image_fd = memfd_create("image", 0) };
	uint64_t begun = now(CLOCK_MONOTONIC);

	ASSERT_LE(0, op);
	ASSERT_EQ(0, ioctl(op, KCR_IOC_RUN, &run));
	begun = now(CLOCK_MONOTONIC) - begun;
	look_at(op, o);
	ASSERT_EQ(16, pread(run.image_fd, base->id, 16, offsetof(struct kcr_image_head, id)));
	close(op);
	close(fd);
	close(run.image_fd);
	return begun;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_ms(uint64_t *ns)
{
	qsort(ns, ROUNDS, sizeof(*ns), by_size);
	return ns[ROUNDS / 2] / 1e6;
}

static void take_rounds(pid_t pid, int mem, struct base *base, int track, struct figures *f)
{
	unsigned int i, k, page[PAGES / 100];
	struct outcome o;
	uint64_t value;

	image(pid, base, false, track, &o);
	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < PAGES / 100; k++) {
			page[k] = random() % PAGES;
			value = random();
			poke(mem, AREA + page[k] * (size_t)PAGE + 64, value);
		}
		f->ns[i] = image(pid, base, true, track, &o);
		f->pause[i] = o.status.pause_ns;
		f->fork[i] = fork_ns(mem);
		for (k = 0; k < PAGES / 100; k++)
			hash_page(mem, base, page[k]);
		EXPECT_LE(PAGES / 100 * 9 / 10, o.status.pages);
		EXPECT_GE(PAGES / 100 + 400, o.status.pages);
		EXPECT_EQ(track < 0, !o.status.pages_spared);
		if (track >= 0)
			EXPECT_LE(PAGES - PAGES / 100, o.status.pages_spared);
	}
}

static void compare(int with_advice, const char *what)
{
	int track, mem;
	struct figures hash, spared;
	struct base base = { 0 };
	double h, s;
	pid_t pid;

	advice = with_advice;
	pid = start_one(holder);
	mem = memory_of(pid);
	begin_base(&base, pid, mem);
	printf("# %s: fork() before anything %.1f ms\n", what, fork_ns(mem) / 1e6);
	take_rounds(pid, mem, &base, -1, &hash);
	track = tracker(KCR_TRACK_SNAPSHOT);
	ASSERT_LE(0, track);
	take_rounds(pid, mem, &base, track, &spared);
	h = median_ms(hash.ns);
	s = median_ms(spared.ns);
	printf("# %s: hash %.1f ms, pause %.1f ms, fork() %.1f ms\n", what, h,
	       median_ms(hash.pause), median_ms(hash.fork));
	printf("# %s: snapshot %.1f ms, pause %.1f ms, fork() %.1f ms; %.2f times the speed\n",
	       what, s, median_ms(spared.pause), median_ms(spared.fork), h / s);
	/* How much is gained depends on the processors; so much is never lost. */
	EXPECT_LE(s, 2 * h);
	end(pid);
	close(track);
	close(mem);
	free(base.runs);
	free(base.hash);
}

TEST_PLAIN(small_pages_do_not_take_longer, .timeout = 200)
{
	compare(MADV_NOHUGEPAGE, "256 MB of 4 KB pages");
}

TEST_PLAIN(huge_pages_do_not_take_longer, .timeout = 200)
{
	compare(MADV_HUGEPAGE, "256 MB of huge pages");
}
