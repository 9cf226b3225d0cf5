// SPDX-License-Identifier: GPL-2.0
/* Memory that is locked: mlock(), mlock2(), mlockall(). */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "kcr_harness.h"
#include "maps.h"

#define PAGE	4096ul

static char *private(size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static long rss_kb(const void *addr)
{
	struct mapping m = { 0 };

	ASSERT_TRUE(mapping_of(addr, &m));
	return m.rss_kb;
}

static long locked_kb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	while (fgets(line, sizeof(line), f))
		sscanf(line, "VmLck: %ld", &kb);
	fclose(f);
	return kb;
}

TEST(keeps_memory_locked)
{
	char *p = private(16 * PAGE, PROT_READ | PROT_WRITE);

	strcpy(p + 5 * PAGE, "locked");
	ASSERT_EQ(0, mlock(p + 4 * PAGE, 8 * PAGE));
	cut();
	EXPECT_FALSE(has_flag(p, "lo"));
	EXPECT_TRUE(has_flag(p + 4 * PAGE, "lo"));
	EXPECT_FALSE(has_flag(p + 12 * PAGE, "lo"));
	EXPECT_EQ(32, locked_kb());
	EXPECT_EQ(32, rss_kb(p + 4 * PAGE));	/* all of it is there */
	EXPECT_STREQ("locked", p + 5 * PAGE);
	memset(p, 1, 16 * PAGE);
	EXPECT_EQ(32, locked_kb());
	EXPECT_EQ(0, munlock(p + 4 * PAGE, 8 * PAGE));
	EXPECT_EQ(0, locked_kb());
}

TEST(locks_what_is_touched)
{
	char *p = private(16 * PAGE, PROT_READ | PROT_WRITE);

	ASSERT_EQ(0, mlock2(p, 16 * PAGE, MLOCK_ONFAULT));
	p[3 * PAGE] = 1;
	ASSERT_EQ(4, rss_kb(p));
	cut();
	EXPECT_TRUE(has_flag(p, "lo"));
	EXPECT_EQ(64, locked_kb());
	EXPECT_EQ(4, rss_kb(p));
	EXPECT_EQ(1, p[3 * PAGE]);
	p[7 * PAGE] = 1;
	EXPECT_EQ(8, rss_kb(p));
}

TEST(keeps_shared_memory_locked)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	strcpy(p, "shared");
	ASSERT_EQ(0, mlock(p, 4 * PAGE));
	cut();
	EXPECT_TRUE(has_flag(p, "lo"));
	EXPECT_EQ(16, locked_kb());
	EXPECT_STREQ("shared", p);
}

TEST(locks_what_is_mapped_later)
{
	char *before = private(PAGE, PROT_READ | PROT_WRITE), *after;

	ASSERT_EQ(0, mlockall(MCL_FUTURE));
	cut();
	EXPECT_FALSE(has_flag(before, "lo"));
	after = private(4 * PAGE, PROT_READ | PROT_WRITE);
	EXPECT_TRUE(has_flag(after, "lo"));
	EXPECT_EQ(16, rss_kb(after));
	EXPECT_EQ(0, munlockall());
}

TEST(locks_what_is_mapped_and_touched_later)
{
	char *after;

	ASSERT_EQ(0, mlockall(MCL_FUTURE | MCL_ONFAULT));
	cut();
	after = private(4 * PAGE, PROT_READ | PROT_WRITE);
	EXPECT_TRUE(has_flag(after, "lo"));
	after[0] = 1;
	EXPECT_EQ(4, rss_kb(after));
	EXPECT_EQ(0, munlockall());
}

TEST(keeps_everything_locked)
{
	char *none = private(4 * PAGE, PROT_NONE), *after;
	long kb;

	ASSERT_EQ(0, mlockall(MCL_CURRENT));
	kb = locked_kb();
	ASSERT_LT(0, kb);
	cut();
	EXPECT_LE(kb, locked_kb() + 64);	/* reading /proc moves the heap */
	EXPECT_TRUE(has_flag(none, "lo"));
	EXPECT_TRUE(has_flag(&kb, "lo"));
	EXPECT_TRUE(has_flag(keeps_everything_locked, "lo"));
	after = private(PAGE, PROT_READ | PROT_WRITE);
	EXPECT_FALSE(has_flag(after, "lo"));
	EXPECT_EQ(0, munlockall());
}

TEST(is_locked_within_the_limit, .user = "alice")
{
	char *p = private(4 * PAGE, PROT_READ | PROT_WRITE);

	ASSERT_EQ(0, mlock(p, 4 * PAGE));
	cut();
	EXPECT_TRUE(has_flag(p, "lo"));
	EXPECT_EQ(16, locked_kb());
}
