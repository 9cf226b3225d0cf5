// SPDX-License-Identifier: GPL-2.0
/*
 * What a thread may not do, or may, on x86: read the TSC, use CPUID; use I/O
 * ports, by ioperm(2) and iopl(2), which take CAP_SYS_RAWIO as ever; have the
 * L1D cache flushed when it leaves the processor.
 *
 * Of struct io_bitmap only the bits are saved; the rest is derived from them.
 * What threads share of it they share until one changes it.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/thread_info.h>
#include <asm/io_bitmap.h>
#include <asm/prctl.h>
#include <asm/processor.h>

#include "kcr.h"
#include "ksym.h"
#include <uapi/image/x86_thread.h>

static u32 flags_of(struct task_struct *task)
{
	u32 flags = 0;

	if (test_tsk_thread_flag(task, TIF_NOTSC))
		flags |= KCR_X86_NO_TSC;
	if (test_tsk_thread_flag(task, TIF_NOCPUID))
		flags |= KCR_X86_NO_CPUID;
	if (test_tsk_thread_flag(task, TIF_SPEC_L1D_FLUSH))
		flags |= KCR_X86_FLUSH_L1D;
	return flags;
}

/*
 * A parked thread that is killed frees its bitmap without waiting for anybody.
 * But before that it leaves its address space, for which it needs the lock.
 */
static unsigned long *ports_copy(struct kcr_thread *t)
{
	struct mm_struct *mm = t->process->mm;
	unsigned long *copy;

	if (!t->task->thread.io_bitmap)
		return NULL;
	copy = kmalloc(IO_BITMAP_BYTES, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	bitmap_fill(copy, IO_BITMAP_BITS);
	mmap_write_lock(mm);
	task_lock(t->task);
	if (t->task->mm == mm && t->task->thread.io_bitmap)
		memcpy(copy, t->task->thread.io_bitmap->bitmap, IO_BITMAP_BYTES);
	task_unlock(t->task);
	mmap_write_unlock(mm);
	return copy;
}

/* A bit that is set forbids; returns the ranges that are left. */
static u32 ranges_count(const unsigned long *ports)
{
	unsigned int from, to;
	u32 n = 0;

	if (ports)
		for_each_clear_bitrange(from, to, ports, IO_BITMAP_BITS)
			n++;
	return n;
}

static int ranges_write(struct kcr_ctx *ctx, const unsigned long *ports)
{
	struct kcr_img_x86_ports img;
	unsigned int from, to;
	int ret = 0;

	if (!ports)
		return 0;
	for_each_clear_bitrange(from, to, ports, IO_BITMAP_BITS) {
		img.from = cpu_to_le32(from);
		img.count = cpu_to_le32(to - from);
		ret = ret ?: kcr_rec_put(ctx, &img, sizeof(img));
	}
	return ret;
}

static int thread_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	u32 flags = flags_of(t->task), iopl = t->task->thread.iopl_emul;
	unsigned long *ports = ports_copy(t);
	struct kcr_img_x86_thread img = {
		.flags = cpu_to_le32(flags),
		.iopl = cpu_to_le32(iopl),
	};
	int ret = 0;

	if (IS_ERR(ports))
		return kcr_nomem(ctx);
	img.ranges = cpu_to_le32(ranges_count(ports));
	if (flags || iopl || ports)
		ret = kcr_rec_begin(ctx, KCR_KIND_X86_THREAD, 1, 0, t->id) ?:
		      kcr_rec_put(ctx, &img, sizeof(img)) ?:
		      ranges_write(ctx, ports) ?: kcr_rec_end(ctx);
	kfree(ports);
	return ret;
}

static bool range_sane(const struct kcr_img_x86_ports *range)
{
	u32 from = le32_to_cpu(range->from), count = le32_to_cpu(range->count);

	return count && from < KCR_X86_PORTS && count <= KCR_X86_PORTS - from;
}

static int thread_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_x86_thread *img = kcr_rec_as(rec, struct kcr_img_x86_thread);
	const struct kcr_img_x86_ports *range = (const void *)(img + 1);
	u32 i, n;

	BUILD_BUG_ON(IO_BITMAP_BITS != KCR_X86_PORTS);
	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "I/O ports in %zu bytes", rec->len);
	n = le32_to_cpu(img->ranges);
	if (le32_to_cpu(img->flags) & ~KCR_X86_THREAD_FLAGS || le32_to_cpu(img->iopl) > 3 ||
	    n > KCR_X86_PORTS / 2 || rec->len != sizeof(*img) + n * sizeof(*range))
		return kcr_bad_image(ctx, "flags %#x, iopl %u, %u ranges of I/O ports in %zu bytes",
				     le32_to_cpu(img->flags), le32_to_cpu(img->iopl), n, rec->len);
	for (i = 0; i < n; i++)
		if (!range_sane(&range[i]))
			return kcr_bad_image(ctx, "%u I/O ports from %u on",
					     le32_to_cpu(range[i].count),
					     le32_to_cpu(range[i].from));
	return 0;
}

static int restore_ports(struct kcr_ctx *ctx, const struct kcr_img_x86_thread *img)
{
	const struct kcr_img_x86_ports *range = (const void *)(img + 1);
	u32 i;
	long ret = 0;

	for (i = 0; i < le32_to_cpu(img->ranges) && !ret; i++)
		ret = kcr_syscall(ioperm, le32_to_cpu(range[i].from),
				  le32_to_cpu(range[i].count), 1);
	if (!ret && img->iopl)
		ret = kcr_syscall(iopl, le32_to_cpu(img->iopl));
	return ret ? kcr_fail(ctx, ret == -EPERM ? KCR_CLASS_PERMISSION : KCR_CLASS_UNSUPPORTED,
			      ret, "the program may use I/O ports (ioperm, iopl), and you may not let it") : 0;
}

static int restore_flags(struct kcr_ctx *ctx, u32 flags)
{
	if (flags & KCR_X86_NO_TSC && kcr_syscall(prctl, PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0))
		return kcr_refuse(ctx, "the program may not read the TSC (PR_SET_TSC), which can't be forbidden here");
	if (flags & KCR_X86_NO_CPUID && kcr_syscall(arch_prctl, ARCH_SET_CPUID, 0))
		return kcr_refuse(ctx, "the program may not use CPUID (ARCH_SET_CPUID), which can't be forbidden here");
	if (flags & KCR_X86_FLUSH_L1D &&
	    kcr_syscall(prctl, PR_SET_SPECULATION_CTRL, PR_SPEC_L1D_FLUSH, PR_SPEC_ENABLE, 0, 0))
		return kcr_refuse(ctx, "the program has the L1D cache flushed (PR_SPEC_L1D_FLUSH), which can't be done here");
	return 0;
}

static int thread_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct kcr_img_x86_thread *img = kcr_rec_as(rec, struct kcr_img_x86_thread);

	return restore_flags(ctx, le32_to_cpu(img->flags)) ?: restore_ports(ctx, img);
}

const struct kcr_ops kcr_x86_thread_ops = {
	.kind		= KCR_KIND_X86_THREAD,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "x86_thread",
	.save_thread	= thread_save,
	.check		= thread_check,
	.restore_thread	= thread_restore,
};
