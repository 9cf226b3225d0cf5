// SPDX-License-Identifier: GPL-2.0
/*
 * Read the dynamic symbols of a vDSO, and write jumps over its functions.
 *
 * As the kernel maps it, a vDSO is its own file: one segment, linked to address
 * 0, so that what ELF calls an address is a place in the code.
 */
#include "vdso_elf.h"

#ifdef __KERNEL__
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <elf.h>
#include <errno.h>
#include <string.h>
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define PREFIX		"__vdso_"
#define HEADERS_MAX	16	/* program headers */
#define DYNAMIC_MAX	64
#define SYMBOLS_MAX	256
#define STEPS_MAX	24	/* instructions of an epilogue */

#ifndef DT_HASH
#define DT_HASH		4
#endif

/* What calls of the kernel look like to their caller; r11 is nobody's. */
static const __u8 jump[] = {
	0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,	/* mov $address, %r11 */
	0x41, 0xff, 0xe3,			/* jmp *%r11 */
};

#define SYSTEM_CALL(nr)							\
	0xb8, (nr) & 0xff, (nr) >> 8, 0, 0,	/* mov $nr, %eax */	\
	0x0f, 0x05,				/* syscall */		\
	0xc3					/* ret */

static const __u8 clock_gettime_call[] = { SYSTEM_CALL(228) };
static const __u8 clock_getres_call[] = { SYSTEM_CALL(229) };
static const __u8 gettimeofday_call[] = { SYSTEM_CALL(96) };
static const __u8 time_call[] = { SYSTEM_CALL(201) };
static const __u8 getcpu_call[] = { SYSTEM_CALL(309) };

/*
 * Asked for the size of its state (length -1), it is not there. A state that
 * the program has already is of no use: its layout is the other kernel's.
 */
static const __u8 getrandom_call[] = {
	0x49, 0x83, 0xf8, 0xff,			/* cmp $-1, %r8 */
	0x74, 0x08,				/* je 1f */
	SYSTEM_CALL(318),
	0x48, 0xc7, 0xc0, 0xda, 0xff, 0xff, 0xff, /* 1: mov $-ENOSYS, %rax */
	0xc3,					/* ret */
};

/* Enclaves are memory of a device, and refused. */
static const __u8 no_call[] = {
	0x48, 0xc7, 0xc0, 0xda, 0xff, 0xff, 0xff, /* mov $-ENOSYS, %rax */
	0xc3,					/* ret */
};

/**
 * struct known - a function that can be had without the vDSO
 * @name: its name
 * @always: even where there is another one: what it is given is of one kernel
 * @code: what does the same
 * @size: bytes of that
 */
struct known {
	const char *name;
	bool always;
	const __u8 *code;
	__u32 size;
};

static const struct known known[] = {
#define KNOWN(name, always, code)	{ name, always, code, sizeof(code) }
	KNOWN("clock_gettime",	false,	clock_gettime_call),
	KNOWN("clock_getres",	false,	clock_getres_call),
	KNOWN("gettimeofday",	false,	gettimeofday_call),
	KNOWN("time",		false,	time_call),
	KNOWN("getcpu",		false,	getcpu_call),
	KNOWN("getrandom",	true,	getrandom_call),
	KNOWN("sgx_enter_enclave", false, no_call),
};

#define LONGEST_PATCH	sizeof(getrandom_call)

/* The code, and where its tables are. */
struct view {
	const __u8 *code;
	size_t len;
	__u64 dynamic, dynamic_count;
	__u64 symbols, symbol_count;
	__u64 names, names_len;
};

/* Nothing is aligned for certain. */
static bool get(const struct view *v, __u64 at, void *to, size_t size)
{
	if (at > v->len || size > v->len - at)
		return false;
	memcpy(to, v->code + at, size);
	return true;
}

