/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program that changes its memory in every way that there is, when it is told to; and
 * the ways that others have to change it.
 */
#ifndef KCR_CHANGING_H
#define KCR_CHANGING_H

#include <sys/ptrace.h>
#include <sys/uio.h>

#include "earlier.h"

#define SMALL	0x100000000000ul	/* 8 MB of 4 KB pages */
#define LARGE	0x110000000000ul	/* 16 MB of huge pages, where there are some */
#define PLACE_A	0x120000000000ul	/* 4 MB each, which change places */
#define PLACE_B	0x130000000000ul
#define ASIDE	0x140000000000ul
#define ORDERS	0x150000000000ul	/* a page: what it shall do */
#define SMALL_PAGES	2048u
#define LARGE_PAGES	4096u
#define PLACE_PAGES	1024u
#define ALL_PAGES	(SMALL_PAGES + LARGE_PAGES + 2 * PLACE_PAGES)

/* What the program is told, from outside; it has done that when both are the same. */
struct orders {
	uint32_t wanted, done;
	uint32_t seed;
};

static uint32_t random_state;

static inline uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* One of all these pages. */
static inline unsigned long any_page(void)
{
	uint32_t n = any(ALL_PAGES);

	if (n < SMALL_PAGES)
		return SMALL + n * PAGE;
	n -= SMALL_PAGES;
	if (n < LARGE_PAGES)
		return LARGE + n * PAGE;
	n -= LARGE_PAGES;
	return n < PLACE_PAGES ? PLACE_A + n * PAGE : PLACE_B + (n - PLACE_PAGES) * PAGE;
}

static inline uint64_t *any_word(void)
{
	return (uint64_t *)(any_page() + any(PAGE / 8) * 8);
}

static inline void need(bool right, int line)
{
	int fd;

	if (right)
		return;
	fd = open("wrong", O_WRONLY | O_CREAT | O_APPEND, 0600);
	dprintf(fd, "line %d: %s\n", line, strerror(errno));
	_exit(3);
}
#define NEED(x)	need(x, __LINE__)

static inline void *area(unsigned long addr, unsigned int pages, int advice)
{
	void *p = mmap((void *)addr, pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	NEED(p == (void *)addr);
	madvise(p, pages * PAGE, advice);
	return p;
}

static inline void fill_with(unsigned long addr, unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < pages * PAGE; i += 8)
		*(uint64_t *)(addr + i) = (addr + i) * 0x9e3779b97f4a7c15ull;
}

/* In the program */

static inline void by_stores(void)
{
	int i;

	for (i = 0; i < 40; i++)
		*any_word() = any(1 << 24);
	memset((void *)any_page(), 'k', PAGE);	/* some are merged, where that is on */
	memset((void *)any_page(), 0, PAGE);
	*(volatile uint64_t *)any_page() += 0;	/* written to, and the same */
}

static inline void by_read(void)
{
	char bytes[512];
	int pipes[2], i;

	memset(bytes, any(256), sizeof(bytes));
	NEED(!pipe(pipes));
	for (i = 0; i < 16; i++) {
		NEED(write(pipes[1], bytes, sizeof(bytes)) == sizeof(bytes));
		NEED(read(pipes[0], (char *)any_page() + 100, sizeof(bytes)) == sizeof(bytes));
	}
	close(pipes[0]);
	close(pipes[1]);
}

/* The device writes to the pages. */
static inline void by_direct_read(void)
{
	int fd = open("direct", O_RDWR | O_CREAT, 0600), i;
	char bytes[PAGE];

	NEED(fd >= 0);
	memset(bytes, any(256), sizeof(bytes));
	NEED(write(fd, bytes, sizeof(bytes)) == sizeof(bytes) && !fsync(fd));
	close(fd);
	fd = open("direct", O_RDONLY | O_DIRECT);
	for (i = 0; fd >= 0 && i < 8; i++)
		NEED(pread(fd, (void *)any_page(), PAGE, 0) == PAGE);
	close(fd);
}

static inline void by_splice(void)
{
	int pipes[2], i;

	NEED(!pipe(pipes));
	for (i = 0; i < 8; i++) {
		struct iovec from = { (void *)any_page(), PAGE };
		struct iovec to = { (void *)any_page(), PAGE };

		NEED(vmsplice(pipes[1], &from, 1, 0) == PAGE);
		NEED(vmsplice(pipes[0], &to, 1, 0) == PAGE);
	}
	close(pipes[0]);
	close(pipes[1]);
}

