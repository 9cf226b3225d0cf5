// SPDX-License-Identifier: GPL-2.0
/* Segments and I/O ports, as programs of another time use them. */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static void make_segment(unsigned int entry, void *base, unsigned int limit)
{
	struct user_desc desc = {
		.entry_number = entry,
		.base_addr = (unsigned long)base,
		.limit = limit,
		.seg_32bit = 1,
		.useable = 1,
	};

	if ((int)syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)))
		skip("no modify_ldt()");
}

static size_t read_table(void *buf, size_t size)
{
	memset(buf, 0, size);
	return (int)syscall(SYS_modify_ldt, 0, buf, size);
}

TEST(the_table_stays)
{
	static char before[8 * 80], after[8 * 80];

	make_segment(3, (void *)0x1234000, 0xfff);
	make_segment(70, (void *)0x8765000, 0x10);
	ASSERT_EQ(sizeof(before), read_table(before, sizeof(before)));
	cut();
	ASSERT_EQ(sizeof(after), read_table(after, sizeof(after)));
	EXPECT_EQ(0, memcmp(before, after, sizeof(before)));
}

static unsigned int read_gs(void)
{
	unsigned int gs;

	asm volatile ("mov %%gs, %0" : "=r"(gs));
	return gs;
}

static int read_gs_0(void)
{
	int val;

	asm volatile ("movl %%gs:0, %0" : "=r"(val));
	return val;
}

TEST(a_segment_in_use_stays)
{
	int *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	ASSERT_NE((void *)MAP_FAILED, (void *)mem);
	*mem = 4711;
	make_segment(5, mem, 0xfff);
	asm volatile ("mov %0, %%gs" : : "r"(5 << 3 | 7));
	cut();
	EXPECT_EQ(5 << 3 | 7, read_gs());
	EXPECT_EQ(4711, read_gs_0());
}

TEST(a_child_without_a_table_has_none)
{
	int fds[2], status;
	char buf[80];
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		if (read(fds[0], buf, 1) != 1)
			_exit(1);
		_exit(read_table(buf, sizeof(buf)) ? 2 : 7);
	}
	make_segment(3, (void *)0x1234000, 0xfff);
	cut();
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, WEXITSTATUS(status));
}

static sigjmp_buf out;

static void on_segv(int sig)
{
	siglongjmp(out, sig);
}

/* 0x80 and its neighbours are there to be written to, for delay. */
static bool may_write(unsigned short port)
{
	signal(SIGSEGV, on_segv);
	if (sigsetjmp(out, 1))
		return false;
	outb(0, port);
	return true;
}

TEST(ports_may_be_used_as_before)
{
	if (ioperm(0x80, 1, 1))
		skip("no I/O ports");
	ASSERT_EQ(0, ioperm(0xed, 2, 1));
	cut();
	EXPECT_TRUE(may_write(0x80));
	EXPECT_FALSE(may_write(0x81));
	EXPECT_TRUE(may_write(0xed));
	EXPECT_TRUE(may_write(0xee));
	EXPECT_FALSE(may_write(0xef));
}

TEST(all_ports_may_be_used_as_before)
{
	if (iopl(3))
		skip("no I/O ports");
	cut();
	EXPECT_TRUE(may_write(0x80));
	EXPECT_TRUE(may_write(0xee));
}
