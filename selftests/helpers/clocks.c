// SPDX-License-Identifier: GPL-2.0
/*
 * clocks: reads clocks through the vDSO, and looks how. For each file go.N that
 * appears in its folder (N from 1) it prints "round N: " and "ok", or what is
 * wrong, and makes done.N; it ends after a round in which there is a file "end".
 *
 * clocks inside: sleeps in a system call made from inside the vDSO until there
 * is a file "end", and prints "ok".
 * clocks busy: two threads read a clock all the time, until there is a file "end";
 * prints "back" if it goes back, or else "ok".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static const clockid_t clocks[] = {
	CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME, CLOCK_MONOTONIC_RAW,
	CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_COARSE,
};

#define CLOCKS	(sizeof(clocks) / sizeof(clocks[0]))

/* What the vDSO exports, as it was found when the program began. */
static struct {
	int (*clock_gettime)(clockid_t clock, struct timespec *ts);
	int (*clock_getres)(clockid_t clock, struct timespec *ts);
	int (*gettimeofday)(struct timeval *tv, void *zone);
	time_t (*time)(time_t *t);
	long (*getcpu)(unsigned int *cpu, unsigned int *node, void *unused);
} vdso;

static int64_t last[CLOCKS];
static int wrong;

static void expect(bool is, const char *what)
{
	if (is)
		return;
	printf("not %s; ", what);
	wrong++;
}

/* Where it is */

static uintptr_t mapped, mapped_end;	/* the kernel's own, by the table of mappings */
static uintptr_t known;			/* by the auxiliary vector: as it was at exec */

static void find_mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	mapped = 0;
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]"))
			sscanf(line, "%lx-%lx", &mapped, &mapped_end);
	if (maps)
		fclose(maps);
}

static void find_functions(bool again)
{
	void *lib = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	typeof(vdso) found;

	if (!lib) {
		expect(false, "found as a library");
		return;
	}
	found.clock_gettime = dlsym(lib, "__vdso_clock_gettime");
	found.clock_getres = dlsym(lib, "__vdso_clock_getres");
	found.gettimeofday = dlsym(lib, "gettimeofday");
	found.time = dlsym(lib, "time");
	found.getcpu = dlsym(lib, "__vdso_getcpu");
	expect(found.clock_gettime && found.clock_getres && found.gettimeofday &&
	       found.time && found.getcpu, "all functions there");
	if (again)
		expect(!memcmp(&found, &vdso, sizeof(vdso)), "the same functions");
	vdso = found;
	dlclose(lib);
}

/* Which way a call goes: every instruction of it is looked at. */

static volatile int in_mapped, in_known, in_kernel;

static void on_step(int sig, siginfo_t *info, void *context)
{
	uintptr_t ip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	in_mapped += ip >= mapped && ip < mapped_end;
	in_known += ip >= known && ip < known + 4096;
	in_kernel += ((uint8_t *)ip)[0] == 0x0f && ((uint8_t *)ip)[1] == 0x05;
}

/* The flag TF; past what a function may keep below its stack pointer. */
#define STEP(how)						\
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\t"	\
			 how ", (%%rsp)\n\tpopfq\n\t"		\
			 "lea 128(%%rsp), %%rsp" : : : "memory", "cc")

static void look_at_the_way(void)
{
	struct timespec ts;
	unsigned int cpu;

	in_mapped = in_known = in_kernel = 0;
	STEP("orq $0x100");
	vdso.time(NULL);
	vdso.clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	vdso.clock_getres(CLOCK_MONOTONIC, &ts);
	vdso.getcpu(&cpu, NULL, NULL);
	STEP("andq $~0x100");
	expect(in_mapped >= 12, "through this kernel's vDSO");
	expect(in_known >= 4, "through the addresses that it knew");
	expect(!in_kernel, "without a system call");
}

/* What they tell */

static int64_t ns_of(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000ll + ts->tv_nsec;
}

static int64_t from_kernel(clockid_t clock)
{
	struct timespec ts = { 0 };

	syscall(SYS_clock_gettime, clock, &ts);
	return ns_of(&ts);
}

