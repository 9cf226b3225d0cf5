// SPDX-License-Identifier: GPL-2.0
/*
 * What x86 keeps beside an address space. ctx_id, tlb_gen and the locks belong
 * to the structure, not to the program; vsyscall, uprobe and vDSO modes are
 * those of every 64-bit program, and others are refused with their tasks. The
 * local descriptor table is ldt.c's.
 */
#include <linux/mm.h>
#include <asm/mmu.h>

#include "arch/arch.h"
#include "kcr.h"

/**
 * kcr_arch_mm_refuse() - refuse what is not restored
 * @ctx: the operation
 * @mm: of the target, which is parked
 */
int kcr_arch_mm_refuse(struct kcr_ctx *ctx, struct mm_struct *mm)
{
	int ret = 0;

#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	/* Key 0 is everybody's. */
	if (mm->context.pkey_allocation_map & ~1)
		ret = kcr_refuse(ctx, "memory protection keys (pkey_alloc)");
#endif
#ifdef CONFIG_ADDRESS_MASKING
	if (!ret && mm->context.lam_cr3_mask)
		ret = kcr_refuse(ctx, "tagged addresses (ARCH_ENABLE_TAGGED_ADDR)");
#endif
	if (!ret && atomic_read(&mm->context.perf_rdpmc_allowed))
		ret = kcr_refuse(ctx, "performance counters that it reads itself");
	return ret;
}

/* kcr_arch_mm_begin() - the address space of current has just been emptied */
void kcr_arch_mm_begin(struct mm_struct *mm)
{
	mm->context.vdso = NULL;
}
