// SPDX-License-Identifier: GPL-2.0
/* What belongs to an address space as a whole. */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "kcr_harness.h"
#include "maps.h"

extern char etext, edata, end;

/* Fields 26 to 28 and 45 to 51 of /proc/self/stat. */
static void addresses(unsigned long *a)
{
	static const int field[] = { 26, 27, 28, 45, 46, 47, 48, 49, 50, 51 };
	char line[1024] = "", *p;
	FILE *f = fopen("/proc/self/stat", "r");
	int i, n = 2;

	ASSERT_TRUE(fgets(line, sizeof(line), f));
	fclose(f);
	p = strrchr(line, ')') + 1;
	for (i = 0; i < 10; i++) {
		for (; n < field[i] - 1; n++)
			p = strchr(p + 1, ' ');
		a[i] = strtoul(p, NULL, 10);
	}
}

TEST(keeps_its_addresses)
{
	unsigned long before[10], after[10];
	int i;

	addresses(before);
	ASSERT_NE(0, before[9]);
	cut();
	addresses(after);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(before[i], after[i]);
}

TEST(keeps_the_auxiliary_vector)
{
	static char before[2048], after[2048];
	FILE *f = fopen("/proc/self/auxv", "r");
	size_t n = fread(before, 1, sizeof(before), f);

	fclose(f);
	cut();
	f = fopen("/proc/self/auxv", "r");
	EXPECT_EQ(n, fread(after, 1, sizeof(after), f));
	fclose(f);
	EXPECT_EQ(0, memcmp(before, after, n));
	EXPECT_TRUE(getauxval(AT_RANDOM) != 0);
}

TEST(keeps_heap_and_stack_named)
{
	struct mapping m = { 0 };

	ASSERT_TRUE(sbrk(4096) != (void *)-1);
	cut();
	EXPECT_TRUE(mapping_of((char *)sbrk(0) - 1, &m));
	EXPECT_STREQ("[heap]", m.path);
	EXPECT_TRUE(mapping_of(&m, &m));
	EXPECT_STREQ("[stack]", m.path);
}

TEST(keeps_being_dumpable)
{
	cut();
	EXPECT_EQ(1, prctl(PR_GET_DUMPABLE));
}

TEST(keeps_the_core_dump_filter)
{
	char buf[16] = "";
	FILE *f = fopen("/proc/self/coredump_filter", "w");

	if (!f)
		skip("the kernel dumps no cores (CONFIG_ELF_CORE)");
	fprintf(f, "0x21");
	fclose(f);
	cut();
	f = fopen("/proc/self/coredump_filter", "r");
	EXPECT_TRUE(fgets(buf, sizeof(buf), f));
	fclose(f);
	EXPECT_EQ(0x21, strtol(buf, NULL, 16));
}

TEST(keeps_huge_pages_disabled)
{
	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	cut();
	EXPECT_EQ(1, prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

TEST(keeps_huge_pages_enabled)
{
	cut();
	EXPECT_EQ(0, prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

TEST(keeps_membarrier)
{
	ASSERT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	cut();
	EXPECT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	/* Not asked for, so not allowed. */
	EXPECT_EQ(-1, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
			      0, 0));
}

TEST(keeps_its_peak)
{
	char *p = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char line[256];
	long peak = 0;
	FILE *f;

	memset(p, 1, 32 << 20);
	munmap(p, 32 << 20);
	cut();
	f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "VmHWM: %ld", &peak);
	fclose(f);
	EXPECT_LT(32 << 10, peak);
}

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE	67
#define PR_GET_MEMORY_MERGE	68
#endif

TEST(keeps_merging_memory)
{
	char *p;

	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0))
		skip("no PR_SET_MEMORY_MERGE");
	p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(0, madvise(p + 4096, 4096, MADV_UNMERGEABLE));
	cut();
	EXPECT_EQ(1, prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
	EXPECT_TRUE(has_flag(p, "mg"));
	EXPECT_FALSE(has_flag(p + 4096, "mg"));
	EXPECT_TRUE(has_flag(p + 2 * 4096, "mg"));
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_TRUE(has_flag(p, "mg"));
}

#ifndef PR_SET_MDWE
#define PR_SET_MDWE	65
#define PR_GET_MDWE	66
#endif

TEST(keeps_denying_exec_gain)
{
	char *p;

	if (prctl(PR_SET_MDWE, 1, 0, 0, 0))
		skip("no PR_SET_MDWE");
	cut();
	EXPECT_EQ(1, prctl(PR_GET_MDWE, 0, 0, 0, 0));
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_TRUE(p == MAP_FAILED);
}
