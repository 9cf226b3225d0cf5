// SPDX-License-Identifier: GPL-2.0
/*
 * churn [-m TIMES] [-t THREADS] [-f]: rewrites its memory all the time, and sees
 * at each step that nothing is torn, lost or of another time.
 *
 * Its memory is slots, pages of 4 KB in mappings of every sort: private, with
 * huge pages, shared, of a memfd, of a file in memory, of the file "private" (-f also of
 * "shared"), and of hugetlbfs where there is a pool; so many TIMES as much of it. A slot
 * holds its number, the round in which it was written, words that follow from
 * both, and their sum. Each slot has one thread, which goes through its slots in
 * an order that jumps between the mappings: in round n it finds what it wrote in
 * round n - 1, to the last word, and writes round n. How far a thread is stands in
 * its registers. So a page that is older or newer than they are, or half of
 * each, is found when its turn comes, at the latest in the next round.
 *
 * As soon as there is a file "finish", each thread goes on to the end of its
 * round, and two rounds more; then it says "right" and how many rounds that were,
 * and ends with 0. What is wrong it says in a line, and ends with 1.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096ul
#define HUGE		(2ul << 20)
#define WORDS		(PAGE / sizeof(uint64_t) - 3)
#define THREADS_MAX	64
#define LAST_ROUNDS	2

struct slot {
	uint64_t number, round;
	uint64_t word[WORDS];
	uint64_t sum;
};

_Static_assert(sizeof(struct slot) == PAGE, "a slot is a page");

/**
 * struct sort - one sort of mappings
 * @name: for whoever reads what was wrong
 * @pages: how many
 * @once: whatever the rest is multiplied by
 * @make: maps so many bytes, or NULL
 */
struct sort {
	const char *name;
	size_t pages;
	bool once;
	void *(*make)(size_t bytes);
};

static struct slot **slots;	/* in the order of the rounds */
static const char **sort_of;	/* each */
static size_t nr_slots;
static int nr_threads = 3;
static bool with_file;
static volatile bool finish;
static uint64_t rounds[THREADS_MAX];

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	exit(2);
}

/* Mappings */

