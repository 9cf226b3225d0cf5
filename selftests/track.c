// SPDX-License-Identifier: GPL-2.0
/*
 * Trackers: an increment that spares looking at pages has the same memory as one that
 * looks at all of them, whoever changes it and however.
 */
#define _GNU_SOURCE
#include <linux/aio_abi.h>
#include <sys/swap.h>
#include <sys/syscall.h>

#include "changing.h"

#define SWAP_FILE	"/var/tmp/kcr-track-swap"
#define SWAP_PAGES	8192u
#define KSM		"/sys/kernel/mm/ksm/"

static void expect_all(int mem, const struct base *base)
{
	expect_same(mem, base, KCR_BASE_PROCESS, SMALL, SMALL_PAGES);
	expect_same(mem, base, KCR_BASE_PROCESS, LARGE, LARGE_PAGES);
	expect_same(mem, base, KCR_BASE_PROCESS, PLACE_A, PLACE_PAGES);
	expect_same(mem, base, KCR_BASE_PROCESS, PLACE_B, PLACE_PAGES);
}

static struct base image_tracked(pid_t pid, const struct base *before, int track,
				 struct outcome *o)
{
	struct image *image = malloc(sizeof(*image));	/* bases point into it */

	*image = take_apart(take_tracked(pid, before, track, o));
	return base_of(image, pid, before);
}

/* Of small runs, so that paging out has somewhere to go. */
static void swap_on(void)
{
	uint32_t info[2] = { 1, SWAP_PAGES - 1 };
	static char page[PAGE];
	unsigned int i;
	int fd;

	swapoff(SWAP_FILE);
	fd = open(SWAP_FILE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	for (i = 0; i < SWAP_PAGES; i++)
		ASSERT_EQ((ssize_t)PAGE, write(fd, page, PAGE));
	ASSERT_EQ((ssize_t)sizeof(info), pwrite(fd, info, sizeof(info), 1024));
	ASSERT_EQ(10, pwrite(fd, "SWAPSPACE2", 10, PAGE - 10));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
	if (swapon(SWAP_FILE, 0))
		fprintf(stderr, "# no swap: %s\n", strerror(errno));
}

static void swap_off(void)
{
	swapoff(SWAP_FILE);
	unlink(SWAP_FILE);
}

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "# %s to %s: %s\n", value, path, strerror(errno));
	close(fd);
}

/* Each way alone, then all of them, in rounds with the numbers of a seed. */
static uint32_t seed_of(unsigned int round, unsigned int nr_ways)
{
	uint32_t rest = round * 7919u << 16;

	return round < nr_ways ? rest | 1u << round : rest | ((1u << nr_ways) - 1);
}

TEST_PLAIN(finds_every_page_that_changes, .timeout = 300)
{
	const unsigned int nr_ways = sizeof(ways) / sizeof(*ways);
	int track = tracker(KCR_TRACK_SNAPSHOT), mem;
	struct outcome all, spared;
	struct base base, looked;
	unsigned int round;
	uint64_t pages = 0;
	pid_t pid;

	ASSERT_LE(0, track);
	swap_on();
	set(KSM "sleep_millisecs", "5");
	set(KSM "pages_to_scan", "5000");
	set(KSM "run", "1");
	pid = start_one(changing);
	mem = memory_of(pid);
	base = image_tracked(pid, NULL, track, &all);
	EXPECT_EQ(0u, all.status.track);
	for (round = 0; round < nr_ways + 10; round++) {
		order(pid, mem, seed_of(round, nr_ways));
		if (round & 1)
			change_from_outside(pid, mem);
		looked = image_tracked(pid, &base, -1, &all);
		EXPECT_EQ(KCR_TRACK_HASH, all.status.track);
		EXPECT_EQ(0u, all.status.pages_spared);
		expect_all(mem, &looked);
		base = image_tracked(pid, &base, track, &spared);
		expect_all(mem, &base);
		EXPECT_EQ(KCR_TRACK_SNAPSHOT, spared.status.track);
		EXPECT_GE(spared.status.pages_earlier, spared.status.pages_spared);
		/* It may write a page or two more of the stack, and no others. */
		EXPECT_GE(all.status.pages + 8, spared.status.pages);
		pages += spared.status.pages_spared;
	}
	/* Moving and paging out cost it the places and some pages; the rest is spared. */
	EXPECT_LE(round * (SMALL_PAGES + LARGE_PAGES) / 2, pages);
	printf("# spared %lu of %u pages, in %u rounds\n", (unsigned long)(pages / round),
	       ALL_PAGES, round);
	set(KSM "run", "0");
	end(pid);
	swap_off();
	close(track);
}