static bool find_dynamic(struct view *v)
{
	Elf64_Ehdr head;
	Elf64_Phdr ph;
	unsigned int i;
	bool loaded = false;

	if (!get(v, 0, &head, sizeof(head)) || memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB ||
	    head.e_machine != EM_X86_64 || head.e_type != ET_DYN ||
	    head.e_phentsize != sizeof(ph) || head.e_phnum > HEADERS_MAX || head.e_phoff > v->len)
		return false;
	for (i = 0; i < head.e_phnum; i++) {
		if (!get(v, head.e_phoff + i * sizeof(ph), &ph, sizeof(ph)))
			return false;
		if (ph.p_type == PT_LOAD) {
			if (loaded || ph.p_offset || ph.p_vaddr)
				return false;
			loaded = true;
		} else if (ph.p_type == PT_DYNAMIC) {
			v->dynamic = ph.p_vaddr;
			v->dynamic_count = ph.p_memsz / sizeof(Elf64_Dyn);
		}
	}
	return loaded && v->dynamic && v->dynamic_count <= DYNAMIC_MAX;
}

/* A table of hashes begins with the numbers of its buckets and of symbols. */
static bool find_tables(struct view *v)
{
	__u64 i, hash = 0;
	__u32 counts[2];
	Elf64_Dyn dyn;

	for (i = 0; i < v->dynamic_count; i++) {
		if (!get(v, v->dynamic + i * sizeof(dyn), &dyn, sizeof(dyn)))
			return false;
		if (dyn.d_tag == DT_SYMTAB)
			v->symbols = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_STRTAB)
			v->names = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_STRSZ)
			v->names_len = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_HASH)
			hash = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_NULL)
			break;
	}
	if (!hash || !get(v, hash, counts, sizeof(counts)))
		return false;
	v->symbol_count = counts[1];
	return v->symbol_count <= SYMBOLS_MAX && v->symbols && v->symbols < v->len &&
	       v->names < v->len && v->names_len && v->names_len <= v->len - v->names &&
	       !v->code[v->names + v->names_len - 1];
}

static bool add_function(struct kcr_vdso_elf *elf, const struct view *v, const Elf64_Sym *sym)
{
	struct kcr_vdso_function *f = &elf->function[elf->count];

	if (elf->count == KCR_VDSO_FUNCTIONS || sym->st_name >= v->names_len ||
	    sym->st_value > v->len || sym->st_size > v->len - sym->st_value ||
	    sym->st_size < LONGEST_PATCH)
		return false;
	f->name = (const char *)v->code + v->names + sym->st_name;
	if (!strncmp(f->name, PREFIX, strlen(PREFIX)))
		f->name += strlen(PREFIX);
	f->at = sym->st_value;
	f->size = sym->st_size;
	elf->count++;
	return true;
}

/**
 * kcr_vdso_elf_read() - find what a vDSO exports
 * @elf: filled; it points into @code
 * @code: all of it
 * @len: bytes of that, less than 4 GB
 * @why: set to the reason when it can't be read
 */
bool kcr_vdso_elf_read(struct kcr_vdso_elf *elf, const void *code, size_t len,
		       const char **why)
{
	struct view v = { .code = code, .len = len };
	Elf64_Sym sym;
	__u64 i;

	elf->count = 0;
	*why = "it is not that of 64-bit programs";
	if (!find_dynamic(&v))
		return false;
	*why = "its table of symbols makes no sense";
	if (!find_tables(&v))
		return false;
	for (i = 0; i < v.symbol_count; i++) {
		if (!get(&v, v.symbols + i * sizeof(sym), &sym, sizeof(sym)))
			return false;
		if ((sym.st_info & 0xf) != STT_FUNC || sym.st_shndx == SHN_UNDEF)
			continue;
		if (!add_function(elf, &v, &sym))
			return false;
	}
	return true;
}

/**
 * kcr_vdso_elf_entry() - does a function begin there?
 * @elf: as kcr_vdso_elf_read() has left it
 * @at: from the beginning of the code
 */
bool kcr_vdso_elf_entry(const struct kcr_vdso_elf *elf, __u64 at)
{
	unsigned int i;

	for (i = 0; i < elf->count; i++)
		if (elf->function[i].at == at)
			return true;
	return false;
}

static const struct known *known_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

static const struct kcr_vdso_function *function_find(const struct kcr_vdso_elf *elf,
						     const char *name)
{
	unsigned int i;

	for (i = 0; i < elf->count; i++)
		if (!strcmp(elf->function[i].name, name))
			return &elf->function[i];
	return NULL;
}

/**
 * kcr_vdso_elf_lacks() - the name of a function that can't be had here, or NULL
 * @old: whose functions are wanted
 * @here: where they may be
 */
