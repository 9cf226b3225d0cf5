// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a chain of three images of a process whose memory changes, what they are
 * as one, what the module should be told of them, and some that lie.
 *
 *   a.img b.img c.img	the chain
 *   full.img		all of it as one full image
 *   c.base		what checkpoint --parent c.img tells
 *   d.img		an increment to c.img
 *   far.img huge.img	increments to a.img that tell of pages that it has not
 *   early.img		a full image that tells of an image before it
 *   x.img y.img self.img	increments to each other, and to itself
 */
#include <stdlib.h>

#include "../../tools/lib/verify.h"
#include "../../uapi/image/hugetlb.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/shmem.h"
#include "../../uapi/kcr.h"
#include "build.h"

#define PAGES		1500
#define SHARED		40
#define ALL		(PAGES + SHARED)
#define START		0x7f00001ff000ull	/* one page before a window */
#define ZERO_FROM	100
#define ZERO_TO		110
#define PID		4711

enum { PROCESS = 1, MM, SHMEM };

/**
 * struct state - memory at one time
 * @seed: what each page is filled with, 0: it is not there
 */
struct state {
	uint32_t seed[ALL];
};

static bool is_zero(unsigned int page)
{
	return page >= ZERO_FROM && page < ZERO_TO;
}

static bool is_there(const struct state *s, unsigned int page)
{
	return s->seed[page] && !is_zero(page);
}

static uint32_t owner(unsigned int page)
{
	return page < PAGES ? MM : SHMEM;
}

static uint64_t address(unsigned int page)
{
	return page < PAGES ? START + (uint64_t)page * BUILD_PAGE :
			      (uint64_t)(page - PAGES) * BUILD_PAGE;
}

static const uint32_t *contents(uint32_t seed)
{
	static uint32_t words[BUILD_PAGE / 4];
	uint32_t i;

	for (i = 0; i < BUILD_PAGE / 4; i++)
		words[i] = seed + (i % 64) * 2654435761u;
	return words;
}

/* The number of a page with this seed, or -1. */
static long number_of(const struct state *s, uint32_t seed)
{
	long number = 0;
	unsigned int i;

	for (i = 0; i < ALL; i++) {
		if (!is_there(s, i))
			continue;
		if (s->seed[i] == seed)
			return number;
		number++;
	}
	return -1;
}

static void begin(struct build *b, uint8_t id, uint8_t parent)
{
	struct kcr_img_process process = { .pid = cpu_to_le32(PID) };
	struct kcr_img_shmem shmem = { .size = cpu_to_le64(SHARED * BUILD_PAGE) };
	struct kcr_img_mm mm = { 0 };

	build_begin(b);
	build_ids(b, id, parent);
	b->unaligned = parent;
	b->part = !parent ? 1000 : id % 2 ? 3 : 0;	/* all versions of the index */
	build_rec(b, KCR_KIND_PROCESS, PROCESS, 0, &process, sizeof(process));
	build_rec(b, KCR_KIND_SHMEM, SHMEM, 0, &shmem, sizeof(shmem));
	build_rec(b, KCR_KIND_MM, MM, PROCESS, &mm, sizeof(mm));
}

static bool ends_window(unsigned int page)
{
	return address(page) % (512 * BUILD_PAGE) == 0;
}

/* How many pages from @from on are one run, and those of @before or not. */
static unsigned int run_of(const struct state *s, const struct state *before,
			   unsigned int from, long number)
{
	unsigned int i;

	for (i = from + 1; i < ALL && is_there(s, i) && owner(i) == owner(from); i++) {
		if (ends_window(i))
			break;
		if (number < 0 && before && number_of(before, s->seed[i]) >= 0)
			break;
		if (number >= 0 && number_of(before, s->seed[i]) != number + (long)(i - from))
			break;
	}
	return i - from;
}

static void put_run(struct build *b, const struct state *s, unsigned int from,
		    unsigned int count)
{
	static uint8_t pages[512 * BUILD_PAGE];
	unsigned int i;

	for (i = 0; i < count; i++)
		memcpy(pages + i * BUILD_PAGE, contents(s->seed[from + i]), BUILD_PAGE);
	b->runs |= 1;		/* version 2 */
	build_pages(b, owner(from), address(from), count, pages);
}

