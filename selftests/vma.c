// SPDX-License-Identifier: GPL-2.0
/* Mappings: where they are, what they may, what madvise() said of them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "maps.h"

#define PAGE	4096ul

static char *map(size_t len, int prot, int flags)
{
	char *p = mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static char *private(size_t len)
{
	return map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static sigjmp_buf out;

static void jump_out(int sig)
{
	siglongjmp(out, sig);
}

/* The signal that an access ends with, 0 for none. */
static int access_signal(volatile char *p, bool write)
{
	int sig;

	signal(SIGSEGV, jump_out);
	signal(SIGBUS, jump_out);
	sig = sigsetjmp(out, 1);
	if (!sig) {
		if (write)
			*p = *p;
		else
			(void)*p;
	}
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	return sig;
}

static int make_file(const char *name, const char *text, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, size));
	ASSERT_EQ(strlen(text), pwrite(fd, text, strlen(text), 0));
	return fd;
}

TEST(keeps_what_is_written)
{
	char *p = private(16 * PAGE);
	int i;

	for (i = 0; i < 16; i += 2)
		sprintf(p + i * PAGE + 100, "page %d", i);
	cut();
	for (i = 0; i < 16; i += 2) {
		char want[16];

		sprintf(want, "page %d", i);
		EXPECT_STREQ(want, p + i * PAGE + 100);
		EXPECT_EQ(0, p[(i + 1) * PAGE]);
	}
}

TEST(keeps_protection)
{
	char *p = private(4 * PAGE);

	memset(p, 7, 4 * PAGE);
	mprotect(p, PAGE, PROT_NONE);
	mprotect(p + PAGE, PAGE, PROT_READ);
	mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_EXEC);
	cut();
	EXPECT_EQ(SIGSEGV, access_signal(p, false));
	EXPECT_EQ(0, access_signal(p + PAGE, false));
	EXPECT_EQ(SIGSEGV, access_signal(p + PAGE, true));
	EXPECT_EQ(SIGSEGV, access_signal(p + 2 * PAGE, true));
	EXPECT_EQ(0, access_signal(p + 3 * PAGE, true));
	mprotect(p, 4 * PAGE, PROT_READ | PROT_WRITE);
	EXPECT_EQ(7, p[0]);
	EXPECT_EQ(7, p[PAGE]);
	EXPECT_EQ(7, p[2 * PAGE]);
}

TEST(runs_code_that_was_written)
{
	static const unsigned char code[] = { 0xb8, 0x2a, 0, 0, 0, 0xc3 };
	char *p = private(PAGE);
	int (*fn)(void) = (void *)p;

	memcpy(p, code, sizeof(code));
	mprotect(p, PAGE, PROT_READ | PROT_EXEC);
	cut();
	EXPECT_EQ(42, fn());
}