/* One page of a huge one is one page. */
TEST_PLAIN(spares_the_rest_of_a_huge_page, .timeout = 60)
{
	int track = tracker(KCR_TRACK_SNAPSHOT), mem, i;
	pid_t pid = start_one(changing);
	struct outcome o;
	struct base base;

	mem = memory_of(pid);
	base = image_tracked(pid, NULL, track, &o);
	for (i = 0; i < LARGE_PAGES; i += 512)
		poke(mem, LARGE + i * PAGE + 8, 4711);
	base = image_tracked(pid, &base, track, &o);
	expect_all(mem, &base);
	EXPECT_LE(ALL_PAGES - 2 * LARGE_PAGES / 512, o.status.pages_spared);
	EXPECT_GE(64u, o.status.pages);
	end(pid);
	close(track);
}

TEST_PLAIN(goes_by_the_image_that_it_began_with, .timeout = 60)
{
	int track = tracker(KCR_TRACK_SNAPSHOT), other = tracker(KCR_TRACK_HASH), mem;
	pid_t pid = start_one(changing);
	struct base first, second;
	struct outcome o;

	mem = memory_of(pid);
	first = image_tracked(pid, NULL, track, &o);
	poke(mem, SMALL, 1);
	second = image_tracked(pid, &first, track, &o);
	EXPECT_LT(0u, o.status.pages_spared);
	/* It is about the second by now. */
	poke(mem, SMALL + PAGE, 2);
	first = image_tracked(pid, &first, track, &o);
	EXPECT_EQ(KCR_TRACK_HASH, o.status.track);
	EXPECT_EQ(0u, o.status.pages_spared);
	expect_all(mem, &first);
	/* One that was made without it tells it nothing. */
	second = image_tracked(pid, &first, -1, &o);
	poke(mem, SMALL + 2 * PAGE, 3);
	second = image_tracked(pid, &second, track, &o);
	EXPECT_EQ(0u, o.status.pages_spared);
	expect_all(mem, &second);
	second = image_tracked(pid, &second, other, &o);
	second = image_tracked(pid, &second, other, &o);
	EXPECT_EQ(KCR_TRACK_HASH, o.status.track);
	EXPECT_EQ(0u, o.status.pages_spared);
	expect_all(mem, &second);
	end(pid);
	close(track);
	close(other);
}

/* A memfd that it has for itself, and of which it has changed pages. */
static void private_memfd(int ready)
{
	int fd = memfd_create("private", 0);
	char *p;

	become();
	NEED(!ftruncate(fd, 4 * PAGE));
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	NEED(p != MAP_FAILED);
	memset(p, 1, 2 * PAGE);
	NEED(write(ready, "", 1) == 1);
	close(ready);
	for (;;)
		pause();
}

TEST_PLAIN(a_kept_snapshot_is_no_other_process, .timeout = 60)
{
	int track = tracker(KCR_TRACK_SNAPSHOT);
	pid_t pid = start_one(private_memfd);
	struct outcome o;
	struct base base;

	base = image_tracked(pid, NULL, track, &o);
	image_tracked(pid, &base, track, &o);
	EXPECT_LT(0u, o.status.pages_spared);
	end(pid);
	close(track);
}

/* It has had it set up: nobody knows whether the kernel still writes for it. */
static void asynchronous(int ready)
{
	aio_context_t ctx = 0;

	become();
	NEED(!syscall(SYS_io_setup, 1, &ctx));
	NEED(!syscall(SYS_io_destroy, ctx));
	NEED(write(ready, "", 1) == 1);
	close(ready);
	for (;;)
		pause();
}

TEST_PLAIN(keeps_nothing_of_asynchronous_io, .timeout = 60)
{
	int track = tracker(KCR_TRACK_SNAPSHOT), mem;
	pid_t pid = start_one(asynchronous);
	struct outcome o;
	struct base base;

	mem = memory_of(pid);
	base = image_tracked(pid, NULL, track, &o);
	poke(mem, SMALL, 1);
	base = image_tracked(pid, &base, track, &o);
	EXPECT_EQ(0u, o.status.pages_spared);
	expect_all(mem, &base);
	end(pid);
	close(track);
}

/* What the program had been told of its own pages is still so. */
static void soft_dirty(pid_t pid, uint8_t *bits)
{
	uint64_t entries[SMALL_PAGES];
	char path[64];
	unsigned int i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_EQ((ssize_t)sizeof(entries), pread(fd, entries, sizeof(entries), SMALL / PAGE * 8));
	close(fd);
	for (i = 0; i < SMALL_PAGES; i++)
		bits[i] = entries[i] >> 55 & 1;
}