static void put_pages(struct build *b, const struct state *s, const struct state *before)
{
	unsigned int i, n;
	long number;

	for (i = 0; i < ALL; i += n) {
		n = 1;
		if (i == ZERO_FROM) {
			n = ZERO_TO - ZERO_FROM;
			build_zeros(b, MM, address(i), n);
		} else if (s->seed[i]) {
			number = before ? number_of(before, s->seed[i]) : -1;
			n = run_of(s, before, i, number);
			if (number < 0)
				put_run(b, s, i, n);
			else
				build_earlier(b, owner(i), address(i), n, number);
		}
	}
}

static void write_file(const char *name, const void *p, size_t len)
{
	FILE *file = fopen(name, "w");

	if (!file || fwrite(p, 1, len, file) != len || fclose(file))
		exit(1);
}

static void finish(struct build *b, const char *name)
{
	build_end(b);
	write_file(name, b->data, b->len);
	build_free(b);
}

static void image(const char *name, uint8_t id, uint8_t parent, const struct state *s,
		  const struct state *before)
{
	struct build b;

	begin(&b, id, parent);
	put_pages(&b, s, before);
	finish(&b, name);
}

static void lie(const char *name, uint8_t id, uint8_t parent, uint64_t first)
{
	struct build b;

	begin(&b, id, parent);
	build_earlier(&b, MM, START, 2, first);
	finish(&b, name);
}

static unsigned int base_runs(const struct state *s, struct kcr_base_run *runs)
{
	unsigned int i, n = 0;
	uint64_t number = 0;

	for (i = 0; i < ALL; i++) {
		if (!is_there(s, i))
			continue;
		if (!n || !i || !is_there(s, i - 1) || owner(i) != owner(i - 1))
			runs[n++] = (struct kcr_base_run){
				.type = i < PAGES ? KCR_BASE_PROCESS : KCR_BASE_SHARED,
				.nr = i < PAGES ? PID : 0,
				.addr = address(i),
				.first = number,
			};
		runs[n - 1].count++;
		number++;
	}
	return n;
}

static void base(const char *name, const struct state *s)
{
	static uint8_t bytes[1 << 20];
	struct kcr_base_run runs[8];
	size_t len = base_runs(s, runs) * sizeof(runs[0]);
	unsigned int i;

	memcpy(bytes, runs, len);
	for (i = 0; i < ALL; i++) {
		if (!is_there(s, i))
			continue;
		page_hash(contents(s->seed[i]), bytes + len);
		len += KCR_HASH_LEN;
	}
	write_file(name, bytes, len);
}

/* The second has lost three pages, changed some, and moved others. */
static void second(struct state *s)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		s->seed[i] = 0;
	for (i = 50; i < PAGES; i += 97)
		s->seed[i] += 10000;
	for (i = 600; i < 700; i++)
		s->seed[i] = i + 100 + 1;
	s->seed[PAGES + 7] += 10000;
}

static void third(struct state *s)
{
	unsigned int i;

	for (i = 60; i < PAGES; i += 131)
		s->seed[i] += 20000;
	for (i = PAGES - 20; i < PAGES; i++)
		s->seed[i] = 0;
}

int main(void)
{
	struct state a, b, c, d;
	unsigned int i;

	for (i = 0; i < ALL; i++)
		a.seed[i] = i + 1;
	b = a;
	second(&b);
	c = b;
	third(&c);
	d = c;
	d.seed[5] = 77777;
	image("a.img", 0xaa, 0, &a, NULL);
	image("b.img", 0xbb, 0xaa, &b, &a);
	image("c.img", 0xcc, 0xbb, &c, &b);
	image("d.img", 0xdd, 0xcc, &d, &c);
	image("full.img", 0xcc, 0, &c, NULL);
	base("c.base", &c);
	lie("far.img", 0xf0, 0xaa, ALL - (ZERO_TO - ZERO_FROM) - 1);
	lie("huge.img", 0xf1, 0xaa, ~0ull >> 1);
	lie("early.img", 0xf2, 0, 0);
	lie("x.img", 0xf3, 0xf4, 0);
	lie("y.img", 0xf4, 0xf3, 0);
	lie("self.img", 0xf5, 0xf5, 0);
	return 0;
}
