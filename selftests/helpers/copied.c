// SPDX-License-Identifier: GPL-2.0
/*
 * copied [-m MEGABYTES] [-n COPIES] [-s]: has memory of every sort, of which copies are
 * made, and tells whether each has its own.
 *
 * It has a child, unless -s says that it is to be a single process.
 *
 * When it has filled all it makes the file "ready", and waits for a file "go". Then
 * it finds out which of so many COPIES it is: the first that can make "turn.0", or
 * the next that can make "turn.1". It looks whether its memory, and that of its
 * child, is as it was; writes its number to it, page by page; waits until all have
 * done that; and looks whether the number is its own everywhere. The pages of the
 * large mapping that it did not write to must be as they were, and those that it
 * gives back to the kernel must hold zeros.
 *
 * A line is added to the file "told": "right" and the number, or what was wrong.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096ul
#define HUGE	(2ul << 20)
#define WORDS	(PAGE / sizeof(uint64_t))

static unsigned int copies = 1, turn;
static size_t large = 4;	/* MB */
static bool single;

static void tell(const char *format, ...)
{
	int fd = open("told", O_WRONLY | O_CREAT | O_APPEND, 0666);
	va_list ap;

	va_start(ap, format);
	vdprintf(fd, format, ap);
	va_end(ap);
	close(fd);
}

/* What belongs into a page: as it was, or as the copy so and so has made it. */
static uint64_t word(const char *name, size_t page, uint64_t writer)
{
	uint64_t x = ((uint64_t)name[0] << 56) ^ page * 0x9e3779b97f4a7c15ull ^
		     (writer + 1) * 0xc2b2ae3d27d4eb4full;

	x ^= x >> 31;
	return x * 0xd6e8feb86659fd93ull | 1;
}

struct sort {
	const char *name;
	size_t pages;
	uint64_t *(*make)(size_t bytes);
	void (*then)(uint64_t *at, size_t bytes);
	bool optional;
	uint64_t *at;
};