TEST(keeps_a_reservation_of_a_terabyte)
{
	size_t tera = 1ul << 40;
	char *none = map(tera, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	char *sparse = map(tera, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);

	sparse[12345] = 1;
	sparse[tera / 2] = 2;
	sparse[tera - 1] = 3;
	cut();
	EXPECT_EQ(SIGSEGV, access_signal(none + tera / 3, false));
	EXPECT_EQ(1, sparse[12345]);
	EXPECT_EQ(2, sparse[tera / 2]);
	EXPECT_EQ(3, sparse[tera - 1]);
	EXPECT_EQ(0, sparse[tera / 4]);
	EXPECT_TRUE(has_flag(sparse, "nr"));
}

TEST(keeps_holes)
{
	char *p = private(3 * PAGE);

	munmap(p + PAGE, PAGE);
	cut();
	EXPECT_EQ(SIGSEGV, access_signal(p + PAGE, false));
	EXPECT_EQ(0, access_signal(p + 2 * PAGE, true));
}

TEST(keeps_advice)
{
	char *p = private(5 * PAGE);
	char *huge = private(4 << 20);

	madvise(p, PAGE, MADV_DONTFORK);
	madvise(p + PAGE, PAGE, MADV_DONTDUMP);
	madvise(p + 2 * PAGE, PAGE, MADV_WIPEONFORK);
	madvise(p + 3 * PAGE, PAGE, MADV_SEQUENTIAL);
	madvise(p + 4 * PAGE, PAGE, MADV_RANDOM);
	madvise(huge, 2 << 20, MADV_HUGEPAGE);
	madvise(huge + (2 << 20), 2 << 20, MADV_NOHUGEPAGE);
	cut();
	EXPECT_TRUE(has_flag(p, "dc"));
	EXPECT_TRUE(has_flag(p + PAGE, "dd"));
	EXPECT_TRUE(has_flag(p + 2 * PAGE, "wf"));
	EXPECT_TRUE(has_flag(p + 3 * PAGE, "sr"));
	EXPECT_TRUE(has_flag(p + 4 * PAGE, "rr"));
	EXPECT_TRUE(has_flag(huge, "hg"));
	EXPECT_TRUE(has_flag(huge + (2 << 20), "nh"));
}

TEST(keeps_memory_that_fork_leaves_out)
{
	char *p = private(2 * PAGE);
	int status;
	pid_t pid;

	strcpy(p, "not copied");
	strcpy(p + PAGE, "wiped");
	madvise(p, PAGE, MADV_DONTFORK);
	madvise(p + PAGE, PAGE, MADV_WIPEONFORK);
	cut();
	EXPECT_STREQ("not copied", p);
	EXPECT_STREQ("wiped", p + PAGE);
	pid = fork();
	if (!pid)
		_exit(access_signal(p, false) == SIGSEGV && !p[PAGE] ? 0 : 1);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST(forks_afterwards)
{
	char *p = private(64 * PAGE);
	int status, i;
	pid_t pid;

	memset(p, 1, 64 * PAGE);
	cut();
	pid = fork();
	if (!pid) {
		memset(p, 2, 64 * PAGE);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(1, p[i * PAGE]);
}

static int __attribute__((noinline)) deep(int n)
{
	volatile char room[1024];

	room[n % 1024] = 1;
	return n ? deep(n - 1) + room[n % 1024] : 0;
}

TEST(grows_its_stack_afterwards)
{
	cut();
	EXPECT_EQ(4000, deep(4000));	/* four megabytes */
}

TEST(keeps_a_stack_that_grows)
{
	char *hole = map(64 * PAGE, PROT_NONE, MAP_PRIVATE), *p;

	munmap(hole, 64 * PAGE);
	/* The guard gap below a growing mapping is a megabyte. */
	p = mmap(hole + 60 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	p[0] = 1;
	cut();
	EXPECT_TRUE(has_flag(p, "gd"));
	EXPECT_EQ(1, p[0]);
}

TEST(grows_its_heap_afterwards)
{
	char *brk = sbrk(0), *grown;

	cut();
	EXPECT_TRUE(brk == sbrk(0));
	grown = sbrk(1 << 20);
	ASSERT_TRUE(grown == brk);
	memset(grown, 1, 1 << 20);
	EXPECT_EQ(0, brk == sbrk(0));
}

TEST(keeps_changed_pages_of_a_private_file)
{
	int fd = make_file("data", "from the file", 4 * PAGE);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	pwrite(fd, "third", 5, 2 * PAGE);
	pwrite(fd, "fourth", 6, 3 * PAGE);
	strcpy(p + PAGE, "changed");
	memset(p + 2 * PAGE, 0, PAGE);	/* zeros where the file has none */
	close(fd);
	cut();
	EXPECT_STREQ("from the file", p);
	EXPECT_STREQ("changed", p + PAGE);
	EXPECT_STREQ("", p + 2 * PAGE);
	EXPECT_STREQ("fourth", p + 3 * PAGE);
}

TEST(keeps_a_mapped_file_that_is_deleted)
{
	int fd = make_file("doomed", "still here", 2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	ASSERT_STREQ("still here", p);
	unlink("doomed");
	close(fd);
	cut();
	EXPECT_STREQ("still here", p);
}

TEST(keeps_a_shared_file_mapping)
{
	int fd = make_file("shared", "first", 2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	char buf[8] = "";

	ASSERT_STREQ("first", p);
	cut();
	EXPECT_STREQ("first", p);
	EXPECT_EQ(5, pwrite(fd, "other", 5, PAGE));
	EXPECT_STREQ("other", p + PAGE);
	EXPECT_EQ(5, pread(fd, buf, 5, 0));
	EXPECT_STREQ("first", buf);
	EXPECT_EQ(SIGSEGV, access_signal(p, true));
	/* As it was, for the next one that is restored from the image. */
	EXPECT_EQ(5, pwrite(fd, "\0\0\0\0\0", 5, PAGE));
}

TEST(keeps_a_private_mapping_of_dev_zero)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	close(fd);
	strcpy(p, "not zero");
	cut();
	EXPECT_STREQ("not zero", p);
	EXPECT_EQ(0, p[PAGE]);
}

TEST(keeps_the_end_of_a_file_an_end)
{
	int fd = make_file("short", "x", 100);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	cut();
	EXPECT_EQ('x', p[0]);
	EXPECT_EQ(SIGBUS, access_signal(p + PAGE, false));
}

TEST(keeps_ten_thousand_mappings, .timeout = 60)
{
	int i, n = 10000;
	char *p = private(2 * n * PAGE);

	for (i = 0; i < n; i++) {
		p[2 * i * PAGE] = i;
		mprotect(p + (2 * i + 1) * PAGE, PAGE, PROT_NONE);
	}
	cut();
	for (i = 0; i < n; i++)
		if (p[2 * i * PAGE] != (char)i)
			break;
	EXPECT_EQ(n, i);
	EXPECT_EQ(SIGSEGV, access_signal(p + PAGE, false));
}

TEST(maps_where_it_would_have)
{
	char *before = private(PAGE), *after;

	munmap(before, PAGE);
	cut();
	after = private(PAGE);
	EXPECT_TRUE(before == after);
}

TEST(keeps_memory_that_may_be_merged)
{
	char *p = private(3 * PAGE);

	if (madvise(p + PAGE, PAGE, MADV_MERGEABLE))
		skip("no KSM");
	memset(p, 3, 3 * PAGE);
	cut();
	EXPECT_FALSE(has_flag(p, "mg"));
	EXPECT_TRUE(has_flag(p + PAGE, "mg"));
	EXPECT_FALSE(has_flag(p + 2 * PAGE, "mg"));
	EXPECT_EQ(3, p[PAGE]);
}

TEST_REFUSED(refuses_secret_memory, "secret memory")
{
	int fd = syscall(447 /* memfd_secret */, 0);
	char *p;

	if (fd < 0)
		skip("no memfd_secret()");
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	p[0] = 1;
	close(fd);
	cut();
	EXPECT_EQ(1, p[0]);
}

static bool name_memory(void *p, const char *name)
{
	return !prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, PAGE, name);
}

TEST_REFUSED(refuses_a_name, "PR_SET_VMA_ANON_NAME")
{
	if (!name_memory(private(PAGE), "walrus"))
		skip("the kernel has no names of memory");
	cut();
}

TEST_REFUSED(refuses_a_name_of_shared_memory, "PR_SET_VMA_ANON_NAME")
{
	if (!name_memory(map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED), "walrus"))
		skip("the kernel has no names of shared memory");
	cut();
}
