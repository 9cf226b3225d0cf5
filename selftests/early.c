// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory that is written to in every way there is while it is saved: most of it
 * is copied before the program stops, and what was written to since then again.
 *
 * A child goes through the pages of its memory again and again: each must hold the number
 * of the round before, and gets that of this one. Where it is stands in its registers,
 * so a page that is older or newer than the rest is found.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/shm.h>
#include <sys/uio.h>

#include "streamed.h"

#define PAGE	4096ul
#define PAGES	1024ul
#define SIZE	(PAGES * PAGE)
#define VICTIMS	6u

static int memory_fd;
static volatile uint64_t *memory;

static volatile uint64_t *map_it(void)
{
	void *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);

	if (p == MAP_FAILED)
		_exit(3);
	return p;
}

static volatile uint64_t *word(volatile uint64_t *p, unsigned long page)
{
	return p + (page * PAGE + page % 512 * 8) / sizeof(*p);
}

static off_t place(unsigned long page)
{
	return page * PAGE + page % 512 * 8;
}

/* Ways to write a number to a page */

static void by_hand(unsigned long page, uint64_t round)
{
	*word(memory, page) = round;
}

static void by_pwrite(unsigned long page, uint64_t round)
{
	if (pwrite(memory_fd, &round, sizeof(round), place(page)) != sizeof(round))
		_exit(4);
}

/* Of a page that was read first the page table alone knows that it is written to. */
static void by_hand_after_reading(unsigned long page, uint64_t round)
{
	if (madvise((char *)memory + page * PAGE, PAGE, MADV_DONTNEED) ||
	    *word(memory, page) != round - 1)
		_exit(12);
	*word(memory, page) = round;
}

/* The mapping that it was written through is there no more. */
static void by_another_mapping(unsigned long page, uint64_t round)
{
	uint64_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd,
			   page * PAGE);

	if (p == MAP_FAILED)
		_exit(5);
	p[page % 512] = round;
	munmap(p, PAGE);
}

/* Nor is the process. */
static void by_a_child(unsigned long page, uint64_t round)
{
	pid_t pid;

	if (page % 64) {
		by_hand(page, round);
		return;
	}
	pid = fork();
	if (!pid) {
		*word(memory, page) = round;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		_exit(6);
}

static void by_process_vm_writev(unsigned long page, uint64_t round)
{
	struct iovec from = { &round, sizeof(round) };
	struct iovec to = { (void *)word(memory, page), sizeof(round) };

	if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != sizeof(round))
		_exit(7);
}

/* Without this page for a moment. */
static void by_a_new_page(unsigned long page, uint64_t round)
{
	if (fallocate(memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page * PAGE, PAGE))
		_exit(8);
	by_hand(page, round);
}

/* The kernel's hand, not the page table's. */
static void by_read(unsigned long page, uint64_t round)
{
	static int pipes[2] = { -1, -1 };

	if (pipes[0] < 0 && pipe(pipes))
		_exit(9);
	if (write(pipes[1], &round, sizeof(round)) != sizeof(round) ||
	    read(pipes[0], (void *)word(memory, page), sizeof(round)) != sizeof(round))
		_exit(10);
}

static void (*write_one)(unsigned long page, uint64_t round);

static uint64_t look(unsigned long page)
{
	uint64_t got = 0;

	if (memory)
		return *word(memory, page);
	if (pread(memory_fd, &got, sizeof(got), place(page)) != sizeof(got))
		_exit(11);
	return got;
}

static void rewrite_all(uint64_t round)
{
	unsigned long page;

	for (page = 0; page < PAGES; page++) {
		if (look(page) != round - 1)
			_exit(42);
		write_one(page, round);
	}
}

static void listen_all_the_time(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void rewriter(int ready)
{
	uint64_t round = 1;

	become_victim();
	listen_all_the_time();
	rewrite_all(round++);
	if (write(ready, "", 1) != 1)
		_exit(2);
	close(ready);
	while (!asked)
		rewrite_all(round++);
	rewrite_all(round++);
	rewrite_all(round);
	_exit(0);
}

/* More to be copied and looked at, between its pages and the cut. */
static void add_ballast(void)
{
	char *p = mmap(NULL, 4 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)p);
	memset(p, 1, 4 * SIZE);
}

