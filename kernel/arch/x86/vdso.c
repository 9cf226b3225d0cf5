// SPDX-License-Identifier: GPL-2.0
/*
 * vDSO: code that the kernel maps into every program, and its data.
 *
 * The program holds addresses of its functions, so they must be where they
 * were. Where the running kernel has the same code, it maps it there again.
 *
 * Other code (another kernel, another processor that the kernel patched it for)
 * has its functions elsewhere, and reads other data. Then the running kernel's
 * is mapped where there is room, and the old code, which the image holds, comes
 * back as ordinary memory of the program's: each function that it exports jumps
 * to the new one of the same name. Where its data was nothing can be mapped: it
 * is reserved, so that old code that should still run is stopped, and does not
 * take for a clock what the program has put there since. That is why a thread
 * that stood inside of it is refused, unless it only had to return.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/xxhash.h>
#include <asm/prctl.h>
#include <asm/vdso.h>

#include "arch/arch.h"
#include "arch/x86/vdso_elf.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/mm.h"
#include <uapi/image/vdso.h>

struct place {
	unsigned long vvar, vvar_end;
	unsigned long vdso, vdso_end;
	bool changed;
};

static const char *special_name(struct vm_area_struct *vma)
{
	if (vma->vm_file || !vma->vm_ops || !vma->vm_ops->name)
		return "";
	return vma->vm_ops->name(vma) ?: "";
}

/* Written to, as a debugger does, or with other rights than it came with. */
static bool is_changed(struct vm_area_struct *vma, unsigned long flags)
{
	return vma->anon_vma || (vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) != flags;
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
			p->changed |= is_changed(vma, VM_READ | VM_EXEC);
		} else if (!strcmp(name, "[vvar]")) {
			p->vvar = vma->vm_start;
			p->vvar_end = vma->vm_end;
			p->changed |= is_changed(vma, VM_READ);
		}
	}
	mmap_read_unlock(mm);
}

/*
 * The kernel's own copy of the code does not change once it runs, and is what
 * every program has that did not write to it: it is hashed once.
 */
static void image_hash(const struct vdso_image *image, u8 *hash)
{
	static const struct vdso_image *hashed;
	static DEFINE_MUTEX(lock);
	static __le64 h[2];

	mutex_lock(&lock);
	if (hashed != image) {
		h[0] = cpu_to_le64(xxh64(image->data, image->size, 0));
		h[1] = cpu_to_le64(xxh64(image->data, image->size, KCR_HASH_SEED));
		hashed = image;
	}
	memcpy(hash, h, sizeof(h));
	mutex_unlock(&lock);
}

static bool is_image(const struct place *p, const struct vdso_image *image)
{
	return image && !p->changed && p->vdso_end - p->vdso == image->size &&
	       p->vvar_end - p->vvar == -image->sym_vvar_start;
}

/**
 * kcr_arch_in_vdso() - was current interrupted inside of the vDSO?
 * @regs: of its user mode
 *
 * Not in a system call made from there: whoever comes from it would always be.
 */
bool kcr_arch_in_vdso(const struct pt_regs *regs)
{
	const struct mm_struct *mm = current->mm;	/* NULL on its way out */

	return mm && mm->context.vdso_image && (long)regs->orig_ax < 0 &&
	       regs->ip - (unsigned long)mm->context.vdso < mm->context.vdso_image->size;
}

/* Save */

static int vdso_write(struct kcr_ctx *ctx, const struct place *p,
		      const struct vdso_image *image, u32 owner)
{
	struct kcr_img_vdso img = {
		.vvar = cpu_to_le64(p->vvar),
		.vvar_len = cpu_to_le64(p->vvar_end - p->vvar),
		.vdso = cpu_to_le64(p->vdso),
		.vdso_len = cpu_to_le64(p->vdso_end - p->vdso),
		.arch = cpu_to_le32(KCR_ARCH_X86_64),
	};

	image_hash(image, img.hash);
	return kcr_rec_begin(ctx, KCR_KIND_VDSO, 2, 0, owner) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, image->data, image->size) ?:
	       kcr_rec_end(ctx);
}

static int vdso_write_checked(struct kcr_ctx *ctx, const struct place *p,
			      struct kcr_process *process)
{
	const struct vdso_image *image = process->mm->context.vdso_image;
	struct kcr_vdso_elf elf;
	const char *why;

