/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_VMA_H
#define _UAPI_KCR_IMAGE_VMA_H

#include <linux/types.h>

#define KCR_VMA_READ		(1u << 0)
#define KCR_VMA_WRITE		(1u << 1)
#define KCR_VMA_EXEC		(1u << 2)
#define KCR_VMA_SHARED		(1u << 3)  /* MAP_SHARED */
#define KCR_VMA_MAYREAD		(1u << 4)  /* what mprotect() may give */
#define KCR_VMA_MAYWRITE	(1u << 5)
#define KCR_VMA_MAYEXEC		(1u << 6)
#define KCR_VMA_GROWSDOWN	(1u << 7)  /* a stack that grows */
#define KCR_VMA_NORESERVE	(1u << 8)
#define KCR_VMA_ACCOUNT		(1u << 9)  /* counts against overcommit */
#define KCR_VMA_DONTCOPY	(1u << 10) /* MADV_DONTFORK */
#define KCR_VMA_DONTDUMP	(1u << 11) /* MADV_DONTDUMP */
#define KCR_VMA_WIPEONFORK	(1u << 12) /* MADV_WIPEONFORK */
#define KCR_VMA_HUGEPAGE	(1u << 13) /* MADV_HUGEPAGE */
#define KCR_VMA_NOHUGEPAGE	(1u << 14) /* MADV_NOHUGEPAGE */
#define KCR_VMA_SEQ_READ	(1u << 15) /* MADV_SEQUENTIAL */
#define KCR_VMA_RAND_READ	(1u << 16) /* MADV_RANDOM */
#define KCR_VMA_LOCKED		(1u << 17) /* mlock() */
#define KCR_VMA_LOCKONFAULT	(1u << 18) /* mlock2(MLOCK_ONFAULT), with LOCKED */
#define KCR_VMA_MERGEABLE	(1u << 19) /* MADV_MERGEABLE */
#define KCR_VMA_HUGETLB		(1u << 20) /* @file has huge pages */
#define KCR_VMA_UNRESERVED	(1u << 21) /* with HUGETLB: none are reserved for it */
#define KCR_VMA_INHERITED	(1u << 31) /* from the parent's mapping there */
#define KCR_VMA_FLAGS		(((1u << 22) - 1) | KCR_VMA_INHERITED)

#define KCR_VMA_PKEYS		16	/* numbers of protection keys */

/**
 * struct kcr_img_vma - KCR_KIND_VMA: a mapping
 * @start: first address
 * @end: address after the last one
 * @offset: byte of @file at @start
 * @mm: id of the KCR_KIND_MM record
 * @file: id of the open file that is mapped, 0 for anonymous memory
 * @flags: KCR_VMA_*
 * @pkey: its memory protection key
 *
 * A struct kcr_img_mempolicy follows if it has a NUMA policy. Version 1 had
 * neither @pkey nor that.
 *
 * Mappings stand in the order of their addresses. One with KCR_VMA_INHERITED is
 * as the parent's, or as a part of it, and begins with the parent's pages: runs
 * of pages, in the order of their addresses, say which of them it has still
 * (KCR_PAGES_PARENT); it has no others.
 */
struct kcr_img_vma {
	__le64	start;
	__le64	end;
	__le64	offset;
	__le32	mm;
	__le32	file;
	__le32	flags;
	__le32	pkey;
};

#endif /* _UAPI_KCR_IMAGE_VMA_H */