static void *map(size_t bytes, int flags, int fd)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void *make_private(size_t bytes)
{
	void *p = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (p)
		madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static void *make_huge(size_t bytes)
{
	char *p = map(bytes + HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (!p)
		return NULL;
	p = (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1));
	madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

static void *make_shared(size_t bytes)
{
	return map(bytes, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static void *of_file(int fd, size_t bytes, int flags)
{
	if (fd < 0 || ftruncate(fd, bytes))
		die("a file to map");
	return map(bytes, flags, fd);
}

static void *make_memfd(size_t bytes)
{
	return of_file(memfd_create("churn", 0), bytes, MAP_SHARED);
}

/* As shm_open() makes them. */
static void *make_file_in_memory(size_t bytes)
{
	int fd = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
	void *p = of_file(fd, bytes, MAP_SHARED);

	close(fd);
	return p;
}

static void *make_file_private(size_t bytes)
{
	int fd = open("private", O_RDWR | O_CREAT, 0600);
	void *p = of_file(fd, bytes, MAP_PRIVATE);

	close(fd);
	return p;
}

/* It stays open: a file that is changed in place. */
static void *make_file_shared(size_t bytes)
{
	if (!with_file)
		return NULL;
	return of_file(open("shared", O_RDWR | O_CREAT, 0600), bytes, MAP_SHARED);
}

static void *make_pool_private(size_t bytes)
{
	return map(bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

static void *make_pool_shared(size_t bytes)
{
	return map(bytes, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

static const struct sort sorts[] = {
	{ "private", 2048, false, make_private },
	{ "huge", 1024, false, make_huge },
	{ "shared", 256, false, make_shared },
	{ "memfd", 256, false, make_memfd },
	{ "file in memory", 128, false, make_file_in_memory },
	{ "private file", 256, true, make_file_private },
	{ "shared file", 256, true, make_file_shared },
	{ "private pool", HUGE / PAGE, true, make_pool_private },
	{ "shared pool", HUGE / PAGE, true, make_pool_shared },
};

static void add(const struct sort *sort, size_t times)
{
	size_t pages = sort->once ? sort->pages : sort->pages * times, i;
	struct slot *p = sort->make(pages * PAGE);

	if (!p)
		return;
	slots = realloc(slots, (nr_slots + pages) * sizeof(*slots));
	sort_of = realloc(sort_of, (nr_slots + pages) * sizeof(*sort_of));
	if (!slots || !sort_of)
		die("memory");
	for (i = 0; i < pages; i++) {
		slots[nr_slots] = p + i;
		sort_of[nr_slots++] = sort->name;
	}
	printf("%s: %zu pages\n", sort->name, pages);
}

static void shuffle(void)
{
	uint64_t x = 88172645463325252ull;
	size_t i;

	for (i = nr_slots - 1; i > 0; i--) {
		struct slot *slot = slots[i];
		const char *name = sort_of[i];
		size_t other;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		other = x % (i + 1);
		slots[i] = slots[other];
		sort_of[i] = sort_of[other];
		slots[other] = slot;
		sort_of[other] = name;
	}
}

/* Slots */

static uint64_t word_of(uint64_t number, uint64_t round, size_t i)
{
	return (number << 32 ^ round) * 0x9e3779b97f4a7c15ull + i * 0xd1b54a32d192ed03ull;
}

static void put(size_t number, uint64_t round)
{
	struct slot *s = slots[number];
	uint64_t sum = 0;
	size_t i;

	s->number = number;
	s->round = round;
	for (i = 0; i < WORDS; i++) {
		s->word[i] = word_of(number, round, i);
		sum += s->word[i];
	}
	s->sum = sum;
}

static void __attribute__((noreturn)) wrong(size_t number, uint64_t round, size_t i)
{
	const struct slot *s = slots[number];

	printf("wrong: slot %zu at %p (%s), expected of round %llu: says slot %llu, round %llu; word %zu is of another time\n",
	       number, s, sort_of[number], (unsigned long long)round,
	       (unsigned long long)s->number, (unsigned long long)s->round, i);
	fflush(stdout);
	_exit(1);
}

static void expect(size_t number, uint64_t round)
{
	const struct slot *s = slots[number];
	uint64_t sum = 0;
	size_t i;

	if (s->number != number || s->round != round)
		wrong(number, round, 0);
	for (i = 0; i < WORDS; i++) {
		if (s->word[i] != word_of(number, round, i))
			wrong(number, round, i);
		sum += s->word[i];
	}
	if (s->sum != sum)
		wrong(number, round, WORDS);
}

static void *go_round(void *arg)
{
	size_t first = (size_t)arg, i;
	uint64_t round = 0;
	int left = LAST_ROUNDS + 1;

	while (left) {
		round++;
		for (i = first; i < nr_slots; i += nr_threads) {
			expect(i, round - 1);
			put(i, round);
		}
		rounds[first] = round;
		left -= finish;
	}
	return NULL;
}

static void parse(int argc, char **argv, size_t *times)
{
	int option;

	while ((option = getopt(argc, argv, "m:t:f")) != -1) {
		if (option == 'm')
			*times = strtoul(optarg, NULL, 0);
		else if (option == 't')
			nr_threads = atoi(optarg);
		else if (option == 'f')
			with_file = true;
		else
			exit(2);
	}
	if (nr_threads < 1 || nr_threads > THREADS_MAX || *times < 1)
		exit(2);
}

/* The file "ready" tells that it is under way. */
static void until_finish(void)
{
	const struct timespec interval = { .tv_nsec = 20000000 };
	int i;

	for (i = 0; i < nr_threads; i++)
		while (!*(volatile uint64_t *)&rounds[i])
			nanosleep(&interval, NULL);
	close(open("ready", O_WRONLY | O_CREAT, 0600));
	while (access("finish", F_OK))
		nanosleep(&interval, NULL);
	finish = true;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS_MAX];
	uint64_t least = UINT64_MAX;
	size_t times = 1, i;

	parse(argc, argv, &times);
	for (i = 0; i < sizeof(sorts) / sizeof(*sorts); i++)
		add(&sorts[i], times);
	shuffle();
	for (i = 0; i < nr_slots; i++)
		put(i, 0);
	fflush(stdout);
	for (i = 0; i < nr_threads; i++)
		if (pthread_create(&thread[i], NULL, go_round, (void *)i))
			die("pthread_create");
	until_finish();
	for (i = 0; i < nr_threads; i++) {
		pthread_join(thread[i], NULL);
		if (rounds[i] < least)
			least = rounds[i];
	}
	printf("right after %llu rounds\n", (unsigned long long)least);
	return 0;
}
