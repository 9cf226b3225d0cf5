// SPDX-License-Identifier: GPL-2.0
/*
 * Address space: what belongs to it as a whole.
 *
 * Of struct mm_struct nothing is kept that the kernel computes from mappings
 * and pages (counters, page tables, locks), that belongs to one boot (ids of
 * futexes, NUMA scanning, LRU lists) or that is set up by exec for every
 * program alike (task_size, binfmt, user_ns). Rings of asynchronous I/O and
 * what devices hold are mappings of their own and refused there.
 */
#include <linux/membarrier.h>
#include <linux/mm.h>
#include <linux/pkeys.h>
#include <linux/prctl.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "arch/arch.h"
#include "compat/mm.h"
#include "compat/sched.h"
#include "files/files.h"
#include "kcr.h"
#include "ksym.h"
#include "lazy/lazy.h"
#include "mm/internal.h"
#include "mm/mm.h"
#include <uapi/image/mm.h>
#include <uapi/image/vma.h>

/* kcr_mm_data() - ctx->mm_data, made when it is first asked for; or NULL */
struct kcr_mm_data *kcr_mm_data(struct kcr_ctx *ctx)
{
	struct kcr_mm_data *data = ctx->mm_data;

	if (data)
		return data;
	data = kzalloc(sizeof(*data), GFP_KERNEL);
	if (!data) {
		kcr_nomem(ctx);
		return NULL;
	}
	INIT_LIST_HEAD(&data->copies);
	INIT_LIST_HEAD(&data->own);
	INIT_LIST_HEAD(&data->shmems);
	INIT_LIST_HEAD(&data->early);
	ctx->mm_data = data;
	return data;
}

/* Save */

static const struct {
	int state;
	u32 flag;
	int cmd;
} membarriers[] = {
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED, KCR_MEMBARRIER_PRIVATE,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED },
	{ MEMBARRIER_STATE_GLOBAL_EXPEDITED, KCR_MEMBARRIER_GLOBAL,
	  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_SYNC_CORE, KCR_MEMBARRIER_SYNC_CORE,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_RSEQ, KCR_MEMBARRIER_RSEQ,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ },
};

static u32 membarrier_flags(struct mm_struct *mm)
{
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(membarriers); i++)
		if (atomic_read(&mm->membarrier_state) & membarriers[i].state)
			flags |= membarriers[i].flag;
	return flags;
}

/* A process outside that runs in the same memory (CLONE_VM), 0 for none. */
static pid_t shared_with(struct kcr_process *process)
{
	struct kcr_ctx *ctx = process->ctx;
	struct mm_struct *mm = process->mm;
	struct task_struct *p;
	pid_t pid = 0;

	if (!test_bit(MMF_MULTIPROCESS, &mm->flags))
		return 0;
	rcu_read_lock();
	for_each_process(p) {
		struct task_struct *t;

		if (p->flags & PF_KTHREAD || kcr_tree_process(ctx, p))
			continue;
		for_each_thread(p, t)
			if (READ_ONCE(t->mm) == mm)
				pid = task_tgid_nr_ns(p, ctx->pid_ns) ?: -1;
	}
	rcu_read_unlock();
	return pid;
}

/**
 * kcr_mm_refuse() - can its address space be saved, as far as that itself tells?
 * @ctx: the operation; everything is parked
 * @p: a process that has not ended
 *
 * Afterwards it may be duplicated: nobody outside runs in it.
 */
int kcr_mm_refuse(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct mm_struct *mm = p->mm;
	size_t mark;
	pid_t other;
	int ret = 0;

	if (p->memory != p)
		return 0;
	mark = kcr_where(ctx, "memory");
	other = shared_with(p);
	if (kcr_lazy_serves(mm))
		ret = kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EAGAIN,
			       "not all of it has come from its image yet (restart --lazy)");
	if (!ret && other)
		ret = kcr_refuse(ctx, "shared with a process outside (%d)", other);
	if (!ret && mm->def_flags & ~(VM_LOCKED | VM_LOCKONFAULT | VM_NOHUGEPAGE))
		ret = kcr_refuse(ctx, "default flags %lx", mm->def_flags);
	if (!ret && test_bit(MMF_HAS_UPROBES, &mm->flags))
		ret = kcr_refuse(ctx, "uprobes are set in it");
	if (!ret && get_dumpable(mm) == SUID_DUMP_ROOT)
		ret = kcr_refuse(ctx, "dumpable by root alone: it has changed its ids");
	if (!ret && !rcu_access_pointer(mm->exe_file))
		ret = kcr_refuse(ctx, "no executable");
	ret = ret ?: kcr_mlock_refuse(ctx, mm) ?: kcr_arch_mm_refuse(ctx, mm);
	kcr_where_end(ctx, mark);
	return ret;
}

