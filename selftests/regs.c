// SPDX-License-Identifier: GPL-2.0
/* Registers: general, FS and GS base, SSE and AVX, their control words. */
#include <asm/prctl.h>
#include <cpuid.h>
#include <fenv.h>
#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

/* Spins on a flag with every callee-saved register known; no system call. */
static volatile int go_on;
static volatile int spinning;

static void *let_go(void *arg)
{
	(void)arg;
	while (!spinning)
		usleep(1000);
	cut();
	go_on = 1;
	return NULL;
}

TEST(keeps_general_registers_of_a_running_thread)
{
	uint64_t b = 0, c12 = 0, c13 = 0, c14 = 0, c15 = 0;
	pthread_t thread;

	go_on = spinning = 0;
	start_thread(&thread, let_go, NULL);
	asm volatile("movabs $0x1122334455667788, %%rbx\n\t"
		     "movabs $0xfedcba9876543210, %%r12\n\t"
		     "movabs $0x0123456789abcdef, %%r13\n\t"
		     "mov $-1, %%r14\n\t"
		     "mov $0x7fffffff, %%r15d\n\t"
		     "movl $1, %[spin]\n"
		     "1: cmpl $0, %[go]\n\t"
		     "je 1b\n\t"
		     "mov %%rbx, %[b]\n\t"
		     "mov %%r12, %[c12]\n\t"
		     "mov %%r13, %[c13]\n\t"
		     "mov %%r14, %[c14]\n\t"
		     "mov %%r15, %[c15]\n\t"
		     : [b] "=m"(b), [c12] "=m"(c12), [c13] "=m"(c13),
		       [c14] "=m"(c14), [c15] "=m"(c15), [spin] "=m"(spinning)
		     : [go] "m"(go_on)
		     : "rbx", "r12", "r13", "r14", "r15", "cc", "memory");
	EXPECT_EQ(0x1122334455667788ull, b);
	EXPECT_EQ(0xfedcba9876543210ull, c12);
	EXPECT_EQ(0x0123456789abcdefull, c13);
	EXPECT_EQ(~0ull, c14);
	EXPECT_EQ(0x7fffffffull, c15);
	pthread_join(thread, NULL);
}

TEST(keeps_sse_registers_of_a_running_thread)
{
	static const uint64_t in[2] __attribute__((aligned(16))) = {
		0xdeadbeefcafef00d, 0x0123456789abcdef };
	uint64_t out[2] __attribute__((aligned(16))) = { 0 };
	pthread_t thread;

	go_on = spinning = 0;
	start_thread(&thread, let_go, NULL);
	asm volatile("movdqa %[in], %%xmm9\n\t"
		     "movl $1, %[spin]\n"
		     "1: cmpl $0, %[go]\n\t"
		     "je 1b\n\t"
		     "movdqa %%xmm9, %[out]\n\t"
		     : [out] "=m"(out), [spin] "=m"(spinning)
		     : [in] "m"(in), [go] "m"(go_on)
		     : "xmm9", "cc", "memory");
	EXPECT_EQ(in[0], out[0]);
	EXPECT_EQ(in[1], out[1]);
	pthread_join(thread, NULL);
}

__attribute__((target("avx")))
static void spin_avx(const uint64_t *in, uint64_t *out)
{
	asm volatile("vmovdqu (%[in]), %%ymm11\n\t"
		     "movl $1, %[spin]\n"
		     "1: cmpl $0, %[go]\n\t"
		     "je 1b\n\t"
		     "vmovdqu %%ymm11, (%[out])\n\t"
		     : [spin] "=m"(spinning)
		     : [in] "r"(in), [out] "r"(out), [go] "m"(go_on)
		     : "xmm11", "cc", "memory");
}

TEST(keeps_avx_registers_of_a_running_thread)
{
	static const uint64_t in[4] = { 1, 0x8000000000000002, 3, ~4ull };
	uint64_t out[4] = { 0 };
	pthread_t thread;
	int i;

	if (!__builtin_cpu_supports("avx"))
		skip("this processor has no AVX");
	go_on = spinning = 0;
	start_thread(&thread, let_go, NULL);
	spin_avx(in, out);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(in[i], out[i]);
	pthread_join(thread, NULL);
}

TEST(keeps_rounding_mode)
{
	unsigned int mxcsr;

	fesetround(FE_TOWARDZERO);
	mxcsr = _mm_getcsr();
	cut();
	EXPECT_EQ(FE_TOWARDZERO, fegetround());
	EXPECT_EQ(mxcsr, _mm_getcsr());
}

TEST(keeps_gs_base)
{
	static uint64_t word = 0x600dd00dull;
	unsigned long base = 0;
	uint64_t got;

	ASSERT_EQ(0, syscall(SYS_arch_prctl, ARCH_SET_GS, &word));
	cut();
	ASSERT_EQ(0, syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
	EXPECT_EQ((unsigned long)&word, base);
	asm volatile("mov %%gs:0, %0" : "=r"(got));
	EXPECT_EQ(word, got);
}

static __thread int mine = 7;

TEST(keeps_thread_local_memory)
{
	mine = 4711;
	cut();
	EXPECT_EQ(4711, mine);
}
