// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping: a range of addresses with its protection, its file and what
 * madvise() has said of it.
 *
 * A mapping comes back through mmap(), under the caller's own limits, with its
 * final protection: pages are put in as a debugger would, see fill.c. The vDSO
 * is a kind of its own. Of struct vm_area_struct, where anonymous pages hang
 * (anon_vma, vm_pgoff without a file), locks and statistics are the kernel's;
 * VM_SOFTDIRTY marks a mapping that is new, which a restored one is.
 */
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/pkeys.h>
#include <linux/sched/mm.h>

#include "compat/mm.h"
#include "files/files.h"
#include "ipc/ipc.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/mm.h"
#include <uapi/image/vma.h>

static const struct {
	unsigned long vm;
	u32 img;
} flag_map[] = {
	{ VM_READ,	KCR_VMA_READ },
	{ VM_WRITE,	KCR_VMA_WRITE },
	{ VM_EXEC,	KCR_VMA_EXEC },
	/* VM_SHARED is that and a file that may be written. */
	{ VM_MAYSHARE,	KCR_VMA_SHARED },
	{ VM_MAYREAD,	KCR_VMA_MAYREAD },
	{ VM_MAYWRITE,	KCR_VMA_MAYWRITE },
	{ VM_MAYEXEC,	KCR_VMA_MAYEXEC },
	{ VM_GROWSDOWN,	KCR_VMA_GROWSDOWN },
	{ VM_NORESERVE,	KCR_VMA_NORESERVE },
	{ VM_ACCOUNT,	KCR_VMA_ACCOUNT },
	{ VM_DONTCOPY,	KCR_VMA_DONTCOPY },
	{ VM_DONTDUMP,	KCR_VMA_DONTDUMP },
	{ VM_WIPEONFORK, KCR_VMA_WIPEONFORK },
	{ VM_HUGEPAGE,	KCR_VMA_HUGEPAGE },
	{ VM_NOHUGEPAGE, KCR_VMA_NOHUGEPAGE },
	{ VM_SEQ_READ,	KCR_VMA_SEQ_READ },
	{ VM_RAND_READ,	KCR_VMA_RAND_READ },
	{ VM_LOCKED,	KCR_VMA_LOCKED },
	{ VM_LOCKONFAULT, KCR_VMA_LOCKONFAULT },
	{ VM_MERGEABLE,	KCR_VMA_MERGEABLE },
	{ VM_HUGETLB,	KCR_VMA_HUGETLB },
};

static const struct {
	unsigned long vm;
	const char *why;
} refused_flags[] = {
	{ VM_SHADOW_STACK, "a shadow stack" },
	{ VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR, "memory watched by userfaultfd" },
	{ VM_IO | VM_PFNMAP | VM_MIXEDMAP, "memory of a device" },
	{ VM_SYNC,	"persistent memory mapped with MAP_SYNC" },
	{ VM_SEALED,	"a mapping sealed with mseal()" },
	{ VM_DROPPABLE,	"memory that the kernel may drop (MAP_DROPPABLE)" },
	{ VM_DONTEXPAND, "a mapping that the kernel has made" },
};

/* What is looked at of a mapping, without its lock. */
struct vma {
	unsigned long start, end, pgoff, flags;
	u32 pkey;
	struct file *file;
	bool special;		/* vDSO or its data */
	bool anonymous;		/* no pages but its own, whatever its file */
	bool policy, named;
	u32 img_flags;		/* that no flag of its own tells */
	bool lost;		/* a huge page, to its parent */
	struct kcr_img_mempolicy mempolicy;	/* with @policy */
};

/* kcr_vma_refused() - will it be refused, and so is left alone? */
bool kcr_vma_refused(const struct vm_area_struct *vma)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(refused_flags); i++)
		if (vma->vm_flags & refused_flags[i].vm)
			return true;
	return false;
}

/**
 * kcr_mm_next_file() - the next file that is mapped
 * @mm: of a program that may be running
 * @addr: where to look; moves behind the mapping
 *
 * Return: it, with a reference, or NULL if there is none.
 */