static void mm_addresses(struct mm_struct *mm, struct kcr_img_mm *img)
{
	spin_lock(&mm->arg_lock);
	img->start_code = cpu_to_le64(mm->start_code);
	img->end_code = cpu_to_le64(mm->end_code);
	img->start_data = cpu_to_le64(mm->start_data);
	img->end_data = cpu_to_le64(mm->end_data);
	img->start_brk = cpu_to_le64(mm->start_brk);
	img->brk = cpu_to_le64(mm->brk);
	img->start_stack = cpu_to_le64(mm->start_stack);
	img->arg_start = cpu_to_le64(mm->arg_start);
	img->arg_end = cpu_to_le64(mm->arg_end);
	img->env_start = cpu_to_le64(mm->env_start);
	img->env_end = cpu_to_le64(mm->env_end);
	spin_unlock(&mm->arg_lock);

	img->mmap_base = cpu_to_le64(mm->mmap_base);
	img->mmap_legacy_base = cpu_to_le64(mm->mmap_legacy_base);
	img->peak_rss = cpu_to_le64((u64)get_mm_hiwater_rss(mm) << PAGE_SHIFT);
	img->peak_vm = cpu_to_le64((u64)get_mm_hiwater_vm(mm) << PAGE_SHIFT);
}

static u32 mm_flags(struct mm_struct *mm)
{
	u32 flags = 0;

	if (test_bit(MMF_DISABLE_THP, &mm->flags))
		flags |= KCR_MM_THP_DISABLE;
	if (mm->flags & MMF_HAS_MDWE_MASK)
		flags |= KCR_MM_MDWE;
	if (mm->flags & KCR_MMF_MDWE_NO_INHERIT)
		flags |= KCR_MM_MDWE_NO_INHERIT;
	if (mm->flags & MMF_VM_MERGE_ANY_MASK)
		flags |= KCR_MM_MERGE;
	if (mm->def_flags & VM_LOCKED)
		flags |= KCR_MM_LOCK_FUTURE;
	if (mm->def_flags & VM_LOCKONFAULT)
		flags |= KCR_MM_LOCK_ONFAULT;
	/* arch_pick_mmap_layout() makes both the same in that case alone. */
	if (mm->mmap_base == mm->mmap_legacy_base)
		flags |= KCR_MM_LEGACY_LAYOUT;
	return flags;
}

static int exe_save(struct kcr_ctx *ctx, struct mm_struct *mm, u32 *id)
{
	struct file *exe = kcr_call(get_mm_exe_file)(mm);
	size_t mark;
	int ret;

	if (!exe)
		return 0;	/* refused */
	mark = kcr_where(ctx, "executable");
	ret = kcr_file_save(ctx, exe, id);
	if (!ret && *id)
		ret = kcr_content_need(ctx, exe, *id, 0, i_size_read(file_inode(exe)));
	kcr_where_end(ctx, mark);
	fput(exe);
	return ret;
}

static void pkeys_save(struct mm_struct *mm, struct kcr_img_mm *img)
{
	u32 exec, keys = kcr_arch_pkeys(mm, &exec);

	img->pkeys = cpu_to_le32(keys);
	img->exec_pkey = cpu_to_le32(exec);
}

