// SPDX-License-Identifier: GPL-2.0
/* Promises: files that are only a place, open for nothing, or without a name. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "kcr_harness.h"

static ino_t inode_of(int fd)
{
	struct stat st = { };

	EXPECT_EQ(0, fstat(fd, &st));
	return st.st_ino;
}

static mode_t type_of(int fd)
{
	struct stat st = { };

	EXPECT_EQ(0, fstat(fd, &st));
	return st.st_mode & S_IFMT;
}

TEST(keeps_places_of_all_types)
{
	struct sockaddr_un name = { AF_UNIX, "socket" };
	int file, dir, link, fifo, dev, sock;
	struct stat st;
	char to[8] = "";

	ASSERT_EQ(0, close(creat("file", 0)));
	ASSERT_EQ(0, mkdir("dir", 0700));
	ASSERT_EQ(0, symlink("file", "link"));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	sock = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(sock, (struct sockaddr *)&name, sizeof(name)));
	close(sock);
	file = open("file", O_PATH);
	dir = open("dir", O_PATH | O_DIRECTORY);
	link = open("link", O_PATH | O_NOFOLLOW);
	fifo = open("fifo", O_PATH);
	dev = open("/dev/tty", O_PATH);
	sock = open("socket", O_PATH);
	ASSERT_LE(0, sock);
	cut();
	EXPECT_EQ(0, stat("file", &st));
	EXPECT_EQ(st.st_ino, inode_of(file));
	EXPECT_EQ(O_PATH, fcntl(file, F_GETFL) & O_PATH);
	EXPECT_EQ(-1, read(file, to, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(S_IFDIR, type_of(dir));
	EXPECT_EQ(-1, openat(dir, "no", O_RDONLY));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(O_PATH | O_DIRECTORY, fcntl(dir, F_GETFL) & (O_PATH | O_DIRECTORY));
	EXPECT_EQ(S_IFLNK, type_of(link));
	EXPECT_EQ(4, readlinkat(link, "", to, sizeof(to)));
	EXPECT_STREQ("file", to);
	EXPECT_EQ(S_IFIFO, type_of(fifo));
	EXPECT_EQ(S_IFCHR, type_of(dev));
	EXPECT_EQ(S_IFSOCK, type_of(sock));
}

TEST(shares_a_place_between_duplicates, .user = "alice")
{
	int fd = open(".", O_PATH | O_CLOEXEC), twin = dup(fd);

	ASSERT_LE(0, twin);
	cut();
	EXPECT_EQ(inode_of(fd), inode_of(twin));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, fcntl(twin, F_GETFD));
	EXPECT_EQ(0, fchdir(fd));
}

TEST(keeps_a_file_open_for_nothing)
{
	int fd, null;
	char c;

	ASSERT_EQ(0, close(creat("file", 0600)));
	fd = open("file", O_ACCMODE);
	null = open("/dev/null", O_ACCMODE);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, null);
	cut();
	EXPECT_EQ(O_ACCMODE, fcntl(fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(O_ACCMODE, fcntl(null, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(-1, read(fd, &c, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, write(null, "x", 1));
	EXPECT_EQ(EBADF, errno);
}

static int give_name(int fd, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

TEST(gives_a_nameless_file_its_name)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0640);
	struct stat st;
	char got[8] = "";

	ASSERT_LE(0, fd);
	ASSERT_EQ(3, write(fd, "abc", 3));
	cut();
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(0, st.st_nlink);
	EXPECT_EQ(0640, st.st_mode & 07777);
	EXPECT_EQ(0, give_name(fd, "named"));
	EXPECT_EQ(0, stat("named", &st));
	EXPECT_EQ(inode_of(fd), st.st_ino);
	EXPECT_EQ(3, pread(fd, got, sizeof(got), 0));
	EXPECT_STREQ("abc", got);
}

TEST(gives_no_name_where_none_may_be)
{
	int fd = open(".", O_TMPFILE | O_EXCL | O_RDWR, 0600);

	ASSERT_LE(0, fd);
	cut();
	EXPECT_EQ(-1, give_name(fd, "named"));
	EXPECT_EQ(ENOENT, errno);
}

TEST_REFUSED(refuses_a_removed_place, "opened with O_PATH: it has been removed")
{
	ASSERT_EQ(0, close(creat("file", 0600)));
	ASSERT_LE(0, open("file", O_PATH));
	ASSERT_EQ(0, unlink("file"));
	cut();
}

TEST_REFUSED(refuses_a_place_in_proc, "opened with O_PATH: it is in /proc")
{
	ASSERT_LE(0, open("/proc/self", O_PATH));
	cut();
}