struct file *kcr_mm_next_file(struct mm_struct *mm, unsigned long *addr)
{
	VMA_ITERATOR(vmi, mm, *addr);
	struct vm_area_struct *vma;
	struct file *file = NULL;

	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		*addr = vma->vm_end;
		if (vma->vm_file) {
			file = get_file(vma->vm_file);
			break;
		}
	}
	mmap_read_unlock(mm);
	return file;
}

static bool is_vdso(struct vm_area_struct *vma)
{
	const char *name = NULL;

	if (!vma->vm_file && vma->vm_ops && vma->vm_ops->name)
		name = vma->vm_ops->name(vma);
	return name && (!strcmp(name, "[vdso]") || !strcmp(name, "[vvar]"));
}

#ifdef CONFIG_NUMA
/* That of memory which is saved as an object stands with it. */
static bool has_policy(const struct vm_area_struct *vma)
{
	return vma->vm_policy && !(vma->vm_file && kcr_file_is_memfd(vma->vm_file));
}
#endif

/* The first mapping that ends after @addr; its file gets a reference. */
static bool vma_peek(const struct kcr_process *p, unsigned long addr, struct vma *v)
{
	struct mm_struct *mm = p->mm;
	struct vm_area_struct *vma;

	memset(v, 0, sizeof(*v));
	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma) {
		v->start = vma->vm_start;
		v->end = vma->vm_end;
		v->pgoff = vma->vm_pgoff;
		v->flags = kcr_vma_flags(p, vma);
		v->pkey = vma_pkey(vma);
		v->file = vma->vm_file ? get_file(vma->vm_file) : NULL;
		v->special = is_vdso(vma);
		v->anonymous = vma_is_anonymous(vma);
		v->named = kcr_vma_is_named(vma);
		kcr_hugetlb_vma(vma, &v->img_flags, &v->lost);
#ifdef CONFIG_NUMA
		v->policy = has_policy(vma);
		if (v->policy)
			kcr_mempolicy_encode(vma->vm_policy, &v->mempolicy);
#endif
	}
	mmap_read_unlock(mm);
	return vma;
}

/* Save */

static int vma_refuse(struct kcr_ctx *ctx, const struct vma *v)
{
	unsigned long known = VM_SHARED | VM_SOFTDIRTY | ARCH_VM_PKEY_FLAGS, flags = v->flags;
	int i;

	if (v->file && file_inode(v->file)->i_sb->s_magic == SECRETMEM_MAGIC)
		return kcr_refuse(ctx, "secret memory (memfd_secret)");
	if (v->lost)
		return kcr_refuse(ctx, "huge pages of it went to its parent, as too few were free");
	if (flags & VM_HUGETLB)		/* which goes with it */
		flags &= ~VM_DONTEXPAND;
	for (i = 0; i < ARRAY_SIZE(refused_flags); i++)
		if (flags & refused_flags[i].vm)
			return kcr_refuse(ctx, "%s", refused_flags[i].why);
	for (i = 0; i < ARRAY_SIZE(flag_map); i++)
		known |= flag_map[i].vm;
	if (flags & ~known)
		return kcr_refuse(ctx, "flags %lx are not known here", flags & ~known);
	return v->named ? kcr_refuse(ctx, "a name of its own (PR_SET_VMA_ANON_NAME)") : 0;
}

/* The image relies on the file's bytes, unless it holds them. */
static int vma_save_content(struct kcr_ctx *ctx, const struct vma *v, u32 file)
{
	loff_t from = (loff_t)v->pgoff << PAGE_SHIFT;
	loff_t size = i_size_read(file_inode(v->file));

	if (v->anonymous)
		return 0;
	if (kcr_file_is_memfd(v->file) || v->flags & VM_HUGETLB ||
	    kcr_file_is_attached(v->file) || from >= size)
		return 0;
	return kcr_content_need(ctx, v->file, file, from,
				min_t(loff_t, v->end - v->start, size - from));
}

