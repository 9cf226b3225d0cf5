// SPDX-License-Identifier: GPL-2.0
/* The address space, its mappings, and memory that has an inode. */
#include "../../uapi/image/hugetlb.h"
#include "../../uapi/image/memfd.h"
#include "../../uapi/image/mempolicy.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/shmem.h"
#include "../../uapi/image/vdso.h"
#include "../../uapi/image/vma.h"
#include "info.h"
#include "summary.h"

static const struct info_name mm_flags[] = {
	{ KCR_MM_THP_DISABLE,		"thp_disable" },
	{ KCR_MM_MDWE,			"mdwe" },
	{ KCR_MM_MDWE_NO_INHERIT,	"mdwe_no_inherit" },
	{ KCR_MM_LEGACY_LAYOUT,		"legacy_layout" },
	{ KCR_MM_LOCK_FUTURE,		"lock_future" },
	{ KCR_MM_LOCK_ONFAULT,		"lock_on_fault" },
	{ KCR_MM_MERGE,			"merge" },
	{ }
};

static const struct info_name membarriers[] = {
	{ KCR_MEMBARRIER_PRIVATE,	"private" },
	{ KCR_MEMBARRIER_GLOBAL,	"global" },
	{ KCR_MEMBARRIER_SYNC_CORE,	"sync_core" },
	{ KCR_MEMBARRIER_RSEQ,		"rseq" },
	{ }
};

static void emit_auxv(struct emit *e, const struct kcr_img_mm *mm)
{
	uint32_t i, n = le32_to_cpu(mm->auxv_count);

	emit_begin_list(e, "auxv");
	for (i = 0; i < n && i < KCR_MM_AUXV_MAX; i++)
		emit_hex(e, NULL, le64_to_cpu(mm->auxv[i]));
	emit_end(e);
}

static void mm_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_mm *mm = rec->data;

	EMITX64(e, mm, start_code);
	EMITX64(e, mm, end_code);
	EMITX64(e, mm, start_data);
	EMITX64(e, mm, end_data);
	EMITX64(e, mm, start_brk);
	EMITX64(e, mm, brk);
	EMITX64(e, mm, start_stack);
	EMITX64(e, mm, arg_start);
	EMITX64(e, mm, arg_end);
	EMITX64(e, mm, env_start);
	EMITX64(e, mm, env_end);
	EMITX64(e, mm, mmap_base);
	EMITX64(e, mm, mmap_legacy_base);
	EMIT64(e, mm, peak_rss);
	EMIT64(e, mm, peak_vm);
	EMIT32(e, mm, exe);
	info_flags(e, "flags", le32_to_cpu(mm->flags), mm_flags);
	EMIT32(e, mm, dumpable);
	EMITX32(e, mm, coredump_filter);
	info_flags(e, "membarrier", le32_to_cpu(mm->membarrier), membarriers);
	emit_auxv(e, mm);
	if (rec->len < sizeof(*mm))
		return;
	EMITX32(e, mm, pkeys);
	EMIT32(e, mm, exec_pkey);
}

static void mm_note(struct summary *s, const struct image_rec *rec)
{
	struct summary_process *p = summary_process(s, rec->owner);

	if (!p)
		return;
	memcpy(&p->mm, rec->data, rec->len < sizeof(p->mm) ? rec->len : sizeof(p->mm));
	p->mm_id = rec->id;
	p->has_mm = true;
}

const struct info_ops info_mm = {
	.size	= KCR_MM_LEN_1,
	.print	= mm_print,
	.note	= mm_note,
};

