/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions that a vDSO of x86-64 exports, and how they are made to jump to
 * those of another one.
 *
 * Compiled into the module and into a test of user space: plain C, no
 * allocation. The code may come from an enemy: it is looked at within its own
 * bounds, and never run here.
 */
#ifndef _KCR_VDSO_ELF_H
#define _KCR_VDSO_ELF_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#endif

/* Functions that one may export, by however many names. */
#define KCR_VDSO_FUNCTIONS	32

/**
 * struct kcr_vdso_function - what the vDSO exports under one name
 * @name: in the code that was read, without a leading "__vdso_"
 * @at: where it begins, from the beginning of the code
 * @size: bytes of it, all of them in the code
 */
struct kcr_vdso_function {
	const char *name;
	__u32 at;
	__u32 size;
};

/**
 * struct kcr_vdso_elf - a vDSO that was read
 * @count: entries of @function
 * @function: one for each name
 */
struct kcr_vdso_elf {
	unsigned int count;
	struct kcr_vdso_function function[KCR_VDSO_FUNCTIONS];
};

bool kcr_vdso_elf_read(struct kcr_vdso_elf *elf, const void *code, size_t len,
		       const char **why);
bool kcr_vdso_elf_entry(const struct kcr_vdso_elf *elf, __u64 at);
bool kcr_vdso_elf_returns(const struct kcr_vdso_elf *elf, const void *code, size_t len,
			  __u64 at);
const char *kcr_vdso_elf_lacks(const struct kcr_vdso_elf *old,
			       const struct kcr_vdso_elf *here);
void kcr_vdso_elf_redirect(const struct kcr_vdso_elf *old, void *code,
			   const struct kcr_vdso_elf *here, __u64 base);

#endif /* _KCR_VDSO_ELF_H */