static int vma_save_file(struct kcr_ctx *ctx, const struct vma *v, u32 *id)
{
	struct inode *inode;
	int ret;

	if (!v->file)
		return 0;
	inode = file_inode(v->file);
	if (!S_ISREG(inode->i_mode) && !v->anonymous)
		return kcr_refuse(ctx, "%pD2 is mapped, which is no regular file", v->file);
	/* Less what is found to be the program's own when pages are written. */
	if (!v->anonymous && !(v->flags & (VM_MAYSHARE | VM_HUGETLB)))
		ctx->pages_file += (v->end - v->start) >> PAGE_SHIFT;
	ret = kcr_file_save(ctx, v->file, id);
	if (ret || !*id)
		return ret;
	return vma_save_content(ctx, v, *id);
}

static u32 image_flags(unsigned long vm)
{
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(flag_map); i++)
		if (vm & flag_map[i].vm)
			flags |= flag_map[i].img;
	return flags;
}

static int vma_write(struct kcr_ctx *ctx, struct kcr_process *p, const struct vma *v,
		     const struct kcr_img_vma *img)
{
	size_t policy = v->policy ? sizeof(v->mempolicy) : 0;

	return kcr_rec_begin(ctx, KCR_KIND_VMA, 2, 0, p->id) ?:
	       kcr_rec_put(ctx, img, sizeof(*img)) ?:
	       kcr_rec_put(ctx, &v->mempolicy, policy) ?: kcr_rec_end(ctx);
}

static int vma_save_one(struct kcr_ctx *ctx, struct kcr_process *p, const struct vma *v)
{
	size_t mark = kcr_where(ctx, "mapping %lx-%lx", v->start, v->end);
	struct kcr_img_vma img = {
		.start = cpu_to_le64(v->start),
		.end = cpu_to_le64(v->end),
		.offset = cpu_to_le64(v->file ? (u64)v->pgoff << PAGE_SHIFT : 0),
		.mm = cpu_to_le32(p->mm_id),
		.pkey = cpu_to_le32(v->pkey),
	};
	u32 file = 0, flags = image_flags(v->flags) | v->img_flags;
	int ret;

	ret = vma_refuse(ctx, v) ?: vma_save_file(ctx, v, &file) ?:
	      kcr_inherit_save(p, v->start, &flags);
	if (!ret) {
		img.file = cpu_to_le32(file);
		img.flags = cpu_to_le32(flags);
		ret = vma_write(ctx, p, v, &img);
	}
	kcr_where_end(ctx, mark);
	return ret;
}

/* All is parked, so that the mappings stay as they are between two looks. */
static int vma_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	unsigned long addr = 0;
	struct vma v;
	int ret = 0;

	while (!ret && vma_peek(p, addr, &v)) {
		if (!v.special)
			ret = vma_save_one(ctx, p, &v);
		if (v.file)
			fput(v.file);
		addr = v.end;
		cond_resched();
	}
	return ret;
}

/* Restore */

static u32 pkey_of(const struct kcr_rec *rec)
{
	return rec->version < 2 ? 0 : le32_to_cpu(kcr_rec_as(rec, struct kcr_img_vma)->pkey);
}

/* Its NUMA policy, NULL for none. */
static const struct kcr_img_mempolicy *policy_of(const struct kcr_rec *rec)
{
	const struct kcr_img_vma *img = kcr_rec_as(rec, struct kcr_img_vma);

	if (rec->version < 2 || rec->len != sizeof(*img) + sizeof(struct kcr_img_mempolicy))
		return NULL;
	return (const struct kcr_img_mempolicy *)(img + 1);
}

static int pkey_check(struct kcr_ctx *ctx, u32 pkey)
{
	if (pkey >= KCR_VMA_PKEYS)
		return kcr_bad_image(ctx, "protection key %u", pkey);
	if (pkey && !arch_pkeys_enabled())
		return kcr_refuse(ctx, "this processor has no memory protection keys");
	return 0;
}

