/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SYSV_SHM_H
#define _UAPI_KCR_IMAGE_SYSV_SHM_H

#include <linux/types.h>

#include "ipc_perm.h"

#define KCR_SHM_SEGMENT		0	/* the memory */
#define KCR_SHM_ATTACHED	1	/* what shmat() made of it: the file of mappings */

#define KCR_SHM_NORESERVE	(1u << 0) /* counts when touched (SHM_NORESERVE) */
#define KCR_SHM_LOCKED		(1u << 1) /* never swapped out (SHM_LOCK) */
#define KCR_SHM_REMOVED		(1u << 2) /* goes with its last user (IPC_RMID) */
#define KCR_SHM_READONLY	(1u << 3) /* attached: SHM_RDONLY */
#define KCR_SHM_LISTED		(1u << 4) /* process @cpid has made it, and still runs */
#define KCR_SHM_HUGE		(1u << 5) /* has huge pages (SHM_HUGETLB) */
#define KCR_SHM_FLAGS		63u

/**
 * struct kcr_img_sysv_shm - KCR_KIND_SYSV_SHM
 * @type: KCR_SHM_SEGMENT or KCR_SHM_ATTACHED
 * @segment: ATTACHED: id of the record of the segment; all below is zero then,
 *	but KCR_SHM_READONLY
 * @flags: KCR_SHM_*
 * @page_shift: with KCR_SHM_HUGE, log2 of the size of its pages; else zero
 * @perm: names, owners, permissions
 * @size: bytes
 * @atime: of the last shmat(), in seconds
 * @dtime: of the last shmdt()
 * @ctime: when it was made, or last changed by shmctl()
 * @cpid: process that made it
 * @lpid: process that attached or detached it last
 *
 * What a segment holds stands in KCR_KIND_PAGES with its record's id; all else
 * is zeros. Huge pages are there as in KCR_KIND_HUGETLB.
 */
struct kcr_img_sysv_shm {
	__le32	type;
	__le32	segment;
	__le32	flags;
	__le32	page_shift;
	struct kcr_img_ipc perm;
	__le64	size;
	__le64	atime;
	__le64	dtime;
	__le64	ctime;
	__le32	cpid;
	__le32	lpid;
};

#endif /* _UAPI_KCR_IMAGE_SYSV_SHM_H */
