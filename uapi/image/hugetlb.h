/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_HUGETLB_H
#define _UAPI_KCR_IMAGE_HUGETLB_H

#include <linux/types.h>

#include "shmem.h"

/**
 * struct kcr_img_hugetlb - KCR_KIND_HUGETLB: memory of huge pages
 * @size: bytes
 * @page_shift: log2 of the size of its pages
 * @mode: permission bits
 * @seals: KCR_SEAL_*
 * @reserved: zero
 * @name: as /proc/PID/maps shows it, NUL-terminated
 *
 * What it holds stands in KCR_KIND_PAGES with this record's id: all of each huge
 * page that was there, with KCR_PAGES_ZERO where there are zeros.
 */
struct kcr_img_hugetlb {
	__le64	size;
	__le32	page_shift;
	__le32	mode;
	__le32	seals;
	__le32	reserved;
	char	name[KCR_SHMEM_NAME_MAX];
};

#endif /* _UAPI_KCR_IMAGE_HUGETLB_H */
