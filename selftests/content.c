// SPDX-License-Identifier: GPL-2.0
/* Promises: what is in files that the image holds or relies on. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "kcr_harness.h"

static void put(int fd, const char *text)
{
	ASSERT_EQ(strlen(text), write(fd, text, strlen(text)));
}

static int make(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_EXCL | O_RDWR, 0640);

	ASSERT_LE(0, fd);
	put(fd, text);
	return fd;
}

static void expect_text(int fd, const char *text)
{
	char got[256] = "";

	EXPECT_EQ(strlen(text), pread(fd, got, sizeof(got) - 1, 0));
	EXPECT_STREQ(text, got);
}

static struct stat stat_of(int fd)
{
	struct stat st;

	ASSERT_EQ(0, fstat(fd, &st));
	return st;
}

TEST(keeps_a_deleted_file)
{
	int fd = make("gone", "still here");

	ASSERT_EQ(0, unlink("gone"));
	cut();
	expect_text(fd, "still here");
	EXPECT_EQ(10, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(0, stat_of(fd).st_nlink);
	EXPECT_EQ(0640, stat_of(fd).st_mode & 07777);
	put(fd, "!");
	expect_text(fd, "still here!");
	EXPECT_NE(0, access("gone", F_OK));
}

TEST(keeps_a_deleted_file_open_twice)
{
	int fd = make("gone", "abc"), other = open("gone", O_RDONLY);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, unlink("gone"));
	cut();
	EXPECT_EQ(1, pwrite(fd, "X", 1, 0));
	expect_text(other, "Xbc");
	EXPECT_EQ(stat_of(fd).st_ino, stat_of(other).st_ino);
}

TEST(keeps_a_file_that_never_had_a_name)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	ASSERT_LE(0, fd);
	put(fd, "nameless");
	cut();
	expect_text(fd, "nameless");
	EXPECT_EQ(0, stat_of(fd).st_nlink);
}

/* It can't be made again where it was. */
TEST(keeps_a_file_of_a_deleted_directory)
{
	int fd;

	ASSERT_EQ(0, mkdir("d", 0755));
	fd = make("d/gone", "no way back");
	ASSERT_EQ(0, unlink("d/gone"));
	ASSERT_EQ(0, rmdir("d"));
	cut();
	expect_text(fd, "no way back");
	put(fd, "!");
	EXPECT_EQ(12, stat_of(fd).st_size);
}

TEST(keeps_holes_of_a_deleted_file)
{
	int fd = make("gone", "begin");
	char byte = 1;

	ASSERT_EQ(0, unlink("gone"));
	ASSERT_EQ(3, pwrite(fd, "end", 3, 1LL << 40));
	cut();
	EXPECT_EQ((1LL << 40) + 3, stat_of(fd).st_size);
	EXPECT_EQ(1, pread(fd, &byte, 1, 1 << 20));
	EXPECT_EQ(0, byte);
	EXPECT_EQ(1, pread(fd, &byte, 1, (1LL << 40) + 2));
	EXPECT_EQ('d', byte);
}

TEST(keeps_a_large_deleted_file)
{
	int fd = make("gone", ""), nr = 3 << 20;
	int *numbers = malloc(nr * sizeof(*numbers)), wrong = 0;

	ASSERT_TRUE(numbers);
	ASSERT_EQ(0, unlink("gone"));
	for (int i = 0; i < nr; i++)
		numbers[i] = i ^ 0x5a5a;
	ASSERT_EQ(nr * sizeof(*numbers), write(fd, numbers, nr * sizeof(*numbers)));
	cut();
	memset(numbers, 0, nr * sizeof(*numbers));
	EXPECT_EQ(nr * sizeof(*numbers), pread(fd, numbers, nr * sizeof(*numbers), 0));
	for (int i = 0; i < nr; i++)
		wrong += numbers[i] != (i ^ 0x5a5a);
	EXPECT_EQ(0, wrong);
}

TEST(keeps_a_deleted_file_that_is_mapped)
{
	int fd = make("gone", "mapped, and gone");
	char *shared, *private;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(-1, (long)shared);
	ASSERT_NE(-1, (long)private);
	ASSERT_EQ(0, unlink("gone"));
	private[0] = 'M';
	cut();
	EXPECT_EQ(0, memcmp(private, "Mapped", 6));
	EXPECT_EQ(0, memcmp(shared, "mapped", 6));
	shared[0] = 'w';
	expect_text(fd, "wapped, and gone");
}

/* Nothing but a mapping shows it, and it is too large to be looked at while all stands. */
TEST(relies_on_a_large_file_that_only_a_mapping_can_write_to)
{
	const size_t size = 12 << 20;
	int fd = make("mapped", "");
	uint64_t *numbers;
	size_t i, wrong = 0;

	ASSERT_EQ(0, ftruncate(fd, size));
	numbers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)numbers);
	close(fd);
	for (i = 0; i < size / sizeof(*numbers); i++)
		numbers[i] = i;
	cut();
	for (i = 0; i < size / sizeof(*numbers); i++)
		wrong += numbers[i] != i;
	EXPECT_EQ(0, wrong);
}

TEST(keeps_a_file_in_memory)
{
	char name[] = "/dev/shm/kcr.XXXXXX";
	int fd = mkostemp(name, 0);

	ASSERT_LE(0, fd);
	put(fd, "in memory");
	ASSERT_EQ(0, fchmod(fd, 0604));
	cut();
	expect_text(fd, "in memory");
	EXPECT_EQ(0604, stat_of(fd).st_mode & 07777);
	EXPECT_EQ(0, unlink(name));
}

TEST(writes_back_what_was_changed_in_place, .checkpoint = "--with-files")
{
	int fd = make("db", "page 1, page 2");

	cut();
	expect_text(fd, "page 1, page 2");
	EXPECT_EQ(4, pwrite(fd, "PAGE", 4, 0));
	put(fd, ", page 3");
}

TEST(makes_again_what_is_missing, .checkpoint = "--with-files")
{
	int fd = make("journal", "a journal");

	cut();
	expect_text(fd, "a journal");
	EXPECT_EQ(1, stat_of(fd).st_nlink);
	EXPECT_EQ(0640, stat_of(fd).st_mode & 07777);
	EXPECT_EQ(0, unlink("journal"));
}

TEST_REFUSED(refuses_a_deleted_file_with_another_name, "deleted, but it has other names")
{
	ASSERT_LE(0, make("one", "abc"));
	ASSERT_EQ(0, link("one", "two"));
	ASSERT_EQ(0, unlink("one"));
	cut();
}
