// SPDX-License-Identifier: GPL-2.0
/*
 * Memory locked with mlock(), mlock2() or mlockall().
 *
 * Mappings carry it (VM_LOCKED, VM_LOCKONFAULT), and the address space tells
 * what becomes of new ones (MCL_FUTURE). Both come back when all pages are there,
 * under the restarter's limit of locked memory, or with CAP_IPC_LOCK. A fork()
 * does not inherit locks, so the snapshot has none; as after a fork(), the first
 * write to a locked page of a program that went on makes a copy, locked as well.
 *
 * What counts as locked beyond the mappings is a device's.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>

#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include <uapi/image/mm.h>
#include <uapi/image/vma.h>

/* kcr_mlock_refuse() - is more locked than the mappings tell? */
int kcr_mlock_refuse(struct kcr_ctx *ctx, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	unsigned long pages = 0;

	mmap_read_lock(mm);
	for_each_vma(vmi, vma)
		if (vma->vm_flags & VM_LOCKED)
			pages += vma_pages(vma);
	mmap_read_unlock(mm);
	if (READ_ONCE(mm->locked_vm) > pages)
		return kcr_refuse(ctx, "memory locked for a device");
	return 0;
}

static int too_much(struct kcr_ctx *ctx, u64 bytes)
{
	return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
			"the program has %llu kB of memory locked (mlock); your limit is %lu kB",
			bytes >> 10, rlimit(RLIMIT_MEMLOCK) >> 10);
}

/**
 * kcr_mlock_check() - may the caller lock that much?
 * @ctx: the operation, in the restarter
 * @p: whose mapping it is
 * @bytes: of the mapping, which is locked
 */
int kcr_mlock_check(struct kcr_ctx *ctx, struct kcr_process *p, u64 bytes)
{
	p->locked += bytes;
	if (p->locked > rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
		return too_much(ctx, p->locked);
	return 0;
}

/* kcr_mlock_check_future() - likewise, for mlockall(MCL_FUTURE) */
int kcr_mlock_check_future(struct kcr_ctx *ctx)
{
	if (!rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"the program locks all its memory (mlockall); you may lock none");
	return 0;
}

static bool is_locked(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	bool locked;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	locked = vma && vma->vm_flags & VM_LOCKED;
	mmap_read_unlock(mm);
	return locked;
}

/**
 * kcr_mlock_restore() - lock a mapping that is there with its pages
 * @ctx: the operation; current is a leader being made
 * @start: of the mapping
 * @len: bytes
 * @flags: KCR_VMA_*
 */
int kcr_mlock_restore(struct kcr_ctx *ctx, unsigned long start, unsigned long len, u32 flags)
{
	long ret;

	if (!(flags & KCR_VMA_LOCKED))
		return 0;
	ret = kcr_syscall(mlock2, start, len, flags & KCR_VMA_LOCKONFAULT ? MLOCK_ONFAULT : 0);
	/* Locked, and beyond what can be touched: no access, the end of a file. */
	if (ret == -ENOMEM && is_locked(start))
		ret = 0;
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"it can't be locked (mlock, errno %ld)", -ret);
	return 0;
}

/* kcr_mlock_future() - mlockall(MCL_FUTURE); @flags are KCR_MM_* */
int kcr_mlock_future(struct kcr_ctx *ctx, u32 flags)
{
	long ret;

	if (!(flags & KCR_MM_LOCK_FUTURE))
		return 0;
	ret = kcr_syscall(mlockall, MCL_FUTURE |
			  (flags & KCR_MM_LOCK_ONFAULT ? MCL_ONFAULT : 0));
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"new memory can't be locked (mlockall, errno %ld)", -ret);
	return 0;
}