	if (!p->vdso || p->vvar_end != p->vdso)
		return kcr_refuse(ctx, "its code and data were moved apart");
	if (!is_image(p, image))
		return kcr_refuse(ctx, "its code was changed, as a debugger does");
	if (image->size > KCR_VDSO_CODE_MAX)
		return kcr_refuse(ctx, "its code is too long");
	if (!kcr_vdso_elf_read(&elf, image->data, image->size, &why))
		return kcr_refuse(ctx, "it can't be read: %s", why);
	return vdso_write(ctx, p, image, process->id);
}

static int vdso_save(struct kcr_ctx *ctx, struct kcr_process *process)
{
	size_t mark = kcr_where(ctx, "vDSO");
	struct place p;
	int ret = 0;

	vdso_find(process->mm, &p);
	if (p.vdso || p.vvar)	/* else vdso=0, or the program has unmapped it */
		ret = vdso_write_checked(ctx, &p, process);
	kcr_where_end(ctx, mark);
	return ret;
}

/* Restore */

static size_t code_len(const struct kcr_rec *rec)
{
	return rec->len - sizeof(struct kcr_img_vdso);
}

static const u8 *code_of(const struct kcr_rec *rec)
{
	return rec->data + sizeof(struct kcr_img_vdso);
}

/* Across kernels */

static struct kcr_thread *thread_of(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_thread *t;

	list_for_each_entry(t, &ctx->threads, node)
		if (t->id == id)
			return t;
	return NULL;
}

/*
 * One that is about to enter a function finds the jump, and one that has only
 * to return from a system call can do that: the old code is there.
 */
static int refuse_inside(struct kcr_ctx *ctx, const struct kcr_rec *rec,
			 const struct kcr_vdso_elf *old)
{
	u64 vdso = le64_to_cpu(kcr_rec_as(rec, struct kcr_img_vdso)->vdso);
	const struct kcr_thread *t;
	const struct kcr_rec *regs;
	bool in_call;
	u64 ip;

	list_for_each_entry(regs, &ctx->recs, node) {
		if (regs->process != rec->process || !kcr_arch_ip(regs, &ip, &in_call) ||
		    ip - vdso >= code_len(rec))
			continue;
		if (!in_call && kcr_vdso_elf_entry(old, ip - vdso))
			continue;
		if (kcr_vdso_elf_returns(old, code_of(rec), code_len(rec), ip - vdso))
			continue;
		t = thread_of(ctx, regs->owner);
		return kcr_refuse(ctx, "thread %d was inside of it, and can only go on with the same one: this kernel has another",
				  t ? t->tid : 0);
	}
	return 0;
}

/* What can be said before anything is made; fills both. */
static int across_check(struct kcr_ctx *ctx, const struct kcr_rec *rec,
			const struct vdso_image *image, struct kcr_vdso_elf *old,
			struct kcr_vdso_elf *here)
{
	const char *why;

	if (rec->version < 2)
		return kcr_refuse(ctx, "this kernel has another, and the image does not hold the program's: restart needs the same kernel and kind of processor");
	if (!kcr_vdso_elf_read(old, code_of(rec), code_len(rec), &why))
		return kcr_bad_image(ctx, "it can't be read: %s", why);
	if (!kcr_vdso_elf_read(here, image->data, image->size, &why))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EOPNOTSUPP,
				"this kernel's can't be read: %s", why);
	why = kcr_vdso_elf_lacks(old, here);
	if (why)
		return kcr_refuse(ctx, "this kernel's has no function %.64s", why);
	return refuse_inside(ctx, rec, old);
}

/* As the program could itself: what forbids it that, forbids it us. */
static int map_old(struct kcr_ctx *ctx, u64 addr, u64 len, unsigned long prot)
{
	unsigned long ret = vm_mmap(NULL, addr, len, prot, MAP_PRIVATE | MAP_ANONYMOUS |
				    MAP_FIXED_NOREPLACE, 0);

	if (!IS_ERR_VALUE(ret))
		return 0;
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, (long)ret,
			"memory for the program's old one can't be mapped at %llx (errno %ld)",
			addr, -(long)ret);
}

static int map_here(struct kcr_ctx *ctx, u64 vvar, struct place *p)
{
	long ret = kcr_call(do_arch_prctl_64)(current, ARCH_MAP_VDSO_64, vvar);

	if (ret < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"it can't be mapped (errno %ld)", -ret);
	vdso_find(current->mm, p);
	if (!is_image(p, current->mm->context.vdso_image))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EOPNOTSUPP,
				"this kernel's has another layout than is known here");
	return 0;
}

static int unmap_here(struct kcr_ctx *ctx, const struct place *p)
{
	int ret = vm_munmap(p->vvar, p->vdso_end - p->vvar);

	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"it can't be unmapped (errno %d)", -ret);
	return 0;
}