static const struct info_name vma_flags[] = {
	{ KCR_VMA_READ,		"read" },
	{ KCR_VMA_WRITE,	"write" },
	{ KCR_VMA_EXEC,		"exec" },
	{ KCR_VMA_SHARED,	"shared" },
	{ KCR_VMA_MAYREAD,	"may_read" },
	{ KCR_VMA_MAYWRITE,	"may_write" },
	{ KCR_VMA_MAYEXEC,	"may_exec" },
	{ KCR_VMA_GROWSDOWN,	"growsdown" },
	{ KCR_VMA_NORESERVE,	"noreserve" },
	{ KCR_VMA_ACCOUNT,	"account" },
	{ KCR_VMA_DONTCOPY,	"dontcopy" },
	{ KCR_VMA_DONTDUMP,	"dontdump" },
	{ KCR_VMA_WIPEONFORK,	"wipeonfork" },
	{ KCR_VMA_HUGEPAGE,	"hugepage" },
	{ KCR_VMA_NOHUGEPAGE,	"nohugepage" },
	{ KCR_VMA_SEQ_READ,	"seq_read" },
	{ KCR_VMA_RAND_READ,	"rand_read" },
	{ KCR_VMA_LOCKED,	"locked" },
	{ KCR_VMA_LOCKONFAULT,	"lock_on_fault" },
	{ KCR_VMA_MERGEABLE,	"mergeable" },
	{ KCR_VMA_HUGETLB,	"hugetlb" },
	{ KCR_VMA_UNRESERVED,	"unreserved" },
	{ KCR_VMA_INHERITED,	"inherited" },
	{ }
};

static const struct info_name policy_modes[] = {
	{ KCR_MEMPOLICY_PREFERRED,	"preferred" },
	{ KCR_MEMPOLICY_BIND,		"bind" },
	{ KCR_MEMPOLICY_INTERLEAVE,	"interleave" },
	{ KCR_MEMPOLICY_LOCAL,		"local" },
	{ KCR_MEMPOLICY_PREFERRED_MANY,	"preferred_many" },
	{ KCR_MEMPOLICY_WEIGHTED,	"weighted_interleave" },
	{ }
};

static const struct info_name policy_flags[] = {
	{ KCR_MEMPOLICY_STATIC,		"static" },
	{ KCR_MEMPOLICY_RELATIVE,	"relative" },
	{ KCR_MEMPOLICY_BALANCING,	"balancing" },
	{ }
};

static void emit_policy(struct emit *e, const struct kcr_img_mempolicy *policy)
{
	unsigned int i;

	info_enum(e, "mode", le32_to_cpu(policy->mode), policy_modes);
	info_flags(e, "policy_flags", le32_to_cpu(policy->flags), policy_flags);
	if (le32_to_cpu(policy->home_node) != KCR_MEMPOLICY_NO_HOME)
		EMIT32(e, policy, home_node);
	emit_begin_list(e, "nodes");
	for (i = 0; i < KCR_MEMPOLICY_NODES; i++)
		if (le64_to_cpu(policy->nodes[i / 64]) >> i % 64 & 1)
			emit_u64(e, NULL, i);
	emit_end(e);
}

static void mempolicy_print(struct emit *e, const struct image_rec *rec)
{
	emit_policy(e, rec->data);
}

const struct info_ops info_mempolicy = {
	.size	= sizeof(struct kcr_img_mempolicy),
	.print	= mempolicy_print,
};

static void vma_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_vma *vma = rec->data;

	EMITX64(e, vma, start);
	EMITX64(e, vma, end);
	EMITX64(e, vma, offset);
	EMIT32(e, vma, mm);
	EMIT32(e, vma, file);
	info_flags(e, "flags", le32_to_cpu(vma->flags), vma_flags);
	if (vma->pkey)
		EMIT32(e, vma, pkey);
	if (rec->len >= sizeof(*vma) + sizeof(struct kcr_img_mempolicy))
		emit_policy(e, (const void *)(vma + 1));
}

static void vma_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_vma *vma = rec->data;
	struct summary_vma *v = summary_add_vma(s, le32_to_cpu(vma->mm));

	if (!v)
		return;
	v->start = le64_to_cpu(vma->start);
	v->end = le64_to_cpu(vma->end);
	v->offset = le64_to_cpu(vma->offset);
	v->file = le32_to_cpu(vma->file);
	v->flags = le32_to_cpu(vma->flags);
}