static int mm_write(struct kcr_ctx *ctx, struct kcr_process *p, u32 exe)
{
	struct mm_struct *mm = p->mm;
	struct kcr_img_mm *img = kzalloc(sizeof(*img), GFP_KERNEL);
	unsigned int i;
	int ret;

	BUILD_BUG_ON(AT_VECTOR_SIZE > KCR_MM_AUXV_MAX);
	BUILD_BUG_ON(offsetof(struct kcr_img_mm, pkeys) != KCR_MM_LEN_1);
	if (!img)
		return kcr_nomem(ctx);
	mm_addresses(mm, img);
	img->exe = cpu_to_le32(exe);
	img->flags = cpu_to_le32(mm_flags(mm));
	img->dumpable = cpu_to_le32(get_dumpable(mm));
	img->coredump_filter = cpu_to_le32((mm->flags & MMF_DUMP_FILTER_MASK) >>
					   MMF_DUMP_FILTER_SHIFT);
	img->membarrier = cpu_to_le32(membarrier_flags(mm));
	img->auxv_count = cpu_to_le32(AT_VECTOR_SIZE);
	for (i = 0; i < AT_VECTOR_SIZE; i++)
		img->auxv[i] = cpu_to_le64(mm->saved_auxv[i]);
	pkeys_save(mm, img);

	p->mm_id = kcr_new_id(ctx);
	ret = kcr_write_rec(ctx, KCR_KIND_MM, 2, p->mm_id, p->id, img, sizeof(*img));
	kfree(img);
	return ret;
}

static int mm_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	size_t mark = kcr_where(ctx, "memory");
	u32 exe = 0;
	int ret;

	ret = exe_save(ctx, p->mm, &exe) ?: mm_write(ctx, p, exe);
	kcr_where_end(ctx, mark);
	/* A guess for the progress line, and for a check. */
	ctx->bytes_total += (u64)(get_mm_counter(p->mm, MM_ANONPAGES) +
				  get_mm_counter(p->mm, MM_SWAPENTS)) << PAGE_SHIFT;
	return ret;
}

/* Restore */

static bool addr_ok(__le64 addr)
{
	return le64_to_cpu(addr) < TASK_SIZE;
}

static bool range_ok(__le64 start, __le64 end)
{
	return addr_ok(start) && addr_ok(end) && le64_to_cpu(start) <= le64_to_cpu(end);
}

/* What prctl(PR_SET_MM_MAP) asks for as well. */
static bool addresses_ok(const struct kcr_img_mm *img)
{
	return range_ok(img->start_code, img->end_code) &&
	       range_ok(img->start_data, img->end_data) &&
	       range_ok(img->start_brk, img->brk) &&
	       range_ok(img->arg_start, img->arg_end) &&
	       range_ok(img->env_start, img->env_end) &&
	       addr_ok(img->start_stack) && addr_ok(img->mmap_base) &&
	       addr_ok(img->mmap_legacy_base) &&
	       PAGE_ALIGNED(le64_to_cpu(img->mmap_base)) &&
	       PAGE_ALIGNED(le64_to_cpu(img->mmap_legacy_base));
}

static int pkeys_check(struct kcr_ctx *ctx, const struct kcr_img_mm *img)
{
	u32 keys = le32_to_cpu(img->pkeys), exec = le32_to_cpu(img->exec_pkey);

	if (!(keys & 1) || keys >> KCR_VMA_PKEYS || exec >= KCR_VMA_PKEYS ||
	    !(keys & BIT(exec)))
		return kcr_bad_image(ctx, "protection keys %x, %u to execute", keys, exec);
	if (keys != 1 && !arch_pkeys_enabled())
		return kcr_refuse(ctx, "this processor has no memory protection keys");
	return 0;
}

static int mm_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mm *img = kcr_rec_as(rec, struct kcr_img_mm);
	int ret = 0;

	if (rec->len != (rec->version < 2 ? KCR_MM_LEN_1 : sizeof(*img)) || !rec->id)
		return kcr_bad_image(ctx, "address space record of %zu bytes", rec->len);
	if (!addresses_ok(img))
		return kcr_bad_image(ctx, "addresses outside of the address space");
	if (le32_to_cpu(img->flags) & ~KCR_MM_FLAGS ||
	    le32_to_cpu(img->membarrier) & ~KCR_MEMBARRIER_FLAGS ||
	    le32_to_cpu(img->coredump_filter) >> MMF_DUMP_FILTER_BITS ||
	    le32_to_cpu(img->dumpable) > SUID_DUMP_USER)
		return kcr_bad_image(ctx, "unknown flags of an address space");
	if (le32_to_cpu(img->auxv_count) > KCR_MM_AUXV_MAX)
		return kcr_bad_image(ctx, "auxiliary vector of %u numbers",
				     le32_to_cpu(img->auxv_count));
	rec->process->mm_id = rec->id;
	if (rec->version > 1)
		ret = pkeys_check(ctx, img);
	if (!ret && le32_to_cpu(img->flags) & KCR_MM_LOCK_FUTURE)
		ret = kcr_mlock_check_future(ctx);
	return ret;
}