static int fill_old(struct kcr_ctx *ctx, const struct kcr_rec *rec,
		    const struct kcr_vdso_elf *old, const struct kcr_vdso_elf *here,
		    const struct place *p)
{
	size_t len = code_len(rec);
	u64 addr = le64_to_cpu(kcr_rec_as(rec, struct kcr_img_vdso)->vdso);
	u8 *code = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	int ret;

	if (!code)
		return kcr_nomem(ctx);
	memcpy(code, code_of(rec), len);
	kcr_vdso_elf_redirect(old, code, here, p->vdso);
	ret = kcr_mm_fill(ctx, addr, len >> PAGE_SHIFT, code);
	kvfree(code);
	return ret;
}

/* The old one first, so that the new one is put elsewhere. */
static int vdso_across(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct place *p)
{
	const struct kcr_img_vdso *img = kcr_rec_as(rec, struct kcr_img_vdso);
	struct kcr_vdso_elf old, here;

	return across_check(ctx, rec, current->mm->context.vdso_image, &old, &here) ?:
	       unmap_here(ctx, p) ?:
	       map_old(ctx, le64_to_cpu(img->vvar), le64_to_cpu(img->vvar_len), PROT_NONE) ?:
	       map_old(ctx, le64_to_cpu(img->vdso), le64_to_cpu(img->vdso_len),
		       PROT_READ | PROT_EXEC) ?:
	       map_here(ctx, 0, p) ?:
	       fill_old(ctx, rec, &old, &here, p);
}

/* Both */

static bool is_same(const struct kcr_img_vdso *img, const struct vdso_image *image)
{
	u8 hash[sizeof(img->hash)];

	image_hash(image, hash);
	return le64_to_cpu(img->vdso_len) == image->size &&
	       le64_to_cpu(img->vvar_len) == -image->sym_vvar_start &&
	       !memcmp(hash, img->hash, sizeof(hash));
}

/*
 * What the restarter has is most likely what the program will get. If it has
 * none, or that of 32-bit programs, the answer comes with restore.
 */
static int check_here(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct vdso_image *image = current->mm->context.vdso_image;
	struct kcr_vdso_elf old, here;
	const char *why;
	size_t mark;
	int ret;

	if (!image || is_same(kcr_rec_as(rec, struct kcr_img_vdso), image) ||
	    !kcr_vdso_elf_read(&here, image->data, image->size, &why))
		return 0;
	mark = kcr_where(ctx, "vDSO");
	ret = across_check(ctx, rec, image, &old, &here);
	kcr_where_end(ctx, mark);
	return ret;
}

static int vdso_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vdso *img = kcr_rec_as(rec, struct kcr_img_vdso);
	u64 vvar, vvar_len, vdso, vdso_len;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "vDSO record of %zu bytes", rec->len);
	if (le32_to_cpu(img->arch) != KCR_ARCH_X86_64)
		return kcr_bad_image(ctx, "vDSO of another architecture");
	vvar = le64_to_cpu(img->vvar);
	vvar_len = le64_to_cpu(img->vvar_len);
	vdso = le64_to_cpu(img->vdso);
	vdso_len = le64_to_cpu(img->vdso_len);
	if (!PAGE_ALIGNED(vvar | vvar_len | vdso | vdso_len) || !vvar_len || !vdso_len ||
	    vvar >= TASK_SIZE || vvar_len > KCR_VDSO_CODE_MAX ||
	    vdso_len > KCR_VDSO_CODE_MAX || vvar + vvar_len != vdso ||
	    code_len(rec) != (rec->version < 2 ? 0 : vdso_len))
		return kcr_bad_image(ctx, "vDSO of %llu bytes at %llx", vdso_len, vdso);
	return check_here(ctx, rec);
}

static int vdso_restore_one(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vdso *img = kcr_rec_as(rec, struct kcr_img_vdso);
	struct place p;
	int ret = map_here(ctx, le64_to_cpu(img->vvar), &p);

	if (ret)
		return ret;
	if (!is_same(img, current->mm->context.vdso_image))
		return vdso_across(ctx, rec, &p);
	if (p.vvar != le64_to_cpu(img->vvar))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EBUSY,
				"its place at %llx can't be had", le64_to_cpu(img->vvar));
	return 0;
}

static int vdso_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	size_t mark = kcr_where(ctx, "vDSO");
	int ret = vdso_restore_one(ctx, rec);

	kcr_where_end(ctx, mark);
	return ret;
}

const struct kcr_ops kcr_vdso_ops = {
	.kind		= KCR_KIND_VDSO,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "vdso",
	.save_process	= vdso_save,
	.check		= vdso_check,
	.restore	= vdso_restore,
};
