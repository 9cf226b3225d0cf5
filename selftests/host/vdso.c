// SPDX-License-Identifier: GPL-2.0
/*
 * What vdso_elf.c promises: a copy of a vDSO, somewhere else and without its
 * data, does what the real one does; and code from an enemy is only read within
 * its bounds. The vDSO is that of the machine that runs this.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

#include "../../kernel/arch/x86/vdso_elf.h"
#include "ktap.h"

#define PAGE	4096ul

static const uint8_t *real;	/* NULL: this machine has none */
static size_t real_len;
static const char *why;

/* The mapping's length, as ELF's section headers are at its end. */
static void find_real(void)
{
	unsigned long at = getauxval(AT_SYSINFO_EHDR), start, end;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (at && maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start == at) {
			real = (const uint8_t *)at;
			real_len = end - start;
		}
	}
	if (maps)
		fclose(maps);
}

static const struct kcr_vdso_function *find(const struct kcr_vdso_elf *elf, const char *name)
{
	unsigned int i;

	for (i = 0; i < elf->count; i++)
		if (!strcmp(elf->function[i].name, name))
			return &elf->function[i];
	return NULL;
}

TEST(finds_the_functions)
{
	struct kcr_vdso_elf elf;

	if (!real)
		return;
	EXPECT(kcr_vdso_elf_read(&elf, real, real_len, &why));
	EXPECT(find(&elf, "clock_gettime") && find(&elf, "gettimeofday"));
	EXPECT(find(&elf, "time") && find(&elf, "getcpu"));
	EXPECT(kcr_vdso_elf_entry(&elf, find(&elf, "time")->at));
	EXPECT(!kcr_vdso_elf_entry(&elf, find(&elf, "time")->at + 1));
	EXPECT(!kcr_vdso_elf_lacks(&elf, &elf));
}

