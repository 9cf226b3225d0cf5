// SPDX-License-Identifier: GPL-2.0
/* The vDSO: code of the kernel's that the program knows the addresses of. */
#define _GNU_SOURCE
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

#include "kcr_harness.h"
#include "maps.h"

TEST(keeps_its_place)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	struct mapping m = { 0 };

	if (!vdso)
		skip("no vDSO");
	cut();
	EXPECT_TRUE(mapping_of(vdso, &m));
	EXPECT_STREQ("[vdso]", m.path);
	EXPECT_EQ((unsigned long)vdso, m.start);
	EXPECT_EQ(0, memcmp(vdso, ELFMAG, SELFMAG));
}

/* As a debugger does that sets a breakpoint, and takes it away again. */
TEST_REFUSED(changed_code, "vDSO: its code was changed")
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	struct mapping m = { 0 };

	if (!mapping_of(vdso, &m))
		skip("no vDSO");
	ASSERT_EQ(0, mprotect(vdso, m.end - m.start, PROT_READ | PROT_WRITE | PROT_EXEC));
	*(volatile char *)vdso = *vdso;
	ASSERT_EQ(0, mprotect(vdso, m.end - m.start, PROT_READ | PROT_EXEC));
	cut();
	EXPECT_EQ(0, memcmp(vdso, ELFMAG, SELFMAG));
}

TEST(keeps_telling_the_time)
{
	struct timespec before, after, real;

	clock_gettime(CLOCK_MONOTONIC, &before);
	cut();
	clock_gettime(CLOCK_MONOTONIC, &after);
	EXPECT_LE(before.tv_sec, after.tv_sec);
	clock_gettime(CLOCK_REALTIME, &real);
	EXPECT_LE(0, real.tv_sec - time(NULL) + 1);
	EXPECT_GE(1, real.tv_sec - time(NULL));
}

/* Threads that are stopped inside of it. */
static volatile bool enough;

static void *read_clock(void *arg)
{
	struct timespec last = { 0 }, now;
	long *wrong = arg;

	while (!enough) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec < last.tv_sec ||
		    (now.tv_sec == last.tv_sec && now.tv_nsec < last.tv_nsec))
			++*wrong;
		last = now;
	}
	return NULL;
}

TEST(can_be_stopped_inside)
{
	pthread_t thread[2];
	long wrong[2] = { 0 };
	int i;

	for (i = 0; i < 2; i++)
		start_thread(&thread[i], read_clock, &wrong[i]);
	usleep(20000);
	cut();
	usleep(20000);
	enough = true;
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		EXPECT_EQ(0, wrong[i]);
	}
}
