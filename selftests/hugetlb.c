// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of huge pages: private, shared, as a memfd, a System V segment and a file. A
 * second process from one image needs the pool as well, so the last test gives
 * it back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "maps.h"

#define HUGE	(2ul << 20)
#define PAGE	4096ul
#define POOL	14

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT	26
#endif
#ifndef MFD_HUGETLB
#define MFD_HUGETLB	4u
#endif

static void set_pool(int n)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f)
		skip("no huge pages");
	fprintf(f, "%d\n", n);
	fclose(f);
}

/* A line of /proc/meminfo. */
static int pages(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	int n = -1;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			n = atoi(line + len + 1);
	if (f)
		fclose(f);
	return n;
}

static void need_pool(int n)
{
	set_pool(n);
	if (pages("HugePages_Total") != n)
		skip("not enough huge pages");
	if (pages("Hugepagesize") != HUGE >> 10)
		skip("huge pages of another size");
}

/* So many huge pages are in use, and so many more are reserved. */
#define EXPECT_POOL(used, reserved) do {				\
	EXPECT_EQ(used, pages("HugePages_Total") - pages("HugePages_Free")); \
	EXPECT_EQ(reserved, pages("HugePages_Rsvd"));			\
} while (0)

static char *map(int flags, int fd, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       flags | (fd < 0 ? MAP_ANONYMOUS | MAP_HUGETLB : 0), fd, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static int huge_memfd(unsigned int flags)
{
	int fd = memfd_create("huge", MFD_HUGETLB | flags);

	if (fd < 0)
		skip("no MFD_HUGETLB");
	return fd;
}

static void write_in_a_child(char *p, const char *text)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid) {
		strcpy(p, text);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST(keeps_private_memory)
{
	struct mapping m = { 0 };
	char *p;

	need_pool(POOL);
	p = map(MAP_PRIVATE, -1, 4 * HUGE);
	strcpy(p, "first");
	strcpy(p + HUGE - PAGE, "end of the first");
	strcpy(p + 2 * HUGE + 5 * PAGE, "third");
	EXPECT_EQ(0, p[3 * HUGE]);
	EXPECT_POOL(3, 1);
	cut();
	EXPECT_POOL(3, 1);
	EXPECT_STREQ("first", p);
	EXPECT_STREQ("", p + PAGE);
	EXPECT_STREQ("end of the first", p + HUGE - PAGE);
	EXPECT_STREQ("third", p + 2 * HUGE + 5 * PAGE);
	EXPECT_TRUE(has_flag(p, "ht"));
	EXPECT_TRUE(mapping_of(p, &m));
	EXPECT_STREQ("/anon_hugepage (deleted)", m.path);
	EXPECT_EQ(HUGE >> 10, m.page_kb);
	write_in_a_child(p, "child");
	EXPECT_STREQ("first", p);
	strcpy(p + HUGE, "later");
	EXPECT_STREQ("later", p + HUGE);
	EXPECT_POOL(4, 0);
}

/* Huge pages are everybody's; only root makes some. */
TEST(keeps_a_users_own, .user = "alice")
{
	char *p, *q;
	int fd;

	if (pages("HugePages_Free") < 3)
		skip("no huge pages");
	p = map(MAP_PRIVATE, -1, HUGE);
	fd = huge_memfd(0);
	q = map(MAP_SHARED, fd, 2 * HUGE);
	ASSERT_EQ(0, ftruncate(fd, HUGE));
	strcpy(p, "private");
	strcpy(q, "shared");
	cut();
	EXPECT_STREQ("private", p);
	EXPECT_STREQ("shared", q);
}

TEST(keeps_protection_and_advice)
{
	char *p;

	need_pool(POOL);
	p = map(MAP_PRIVATE, -1, 5 * HUGE);
	strcpy(p, "read-only");
	strcpy(p + HUGE, "not at all");
	strcpy(p + 2 * HUGE, "given up");
	strcpy(p + 3 * HUGE, "not for children");
	ASSERT_EQ(0, mprotect(p, HUGE, PROT_READ));
	ASSERT_EQ(0, mprotect(p + HUGE, HUGE, PROT_NONE));
	ASSERT_EQ(0, madvise(p + 3 * HUGE, HUGE, MADV_DONTFORK));
	ASSERT_EQ(0, madvise(p + 3 * HUGE, HUGE, MADV_DONTDUMP));
	ASSERT_EQ(0, munmap(p + 4 * HUGE, HUGE));
	if (madvise(p + 2 * HUGE, HUGE, MADV_DONTNEED))
		p[2 * HUGE] = 0;
	cut();
	EXPECT_STREQ("read-only", p);
	EXPECT_FALSE(has_flag(p, "wr"));
	EXPECT_FALSE(has_flag(p + HUGE, "rd"));
	EXPECT_TRUE(has_flag(p + 2 * HUGE, "wr"));
	EXPECT_FALSE(has_flag(p + 2 * HUGE, "dc"));
	EXPECT_TRUE(has_flag(p + 3 * HUGE, "dc"));
	EXPECT_TRUE(has_flag(p + 3 * HUGE, "dd"));
	EXPECT_STREQ("not for children", p + 3 * HUGE);
	EXPECT_EQ(0, mprotect(p, 3 * HUGE, PROT_READ | PROT_WRITE));
	EXPECT_STREQ("not at all", p + HUGE);
	EXPECT_STREQ("", p + 2 * HUGE);
	strcpy(p, "written");
	EXPECT_STREQ("written", p);
}

TEST(keeps_shared_memory)
{
	char *p;

	need_pool(POOL);
	p = map(MAP_SHARED, -1, 4 * HUGE);
	strcpy(p + 3 * PAGE, "shared");
	strcpy(p + 4 * HUGE - 16, "the end");
	EXPECT_EQ(0, p[2 * HUGE]);
	EXPECT_POOL(3, 1);
	cut();
	EXPECT_POOL(3, 1);
	EXPECT_STREQ("", p);
	EXPECT_STREQ("shared", p + 3 * PAGE);
	EXPECT_STREQ("the end", p + 4 * HUGE - 16);
	EXPECT_TRUE(has_flag(p, "ht"));
	write_in_a_child(p, "from a child");
	EXPECT_STREQ("from a child", p);
	write_in_a_child(p + HUGE, "from another");
	EXPECT_STREQ("from another", p + HUGE);
	EXPECT_POOL(4, 0);
}

TEST(keeps_a_memfd)
{
	char *a, *b, *own, path[64], name[64] = "", buf[8] = "";
	struct stat st;
	int fd;

	need_pool(POOL);
	fd = huge_memfd(MFD_ALLOW_SEALING);
	ASSERT_EQ(0, ftruncate(fd, 4 * HUGE));
	ASSERT_EQ(0, fchmod(fd, 0440));
	a = map(MAP_SHARED, fd, 4 * HUGE);
	b = map(MAP_SHARED, fd, 4 * HUGE);
	strcpy(a, "common");
	strcpy(a + 3 * HUGE, "fourth");
	own = map(MAP_PRIVATE, fd, 2 * HUGE);
	strcpy(own + PAGE, "own");
	memset(own, 0, PAGE);
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	EXPECT_POOL(3, 3);
	cut();
	EXPECT_POOL(3, 3);
	EXPECT_STREQ("common", b);
	EXPECT_STREQ("fourth", b + 3 * HUGE);
	EXPECT_STREQ("own", own + PAGE);
	EXPECT_STREQ("", own);
	EXPECT_STREQ("", a + PAGE);
	strcpy(b + 8, "later");
	EXPECT_STREQ("later", a + 8);
	EXPECT_EQ(6, pread(fd, buf, 6, 3 * HUGE));
	EXPECT_STREQ("fourth", buf);
	EXPECT_EQ(F_SEAL_SHRINK, fcntl(fd, F_GET_SEALS));
	EXPECT_EQ(-1, ftruncate(fd, HUGE));
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(4 * HUGE, st.st_size);
	EXPECT_EQ(0440, st.st_mode & 07777);
	EXPECT_EQ(HUGE, st.st_blksize);
	sprintf(path, "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(path, name, sizeof(name) - 1));
	EXPECT_STREQ("/memfd:huge (deleted)", name);
}

TEST(keeps_a_sealed_memfd)
{
	char *p, *q;
	int fd;

	need_pool(POOL);
	fd = huge_memfd(MFD_ALLOW_SEALING);
	ASSERT_EQ(0, ftruncate(fd, HUGE));
	p = map(MAP_SHARED, fd, HUGE);
	strcpy(p, "for good");
	munmap(p, HUGE);
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
	p = mmap(NULL, HUGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	q = mmap(NULL, HUGE, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_TRUE(q != MAP_FAILED);
	cut();
	EXPECT_EQ(F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL, fcntl(fd, F_GET_SEALS));
	EXPECT_STREQ("for good", p);
	EXPECT_STREQ("for good", q);
	EXPECT_EQ(-1, mprotect(p, HUGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-1, ftruncate(fd, 2 * HUGE));
	EXPECT_TRUE(mmap(NULL, HUGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
}

/* A mapping that may write makes the file as large as itself, once. */
TEST(keeps_the_size_of_a_file_that_was_cut)
{
	struct stat st;
	char *p;
	int fd;

	need_pool(POOL);
	fd = huge_memfd(0);
	p = map(MAP_SHARED, fd, 3 * HUGE);
	strcpy(p, "short");
	ASSERT_EQ(0, ftruncate(fd, HUGE));
	EXPECT_POOL(1, 0);
	cut();
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(HUGE, st.st_size);
	EXPECT_STREQ("short", p);
	EXPECT_POOL(1, 0);
}

TEST(keeps_what_is_not_reserved)
{
	char *p, *q;
	int fd;

	need_pool(POOL);
	p = map(MAP_PRIVATE | MAP_NORESERVE, -1, 30 * HUGE);
	fd = huge_memfd(0);
	ASSERT_EQ(0, ftruncate(fd, 30 * HUGE));
	q = map(MAP_SHARED | MAP_NORESERVE, fd, 30 * HUGE);
	strcpy(p + 7 * HUGE, "private");
	strcpy(q + 8 * HUGE, "shared");
	EXPECT_POOL(2, 0);
	cut();
	EXPECT_POOL(2, 0);
	EXPECT_TRUE(has_flag(p, "nr"));
	EXPECT_TRUE(has_flag(q, "nr"));
	EXPECT_STREQ("private", p + 7 * HUGE);
	EXPECT_STREQ("shared", q + 8 * HUGE);
	strcpy(p + 9 * HUGE, "more");
	EXPECT_POOL(3, 0);
}

/* None is in the snapshot: it could not be copied when it is written to. */
TEST(goes_on_without_a_free_page)
{
	char *p, *q;

	need_pool(5);
	p = map(MAP_PRIVATE, -1, 3 * HUGE);
	q = map(MAP_PRIVATE | MAP_NORESERVE, -1, 2 * HUGE);
	memset(p, 7, 3 * HUGE);
	memset(q, 9, 2 * HUGE);
	EXPECT_EQ(0, pages("HugePages_Free"));
	cut();
	EXPECT_EQ(7, p[HUGE + 77]);
	EXPECT_EQ(9, q[HUGE + 77]);
	memset(p, 8, 3 * HUGE);
	memset(q, 10, 2 * HUGE);
	EXPECT_EQ(8, p[3 * HUGE - 1]);
	EXPECT_EQ(10, q[0]);
}

/* What a test and its child tell one another. */
struct talk {
	volatile int ask, answer;
	char text[4][32];
};

static void say(struct talk *talk, char *p)
{
	while (!talk->ask)
		usleep(1000);
	for (int i = 0; i < 4; i++)
		strcpy(talk->text[i], p + i * HUGE);
	strcpy(p + HUGE, "last");
	talk->answer = 1;
	pause();
}

TEST(shares_copy_on_write_with_a_child)
{
	struct talk *talk = mmap(NULL, sizeof(*talk), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *p, *q;
	pid_t pid;

	need_pool(POOL);
	p = map(MAP_PRIVATE, -1, 4 * HUGE);
	q = map(MAP_PRIVATE, -1, 2 * HUGE);
	strcpy(p, "both");
	strcpy(p + HUGE, "parent's");
	strcpy(p + 2 * HUGE, "before the fork");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		strcpy(p + HUGE, "child's");
		strcpy(p + 3 * HUGE, "child's alone");
		ASSERT_EQ(0, mprotect(q, HUGE, PROT_READ));
		talk->answer = 2;
		say(talk, p);
	}
	ASSERT_LT(0, pid);
	while (talk->answer != 2)
		usleep(1000);
	strcpy(p + 2 * HUGE, "after the fork");
	EXPECT_POOL(6, 3);
	cut();
	EXPECT_POOL(6, 3);
	EXPECT_STREQ("both", p);
	EXPECT_STREQ("parent's", p + HUGE);
	EXPECT_STREQ("after the fork", p + 2 * HUGE);
	EXPECT_STREQ("", p + 3 * HUGE);
	EXPECT_STREQ("", q);
	EXPECT_POOL(8, 1);
	talk->ask = 1;
	while (talk->answer != 1)
		usleep(1000);
	EXPECT_STREQ("both", talk->text[0]);
	EXPECT_STREQ("child's", talk->text[1]);
	EXPECT_STREQ("before the fork", talk->text[2]);
	EXPECT_STREQ("child's alone", talk->text[3]);
	EXPECT_STREQ("parent's", p + HUGE);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_POOL(5, 1);
}

/* The kernel kills whoever touches it: it must not find zeros there instead. */
TEST_REFUSED(refuses_pages_that_went_to_the_parent, "huge pages of it went to its parent")
{
	pid_t pid;
	char *p;

	need_pool(1);
	p = map(MAP_PRIVATE, -1, HUGE);
	strcpy(p, "before");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
	ASSERT_LT(0, pid);
	strcpy(p, "after");
	cut();
	EXPECT_STREQ("after", p);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(keeps_system_v_memory)
{
	struct shmid_ds ds;
	char *p, *q;
	int id;

	need_pool(POOL);
	id = shmget(IPC_PRIVATE, 3 * HUGE - 5, IPC_CREAT | SHM_HUGETLB | 0600);
	ASSERT_LE(0, id);
	p = shmat(id, NULL, 0);
	q = shmat(id, NULL, SHM_RDONLY);
	ASSERT_NE(-1, (long)p);
	ASSERT_NE(-1, (long)q);
	strcpy(p + PAGE, "segment");
	EXPECT_EQ(0, p[2 * HUGE]);
	EXPECT_POOL(2, 1);
	cut();
	EXPECT_POOL(2, 1);
	EXPECT_STREQ("segment", q + PAGE);
	EXPECT_STREQ("", q);
	EXPECT_TRUE(has_flag(p, "ht"));
	strcpy(p, "seen through both");
	EXPECT_STREQ("seen through both", q);
	EXPECT_EQ(-1, mprotect(q, HUGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, shmctl(id, IPC_STAT, &ds));
	EXPECT_EQ(3 * HUGE - 5, ds.shm_segsz);
	EXPECT_EQ(2, ds.shm_nattch);
	strcpy(p + HUGE, "new");
	EXPECT_POOL(3, 0);
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
	EXPECT_EQ(0, shmdt(q));
	EXPECT_EQ(0, shmdt(p));
	EXPECT_POOL(0, 0);
}

TEST(keeps_system_v_memory_that_was_removed)
{
	char *p;
	int id;

	need_pool(POOL);
	id = shmget(IPC_PRIVATE, 3 * HUGE, IPC_CREAT | SHM_HUGETLB | SHM_NORESERVE | 0600);
	ASSERT_LE(0, id);
	p = shmat(id, NULL, 0);
	ASSERT_NE(-1, (long)p);
	strcpy(p + HUGE, "removed");
	ASSERT_EQ(0, shmctl(id, IPC_RMID, NULL));
	EXPECT_POOL(1, 0);
	cut();
	EXPECT_STREQ("removed", p + HUGE);
	EXPECT_POOL(1, 0);
	EXPECT_EQ(0, shmdt(p));
	EXPECT_POOL(0, 0);
}

/* Nothing is reserved, and nothing touched: the pool may be empty. */
TEST(keeps_pages_of_1_GB)
{
	struct mapping m = { 0 };
	char *p;

	p = mmap(NULL, 2ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_HUGETLB | MAP_NORESERVE | 30u << MAP_HUGE_SHIFT, -1, 0);
	if (p == MAP_FAILED)
		skip("no pages of 1 GB");
	ASSERT_EQ(0, mprotect(p + (1ul << 30), 1ul << 30, PROT_READ));
	cut();
	EXPECT_TRUE(mapping_of(p, &m));
	EXPECT_EQ(1 << 20, m.page_kb);
	EXPECT_EQ(p + (1ul << 30), (char *)m.end);
	EXPECT_TRUE(has_flag(p, "wr"));
	EXPECT_FALSE(has_flag(p + (1ul << 30), "wr"));
}

/* Outside of the test's folder, which the harness copies. */
#define POINT	"/run/kcr-hugetlbfs"

/* A new file; it stays mounted, for restarts. */
static int open_mounted(const char *name)
{
	struct statfs fs;
	int fd;

	mkdir(POINT, 0755);
	if (statfs(POINT, &fs) || fs.f_type != HUGETLBFS_MAGIC)
		ASSERT_EQ(0, mount("none", POINT, "hugetlbfs", 0, "pagesize=2M"));
	unlink(name);
	fd = open(name, O_CREAT | O_RDWR, 0640);
	ASSERT_LE(0, fd);
	return fd;
}

/* As a virtual machine's memory: nobody finds it by a name. */
TEST(keeps_a_deleted_file_of_a_mounted_one)
{
	char *a, *own, buf[16] = "";
	struct stat st;
	int fd;

	need_pool(POOL);
	fd = open_mounted(POINT "/file");
	a = map(MAP_SHARED, fd, 3 * HUGE);
	own = map(MAP_PRIVATE, fd, 2 * HUGE);
	ASSERT_EQ(0, unlink(POINT "/file"));
	strcpy(a + PAGE, "shared");
	strcpy(a + 2 * HUGE, "third");
	strcpy(own, "own");
	ASSERT_EQ(2 * HUGE, lseek(fd, 2 * HUGE, SEEK_SET));
	EXPECT_POOL(3, 2);
	cut();
	EXPECT_POOL(3, 2);
	EXPECT_STREQ("shared", a + PAGE);
	EXPECT_STREQ("shared", own + PAGE);
	EXPECT_STREQ("own", own);
	EXPECT_STREQ("", a);
	EXPECT_EQ(6, read(fd, buf, 6));
	EXPECT_STREQ("third", buf);
	strcpy(a + HUGE, "later");
	EXPECT_STREQ("later", own + HUGE);
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(3 * HUGE, st.st_size);
	EXPECT_EQ(HUGE, st.st_blksize);
	EXPECT_EQ(0, st.st_nlink);
}

/* It is there already when it is restarted; its pages are not needed twice. */
TEST(keeps_a_file_of_a_mounted_one)
{
	char *a, *b, *own;
	struct stat st;
	int fd;

	need_pool(4);
	fd = open_mounted(POINT "/file");
	a = map(MAP_SHARED, fd, 3 * HUGE);
	b = map(MAP_SHARED, fd, HUGE);
	strcpy(a + PAGE, "shared");
	strcpy(a + 2 * HUGE, "third");
	close(fd);
	fd = open(POINT "/file", O_RDONLY);
	ASSERT_LE(0, fd);
	own = map(MAP_PRIVATE, fd, HUGE);
	strcpy(own, "own");
	EXPECT_POOL(3, 1);
	cut();
	EXPECT_POOL(3, 1);
	EXPECT_STREQ("shared", b + PAGE);
	EXPECT_STREQ("third", a + 2 * HUGE);
	EXPECT_STREQ("own", own);
	EXPECT_STREQ("", b);
	EXPECT_EQ(0, stat(POINT "/file", &st));
	EXPECT_EQ(3 * HUGE, st.st_size);
	EXPECT_EQ(0640, st.st_mode & 07777);
}

TEST_PLAIN(unmounts_it)
{
	umount2(POINT, MNT_DETACH);
	rmdir(POINT);
}

TEST_PLAIN(gives_back_the_pool)
{
	set_pool(0);
	EXPECT_EQ(0, pages("HugePages_Total"));
}
