/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What open files of every kind have in common. */
#ifndef _UAPI_KCR_IMAGE_FILE_H
#define _UAPI_KCR_IMAGE_FILE_H

#include <linux/types.h>

/* How a file is open, the same numbers on every architecture. */
#define KCR_FILE_READ		(1u << 0)
#define KCR_FILE_WRITE		(1u << 1)
#define KCR_FILE_APPEND		(1u << 2)
#define KCR_FILE_NONBLOCK	(1u << 3)
#define KCR_FILE_DSYNC		(1u << 4)
#define KCR_FILE_SYNC		(1u << 5)
#define KCR_FILE_DIRECT		(1u << 6)
#define KCR_FILE_LARGEFILE	(1u << 7)
#define KCR_FILE_DIRECTORY	(1u << 8)
#define KCR_FILE_NOFOLLOW	(1u << 9)
#define KCR_FILE_NOATIME	(1u << 10)
#define KCR_FILE_CLOEXEC	(1u << 11) /* as fcntl(F_GETFL) shows it */
#define KCR_FILE_TMPFILE	(1u << 12)
#define KCR_FILE_NEITHER	(1u << 13) /* opened with access mode 3 */
#define KCR_FILE_PATH		(1u << 14) /* O_PATH */
#define KCR_FILE_FLAGS		((1u << 15) - 1)

/* Longest path, the final NUL included. */
#define KCR_PATH_MAX		4096

#endif /* _UAPI_KCR_IMAGE_FILE_H */