/**
 * kcr_mm_begin() - empty the address space that a task was born with
 * @ctx: the operation; current is a leader being made
 * @p: its process
 */
int kcr_mm_begin(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct mm_struct *mm = current->mm;
	int ret;

	if (p->memory != p)
		return 0;
	/* It lies in what goes away, and the kernel would write there. */
	kcr_rseq_set(current, 0, 0, 0);
	/* Would change what is asked for; the thread's own comes later. */
	current->personality &= ~READ_IMPLIES_EXEC;

	ret = kcr_inherit_begin(p);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"the address space can't be emptied (errno %d)", -ret);
	mm->def_flags = 0;
	kcr_arch_mm_begin(mm);
	/* Pages come back huge where they were, and nowhere else: see fill.c. */
	set_bit(MMF_DISABLE_THP, &mm->flags);
	return 0;
}

/* Of a child it mostly is what its parent has, and stays mapped. */
static bool is_exe(struct file *file)
{
	struct file *exe = kcr_call(get_mm_exe_file)(current->mm);
	bool same = exe && path_equal(&exe->f_path, &file->f_path);

	if (exe)
		fput(exe);
	return same;
}

/* As prctl(PR_SET_MM_EXE_FILE) does it. */
static int exe_restore(struct kcr_ctx *ctx, u32 id)
{
	struct file *exe = kcr_file_restored(ctx, id);
	int ret = 0;

	if (!exe)
		return kcr_bad_image(ctx, "executable %u is no open file", id);
	if (!S_ISREG(file_inode(exe)->i_mode) || kcr_call(path_noexec)(&exe->f_path))
		ret = -EACCES;
	ret = ret ?: file_permission(exe, MAY_EXEC);
	if (!ret && !is_exe(exe))
		ret = kcr_call(replace_mm_exe_file)(current->mm, exe);
	fput(exe);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
				"the executable may not be executed (errno %d)", -ret);
	return 0;
}

static void addresses_restore(struct mm_struct *mm, const struct kcr_img_mm *img)
{
	spin_lock(&mm->arg_lock);
	mm->start_code = le64_to_cpu(img->start_code);
	mm->end_code = le64_to_cpu(img->end_code);
	mm->start_data = le64_to_cpu(img->start_data);
	mm->end_data = le64_to_cpu(img->end_data);
	mm->start_brk = le64_to_cpu(img->start_brk);
	mm->brk = le64_to_cpu(img->brk);
	mm->start_stack = le64_to_cpu(img->start_stack);
	mm->arg_start = le64_to_cpu(img->arg_start);
	mm->arg_end = le64_to_cpu(img->arg_end);
	mm->env_start = le64_to_cpu(img->env_start);
	mm->env_end = le64_to_cpu(img->env_end);
	spin_unlock(&mm->arg_lock);

	mm->mmap_base = le64_to_cpu(img->mmap_base);
	mm->mmap_legacy_base = le64_to_cpu(img->mmap_legacy_base);
	kcr_mm_set_legacy_layout(mm, le32_to_cpu(img->flags) & KCR_MM_LEGACY_LAYOUT);
	mm->hiwater_rss = le64_to_cpu(img->peak_rss) >> PAGE_SHIFT;
	mm->hiwater_vm = le64_to_cpu(img->peak_vm) >> PAGE_SHIFT;
}

static void auxv_restore(struct mm_struct *mm, const struct kcr_img_mm *img)
{
	unsigned int i, n = min_t(u32, le32_to_cpu(img->auxv_count), AT_VECTOR_SIZE);

	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	for (i = 0; i < n; i++)
		mm->saved_auxv[i] = le64_to_cpu(img->auxv[i]);
	/* Readers look for an AT_NULL. */
	mm->saved_auxv[AT_VECTOR_SIZE - 2] = AT_NULL;
	mm->saved_auxv[AT_VECTOR_SIZE - 1] = AT_NULL;
}