static int vma_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vma *img = kcr_rec_as(rec, struct kcr_img_vma);
	struct kcr_process *p = rec->process;
	u64 start, end, offset;
	int ret;

	if (rec->len != sizeof(*img) && !policy_of(rec))
		return kcr_bad_image(ctx, "mapping record of %zu bytes", rec->len);
	start = le64_to_cpu(img->start);
	end = le64_to_cpu(img->end);
	offset = le64_to_cpu(img->offset);
	if (!PAGE_ALIGNED(start | end | offset) || start >= end || end > TASK_SIZE ||
	    start < p->vma_end)
		return kcr_bad_image(ctx, "mapping %llx-%llx", start, end);
	if (le32_to_cpu(img->flags) & ~KCR_VMA_FLAGS)
		return kcr_bad_image(ctx, "mapping %llx-%llx with unknown flags %x",
				     start, end, le32_to_cpu(img->flags));
	if (!p->mm_id || le32_to_cpu(img->mm) != p->mm_id)
		return kcr_bad_image(ctx, "mapping %llx-%llx of no address space", start, end);
	if (offset + (end - start) < offset || offset > MAX_LFS_FILESIZE)
		return kcr_bad_image(ctx, "mapping %llx-%llx of offset %llx", start, end, offset);
	if (le32_to_cpu(img->flags) & KCR_VMA_UNRESERVED &&
	    (le32_to_cpu(img->flags) & (KCR_VMA_HUGETLB | KCR_VMA_SHARED)) != KCR_VMA_HUGETLB)
		return kcr_bad_image(ctx, "mapping %llx-%llx of no private huge pages", start, end);
	p->vma_end = end;
	ret = pkey_check(ctx, pkey_of(rec));
	if (!ret && policy_of(rec))
		ret = kcr_mempolicy_check(ctx, policy_of(rec));
	if (!ret && le32_to_cpu(img->flags) & KCR_VMA_LOCKED)
		ret = kcr_mlock_check(ctx, p, end - start);
	if (!ret && le32_to_cpu(img->flags) & KCR_VMA_INHERITED)
		ret = kcr_inherit_check(ctx, rec);
	return ret;
}

static unsigned long prot_of(u32 flags)
{
	unsigned long prot = 0;

	if (flags & KCR_VMA_READ)
		prot |= PROT_READ;
	if (flags & KCR_VMA_WRITE)
		prot |= PROT_WRITE;
	if (flags & KCR_VMA_EXEC)
		prot |= PROT_EXEC;
	return prot;
}

/*
 * Private memory that once could be written still counts against overcommit
 * after it was made read-only, as with the read-only part of a library's data.
 */
static bool was_writable(u32 flags)
{
	return (flags & (KCR_VMA_ACCOUNT | KCR_VMA_WRITE | KCR_VMA_SHARED)) ==
	       KCR_VMA_ACCOUNT;
}

/* Nothing is put into huge pages that can't be written: protected when they are there. */
static bool protected_late(u32 flags)
{
	return (flags & (KCR_VMA_HUGETLB | KCR_VMA_SHARED)) == KCR_VMA_HUGETLB;
}

static unsigned long map_flags_of(u32 flags, struct file *file)
{
	unsigned long map = MAP_FIXED;

	map |= flags & KCR_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE;
	if (!file)
		map |= MAP_ANONYMOUS;
	if (flags & KCR_VMA_GROWSDOWN)
		map |= MAP_GROWSDOWN;
	if (flags & (KCR_VMA_NORESERVE | KCR_VMA_UNRESERVED))
		map |= MAP_NORESERVE;
	return map;
}

/* Any key may be given now; see kcr_arch_mm_begin(). */
static long protect(unsigned long start, unsigned long len, unsigned long prot, u32 pkey)
{
	return pkey ? kcr_syscall(pkey_mprotect, start, len, prot, pkey) :
		      kcr_syscall(mprotect, start, len, prot);
}

