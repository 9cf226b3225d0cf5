/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SHMEM_H
#define _UAPI_KCR_IMAGE_SHMEM_H

#include <linux/types.h>

#define KCR_SHMEM_NORESERVE	(1u << 0) /* counts when touched, not when made */
#define KCR_SHMEM_FLAGS		1u

#define KCR_SHMEM_NAME_MAX	256

/* Numbers as fcntl(F_GET_SEALS) has them. */
#define KCR_SEAL_SEAL		0x01u
#define KCR_SEAL_SHRINK		0x02u
#define KCR_SEAL_GROW		0x04u
#define KCR_SEAL_WRITE		0x08u
#define KCR_SEAL_FUTURE_WRITE	0x10u
#define KCR_SEAL_EXEC		0x20u
#define KCR_SEALS		0x3fu

/**
 * struct kcr_img_shmem - KCR_KIND_SHMEM: memory that has an inode
 * @size: bytes
 * @flags: KCR_SHMEM_*
 * @mode: permission bits
 * @seals: KCR_SEAL_*
 * @policies: so many struct kcr_img_mempolicy_range follow (version 2)
 * @name: as /proc/PID/maps shows it, NUL-terminated
 *
 * What it holds stands in KCR_KIND_PAGES with this record's id; all else is
 * zeros.
 */
struct kcr_img_shmem {
	__le64	size;
	__le32	flags;
	__le32	mode;
	__le32	seals;
	__le32	policies;
	char	name[KCR_SHMEM_NAME_MAX];
};

#endif /* _UAPI_KCR_IMAGE_SHMEM_H */
