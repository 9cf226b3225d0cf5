// SPDX-License-Identifier: GPL-2.0
/* Pages that are swapped out: at the cut, or between it and the writing. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "maps.h"
#include "streamed.h"

#define PAGE		4096ul
#define SWAP_FILE	"/var/tmp/kcr-swap"
#define SWAP_SIZE	(96ul << 20)
#define SIZE		(32ul << 20)
#define HUGE		(2ul << 20)
#define GROUP		"/sys/fs/cgroup/kcr-swap"

/* As mkswap(8) lays it out. */
static void make_swap(const char *path)
{
	static char page[PAGE];
	uint32_t info[2] = { 1, SWAP_SIZE / PAGE - 1 };
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < SWAP_SIZE / PAGE; i++)
		ASSERT_EQ((ssize_t)PAGE, write(fd, page, PAGE));
	ASSERT_EQ((ssize_t)sizeof(info), pwrite(fd, info, sizeof(info), 1024));
	ASSERT_EQ(10, pwrite(fd, "SWAPSPACE2", 10, PAGE - 10));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
}

/* Stays on over a failed test; whoever comes next makes it anew. */
static void swap_on(void)
{
	swapoff(SWAP_FILE);
	make_swap(SWAP_FILE);
	if (swapon(SWAP_FILE, 0) && errno == ENOSYS)
		skip("no swap in this kernel");
	swapoff(SWAP_FILE);
	ASSERT_EQ(0, swapon(SWAP_FILE, 0));
}

/* It was on at the cut; a second restart finds it off. */
static void expect_swap_ends(void)
{
	if (swapoff(SWAP_FILE))
		EXPECT_EQ(EINVAL, access(SWAP_FILE, F_OK) ? EINVAL : errno);
	unlink(SWAP_FILE);
}

static uint64_t word_of(size_t page)
{
	return (page + 1) * 0x9e3779b97f4a7c15ull;
}

static void fill(char *p)
{
	uint64_t *words = (uint64_t *)p;
	size_t i;

	for (i = 0; i < SIZE / sizeof(*words); i++)
		words[i] = word_of(i);
}

static bool whole(const char *p)
{
	const uint64_t *words = (const uint64_t *)p;
	size_t i;

	for (i = 0; i < SIZE / sizeof(*words); i++)
		if (words[i] != word_of(i))
			return false;
	return true;
}

static long swap_kb(const char *p)
{
	struct mapping m = { 0 };

	ASSERT_TRUE(mapping_of(p, &m));
	return m.swap_kb;
}

static void push_out(char *p)
{
	int i;

	for (i = 0; i < 50 && swap_kb(p) < (long)(SIZE / 1024); i++) {
		ASSERT_EQ(0, madvise(p, SIZE, MADV_PAGEOUT));
		usleep(20000);
	}
	ASSERT_LT((long)(SIZE / 2048), swap_kb(p));
}

static char *map(int flags, int fd)
{
	char *p = mmap(NULL, SIZE + HUGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	ASSERT_NE(MAP_FAILED, (void *)p);
	return (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1));
}

static void out_and_back(char *p)
{
	fill(p);
	push_out(p);
	cut();
	EXPECT_TRUE(whole(p));
	expect_swap_ends();
	EXPECT_TRUE(whole(p));
	EXPECT_EQ(0, swap_kb(p));
}

TEST(keeps_pages_that_are_swapped_out)
{
	char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	swap_on();
	madvise(p, SIZE, MADV_NOHUGEPAGE);
	out_and_back(p);
}

TEST(keeps_huge_pages_that_are_swapped_out)
{
	char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	swap_on();
	madvise(p, SIZE, MADV_HUGEPAGE);
	out_and_back(p);
}

TEST(keeps_pages_of_which_some_are_swapped_out)
{
	char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	size_t i;

	swap_on();
	madvise(p, SIZE, MADV_NOHUGEPAGE);
	fill(p);
	push_out(p);
	for (i = 0; i < SIZE / PAGE; i += 7)
		(*(volatile char *)(p + i * PAGE))++;
	ASSERT_LT(1024l, swap_kb(p));
	cut();
	for (i = 0; i < SIZE / PAGE; i += 7)
		p[i * PAGE]--;
	EXPECT_TRUE(whole(p));
	expect_swap_ends();
	EXPECT_TRUE(whole(p));
}

TEST(keeps_shared_memory_that_is_swapped_out)
{
	char *p = map(MAP_SHARED | MAP_ANONYMOUS, -1);

	swap_on();
	fill(p);
	push_out(p);
	cut();
	EXPECT_TRUE(whole(p));
	expect_swap_ends();
	EXPECT_TRUE(whole(p));
}

TEST(keeps_changed_pages_of_a_file_that_are_swapped_out)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	char *p;

	ASSERT_EQ(0, ftruncate(fd, SIZE + HUGE));
	p = map(MAP_PRIVATE, fd);
	swap_on();
	out_and_back(p);
}

/* Between the cut and the writing */

/*
 * Swap that is written at once: with a disk, reclaim would be in need before the
 * first page is out, and kcr gives up the snapshot then.
 */
#define ZRAM		"/sys/block/zram0"
#define SWAP_DEVICE	"/dev/zram0"

static char *watched;

/* Whole when it is asked, or not, says its status. */
static void swapped_victim(int ready)
{
	put_line(GROUP "/cgroup.procs", "0");
	become_victim();
	madvise(watched, SIZE, MADV_NOHUGEPAGE);
	fill(watched);
	until_asked(ready);
	_exit(!whole(watched));
}

static void swap_on_at_once(void)
{
	char size[32];

	if (system("modprobe zram 2>/dev/null") || access(ZRAM, F_OK))
		skip("no zram in this kernel");
	snprintf(size, sizeof(size), "%lu", SWAP_SIZE);
	swapoff(SWAP_DEVICE);
	put_line(ZRAM "/reset", "1");
	put_line(ZRAM "/disksize", size);
	make_swap(SWAP_DEVICE);
	ASSERT_EQ(0, swapon(SWAP_DEVICE, 0));
}

static void expect_swap_at_once_ends(void)
{
	EXPECT_EQ(0, swapoff(SWAP_DEVICE));
	put_line(ZRAM "/reset", "1");
	EXPECT_EQ(0, system("modprobe -r zram"));
}

/* kB of a process's memory that are in swap. */
static long swapped_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmSwap: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

/*
 * Pages that were not used lately, and not too much at once: reclaim in need
 * makes kcr give up the snapshot.
 */
static void swap_it_out(pid_t pid)
{
	char path[64];
	int i;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	put_line(path, "1");
	for (i = 0; i < 20 && swapped_kb(pid) < (long)(SIZE / 4096); i++)
		put_line(GROUP "/memory.reclaim", "1M");
	EXPECT_LT((long)(SIZE / 8192), swapped_kb(pid));
}

TEST_PLAIN(writes_pages_that_were_swapped_out_after_the_cut, .timeout = 60)
{
	int image;
	pid_t pid;

	put_line("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	rmdir(GROUP);
	if (mkdir(GROUP, 0755) || access(GROUP "/memory.reclaim", W_OK)) {
		rmdir(GROUP);
		skip("no memory.reclaim in cgroups");
	}
	swap_on_at_once();
	watched = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	pid = start_victim(swapped_victim);
	image = image_while(pid, swap_it_out);
	expect_asked_is_right(pid);
	expect_comes_back(image);
	expect_swap_at_once_ends();
	EXPECT_EQ(0, rmdir(GROUP));
}
