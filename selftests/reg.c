// SPDX-License-Identifier: GPL-2.0
/* Promises: open regular files and directories. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "kcr_harness.h"

static int make(const char *name, const char *text, int flags)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);

	ASSERT_LE(0, fd);
	ASSERT_EQ(strlen(text), write(fd, text, strlen(text)));
	ASSERT_EQ(0, close(fd));
	fd = open(name, flags);
	ASSERT_LE(0, fd);
	return fd;
}

static const char *content(const char *name)
{
	static char text[256];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ASSERT_LE(0, fd);
	n = read(fd, text, sizeof(text) - 1);
	ASSERT_LE(0, n);
	text[n] = 0;
	close(fd);
	return text;
}

static const char *name_of(int fd)
{
	static char name[PATH_MAX];
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	ASSERT_LT(0, n);
	name[n] = 0;
	return strrchr(name, '/') + 1;
}

TEST(keeps_its_position)
{
	int fd = make("data", "0123456789", O_RDONLY);
	char c;

	ASSERT_EQ(4, lseek(fd, 4, SEEK_SET));
	cut();
	EXPECT_EQ(4, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ('4', c);
	EXPECT_STREQ("data", name_of(fd));
}

TEST(keeps_a_position_beyond_the_end)
{
	int fd = make("data", "abc", O_RDWR);

	ASSERT_EQ(1 << 20, lseek(fd, 1 << 20, SEEK_SET));
	cut();
	EXPECT_EQ(1 << 20, lseek(fd, 0, SEEK_CUR));
}

TEST(keeps_open_flags)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY | O_APPEND, O_RDWR | O_NONBLOCK, O_WRONLY | O_SYNC,
		O_RDWR | O_DSYNC, O_RDONLY | O_NOATIME, O_RDONLY | O_NOFOLLOW,
	};
	int fd[7], got[7];

	for (int i = 0; i < 7; i++) {
		fd[i] = make("data", "abc", flags[i]);
		got[i] = fcntl(fd[i], F_GETFL);
	}
	cut();
	for (int i = 0; i < 7; i++)
		EXPECT_EQ(got[i], fcntl(fd[i], F_GETFL));
}

TEST(goes_on_appending)
{
	int fd = make("log", "one\n", O_WRONLY | O_APPEND);

	cut();
	EXPECT_EQ(4, write(fd, "two\n", 4));
	EXPECT_STREQ("one\ntwo\n", content("log"));
}

TEST(goes_on_writing_where_it_was)
{
	int fd = make("log", "", O_WRONLY);

	ASSERT_EQ(3, write(fd, "abc", 3));
	cut();
	EXPECT_EQ(3, write(fd, "def", 3));
	EXPECT_STREQ("abcdef", content("log"));
}

TEST(shares_the_position_between_duplicates)
{
	int fd = make("data", "0123456789", O_RDONLY), twin = dup(fd);
	int other = open("data", O_RDONLY);
	char c;

	ASSERT_LE(0, twin);
	ASSERT_LE(0, other);
	cut();
	EXPECT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ(1, lseek(twin, 0, SEEK_CUR));
	EXPECT_EQ(0, lseek(other, 0, SEEK_CUR));
}

TEST(finds_a_renamed_file)
{
	int fd = make("old", "abc", O_RDWR);
	struct stat open_one, named;

	ASSERT_EQ(0, rename("old", "new"));
	cut();
	EXPECT_STREQ("new", name_of(fd));
	ASSERT_EQ(0, fstat(fd, &open_one));
	ASSERT_EQ(0, stat("new", &named));
	EXPECT_EQ(named.st_ino, open_one.st_ino);
}

TEST(keeps_a_directory)
{
	struct dirent *entry;
	unsigned int seen = 0;
	DIR *dir;
	int fd;

	ASSERT_EQ(0, mkdir("d", 0755));
	close(make("d/a", "", O_RDONLY));
	close(make("d/b", "", O_RDONLY));
	fd = open("d", O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, fd);
	cut();
	dir = fdopendir(fd);
	ASSERT_TRUE(dir);
	while ((entry = readdir(dir)))
		seen += entry->d_name[0] != '.';
	EXPECT_EQ(2, seen);
	EXPECT_LE(0, openat(dirfd(dir), "a", O_RDONLY));
}

TEST(keeps_a_place_in_a_directory)
{
	char first[NAME_MAX + 1];
	struct dirent *entry;
	bool again = false;
	int seen = 0;
	DIR *dir;

	ASSERT_EQ(0, mkdir("d", 0755));
	for (int i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "d/some_file_%d", i);
		close(make(name, "", O_RDONLY));
	}
	dir = opendir("d");
	ASSERT_TRUE(dir);
	entry = readdir(dir);
	ASSERT_TRUE(entry);
	strcpy(first, entry->d_name);
	cut();
	for (seen = 1; (entry = readdir(dir)); seen++)
		again |= !strcmp(first, entry->d_name);
	EXPECT_EQ(2002, seen);
	EXPECT_FALSE(again);
}

/* Below the cut is run three times: what the first one writes is cut back. */
TEST(cuts_back_what_was_written_after_the_cut)
{
	int fd = make("log", "at the cut\n", O_WRONLY | O_APPEND);

	cut();
	EXPECT_STREQ("at the cut\n", content("log"));
	EXPECT_EQ(6, write(fd, "later\n", 6));
	EXPECT_STREQ("at the cut\nlater\n", content("log"));
}

TEST_REFUSED(refuses_a_file_of_procfs, "file of proc: not supported yet")
{
	ASSERT_LE(0, open("/proc/self/maps", O_RDONLY));
	cut();
}

TEST(keeps_a_removed_directory)
{
	struct stat st;
	int fd;

	ASSERT_EQ(0, mkdir("d", 0705));
	fd = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rmdir("d"));
	cut();
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(S_IFDIR | 0705, st.st_mode);
	EXPECT_EQ(0, st.st_nlink);
	EXPECT_EQ(O_RDONLY | O_DIRECTORY, fcntl(fd, F_GETFL) & (O_ACCMODE | O_DIRECTORY));
	EXPECT_EQ(-1, openat(fd, "new", O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, access("d", F_OK));
}