static int mm_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mm *img = kcr_rec_as(rec, struct kcr_img_mm);
	struct mm_struct *mm = current->mm;
	size_t mark = kcr_where(ctx, "memory");
	int ret;

	mmap_write_lock(mm);
	addresses_restore(mm, img);
	auxv_restore(mm, img);
	mmap_write_unlock(mm);
	ret = exe_restore(ctx, le32_to_cpu(img->exe));
	kcr_where_end(ctx, mark);
	return ret;
}

static int membarrier_restore(struct kcr_ctx *ctx, u32 flags)
{
	long ret;
	int i;

	for (i = 0; i < ARRAY_SIZE(membarriers); i++) {
		if (!(flags & membarriers[i].flag))
			continue;
		ret = kcr_syscall(membarrier, membarriers[i].cmd, 0, 0);
		if (ret)
			return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
					"membarrier() can't be registered for (errno %ld)",
					-ret);
	}
	return 0;
}

static int mdwe_restore(struct kcr_ctx *ctx, u32 flags)
{
	unsigned long bits = 0;
	long ret;

	if (flags & KCR_MM_MDWE)
		bits |= PR_MDWE_REFUSE_EXEC_GAIN;
	if (flags & KCR_MM_MDWE_NO_INHERIT)
		bits |= PR_MDWE_NO_INHERIT;
	/* What was inherited from restart stays, as it does at exec. */
	if (!bits || current->mm->flags & MMF_HAS_MDWE_MASK)
		return 0;
	ret = kcr_syscall(prctl, PR_SET_MDWE, bits, 0, 0, 0);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
				"this kernel has no PR_SET_MDWE (errno %ld)", -ret);
	return 0;
}

static int merge_restore(struct kcr_ctx *ctx, u32 flags)
{
	long ret;

	/* As with the one above. */
	if (!(flags & KCR_MM_MERGE) || current->mm->flags & MMF_VM_MERGE_ANY_MASK)
		return 0;
	ret = kcr_syscall(prctl, PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
				"this kernel has no PR_SET_MEMORY_MERGE (errno %ld)", -ret);
	return 0;
}

/* What would stand in the way while mappings are made and filled. */
static int mm_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mm *img = kcr_rec_as(rec, struct kcr_img_mm);
	unsigned long *flags = &current->mm->flags;
	unsigned long old, filter;

	kcr_arch_pkeys_restore(current->mm, rec->version < 2 ? 1 : le32_to_cpu(img->pkeys),
			       rec->version < 2 ? 0 : le32_to_cpu(img->exec_pkey));
	if (!(le32_to_cpu(img->flags) & KCR_MM_THP_DISABLE))
		clear_bit(MMF_DISABLE_THP, flags);
	filter = (unsigned long)le32_to_cpu(img->coredump_filter) << MMF_DUMP_FILTER_SHIFT;
	do {
		old = READ_ONCE(*flags);
	} while (cmpxchg(flags, old, (old & ~MMF_DUMP_FILTER_MASK) | filter) != old);

	return membarrier_restore(ctx, le32_to_cpu(img->membarrier)) ?:
	       mdwe_restore(ctx, le32_to_cpu(img->flags)) ?:
	       merge_restore(ctx, le32_to_cpu(img->flags)) ?:
	       kcr_mlock_future(ctx, le32_to_cpu(img->flags));
}

/* Restoring ids clears it, so it comes last. */
static int mm_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_mm *img = kcr_rec_as(rec, struct kcr_img_mm);
	struct mm_struct *mm = get_task_mm(rec->process->leader);

	if (!mm)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it was killed");
	kcr_call(set_dumpable)(mm, le32_to_cpu(img->dumpable));
	mmput(mm);
	return 0;
}

const struct kcr_ops kcr_mm_ops = {
	.kind		= KCR_KIND_MM,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "mm",
	.save_process	= mm_save,
	.check		= mm_check,
	.restore	= mm_restore,
	.link		= mm_link,
	.commit		= mm_commit,
};