const struct info_ops info_vma = {
	.size	= sizeof(struct kcr_img_vma),
	.print	= vma_print,
	.note	= vma_note,
};

static void vdso_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_vdso *vdso = rec->data;

	EMITX64(e, vdso, vvar);
	EMIT64(e, vdso, vvar_len);
	EMITX64(e, vdso, vdso);
	EMIT64(e, vdso, vdso_len);
	emit_bytes(e, "hash", vdso->hash, sizeof(vdso->hash));
	EMIT32(e, vdso, arch);
	if (rec->len > sizeof(*vdso))
		emit_u64(e, "code_bytes", rec->len - sizeof(*vdso));
}

const struct info_ops info_vdso = {
	.size	= sizeof(struct kcr_img_vdso),
	.print	= vdso_print,
};

static const struct info_name shmem_flags[] = {
	{ KCR_SHMEM_NORESERVE,	"noreserve" },
	{ }
};

static const struct info_name seals[] = {
	{ KCR_SEAL_SEAL,		"seal" },
	{ KCR_SEAL_SHRINK,		"shrink" },
	{ KCR_SEAL_GROW,		"grow" },
	{ KCR_SEAL_WRITE,		"write" },
	{ KCR_SEAL_FUTURE_WRITE,	"future_write" },
	{ KCR_SEAL_EXEC,		"exec" },
	{ }
};

static void shmem_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_shmem *shmem = rec->data;

	EMIT64(e, shmem, size);
	info_flags(e, "flags", le32_to_cpu(shmem->flags), shmem_flags);
	emit_octal(e, "mode", le32_to_cpu(shmem->mode));
	info_flags(e, "seals", le32_to_cpu(shmem->seals), seals);
	EMIT_CHARS(e, shmem, name);
	if (shmem->policies)
		EMIT32(e, shmem, policies);
}

static void shmem_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_shmem *shmem = rec->data;

	summary_add_object(s, rec, 0, 0, shmem->name, sizeof(shmem->name));
}

const struct info_ops info_shmem = {
	.size	= sizeof(struct kcr_img_shmem),
	.print	= shmem_print,
	.note	= shmem_note,
};

static void hugetlb_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_hugetlb *hugetlb = rec->data;

	EMIT64(e, hugetlb, size);
	EMIT32(e, hugetlb, page_shift);
	emit_octal(e, "mode", le32_to_cpu(hugetlb->mode));
	info_flags(e, "seals", le32_to_cpu(hugetlb->seals), seals);
	EMIT_CHARS(e, hugetlb, name);
}

static void hugetlb_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_hugetlb *hugetlb = rec->data;

	summary_add_object(s, rec, 0, 0, hugetlb->name, sizeof(hugetlb->name));
}

const struct info_ops info_hugetlb = {
	.size	= sizeof(struct kcr_img_hugetlb),
	.print	= hugetlb_print,
	.note	= hugetlb_note,
};

static const struct info_name memfd_types[] = {
	{ KCR_MEMFD_FIRST,	"first" },
	{ }
};

static void memfd_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_memfd *memfd = rec->data;

	EMIT32(e, memfd, shmem);
	info_flags(e, "flags", le32_to_cpu(memfd->flags), info_file_flags);
	info_flags(e, "type", le32_to_cpu(memfd->type), memfd_types);
	EMIT64(e, memfd, pos);
}

static void memfd_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_memfd *memfd = rec->data;
	struct summary_object *o;

	o = summary_add_object(s, rec, le32_to_cpu(memfd->flags),
			       le64_to_cpu(memfd->pos), NULL, 0);
	if (o)
		o->of = le32_to_cpu(memfd->shmem);
}

const struct info_ops info_memfd = {
	.size	= sizeof(struct kcr_img_memfd),
	.print	= memfd_print,
	.note	= memfd_note,
};
