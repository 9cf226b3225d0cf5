// SPDX-License-Identifier: GPL-2.0
/*
 * What x86 keeps beside an address space. ctx_id, tlb_gen and the locks belong
 * to the structure, not to the program; vsyscall, uprobe and vDSO modes are
 * those of every 64-bit program, and others are refused with their tasks. The
 * local descriptor table is ldt.c's.
 *
 * Which protection keys are in use belongs here, the key of a mapping to the
 * mapping, and what a thread may do with a key (PKRU) to its registers. Key 0 is
 * everybody's. A mapping may have a key that is free again, or the one for memory
 * that may only be executed, which no program can ask for: so all are in use
 * while mappings are made.
 */
#include <linux/mm.h>
#include <linux/pkeys.h>
#include <asm/mmu.h>
#include <asm/tlbflush.h>

#include "arch/arch.h"
#include "kcr.h"
#include "ksym.h"

/**
 * kcr_arch_mm_refuse() - refuse what is not restored
 * @ctx: the operation
 * @mm: of the target, which is parked
 */
int kcr_arch_mm_refuse(struct kcr_ctx *ctx, struct mm_struct *mm)
{
	int ret = 0;

#ifdef CONFIG_ADDRESS_MASKING
	if (mm->context.lam_cr3_mask)
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
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	mm->context.pkey_allocation_map = (1u << arch_max_pkey()) - 1;
	mm->context.execute_only_pkey = -1;
#endif
}

/* kcr_arch_mm_flush() - what processors remember of its page tables does not count */
void kcr_arch_mm_flush(struct mm_struct *mm)
{
	kcr_call(flush_tlb_mm_range)(mm, 0, TLB_FLUSH_ALL, 0, true);
}

/**
 * kcr_arch_pkeys() - protection keys in use
 * @mm: of the target, which is parked
 * @exec: set to the key for memory that may only be executed, or 0
 *
 * Return: a bit for each.
 */
u32 kcr_arch_pkeys(struct mm_struct *mm, u32 *exec)
{
	*exec = 0;
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	if (mm->context.execute_only_pkey > 0)
		*exec = mm->context.execute_only_pkey;
	return mm->context.pkey_allocation_map | 1;
#else
	return 1;
#endif
}

/* kcr_arch_pkeys_restore() - all mappings are made; the keys were checked */
void kcr_arch_pkeys_restore(struct mm_struct *mm, u32 keys, u32 exec)
{
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	mm->context.pkey_allocation_map = keys;
	mm->context.execute_only_pkey = exec ?: -1;
#endif
}