/* A copy in memory of its own, redirected to @here. */
static uint8_t *redirected(const struct kcr_vdso_elf *old, const struct kcr_vdso_elf *here)
{
	uint8_t *copy = mmap(NULL, real_len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		abort();
	memcpy(copy, real, real_len);
	kcr_vdso_elf_redirect(old, copy, here, (uintptr_t)real);
	mprotect(copy, real_len, PROT_READ | PROT_EXEC);
	return copy;
}

typedef int (*clock_gettime_fn)(clockid_t clock, struct timespec *ts);
typedef int (*gettimeofday_fn)(struct timeval *tv, void *zone);
typedef time_t (*time_fn)(time_t *t);
typedef long (*getcpu_fn)(unsigned int *cpu, unsigned int *node, void *unused);
typedef long (*getrandom_fn)(void *to, size_t len, unsigned int flags, void *state,
			     size_t state_len);

#define FUNCTION(name)	((name##_fn)(uintptr_t)(copy + find(elf, #name)->at))

/* Everything that is called through the copy agrees with the C library. */
static void expect_to_work(const struct kcr_vdso_elf *elf, const uint8_t *copy)
{
	struct timespec before, got, after;
	unsigned int nr = 12345;
	struct timeval tv;
	time_t s;

	clock_gettime(CLOCK_MONOTONIC, &before);
	EXPECT(!FUNCTION(clock_gettime)(CLOCK_MONOTONIC, &got));
	clock_gettime(CLOCK_MONOTONIC, &after);
	EXPECT(before.tv_sec <= got.tv_sec && got.tv_sec <= after.tv_sec);
	EXPECT(FUNCTION(clock_gettime)(12345, &got) == -EINVAL);
	EXPECT(!FUNCTION(gettimeofday)(&tv, NULL));
	EXPECT(labs(tv.tv_sec - time(NULL)) <= 1);
	EXPECT(labs(FUNCTION(time)(&s) - time(NULL)) <= 1);
	EXPECT(labs(s - time(NULL)) <= 1);
	EXPECT(!FUNCTION(getcpu)(&nr, NULL, NULL));
	EXPECT(nr != 12345);
}

/* Its state is of one kernel's making: it is told that there is none. */
static void expect_random(const struct kcr_vdso_elf *elf, const uint8_t *copy)
{
	char got[16] = "";

	if (!find(elf, "getrandom"))
		return;
	EXPECT(FUNCTION(getrandom)(NULL, 0, 0, got, ~0ul) == -ENOSYS);
	EXPECT(FUNCTION(getrandom)(got, sizeof(got), 0, NULL, 0) == sizeof(got));
}

TEST(a_copy_jumps_to_the_real_one)
{
	struct kcr_vdso_elf elf;
	uint8_t *copy;

	if (!real)
		return;
	EXPECT(kcr_vdso_elf_read(&elf, real, real_len, &why));
	copy = redirected(&elf, &elf);
	expect_to_work(&elf, copy);
	expect_random(&elf, copy);
	munmap(copy, real_len);
}

TEST(a_copy_calls_the_kernel_where_there_is_nothing)
{
	const struct kcr_vdso_elf none = { 0 };
	struct kcr_vdso_elf elf;
	uint8_t *copy;

	if (!real)
		return;
	EXPECT(kcr_vdso_elf_read(&elf, real, real_len, &why));
	EXPECT(!kcr_vdso_elf_lacks(&elf, &none));
	copy = redirected(&elf, &none);
	expect_to_work(&elf, copy);
	expect_random(&elf, copy);
	munmap(copy, real_len);
}

/* 0: nothing there but a system call and what was given. */
static bool returns(const char *then, size_t len, size_t at)
{
	const struct kcr_vdso_elf elf = { 2, { { "time", 0, 40 }, { "getcpu", 68, 40 } } };
	uint8_t code[128] = { 0 };

	memcpy(code + at - 2, "\x0f\x05", 2);
	memcpy(code + at, then, len);
	return kcr_vdso_elf_returns(&elf, code, sizeof(code), at);
}

#define RETURNS(then)	returns(then, sizeof(then) - 1, 50)

TEST(knows_code_that_only_returns)
{
	EXPECT(RETURNS("\xc3"));
	EXPECT(RETURNS("\x5b\x41\x5c\x41\x5d\x5d\xc3"));
	EXPECT(RETURNS("\x48\x8d\x65\xd8\x5b\xc9\xc3"));
	EXPECT(RETURNS("\x48\x83\xc4\x38\x5d\xc3"));
	EXPECT(RETURNS("\xeb\x01\x90\xc3"));
	EXPECT(RETURNS("\xe9\x01\0\0\0\x90\xc3"));
	EXPECT(!RETURNS("\x90\xc3"));			/* what it does not know */
	EXPECT(!RETURNS("\x48\x8b\x45\x00\xc3"));	/* reads something */
	EXPECT(!RETURNS("\xeb\xfe"));			/* for ever */
	EXPECT(!RETURNS("\xeb\xd0"));			/* into what is written over */
	EXPECT(!RETURNS("\xeb\x7f"));			/* out of it */
	EXPECT(!RETURNS("\xe9\xff\xff\xff\x7f"));
	EXPECT(returns("\xc3", 1, 66));
	EXPECT(!returns("\xc3", 1, 10));		/* is written over itself */
	EXPECT(!returns("\xc3", 1, 68));
	EXPECT(!returns("\xc3", 1, 127));		/* too near to the end */
}

TEST(tells_what_nobody_knows)
{
	struct kcr_vdso_elf old = { 1, { { "fortune", 0, 100 } } }, here = { 0 };

	EXPECT(!strcmp(kcr_vdso_elf_lacks(&old, &here), "fortune"));
	EXPECT(!kcr_vdso_elf_lacks(&old, &old));
}

/* The address checker tells if it reads or writes one byte too far. */
static void read_hostile(const uint8_t *code, size_t len)
{
	uint8_t *copy = malloc(len ?: 1), *old = malloc(len ?: 1);
	struct kcr_vdso_elf elf;

	if (!copy || !old)
		abort();
	memcpy(old, code, len);
	memcpy(copy, code, len);
	if (kcr_vdso_elf_read(&elf, old, len, &why))
		kcr_vdso_elf_redirect(&elf, copy, &elf, 0x7fff12345000);
	kcr_vdso_elf_returns(&elf, old, len, rand());
	free(copy);
	free(old);
}

TEST(stays_within_what_was_cut_short)
{
	size_t len;

	for (len = 0; real && len <= real_len; len += len < 2048 ? 1 : 61)
		read_hostile(real, len);
}

/* Headers, tables and names are all in the first page. */
TEST(stays_within_what_was_changed)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	uint8_t *code = real ? malloc(real_len) : NULL;
	size_t at, i;

	for (at = 0; code && at < 2048; at++) {
		memcpy(code, real, real_len);
		for (i = 0; i < sizeof(values); i++) {
			code[at] = values[i];
			read_hostile(code, real_len);
		}
	}
	srand(1);
	for (i = 0; code && i < 20000; i++) {
		memcpy(code, real, real_len);
		for (at = 0; at < 4; at++)
			code[rand() % 2048] = rand();
		read_hostile(code, real_len);
	}
	free(code);
}

TEST(is_not_content_with_anything)
{
	static uint8_t zeros[PAGE];
	struct kcr_vdso_elf elf;

	EXPECT(!kcr_vdso_elf_read(&elf, zeros, sizeof(zeros), &why));
	EXPECT(!kcr_vdso_elf_read(&elf, zeros, 0, &why));
}

__attribute__((constructor)) static void begin(void)
{
	find_real();
	if (!real)
		printf("# this machine has no vDSO: little is tested\n");
}

KTAP_MAIN()
