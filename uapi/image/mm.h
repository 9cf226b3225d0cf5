/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_MM_H
#define _UAPI_KCR_IMAGE_MM_H

#include <linux/types.h>

#define KCR_MM_THP_DISABLE	(1u << 0) /* prctl(PR_SET_THP_DISABLE) */
#define KCR_MM_MDWE		(1u << 1) /* prctl(PR_SET_MDWE): refuse exec gain */
#define KCR_MM_MDWE_NO_INHERIT	(1u << 2) /* not for children */
#define KCR_MM_LEGACY_LAYOUT	(1u << 3) /* mmap() searches from the bottom up */
#define KCR_MM_LOCK_FUTURE	(1u << 4) /* mlockall(MCL_FUTURE) */
#define KCR_MM_LOCK_ONFAULT	(1u << 5) /* mlockall(MCL_ONFAULT), with it */
#define KCR_MM_MERGE		(1u << 6) /* prctl(PR_SET_MEMORY_MERGE) */
#define KCR_MM_FLAGS		127u

/* What membarrier(2) has been told to expect. */
#define KCR_MEMBARRIER_PRIVATE	(1u << 0)
#define KCR_MEMBARRIER_GLOBAL	(1u << 1)
#define KCR_MEMBARRIER_SYNC_CORE (1u << 2)
#define KCR_MEMBARRIER_RSEQ	(1u << 3)
#define KCR_MEMBARRIER_FLAGS	15u

#define KCR_MM_AUXV_MAX		128	/* numbers, that is 64 pairs */

/**
 * struct kcr_img_mm - KCR_KIND_MM: an address space
 * @start_code: addresses as prctl(PR_SET_MM) has them
 * @end_code: likewise
 * @start_data: likewise
 * @end_data: likewise
 * @start_brk: likewise
 * @brk: likewise
 * @start_stack: likewise
 * @arg_start: likewise
 * @arg_end: likewise
 * @env_start: likewise
 * @env_end: likewise
 * @mmap_base: where mmap() begins to search, downwards
 * @mmap_legacy_base: where it would begin to search upwards
 * @peak_rss: most bytes that were resident, for people to read
 * @peak_vm: most bytes that were mapped, for people to read
 * @exe: id of the open file that /proc/PID/exe shows
 * @flags: KCR_MM_*
 * @dumpable: as prctl(PR_GET_DUMPABLE) has it, 0 or 1
 * @coredump_filter: as /proc/PID/coredump_filter has it
 * @membarrier: KCR_MEMBARRIER_*
 * @auxv_count: numbers used of @auxv
 * @auxv: the auxiliary vector, type and value in turn
 * @pkeys: bit n: protection key n is in use (pkey_alloc)
 * @exec_pkey: the one for memory that may be executed and not read, 0 for none
 *
 * Version 1 ended before @pkeys. The mappings follow as records of their own.
 */
struct kcr_img_mm {
	__le64	start_code;
	__le64	end_code;
	__le64	start_data;
	__le64	end_data;
	__le64	start_brk;
	__le64	brk;
	__le64	start_stack;
	__le64	arg_start;
	__le64	arg_end;
	__le64	env_start;
	__le64	env_end;
	__le64	mmap_base;
	__le64	mmap_legacy_base;
	__le64	peak_rss;
	__le64	peak_vm;
	__le32	exe;
	__le32	flags;
	__le32	dumpable;
	__le32	coredump_filter;
	__le32	membarrier;
	__le32	auxv_count;
	__le64	auxv[KCR_MM_AUXV_MAX];
	__le32	pkeys;
	__le32	exec_pkey;
};

#define KCR_MM_LEN_1		1168	/* bytes of version 1 */

#endif /* _UAPI_KCR_IMAGE_MM_H */