static int vma_map(struct kcr_ctx *ctx, const struct kcr_img_vma *img, struct file *file,
		   u32 pkey)
{
	unsigned long start = le64_to_cpu(img->start);
	unsigned long len = le64_to_cpu(img->end) - start;
	u32 flags = le32_to_cpu(img->flags);
	bool huge = file && kcr_inode_is_hugetlb(file_inode(file));
	unsigned long prot = prot_of(flags), addr;
	long ret = 0;

	if (huge != !!(flags & KCR_VMA_HUGETLB))
		return kcr_bad_image(ctx, "either it has huge pages, or its file has");
	if (protected_late(flags))
		prot = PROT_READ | PROT_WRITE;
	addr = vm_mmap(file, start, len, was_writable(flags) ? PROT_READ | PROT_WRITE : prot,
		       map_flags_of(flags, file), le64_to_cpu(img->offset));
	if (IS_ERR_VALUE(addr) && huge)
		return kcr_hugetlb_unmapped(ctx, file_inode(file), len, addr);
	if (IS_ERR_VALUE(addr))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, (long)addr,
				"it can't be mapped (errno %ld)", -(long)addr);
	if (was_writable(flags) || pkey)
		ret = protect(start, len, prot, pkey);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"it can't be protected (errno %ld)", -ret);
	return 0;
}

static const struct {
	u32 flag;
	int advice;
} advices[] = {
	{ KCR_VMA_DONTCOPY,	MADV_DONTFORK },
	{ KCR_VMA_DONTDUMP,	MADV_DONTDUMP },
	{ KCR_VMA_WIPEONFORK,	MADV_WIPEONFORK },
	{ KCR_VMA_HUGEPAGE,	MADV_HUGEPAGE },
	{ KCR_VMA_NOHUGEPAGE,	MADV_NOHUGEPAGE },
	{ KCR_VMA_SEQ_READ,	MADV_SEQUENTIAL },
	{ KCR_VMA_RAND_READ,	MADV_RANDOM },
};

static int vma_advise(struct kcr_ctx *ctx, const struct kcr_img_vma *img)
{
	unsigned long start = le64_to_cpu(img->start);
	unsigned long len = le64_to_cpu(img->end) - start;
	long ret;
	int i;

	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		if (!(le32_to_cpu(img->flags) & advices[i].flag))
			continue;
		ret = kcr_syscall(madvise, start, len, advices[i].advice);
		/* Without transparent huge pages these two mean nothing. */
		if (ret == -EINVAL && (advices[i].advice == MADV_HUGEPAGE ||
				       advices[i].advice == MADV_NOHUGEPAGE))
			ret = 0;
		if (ret)
			return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
					"madvise(%d) failed (errno %ld)",
					advices[i].advice, -ret);
	}
	return 0;
}

static int policy_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vma *img = kcr_rec_as(rec, struct kcr_img_vma);
	unsigned long start = le64_to_cpu(img->start);

	if (!policy_of(rec))
		return 0;
	return kcr_mempolicy_bind(ctx, start, le64_to_cpu(img->end) - start, policy_of(rec));
}

/*
 * mmap() has allowed mprotect() what the file allows. The program's mapping
 * may have allowed less: of a memfd sealed afterwards, or without exec.
 */
static int vma_limit(struct kcr_ctx *ctx, const struct kcr_img_vma *img)
{
	unsigned long start = le64_to_cpu(img->start), end = le64_to_cpu(img->end);
	u32 flags = le32_to_cpu(img->flags);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long excess = 0;
	int ret = 0;

	if (!(flags & KCR_VMA_MAYREAD))
		excess |= VM_MAYREAD;
	if (!(flags & KCR_VMA_MAYWRITE))
		excess |= VM_MAYWRITE;
	if (!(flags & KCR_VMA_MAYEXEC))
		excess |= VM_MAYEXEC;
	if (!excess)
		return 0;

	mmap_write_lock(mm);
	vma = find_vma(mm, start);
	if (!vma || !(vma->vm_flags & excess)) {
		/* as it should be */
	} else if (vma->vm_start != start || vma->vm_end != end) {
		ret = kcr_refuse(ctx, "it allows less than its neighbour");
	} else {
		/* As unmapping would: this one counted as a writer. */
		if ((vma->vm_flags & excess & VM_MAYWRITE) && vma->vm_flags & VM_SHARED)
			mapping_unmap_writable(vma->vm_file->f_mapping);
		kcr_vma_clear(vma, excess);
	}
	mmap_write_unlock(mm);
	return ret;
}