const char *kcr_vdso_elf_lacks(const struct kcr_vdso_elf *old, const struct kcr_vdso_elf *here)
{
	unsigned int i;

	for (i = 0; i < old->count; i++) {
		const char *name = old->function[i].name;

		if (!function_find(here, name) && !known_find(name))
			return name;
	}
	return NULL;
}

/* Will this be written over? */
static bool is_patched(const struct kcr_vdso_elf *elf, __u64 at)
{
	unsigned int i;

	for (i = 0; i < elf->count; i++)
		if (at >= elf->function[i].at && at - elf->function[i].at < LONGEST_PATCH)
			return true;
	return false;
}

/* Bytes of an instruction that only takes down a stack frame, or jumps; or 0. */
static unsigned int unwinds(const __u8 *b)
{
	if ((b[0] & 0xf8) == 0x58 || b[0] == 0xc9 || b[0] == 0xc3) /* pop, leave, ret */
		return 1;
	if (b[0] == 0x41 && (b[1] & 0xf8) == 0x58)	/* pop %r8 to %r15 */
		return 2;
	if (b[0] == 0x48 && ((b[1] == 0x83 && b[2] == 0xc4) ||	/* add $n, %rsp */
			     (b[1] == 0x8d && b[2] == 0x65)))	/* lea n(%rbp), %rsp */
		return 4;
	return b[0] == 0xeb ? 2 : b[0] == 0xe9 ? 5 : 0;	/* jmp */
}

/* How far a jump goes beyond its end, 0 for anything else. */
static __s64 jumps(const __u8 *b)
{
	__s32 far;

	memcpy(&far, b + 1, sizeof(far));
	return b[0] == 0xeb ? (__s8)b[1] : b[0] == 0xe9 ? far : 0;
}

/**
 * kcr_vdso_elf_returns() - does old code only return from there?
 * @elf: as kcr_vdso_elf_read() has left it
 * @code: what it was read from
 * @len: bytes of that
 * @at: behind a system call, in the code
 *
 * Where the clock can't be read in user mode, a function of the vDSO ends with a
 * system call, and that is where threads are found. What follows needs no data.
 */
bool kcr_vdso_elf_returns(const struct kcr_vdso_elf *elf, const void *code, size_t len,
			  __u64 at)
{
	const struct view v = { .code = code, .len = len };
	unsigned int i, size;
	__u8 b[5];

	if (at < 2 || !get(&v, at - 2, b, 2) || b[0] != 0x0f || b[1] != 0x05 ||
	    is_patched(elf, at - 2))
		return false;
	for (i = 0; i < STEPS_MAX; i++) {
		if (!get(&v, at, b, sizeof(b)))
			return false;
		size = unwinds(b);
		if (!size || is_patched(elf, at) || is_patched(elf, at + size - 1))
			return false;
		if (b[0] == 0xc3)
			return true;
		at += size + jumps(b);
	}
	return false;
}

static void write_over(__u8 *code, const struct kcr_vdso_function *f, const __u8 *patch,
		       __u32 size)
{
	memcpy(code + f->at, patch, size);
}

/* In the byte order of the one machine that this is for. */
static void write_jump(__u8 *code, const struct kcr_vdso_function *f, __u64 address)
{
	__u8 patch[sizeof(jump)];

	memcpy(patch, jump, sizeof(jump));
	memcpy(patch + 2, &address, sizeof(address));
	write_over(code, f, patch, sizeof(patch));
}

/**
 * kcr_vdso_elf_redirect() - have functions do what those of another vDSO do
 * @old: whose functions are written over
 * @code: a copy of its code; not what @old's names point into
 * @here: where they go, and kcr_vdso_elf_lacks() nothing
 * @base: address at which its code will be
 */
void kcr_vdso_elf_redirect(const struct kcr_vdso_elf *old, void *code,
			   const struct kcr_vdso_elf *here, __u64 base)
{
	unsigned int i;

	for (i = 0; i < old->count; i++) {
		const struct kcr_vdso_function *f = &old->function[i];
		const struct kcr_vdso_function *to = function_find(here, f->name);
		const struct known *k = known_find(f->name);

		if (k && (k->always || !to))
			write_over(code, f, k->code, k->size);
		else if (to)
			write_jump(code, f, base + to->at);
	}
}