static uint64_t *map(size_t bytes, int flags, int fd)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static uint64_t *private(size_t bytes)
{
	return map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static uint64_t *huge(size_t bytes)
{
	char *p = mmap(NULL, bytes + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	p = (char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
	madvise(p, bytes, MADV_HUGEPAGE);
	return (uint64_t *)p;
}

static uint64_t *shared(size_t bytes)
{
	return map(bytes, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static int memory_file(const char *name, size_t bytes, unsigned int flags)
{
	int fd = memfd_create(name, flags);

	if (fd >= 0 && ftruncate(fd, bytes)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static uint64_t *memfd(size_t bytes)
{
	return map(bytes, MAP_SHARED, memory_file("shared", bytes, 0));
}

static uint64_t *behind;	/* what is mapped privately, for all to see */

/* Pages of it, and pages that have replaced such. */
static uint64_t *memfd_private(size_t bytes)
{
	int fd = memory_file("private", bytes, 0);

	behind = map(bytes, MAP_SHARED, fd);
	return map(bytes, MAP_PRIVATE, fd);
}

static uint64_t *file(size_t bytes)
{
	int fd = open("data", O_RDWR | O_CREAT, 0644);
	uint64_t *at = NULL;

	if (fd >= 0 && !ftruncate(fd, bytes))
		at = map(bytes, MAP_PRIVATE, fd);
	close(fd);
	return at;
}

static uint64_t *pool(size_t bytes)
{
	return map(bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

static uint64_t *pool_shared(size_t bytes)
{
	return map(bytes, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

static void lock(uint64_t *at, size_t bytes)
{
	mlock(at, bytes);
}

/* In the middle, so that the mapping falls to pieces. */
static void lock_some(uint64_t *at, size_t bytes)
{
	mlock((char *)at + bytes / 2, PAGE);
}

static void merge_some(uint64_t *at, size_t bytes)
{
	madvise((char *)at + bytes / 2, PAGE, MADV_MERGEABLE);
}

static void not_for_children(uint64_t *at, size_t bytes)
{
	madvise(at, bytes, MADV_DONTFORK);
}

static void wiped_in_children(uint64_t *at, size_t bytes)
{
	madvise(at, bytes, MADV_WIPEONFORK);
}

static void protect(uint64_t *at, size_t bytes)
{
	mprotect(at, bytes, PROT_READ);
}

static struct sort sorts[] = {
	{ "private",	64, private },
	{ "gone",	64, private },
	{ "huge",	512, huge },
	{ "locked",	8, private, lock },
	{ "in pieces",	16, private, lock_some },
	{ "merged",	16, private, merge_some },
	{ "own",	8, private, not_for_children },
	{ "wiped",	8, private, wiped_in_children },
	{ "protected",	8, private, protect },
	{ "shared",	16, shared },
	{ "memfd",	16, memfd },
	{ "replaced",	16, memfd_private },
	{ "file",	16, file },
	{ "pool",	512, pool, .optional = true },
	{ "shared pool", 512, pool_shared, .optional = true },
};

enum { PRIVATE = 0, GONE = 1, WIPED = 7, REPLACED = 11 };

#define NR_SORTS	(sizeof(sorts) / sizeof(sorts[0]))
#define for_each_sort(s) for (struct sort *s = sorts; s < sorts + NR_SORTS; s++)

static uint64_t *big;
static volatile uint64_t childs[16 * WORDS] __attribute__((aligned(4096)));

/* Pages in files of two sorts have something that nobody has written, too. */
static bool is_written(const struct sort *s, size_t page)
{
	return page % 4 != 3 || (s->make != file && s->make != memfd_private);
}

static void fill(struct sort *s)
{
	size_t page;

	s->at = s->make(s->pages * PAGE);
	if (!s->at && s->optional)
		return;
	if (!s->at) {
		tell("%s: can't be mapped\n", s->name);
		exit(1);
	}
	for (page = 0; page < s->pages; page++)
		if (is_written(s, page))
			s->at[page * WORDS + 7] = word(s->name, page, copies);
	if (s->then)
		s->then(s->at, s->pages * PAGE);
}

static void check(const struct sort *s, uint64_t writer)
{
	size_t page;

	for (page = 0; s->at && page < s->pages; page++) {
		uint64_t wanted = is_written(s, page) || writer != copies ?
				  word(s->name, page, writer) : 0;

		if (s->at[page * WORDS + 7] == wanted)
			continue;
		tell("copy %u: %s: page %zu is not that of %ld\n", turn, s->name, page,
		     (long)writer);
		exit(1);
	}
}

static void write_behind(const struct sort *s)
{
	size_t page;

	for (page = 3; page < s->pages; page += 4)
		behind[page * WORDS + 9] = turn + 1;
}

static void check_behind(const struct sort *s)
{
	size_t page;

	for (page = 3; page < s->pages; page += 4)
		if (s->at[page * WORDS + 9] != turn + 1) {
			tell("copy %u: another one has written behind page %zu\n", turn, page);
			exit(1);
		}
}

static void write_own(struct sort *s)
{
	size_t page;

	if (s->then == protect)
		mprotect(s->at, s->pages * PAGE, PROT_READ | PROT_WRITE);
	for (page = 0; s->at && page < s->pages; page++)
		s->at[page * WORDS + 7] = word(s->name, page, turn);
}

/* Of the large mapping, every 64th page. */
static void check_big(uint64_t writer)
{
	size_t page;

	for (page = 0; page < large << 8; page++) {
		uint64_t wanted = word("B", page, page % 64 ? copies : writer);

		if (big[page * WORDS + 3] == wanted)
			continue;
		tell("copy %u: page %zu of the large mapping is wrong\n", turn, page);
		exit(1);
	}
}

static void give_back(void)
{
	struct sort *s = &sorts[GONE];
	size_t i;

	madvise(s->at, s->pages * PAGE, MADV_DONTNEED);
	for (i = 0; i < s->pages * WORDS; i++)
		if (s->at[i]) {
			tell("copy %u: what it gave back is still there\n", turn);
			exit(1);
		}
}

static void sleep_until(const char *format, unsigned int nr)
{
	char name[32];

	snprintf(name, sizeof(name), format, nr);
	while (access(name, F_OK))
		usleep(20000);
}

static void mark(const char *format, unsigned int nr)
{
	char name[32];

	snprintf(name, sizeof(name), format, nr);
	close(open(name, O_WRONLY | O_CREAT, 0666));
}

/* All copies come here before one goes on. */
static void meet(const char *format)
{
	unsigned int nr;

	mark(format, turn);
	for (nr = 0; nr < copies; nr++)
		sleep_until(format, nr);
}

static void find_turn(void)
{
	char name[32];
	int fd;

	for (turn = 0;; turn++) {
		snprintf(name, sizeof(name), "turn.%u", turn);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
		if (fd >= 0)
			break;
	}
	close(fd);
}

/* Has its parent's pages, some of its own, and some that they have in common. */
static pid_t make_child(int *hold)
{
	int ends[2];
	size_t page;
	pid_t pid;

	if (pipe(ends))
		exit(1);
	for (page = 0; page < 16; page++)
		childs[page * WORDS] = word("p", page, 0);
	pid = fork();
	*hold = ends[1];
	if (pid) {
		close(ends[0]);
		sleep_until("child", 0);
		return pid;
	}
	close(ends[1]);
	for (page = 0; page < 16; page += 2)
		childs[page * WORDS] = word("c", page, 0);
	mark("child", 0);
	if (read(ends[0], &page, 1))
		_exit(9);
	for (page = 0; page < 16; page++)
		if (childs[page * WORDS] != word(page % 2 ? "p" : "c", page, 0))
			_exit(8);
	_exit(big[3] == word("B", 0, copies) && sorts[PRIVATE].at[7] == word("private", 0, copies) &&
	      sorts[WIPED].at[7] == 0 ? 5 : 7);
}

static void check_child(pid_t child, int hold)
{
	size_t page;
	int status;

	close(hold);
	if (waitpid(child, &status, 0) != child || status != 5 << 8) {
		tell("copy %u: its child has ended with %#x\n", turn, status);
		exit(1);
	}
	for (page = 0; page < 16; page++)
		if (childs[page * WORDS] != word("p", page, 0)) {
			tell("copy %u: it has its child's page\n", turn);
			exit(1);
		}
}

int main(int argc, char **argv)
{
	int option, hold = -1;
	size_t page;
	pid_t child = 0;

	while ((option = getopt(argc, argv, "m:n:s")) != -1) {
		if (option == 'm')
			large = strtoul(optarg, NULL, 0);
		if (option == 'n')
			copies = strtoul(optarg, NULL, 0);
		if (option == 's')
			single = true;
	}
	big = private(large << 20);
	madvise(big, large << 20, MADV_NOHUGEPAGE);
	for (page = 0; page < large << 8; page++)
		big[page * WORDS + 3] = word("B", page, copies);
	for_each_sort(s)
		fill(s);
	if (!single)
		child = make_child(&hold);
	mark("ready", 0);
	sleep_until("go", 0);

	find_turn();
	for_each_sort(s)
		check(s, copies);
	check_big(copies);
	write_behind(&sorts[REPLACED]);
	meet("behind.%u");
	check_behind(&sorts[REPLACED]);
	for_each_sort(s)
		write_own(s);
	for (page = 0; page < large << 8; page += 64)
		big[page * WORDS + 3] = word("B", page, turn);
	meet("wrote.%u");
	for_each_sort(s)
		check(s, turn);
	check_big(turn);
	if (!single)
		check_child(child, hold);
	give_back();
	mark("done.%u", turn);
	tell("right %u\n", turn);
	return 0;
}