static void read_clock(unsigned int i)
{
	int64_t before = from_kernel(clocks[i]), got;
	struct timespec ts = { 0 };

	expect(!vdso.clock_gettime(clocks[i], &ts), "readable");
	got = ns_of(&ts);
	expect(before <= got && got <= from_kernel(clocks[i]), "what the kernel tells");
	if (clocks[i] != CLOCK_MONOTONIC_RAW)
		expect(last[i] <= got, "later than before");
	last[i] = got;
	clock_gettime(clocks[i], &ts);
	expect(got <= ns_of(&ts), "what the C library tells");
}

static void read_all(void)
{
	struct timespec here = { 0 }, there = { 0 };
	unsigned int i, cpu = ~0u, node = ~0u;
	struct timeval tv = { 0 };
	time_t t = 0;

	for (i = 0; i < CLOCKS; i++)
		read_clock(i);
	vdso.gettimeofday(&tv, NULL);
	expect(llabs(tv.tv_sec - from_kernel(CLOCK_REALTIME) / 1000000000) <= 1, "time of day");
	expect(llabs(vdso.time(&t) - (long long)tv.tv_sec) <= 1 && llabs(t - tv.tv_sec) <= 1,
	       "the second");
	expect(!vdso.getcpu(&cpu, &node, NULL) && cpu < sysconf(_SC_NPROCESSORS_CONF) && !node,
	       "a processor");
	vdso.clock_getres(CLOCK_MONOTONIC, &here);
	syscall(SYS_clock_getres, CLOCK_MONOTONIC, &there);
	expect(!memcmp(&here, &there, sizeof(here)), "the kernel's resolution");
	expect(vdso.clock_gettime(12345, &here) < 0, "refused");
}

/* Rounds */

static void wait_for(const char *name, int n)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%d", name, n);
	while (access(path, F_OK))
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
}

static void make(const char *name, int n)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s.%d", name, n);
	file = fopen(path, "w");
	if (file)
		fclose(file);
}

static void play(int n)
{
	wrong = 0;
	printf("round %d: ", n);
	find_mapped();
	find_functions(n > 1);
	look_at_the_way();
	read_all();
	printf("%s, %s\n", wrong ? "wrong" : "ok", mapped == known ? "in place" : "moved");
	fflush(stdout);
	make("done", n);
}

static long sleep_at(const uint8_t *code, const struct timespec *ts)
{
	long ret;

	__asm__ volatile("call *%1" : "=a"(ret)
			 : "r"(code), "a"(SYS_nanosleep), "D"(ts), "S"(NULL)
			 : "memory", "rcx", "r11");
	return ret;
}

static int sleep_inside(void)
{
	static const uint8_t and_return[] = { 0x0f, 0x05, 0xc3 };
	const struct timespec ts = { 0, 300000000 };
	const uint8_t *code = (const uint8_t *)known;
	long wrong_calls = 0;

	while (memcmp(code, and_return, sizeof(and_return)))
		code++;
	make("done", 1);
	while (access("end", F_OK))
		wrong_calls += sleep_at(code, &ts) != 0;
	puts(wrong_calls ? "wrong" : "ok");
	return 0;
}

static volatile bool enough;

static void *read_busily(void *unused)
{
	struct timespec ts;
	int64_t then = 0;
	long back = 0;

	(void)unused;
	while (!enough) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		back += ns_of(&ts) < then;
		then = ns_of(&ts);
	}
	return (void *)back;
}

static int be_busy(void)
{
	void *back[2] = { NULL, NULL };
	pthread_t thread[2];
	int i;

	for (i = 0; i < 2; i++)
		if (pthread_create(&thread[i], NULL, read_busily, NULL))
			return 1;
	make("done", 1);
	while (access("end", F_OK))
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	enough = true;
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], &back[i]);
	puts(back[0] || back[1] ? "back" : "ok");
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	int n;

	known = getauxval(AT_SYSINFO_EHDR);
	if (argc > 1 && !strcmp(argv[1], "inside"))
		return sleep_inside();
	if (argc > 1 && !strcmp(argv[1], "busy"))
		return be_busy();
	sigaction(SIGTRAP, &step, NULL);
	for (n = 1; access("end", F_OK); n++) {
		wait_for("go", n);
		play(n);
	}
	return 0;
}
