// SPDX-License-Identifier: GPL-2.0
/*
 * Increments as the module writes them: what is in them, and what it makes of
 * an earlier image that a tool has told it wrongly.
 */
#define _GNU_SOURCE
#include "earlier.h"

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

static void expect_all(int mem, const struct base *base)
{
	expect_same(mem, base, KCR_BASE_PROCESS, OWN, OWN_PAGES);
	expect_same(mem, base, KCR_BASE_SHARED, SHARED, SHARED_PAGES);
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