static void make_memfd(void)
{
	add_ballast();
	memory_fd = memfd_create("early", 0);
	ASSERT_LE(0, memory_fd);
	ASSERT_EQ(0, ftruncate(memory_fd, SIZE));
	memory = map_it();
}

static void rewritten(void (*how)(unsigned long page, uint64_t round))
{
	pid_t pid;

	write_one = how;
	pid = start_victim(rewriter);
	cut();
	expect_asked_is_right(pid);
}

static void of_a_memfd(void (*how)(unsigned long page, uint64_t round))
{
	make_memfd();
	rewritten(how);
}

TEST(written_by_hand) { of_a_memfd(by_hand); }
TEST(written_by_hand_after_reading) { of_a_memfd(by_hand_after_reading); }
TEST(written_by_pwrite) { of_a_memfd(by_pwrite); }
TEST(written_through_another_mapping) { of_a_memfd(by_another_mapping); }
TEST(written_by_a_child_that_has_ended) { of_a_memfd(by_a_child); }
TEST(written_by_process_vm_writev) { of_a_memfd(by_process_vm_writev); }
TEST(written_by_read) { of_a_memfd(by_read); }
TEST(with_pages_that_come_and_go) { of_a_memfd(by_a_new_page); }

TEST(of_no_descriptor)
{
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	rewritten(by_hand);
}

TEST(of_a_segment)
{
	int id = shmget(IPC_PRIVATE, SIZE, 0600);

	ASSERT_LE(0, id);
	memory = shmat(id, NULL, 0);
	ASSERT_NE((void *)-1, (void *)memory);
	rewritten(by_hand);
	ASSERT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

TEST(of_a_file_that_has_no_name)
{
	memory_fd = open("/dev/shm/early", O_RDWR | O_CREAT | O_EXCL, 0600);
	ASSERT_LE(0, memory_fd);
	unlink("/dev/shm/early");
	ASSERT_EQ(0, ftruncate(memory_fd, SIZE));
	memory = map_it();
	rewritten(by_hand);
}

TEST(of_a_file_that_has_a_name)
{
	memory_fd = open("/dev/shm/early", O_RDWR | O_CREAT | O_EXCL, 0600);
	ASSERT_LE(0, memory_fd);
	ASSERT_EQ(0, ftruncate(memory_fd, SIZE));
	memory = map_it();
	rewritten(by_hand);
	ASSERT_EQ(0, unlink("/dev/shm/early"));
}

/* Half of it has gone for much of the time. */
static void resizes(int ready)
{
	uint64_t round;
	unsigned long page;

	become_victim();
	listen_all_the_time();
	memory_fd = memfd_create("early", 0);
	if (memory_fd < 0 || ftruncate(memory_fd, SIZE))
		_exit(13);
	memory = map_it();
	if (write(ready, "", 1) != 1)
		_exit(2);
	for (round = 1; !asked; round++) {
		for (page = 0; page < PAGES / 2; page++)
			by_hand(page, round);
		if (ftruncate(memory_fd, SIZE / 2) || ftruncate(memory_fd, SIZE))
			_exit(14);
		usleep(20000);
		for (page = 0; page < PAGES; page++)
			if (look(page) != (page < PAGES / 2 ? round : 0))
				_exit(42);
		for (page = PAGES / 2; page < PAGES; page++)
			by_hand(page, round);
	}
	_exit(0);
}

/* Some of which have been copied as a whole, and have a hole at the cut. */
TEST(that_shrinks_and_grows)
{
	pid_t pids[VICTIMS];
	size_t i;

	add_ballast();
	for (i = 0; i < VICTIMS; i++)
		pids[i] = start_victim(resizes);
	cut();
	for (i = 0; i < VICTIMS; i++)
		expect_asked_is_right(pids[i]);
}
