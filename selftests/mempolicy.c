// SPDX-License-Identifier: GPL-2.0
/*
 * NUMA policies, of threads, mappings and shared memory. All hold on a machine of
 * one node too; with numa=fake=2 they use both.
 */
#define _GNU_SOURCE
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

#define PAGE	4096ul

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node	450
#endif

static unsigned long nodes_here(void)
{
	return access("/sys/devices/system/node/node1", F_OK) ? 1 : 3;
}

static long set_policy(int mode, unsigned long nodes)
{
	return syscall(SYS_set_mempolicy, mode, nodes ? &nodes : NULL, nodes ? 64 : 0);
}

static long bind_to(void *p, size_t len, int mode, unsigned long nodes)
{
	return syscall(SYS_mbind, p, len, mode, nodes ? &nodes : NULL, nodes ? 64 : 0, 0);
}

/* The policy of a thread (NULL) or of an address: mode, and nodes. */
static int policy_of(void *p, unsigned long *nodes)
{
	unsigned long mask[16] = { 0 };
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, mask, 1024, p, p ? MPOL_F_ADDR : 0))
		skip("no NUMA policies");
	*nodes = mask[0];
	return mode;
}

#define EXPECT_POLICY(want, want_nodes, p) do {				\
	unsigned long got_nodes;					\
	int got_mode = policy_of(p, &got_nodes);			\
									\
	EXPECT_EQ(want, got_mode);					\
	EXPECT_EQ(want_nodes, got_nodes);				\
} while (0)

static char *private(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

static volatile bool over;

static void *interleaves(void *arg)
{
	unsigned long nodes;
	int mode;

	ASSERT_EQ(0, set_policy(MPOL_INTERLEAVE, nodes_here()));
	*(volatile bool *)arg = true;
	while (!over)
		usleep(1000);
	mode = policy_of(NULL, &nodes);
	return (void *)(long)(mode == MPOL_INTERLEAVE && nodes == nodes_here());
}

TEST(keeps_that_of_each_thread)
{
	volatile bool ready = false;
	unsigned long nodes;
	pthread_t thread;
	void *right = NULL;

	policy_of(NULL, &nodes);
	start_thread(&thread, interleaves, (void *)&ready);
	while (!ready)
		usleep(1000);
	ASSERT_EQ(0, set_policy(MPOL_BIND | MPOL_F_STATIC_NODES, 1));
	cut();
	EXPECT_POLICY(MPOL_BIND | MPOL_F_STATIC_NODES, 1, NULL);
	over = true;
	pthread_join(thread, &right);
	EXPECT_TRUE(right);
}

TEST(keeps_that_of_mappings)
{
	char *p = private(6 * PAGE);

	EXPECT_POLICY(MPOL_DEFAULT, 0, p);
	ASSERT_EQ(0, bind_to(p, PAGE, MPOL_BIND, 1));
	ASSERT_EQ(0, bind_to(p + PAGE, PAGE, MPOL_INTERLEAVE, nodes_here()));
	ASSERT_EQ(0, bind_to(p + 2 * PAGE, PAGE, MPOL_PREFERRED, 1));
	ASSERT_EQ(0, bind_to(p + 3 * PAGE, PAGE, MPOL_LOCAL, 0));
	ASSERT_EQ(0, bind_to(p + 4 * PAGE, PAGE, MPOL_BIND | MPOL_F_RELATIVE_NODES, 1));
	memset(p, 4, 6 * PAGE);
	cut();
	EXPECT_POLICY(MPOL_BIND, 1, p);
	EXPECT_POLICY(MPOL_INTERLEAVE, nodes_here(), p + PAGE);
	EXPECT_POLICY(MPOL_PREFERRED, 1, p + 2 * PAGE);
	EXPECT_POLICY(MPOL_LOCAL, 0, p + 3 * PAGE);
	EXPECT_POLICY(MPOL_BIND | MPOL_F_RELATIVE_NODES, 1, p + 4 * PAGE);
	EXPECT_POLICY(MPOL_DEFAULT, 0, p + 5 * PAGE);
	EXPECT_EQ(4, p[6 * PAGE - 1]);
}

TEST(keeps_that_of_shared_memory)
{
	int fd = memfd_create("bound", 0);
	char *a, *b;

	ASSERT_EQ(0, ftruncate(fd, 8 * PAGE));
	a = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(a != MAP_FAILED);
	EXPECT_POLICY(MPOL_DEFAULT, 0, a);
	strcpy(a + PAGE, "bound");
	ASSERT_EQ(0, bind_to(a + PAGE, 2 * PAGE, MPOL_BIND, 1));
	ASSERT_EQ(0, bind_to(a + 5 * PAGE, PAGE, MPOL_INTERLEAVE, nodes_here()));
	munmap(a + 4 * PAGE, 4 * PAGE);
	cut();
	EXPECT_STREQ("bound", a + PAGE);
	EXPECT_POLICY(MPOL_DEFAULT, 0, a);
	EXPECT_POLICY(MPOL_BIND, 1, a + PAGE);
	EXPECT_POLICY(MPOL_BIND, 1, a + 2 * PAGE);
	EXPECT_POLICY(MPOL_DEFAULT, 0, a + 3 * PAGE);
	/* The memory has it, whoever maps it. */
	b = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT_POLICY(MPOL_INTERLEAVE, nodes_here(), b + 5 * PAGE);
	EXPECT_POLICY(MPOL_DEFAULT, 0, b + 6 * PAGE);
}

TEST(keeps_a_home_node)
{
	char *p = private(PAGE);

	if (bind_to(p, PAGE, MPOL_BIND, 1))
		skip("no NUMA policies");
	if (syscall(SYS_set_mempolicy_home_node, p, PAGE, 0, 0))
		skip("no home nodes");
	cut();
	EXPECT_POLICY(MPOL_BIND, 1, p);
	EXPECT_EQ(0, syscall(SYS_set_mempolicy_home_node, p, PAGE, 0, 0));
}