TEST_PLAIN(leaves_soft_dirty_to_others, .timeout = 60)
{
	static uint8_t before[SMALL_PAGES], after[SMALL_PAGES];
	int track = tracker(KCR_TRACK_SNAPSHOT), mem, i;
	pid_t pid = start_one(changing);
	struct outcome o;
	struct base base;
	char path[64];

	mem = memory_of(pid);
	base = image_tracked(pid, NULL, track, &o);
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	poke(mem, SMALL + 5 * PAGE, 5);		/* before somebody clears all of them */
	set(path, "4");
	for (i = 0; i < SMALL_PAGES; i += 7)
		poke(mem, SMALL + i * PAGE, i);
	soft_dirty(pid, before);
	ASSERT_EQ(1, before[7]);
	ASSERT_EQ(0, before[8]);
	base = image_tracked(pid, &base, track, &o);
	EXPECT_LT(0u, o.status.pages_spared);
	expect_all(mem, &base);
	soft_dirty(pid, after);
	EXPECT_EQ(0, memcmp(before, after, sizeof(before)));
	set(path, "4");
	poke(mem, SMALL + 9 * PAGE, 9);
	base = image_tracked(pid, &base, track, &o);
	expect_all(mem, &base);
	soft_dirty(pid, after);
	for (i = 0; i < SMALL_PAGES; i++)
		EXPECT_EQ(i == 9, after[i]);
	end(pid);
	close(track);
}

/* There is room for a part of it. */
static int small_file(void)
{
	int fd = memfd_create("full", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 262144));
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	return fd;
}

/* Nothing is kept of an image that could not be written; of what was known, the rest. */
TEST_PLAIN(survives_an_image_that_fails, .timeout = 60)
{
	int track = tracker(KCR_TRACK_SNAPSHOT), full = small_file(), i;
	pid_t pid = start_one(changing);
	struct kcr_run run = { .size = sizeof(run), .image_fd = full };
	int mem = memory_of(pid), fd, op;
	struct outcome o;
	struct base base = image_tracked(pid, NULL, track, &o);

	for (i = 0; i < SMALL_PAGES; i += 8)
		poke(mem, SMALL + i * PAGE, i);
	fd = base_file(&base);
	op = begin_tracked(pid, &base, fd, track);
	ASSERT_LE(0, op);
	EXPECT_EQ(-1, ioctl(op, KCR_IOC_RUN, &run));
	EXPECT_EQ(EPERM, errno);
	close(op);
	close(fd);
	poke(mem, SMALL + PAGE, 2);
	base = image_tracked(pid, &base, track, &o);
	EXPECT_EQ(KCR_TRACK_SNAPSHOT, o.status.track);
	EXPECT_LE(LARGE_PAGES, o.status.pages_spared);
	expect_all(mem, &base);
	end(pid);
	close(full);
	close(track);
}

static void expect_begin_fails(struct kcr_checkpoint request, int error)
{
	int dev = open_device();

	request.size = sizeof(request);
	EXPECT_EQ(-1, ioctl(dev, KCR_IOC_CHECKPOINT, &request));
	EXPECT_EQ(error, errno);
	close(dev);
}

TEST_PLAIN(nonsense_is_refused)
{
	pid_t pid = start_one(changing);
	int track = tracker(KCR_TRACK_SNAPSHOT), op;
	struct kcr_checkpoint good = { .flags = KCR_CKPT_TRACK, .pid = pid, .track_fd = track };
	struct kcr_checkpoint bad = good;

	EXPECT_EQ(-1, tracker(0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, tracker(KCR_TRACK_SNAPSHOT + 1));
	EXPECT_EQ(EINVAL, errno);
	bad.flags |= KCR_CKPT_HOLD;
	expect_begin_fails(bad, EINVAL);
	bad.flags = KCR_CKPT_TRACK | KCR_CKPT_CHECK;
	expect_begin_fails(bad, EINVAL);
	bad.flags = 0;				/* it has a descriptor, and does not say so */
	expect_begin_fails(bad, EINVAL);
	bad = good;
	bad.track_fd = 999;
	expect_begin_fails(bad, EBADF);
	bad.track_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	expect_begin_fails(bad, EINVAL);
	bad = good;
	bad.reserved = 1;
	expect_begin_fails(bad, EINVAL);
	op = begin_tracked(pid, NULL, -1, track);
	ASSERT_LE(0, op);
	expect_begin_fails(good, EBUSY);
	close(op);
	op = begin_tracked(pid, NULL, -1, track);
	EXPECT_LE(0, op);
	close(track);				/* the operation has it still */
	close(op);
	end(pid);
}

TEST_PLAIN(there_are_no_more_than_operations)
{
	int fds[256], n = 0;

	do {
		fds[n] = tracker(KCR_TRACK_SNAPSHOT);
	} while (fds[n] >= 0 && ++n < 256);
	EXPECT_EQ(64, n);
	EXPECT_EQ(EBUSY, errno);
	while (n--)
		close(fds[n]);
	n = tracker(KCR_TRACK_SNAPSHOT);
	EXPECT_LE(0, n);
	close(n);
}
