// SPDX-License-Identifier: GPL-2.0
/* Memory with an inode: memfds, and what a shared anonymous mapping maps. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "maps.h"

#define PAGE	4096ul

static int memfd(const char *name, unsigned int flags, size_t size)
{
	int fd = memfd_create(name, flags);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, size));
	return fd;
}

static char *shared(int fd, size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

TEST(keeps_what_is_in_it)
{
	char buf[16] = "";
	int fd = memfd("diary", 0, 100 * PAGE);

	pwrite(fd, "first", 5, 0);
	pwrite(fd, "last", 4, 100 * PAGE - 4);
	lseek(fd, 77, SEEK_SET);
	cut();
	EXPECT_EQ(5, pread(fd, buf, 5, 0));
	EXPECT_STREQ("first", buf);
	EXPECT_EQ(4, pread(fd, buf, 5, 100 * PAGE - 4));
	EXPECT_EQ(0, memcmp(buf, "last", 4));
	EXPECT_EQ(77, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(1, pread(fd, buf, 1, 50 * PAGE));
	EXPECT_EQ(0, buf[0]);
}

TEST(keeps_its_name_and_size)
{
	int fd = memfd("with a name", 0, 12345);
	char path[64], name[64] = "";
	struct stat st;

	fchmod(fd, 0640);
	cut();
	sprintf(path, "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(path, name, sizeof(name) - 1));
	EXPECT_STREQ("/memfd:with a name (deleted)", name);
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(12345, st.st_size);
	EXPECT_EQ(0640, st.st_mode & 07777);
}

TEST(keeps_seals)
{
	int none = memfd("none", 0, PAGE), some = memfd("some", MFD_ALLOW_SEALING, PAGE);
	int all = memfd("all", MFD_ALLOW_SEALING, PAGE);
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	char *read_only;

	pwrite(all, "kept", 4, 0);
	ASSERT_EQ(0, fcntl(some, F_ADD_SEALS, F_SEAL_SHRINK));
	ASSERT_EQ(0, fcntl(all, F_ADD_SEALS, seals));
	read_only = shared(all, PAGE, PROT_READ);
	cut();
	EXPECT_EQ(F_SEAL_SEAL, fcntl(none, F_GET_SEALS));
	EXPECT_EQ(F_SEAL_SHRINK, fcntl(some, F_GET_SEALS));
	EXPECT_EQ(seals, fcntl(all, F_GET_SEALS));
	EXPECT_EQ(-1, ftruncate(some, 0));
	EXPECT_EQ(0, ftruncate(some, 2 * PAGE));
	EXPECT_EQ(-1, pwrite(all, "x", 1, 0));
	EXPECT_STREQ("kept", read_only);
	EXPECT_EQ(-1, mprotect(read_only, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_STREQ("kept", shared(all, PAGE, PROT_READ));
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, all, 0) == MAP_FAILED);
}

TEST(keeps_mappings_older_than_the_seal)
{
	int fd = memfd("future", MFD_ALLOW_SEALING, 2 * PAGE);
	char *old = shared(fd, PAGE, PROT_READ | PROT_WRITE), *new;

	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		skip("no F_SEAL_FUTURE_WRITE");
	new = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	ASSERT_TRUE(new != MAP_FAILED);
	cut();
	strcpy(old, "may write");
	EXPECT_STREQ("may write", old);
	EXPECT_EQ(-1, mprotect(new, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-1, pwrite(fd, "x", 1, 0));
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	EXPECT_EQ(F_SEAL_FUTURE_WRITE, fcntl(fd, F_GET_SEALS));
}

/* A child maps it after the fork, and it is sealed then. */
TEST(keeps_a_childs_mapping_older_than_the_seal)
{
	int fd = memfd("future", MFD_ALLOW_SEALING, PAGE);
	volatile int *talk = (void *)shared(-1, PAGE, PROT_READ | PROT_WRITE);
	char *p, buf[16] = "";
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		p = shared(fd, PAGE, PROT_READ | PROT_WRITE);
		for (*talk = 1; *talk != 2;)
			usleep(1000);
		strcpy(p, "from a child");
		*talk = 3;
		pause();
	}
	ASSERT_LT(0, pid);
	while (*talk != 1)
		usleep(1000);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK))
		skip("no F_SEAL_FUTURE_WRITE");
	cut();
	*talk = 2;
	while (*talk != 3)
		usleep(1000);
	EXPECT_EQ(12, pread(fd, buf, 12, 0));
	EXPECT_STREQ("from a child", buf);
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	EXPECT_EQ(F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK, fcntl(fd, F_GET_SEALS));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(is_one_memory_for_descriptor_and_mappings)
{
	int fd = memfd("one", 0, 4 * PAGE), again;
	char *a = shared(fd, 4 * PAGE, PROT_READ | PROT_WRITE);
	char *b = shared(fd, 4 * PAGE, PROT_READ | PROT_WRITE);
	char *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char path[64];

	sprintf(path, "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	ASSERT_LE(0, again);
	strcpy(a, "common");
	strcpy(copy, "own");
	cut();
	EXPECT_STREQ("common", b);
	EXPECT_STREQ("own", copy);
	strcpy(b + PAGE, "later");
	EXPECT_STREQ("later", a + PAGE);
	EXPECT_EQ(5, pread(again, path, 5, PAGE));
	EXPECT_EQ(0, memcmp("later", path, 5));
	EXPECT_EQ(-1, write(again, "x", 1));
	EXPECT_EQ(0, lseek(again, 0, SEEK_CUR));
}

TEST(outlives_its_descriptor)
{
	int fd = memfd("closed", 0, 2 * PAGE);
	char *p = shared(fd, 2 * PAGE, PROT_READ | PROT_WRITE);

	close(fd);
	strcpy(p + PAGE, "mapped");
	cut();
	EXPECT_STREQ("mapped", p + PAGE);
	EXPECT_STREQ("", p);
}

TEST(can_be_executed_while_it_is_open)
{
	int fd = memfd("program", 0, 0), exe = open("/bin/true", O_RDONLY), status, n;
	char *const argv[] = { "true", NULL };
	char buf[4096];
	pid_t pid;

	while ((n = read(exe, buf, sizeof(buf))) > 0)
		ASSERT_EQ(n, write(fd, buf, n));
	close(exe);
	cut();
	pid = fork();
	if (!pid) {
		fexecve(fd, argv, argv + 1);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST(keeps_shared_anonymous_memory)
{
	char *p = shared(-1, 64 * PAGE, PROT_READ | PROT_WRITE);
	struct mapping m = { 0 };
	int status, i;
	pid_t pid;

	for (i = 0; i < 64; i += 3)
		p[i * PAGE] = i + 1;
	cut();
	for (i = 0; i < 64; i++)
		EXPECT_EQ(i % 3 ? 0 : i + 1, p[i * PAGE]);
	EXPECT_TRUE(mapping_of(p, &m));
	EXPECT_STREQ("rw-s", m.perms);
	EXPECT_STREQ("/dev/zero (deleted)", m.path);
	pid = fork();
	if (!pid) {
		strcpy(p, "from a child");
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_STREQ("from a child", p);
}

TEST(keeps_what_a_part_of_it_maps)
{
	char *p = shared(-1, 8 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 5, 8 * PAGE);
	munmap(p, 2 * PAGE);
	mprotect(p + 4 * PAGE, PAGE, PROT_NONE);
	cut();
	EXPECT_EQ(5, p[2 * PAGE]);
	EXPECT_EQ(5, p[8 * PAGE - 1]);
	mprotect(p + 4 * PAGE, PAGE, PROT_READ);
	EXPECT_EQ(5, p[4 * PAGE]);
}

TEST_REFUSED(refuses_memory_shared_with_another_process, "shared with another process")
{
	volatile pid_t *helper = (void *)shared(-1, PAGE, PROT_READ | PROT_WRITE);
	int status;
	pid_t pid;

	/* A grandchild, and so nobody's child of ours, keeps the memory mapped. */
	pid = fork();
	if (!pid) {
		if (!fork()) {
			setsid();
			*helper = getpid();
			pause();
		}
		while (!*helper)
			usleep(1000);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	cut();
	kill(*helper, SIGKILL);
}
