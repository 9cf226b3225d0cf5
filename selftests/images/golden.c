// SPDX-License-Identifier: GPL-2.0
/*
 * The program in the golden images: no library, so that the few kilobytes that
 * lie beside an image are all that it relies on: it even unmaps the vDSO, which
 * is another one with every kernel. It counts three hundred ticks of ten
 * milliseconds in memory and in an SSE register, and exits 42 if both have
 * counted the same.
 *
 *	cc -Os -static -nostdlib -fno-pie -no-pie -fno-stack-protector \
 *	   -fno-asynchronous-unwind-tables -Wl,--build-id=none -s golden.c
 */
#include <elf.h>
#include <sys/syscall.h>
#include <time.h>

#define TICKS		300
#define VVAR_PAGES	4	/* before the vDSO, in 6.1 and 6.12 */
#define VDSO_PAGES	2

static long call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static volatile unsigned long ticks;
static volatile char page[3 * 4096];

static void unmap_vdso(const unsigned long *stack)
{
	const Elf64_auxv_t *aux;

	stack += 1 + stack[0] + 1;	/* argc, argv, NULL */
	while (*stack++)
		;			/* envp, NULL */
	for (aux = (const void *)stack; aux->a_type != AT_NULL; aux++)
		if (aux->a_type == AT_SYSINFO_EHDR)
			call(SYS_munmap, aux->a_un.a_val - VVAR_PAGES * 4096,
			     (VVAR_PAGES + VDSO_PAGES) * 4096, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n\tand $-16, %rsp\n\tcall count\n");

void count(const unsigned long *stack);
void count(const unsigned long *stack)
{
	const struct timespec tick = { 0, 10000000 };
	unsigned long in_register = 0;
	int i;

	unmap_vdso(stack);
	for (i = 0; i < 3; i++)
		page[i * 4096 + 17] = i + 1;
	while (ticks < TICKS) {
		__asm__ volatile("movq %0, %%xmm15" : : "r"(in_register) : "xmm15");
		if (call(SYS_nanosleep, (long)&tick, 0, 0))
			call(SYS_exit_group, 44, 0, 0);
		__asm__ volatile("movq %%xmm15, %0" : "=r"(in_register));
		in_register++;
		ticks++;
	}
	for (i = 0; i < 3; i++)
		if (page[i * 4096 + 17] != i + 1)
			call(SYS_exit_group, 45, 0, 0);
	call(SYS_exit_group, in_register == TICKS ? 42 : 43, 0, 0);
}