/* As after a fork(): it could have been reserved for, but was not. */
static int vma_unreserved(const struct kcr_img_vma *img)
{
	u32 flags = le32_to_cpu(img->flags);
	struct vm_area_struct *vma;

	if (!(flags & KCR_VMA_UNRESERVED) || flags & KCR_VMA_NORESERVE)
		return 0;
	mmap_write_lock(current->mm);
	vma = find_vma(current->mm, le64_to_cpu(img->start));
	if (vma)
		kcr_vma_clear(vma, VM_NORESERVE);
	mmap_write_unlock(current->mm);
	return 0;
}

static int vma_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vma *img = kcr_rec_as(rec, struct kcr_img_vma);
	struct file *file = NULL;
	size_t mark;
	int ret = 0;

	if (le32_to_cpu(img->flags) & KCR_VMA_INHERITED && !ctx->template)
		return 0;
	mark = kcr_where(ctx, "mapping %llx-%llx", le64_to_cpu(img->start),
			 le64_to_cpu(img->end));
	if (img->file) {
		file = kcr_file_restored(ctx, le32_to_cpu(img->file));
		if (!file)
			ret = kcr_bad_image(ctx, "file %u is no open file",
					    le32_to_cpu(img->file));
	}
	ret = ret ?: vma_map(ctx, img, file, pkey_of(rec)) ?: vma_unreserved(img) ?:
	      vma_advise(ctx, img) ?:
	      policy_restore(ctx, rec) ?: vma_limit(ctx, img);
	if (file)
		fput(file);
	kcr_where_end(ctx, mark);
	return ret;
}

/* With PR_SET_MEMORY_MERGE all is merged but what the program has excepted. */
static int vma_mergeable(struct kcr_ctx *ctx, unsigned long start, unsigned long len, u32 flags)
{
	bool merged = flags & KCR_VMA_MERGEABLE;
	long ret;

	if (!merged && !(current->mm->flags & MMF_VM_MERGE_ANY_MASK))
		return 0;
	ret = kcr_syscall(madvise, start, len, merged ? MADV_MERGEABLE : MADV_UNMERGEABLE);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
				"it can't be merged with equal memory, or be excepted from that (errno %ld)",
				-ret);
	return 0;
}

/* Its protection key stays as it is. */
static int vma_protect(struct kcr_ctx *ctx, unsigned long start, unsigned long len, u32 flags)
{
	unsigned long prot = prot_of(flags);
	long ret;

	if (!protected_late(flags) || prot == (PROT_READ | PROT_WRITE))
		return 0;
	ret = kcr_syscall(mprotect, start, len, prot);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"it can't be protected (errno %ld)", -ret);
	return 0;
}

/* When all pages are there. */
static int vma_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_vma *img = kcr_rec_as(rec, struct kcr_img_vma);
	unsigned long start = le64_to_cpu(img->start), end = le64_to_cpu(img->end);
	size_t mark = kcr_where(ctx, "mapping %lx-%lx", start, end);
	u32 flags = le32_to_cpu(img->flags);
	int ret = vma_protect(ctx, start, end - start, flags) ?:
		  vma_mergeable(ctx, start, end - start, flags) ?:
		  kcr_mlock_restore(ctx, start, end - start, flags);

	kcr_where_end(ctx, mark);
	return ret;
}

const struct kcr_ops kcr_vma_ops = {
	.kind		= KCR_KIND_VMA,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "vma",
	.save_process	= vma_save,
	.check		= vma_check,
	.restore	= vma_restore,
	.link		= vma_link,
};
