// SPDX-License-Identifier: GPL-2.0
/*
 * The local descriptor table of an address space: segments that modify_ldt(2)
 * has made, entry by entry, by modify_ldt(2) again. It sets the same bits as
 * ever: no segment becomes one of the kernel's, or of 64-bit code.
 *
 * Made when children have been: they would inherit it. Selectors are in the
 * registers (regs.c), which are restored later.
 */
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/desc.h>
#include <asm/ldt.h>
#include <asm/mmu_context.h>

#include "kcr.h"
#include "ksym.h"
#include <uapi/image/x86_ldt.h>

#define WRITE_LDT	0x11	/* modify_ldt(2): func */

#ifdef CONFIG_MODIFY_LDT_SYSCALL

static u32 flags_of(const struct desc_struct *desc)
{
	return (desc->d ? KCR_LDT_SEG_32BIT : 0) |
	       (desc->type & 2 ? 0 : KCR_LDT_READ_EXEC_ONLY) |
	       (desc->g ? KCR_LDT_LIMIT_IN_PAGES : 0) |
	       (desc->p ? 0 : KCR_LDT_NOT_PRESENT) |
	       (desc->avl ? KCR_LDT_USEABLE : 0);
}

static int segment_write(struct kcr_ctx *ctx, u32 entry, const struct desc_struct *desc)
{
	const struct kcr_img_x86_ldt img = {
		.entry = cpu_to_le32(entry),
		.base = cpu_to_le32(get_desc_base(desc)),
		.limit = cpu_to_le32(get_desc_limit(desc)),
		.contents = cpu_to_le32(desc->type >> 2),
		.flags = cpu_to_le32(flags_of(desc)),
	};

	return kcr_rec_put(ctx, &img, sizeof(img));
}

/* Only the threads of the process change it, and they are parked. */
static int ldt_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct ldt_struct *ldt = READ_ONCE(p->mm->context.ldt);
	unsigned int i;
	int ret;

	if (!ldt)
		return 0;
	ret = kcr_rec_begin(ctx, KCR_KIND_X86_LDT, 1, 0, p->id);
	for (i = 0; i < ldt->nr_entries && !ret; i++)
		if (!desc_empty(&ldt->entries[i]))
			ret = segment_write(ctx, i, &ldt->entries[i]);
	return ret ?: kcr_rec_end(ctx);
}

#else

static int ldt_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	return 0;
}

#endif

static int ldt_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_x86_ldt *img = kcr_rec_as(rec, struct kcr_img_x86_ldt);
	size_t i, n = rec->len / sizeof(*img);

	if (rec->len % sizeof(*img) || n > KCR_LDT_MAX)
		return kcr_bad_image(ctx, "local descriptor table of %zu bytes", rec->len);
	if (n && !IS_ENABLED(CONFIG_MODIFY_LDT_SYSCALL))
		return kcr_refuse(ctx, "this kernel has no local descriptor tables (modify_ldt)");
	for (i = 0; i < n; i++)
		if (le32_to_cpu(img[i].entry) >= KCR_LDT_MAX ||
		    (i && le32_to_cpu(img[i].entry) <= le32_to_cpu(img[i - 1].entry)) ||
		    le32_to_cpu(img[i].contents) > 3 ||
		    le32_to_cpu(img[i].limit) >> 20 ||
		    le32_to_cpu(img[i].flags) & ~KCR_LDT_FLAGS)
			return kcr_bad_image(ctx, "entry %u of a local descriptor table",
					     le32_to_cpu(img[i].entry));
	return 0;
}

static struct user_desc segment_decode(const struct kcr_img_x86_ldt *img)
{
	u32 flags = le32_to_cpu(img->flags);

	return (struct user_desc) {
		.entry_number = le32_to_cpu(img->entry),
		.base_addr = le32_to_cpu(img->base),
		.limit = le32_to_cpu(img->limit),
		.contents = le32_to_cpu(img->contents),
		.seg_32bit = !!(flags & KCR_LDT_SEG_32BIT),
		.read_exec_only = !!(flags & KCR_LDT_READ_EXEC_ONLY),
		.limit_in_pages = !!(flags & KCR_LDT_LIMIT_IN_PAGES),
		.seg_not_present = !!(flags & KCR_LDT_NOT_PRESENT),
		.useable = !!(flags & KCR_LDT_USEABLE),
	};
}

/* The system call gives an int in a register of 64 bits that says nothing more. */
static int segment_make(const struct kcr_img_x86_ldt *img, unsigned long scratch)
{
	struct user_desc desc = segment_decode(img);

	if (copy_to_user((void __user *)scratch, &desc, sizeof(desc)))
		return -EFAULT;
	return (int)kcr_syscall(modify_ldt, WRITE_LDT, scratch, sizeof(desc));
}

/* From the last one on, so that the table gets its size at once. */
static int segments_make(const struct kcr_rec *rec, unsigned long scratch)
{
	const struct kcr_img_x86_ldt *img = kcr_rec_as(rec, struct kcr_img_x86_ldt);
	size_t n = rec->len / sizeof(*img);
	int ret = 0;

	while (n-- && !ret)
		ret = segment_make(&img[n], scratch);
	return ret;
}

static int ldt_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	unsigned long scratch = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, 0);
	int ret;

	if (IS_ERR_VALUE(scratch))
		return kcr_nomem(ctx);
	ret = segments_make(rec, scratch);
	vm_munmap(scratch, PAGE_SIZE);
	return ret ? kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
			      "the local descriptor table (modify_ldt) can't be made (errno %d)",
			      -ret) : 0;
}

const struct kcr_ops kcr_x86_ldt_ops = {
	.kind		= KCR_KIND_X86_LDT,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "x86_ldt",
	.save_process	= ldt_save,
	.check		= ldt_check,
	.link		= ldt_link,
};