static inline void by_moving(void)
{
	const int how = MREMAP_MAYMOVE | MREMAP_FIXED;
	void *a = (void *)PLACE_A, *b = (void *)PLACE_B, *c = (void *)ASIDE;
	size_t size = PLACE_PAGES * PAGE;

	NEED(mremap(a, size, size, how, c) == c);
	NEED(mremap(b, size, size, how, a) == a);
	NEED(mremap(c, size, size, how, b) == b);
	/* And the odd page. */
	a = (void *)(SMALL + any(SMALL_PAGES / 2) * PAGE);
	b = (void *)(SMALL + (SMALL_PAGES / 2 + any(SMALL_PAGES / 2)) * PAGE);
	NEED(mremap(a, PAGE, PAGE, how, c) == c);
	NEED(mremap(b, PAGE, PAGE, how, a) == a);
	NEED(mremap(c, PAGE, PAGE, how, b) == b);
}

static inline void by_giving_back(void)
{
	int i;

	for (i = 0; i < 24; i++) {
		unsigned long page = any_page();

		/* What is free has either contents until it is written to. */
		NEED(!madvise((void *)page, PAGE, i & 1 ? MADV_DONTNEED : MADV_FREE));
		if (i & 2 || !(i & 1))
			*(uint64_t *)page = any(1 << 24);
	}
}

static inline void by_mapping_anew(void)
{
	unsigned long page = SMALL + any(SMALL_PAGES - 16) * PAGE;

	NEED(mmap((void *)page, 16 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (void *)page);
	*(uint64_t *)(page + 3 * PAGE) = any(1 << 24);
	NEED(!mprotect((void *)(page + 3 * PAGE), PAGE, PROT_READ));
	NEED(!mprotect((void *)(page + 3 * PAGE), PAGE, PROT_READ | PROT_WRITE));
	*(uint64_t *)(page + 4 * PAGE) = any(1 << 24);
}

/* Both write to what they share. */
static inline void by_forking(void)
{
	pid_t pid = fork();
	int i;

	NEED(pid >= 0);
	for (i = 0; i < 24; i++)
		*any_word() = pid ? i : ~i;
	if (!pid)
		_exit(0);
	NEED(waitpid(pid, NULL, 0) == pid);
}

static inline void by_paging_out(void)
{
	int i;

	for (i = 0; i < 24; i++) {
		unsigned long page = any_page();

		madvise((void *)page, PAGE, MADV_PAGEOUT);
		if (!(i & 3))
			*(uint64_t *)page = any(1 << 24);
	}
}

static void (*const ways[])(void) = {
	by_stores, by_read, by_direct_read, by_splice, by_moving, by_giving_back,
	by_mapping_anew, by_forking, by_paging_out,
};

static inline void become(void)
{
	setsid();
	area(SMALL, SMALL_PAGES, MADV_NOHUGEPAGE);
	madvise((void *)SMALL, SMALL_PAGES / 2 * PAGE, MADV_MERGEABLE);
	area(LARGE, LARGE_PAGES, MADV_HUGEPAGE);
	area(PLACE_A, PLACE_PAGES, MADV_HUGEPAGE);
	area(PLACE_B, PLACE_PAGES, MADV_NOHUGEPAGE);
	area(ORDERS, 1, MADV_NOHUGEPAGE);
	fill_with(SMALL, SMALL_PAGES);
	fill_with(LARGE, LARGE_PAGES);
	fill_with(PLACE_A, PLACE_PAGES);
	fill_with(PLACE_B, PLACE_PAGES);
}

static inline void changing(int ready)
{
	volatile struct orders *orders = (void *)ORDERS;
	unsigned int i;

	become();
	NEED(write(ready, "", 1) == 1);
	close(ready);
	for (;;) {
		while (orders->wanted == orders->done)
			usleep(1000);
		random_state = orders->seed;
		for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
			if (orders->seed & 1 << i)
				ways[i]();
		orders->done = orders->wanted;
	}
}

/* From outside */

static inline void order(pid_t pid, int mem, uint32_t seed)
{
	struct orders o;

	ASSERT_EQ((ssize_t)sizeof(o), pread(mem, &o, sizeof(o), ORDERS));
	o.wanted++;
	o.seed = seed;
	ASSERT_EQ((ssize_t)sizeof(o), pwrite(mem, &o, sizeof(o), ORDERS));
	do {
		if (waitpid(pid, NULL, WNOHANG))
			kcr_fail(true, __FILE__, __LINE__, "it has ended: see the file wrong");
		usleep(1000);
		ASSERT_EQ((ssize_t)sizeof(o), pread(mem, &o, sizeof(o), ORDERS));
	} while (o.done != o.wanted);
}

static inline void change_from_outside(pid_t pid, int mem)
{
	uint64_t value = any(1 << 24);
	int i;

	for (i = 0; i < 8; i++) {
		struct iovec local = { &value, 8 }, remote = { any_word(), 8 };

		poke(mem, (unsigned long)any_word(), value);
		ASSERT_EQ(8, process_vm_writev(pid, &local, 1, &remote, 1, 0));
	}
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, 0));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, NULL, __WALL));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, ptrace(PTRACE_POKEDATA, pid, any_word(), value + i));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, 0, 0));
}

#endif
