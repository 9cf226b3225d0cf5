// SPDX-License-Identifier: GPL-2.0
/*
 * vDSO: code that the kernel maps into every program, and its data.
 *
 * The program holds addresses of its functions, so it must come back where it
 * was, and be the same: it is mapped again by the running kernel, and its code
 * is compared by hash. Other code (another kernel, another processor that the
 * kernel patched it for) is refused.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/xxhash.h>
#include <asm/prctl.h>

#include "compat/mm.h"
#include "kcr.h"
#include "ksym.h"
#include <uapi/image/vdso.h>

#define VDSO_LEN_MAX	(64ul << PAGE_SHIFT)

struct place {
	unsigned long vvar, vvar_end;
	unsigned long vdso, vdso_end;
};

static const char *special_name(struct vm_area_struct *vma)
{
	if (vma->vm_file || !vma->vm_ops || !vma->vm_ops->name)
		return "";
	return vma->vm_ops->name(vma) ?: "";
}

/* More than one mapping of a name: the last one, and the lengths won't fit. */
static void vdso_find(struct mm_struct *mm, struct place *p)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;

	memset(p, 0, sizeof(*p));
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		const char *name = special_name(vma);

		if (!strcmp(name, "[vdso]")) {
			p->vdso = vma->vm_start;
			p->vdso_end = vma->vm_end;
		} else if (!strcmp(name, "[vvar]")) {
			p->vvar = vma->vm_start;
			p->vvar_end = vma->vm_end;
		}
	}
	mmap_read_unlock(mm);
}

static int hash_page(struct mm_struct *mm, unsigned long addr, struct xxh64_state *a,
		     struct xxh64_state *b)
{
	struct page *page;
	void *p;
	long ret;

	mmap_read_lock(mm);
	ret = kcr_gup_remote(mm, addr, 1, FOLL_FORCE, &page, NULL);
	mmap_read_unlock(mm);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	p = kmap_local_page(page);
	xxh64_update(a, p, PAGE_SIZE);
	xxh64_update(b, p, PAGE_SIZE);
	kunmap_local(p);
	put_page(page);
	return 0;
}

static int vdso_hash(struct mm_struct *mm, const struct place *p, u8 *hash)
{
	struct xxh64_state a, b;
	unsigned long addr;
	__le64 h[2];
	int ret = 0;

	xxh64_reset(&a, 0);
	xxh64_reset(&b, KCR_HASH_SEED);
	for (addr = p->vdso; addr < p->vdso_end && !ret; addr += PAGE_SIZE)
		ret = hash_page(mm, addr, &a, &b);
	h[0] = cpu_to_le64(xxh64_digest(&a));
	h[1] = cpu_to_le64(xxh64_digest(&b));
	memcpy(hash, h, sizeof(h));
	return ret;
}

static int vdso_write(struct kcr_ctx *ctx, const struct place *p)
{
	struct kcr_img_vdso img = {
		.vvar = cpu_to_le64(p->vvar),
		.vvar_len = cpu_to_le64(p->vvar_end - p->vvar),
		.vdso = cpu_to_le64(p->vdso),
		.vdso_len = cpu_to_le64(p->vdso_end - p->vdso),
		.arch = cpu_to_le32(KCR_ARCH_X86_64),
	};
	int ret = vdso_hash(ctx->mm, p, img.hash);

	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"its code can't be read (errno %d)", -ret);
	return kcr_write_rec(ctx, KCR_KIND_VDSO, 1, 0, 0, &img, sizeof(img));
}

static int vdso_save(struct kcr_ctx *ctx, struct task_struct *leader)
{
	size_t mark = kcr_where(ctx, "vDSO");
	struct place p;
	int ret;

	vdso_find(ctx->mm, &p);
	if (!p.vdso && !p.vvar)
		ret = 0;	/* vdso=0, or the program has unmapped it */
	else if (!p.vdso || p.vvar_end != p.vdso)
		ret = kcr_refuse(ctx, "its code and data were moved apart");
	else
		ret = vdso_write(ctx, &p);
	kcr_where_end(ctx, mark);
	return ret;
}

static int vdso_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vdso *img = kcr_rec_as(rec, struct kcr_img_vdso);
	u64 vvar, vvar_len, vdso, vdso_len;

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "vDSO record of %zu bytes", rec->len);
	if (le32_to_cpu(img->arch) != KCR_ARCH_X86_64)
		return kcr_bad_image(ctx, "vDSO of another architecture");
	vvar = le64_to_cpu(img->vvar);
	vvar_len = le64_to_cpu(img->vvar_len);
	vdso = le64_to_cpu(img->vdso);
	vdso_len = le64_to_cpu(img->vdso_len);
	if (!PAGE_ALIGNED(vvar | vvar_len | vdso | vdso_len) || !vvar_len || !vdso_len ||
	    vvar >= TASK_SIZE || vvar_len > VDSO_LEN_MAX || vdso_len > VDSO_LEN_MAX ||
	    vvar + vvar_len != vdso)
		return kcr_bad_image(ctx, "vDSO of %llu bytes at %llx", vdso_len, vdso);
	return 0;
}

static int vdso_compare(struct kcr_ctx *ctx, const struct kcr_img_vdso *img)
{
	struct place p;
	u8 hash[16];
	int ret;

	vdso_find(current->mm, &p);
	if (p.vvar != le64_to_cpu(img->vvar))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EBUSY,
				"its place at %llx can't be had", le64_to_cpu(img->vvar));
	if (p.vdso != le64_to_cpu(img->vdso) ||
	    p.vdso_end - p.vdso != le64_to_cpu(img->vdso_len))
		return kcr_refuse(ctx, "this kernel's has another layout; restart needs the same kernel");
	ret = vdso_hash(current->mm, &p, hash);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"its code can't be read (errno %d)", -ret);
	if (memcmp(hash, img->hash, sizeof(hash)))
		return kcr_refuse(ctx, "this kernel's has other code; restart needs the same kernel and kind of processor");
	return 0;
}

static int vdso_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vdso *img = kcr_rec_as(rec, struct kcr_img_vdso);
	size_t mark = kcr_where(ctx, "vDSO");
	long ret;

	ret = kcr_call(do_arch_prctl_64)(current, ARCH_MAP_VDSO_64, le64_to_cpu(img->vvar));
	if (ret < 0)
		ret = kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
			       "it can't be mapped (errno %ld)", -ret);
	else
		ret = vdso_compare(ctx, img);
	kcr_where_end(ctx, mark);
	return ret;
}

const struct kcr_ops kcr_vdso_ops = {
	.kind		= KCR_KIND_VDSO,
	.version	= 1,
	.name		= "vdso",
	.save_process	= vdso_save,
	.check		= vdso_check,
	.restore	= vdso_restore,
};
