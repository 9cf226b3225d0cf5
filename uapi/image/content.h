/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_CONTENT_H
#define _UAPI_KCR_IMAGE_CONTENT_H

#include <linux/types.h>

#include "file.h"

#define KCR_CONTENT_HASH	1 /* what is in the file, by its hash */
#define KCR_CONTENT_FILE	2 /* a file whose bytes are in the image; a path follows */
#define KCR_CONTENT_DATA	3 /* bytes of such a file; they follow */
#define KCR_CONTENT_DIRECTORY	4 /* a directory that has been removed; as FILE */
#define KCR_CONTENT_HUGE	5 /* a file of a mounted hugetlbfs; as FILE, but for DATA */
#define KCR_CONTENT_MEMORY	6 /* a file on a tmpfs; as FILE, but for DATA */

/* KCR_CONTENT_HASH: this process may write to it: it is cut back to @size */
#define KCR_CONTENT_CUT		(1u << 0)
/* KCR_CONTENT_HASH: somebody could write to it: it may be longer than @size */
#define KCR_CONTENT_GROWS	(1u << 1)
/* KCR_CONTENT_HASH: the whole file, so that its size matters */
#define KCR_CONTENT_WHOLE	(1u << 2)
/* KCR_CONTENT_FILE: has no name any more; the path is the one it had */
#define KCR_CONTENT_UNLINKED	(1u << 3)
/* KCR_CONTENT_FILE: this process may write to it: it gets its bytes back */
#define KCR_CONTENT_WRITE_BACK	(1u << 4)
/* KCR_CONTENT_FILE: unlinked, but may be given a name (O_TMPFILE) */
#define KCR_CONTENT_LINKABLE	(1u << 5)
#define KCR_CONTENT_FLAGS	((1u << 6) - 1)

/**
 * struct kcr_img_content - KCR_KIND_CONTENT: what is in a file
 * @type: KCR_CONTENT_HASH, KCR_CONTENT_FILE, KCR_CONTENT_DATA, or KCR_CONTENT_DIRECTORY,
 *	KCR_CONTENT_HUGE or KCR_CONTENT_MEMORY, of which is said what is of FILE
 * @file: HASH: id of a KCR_KIND_REG record that leads to the file;
 *	DATA: id of the KCR_CONTENT_FILE record; FILE: 0
 * @flags: KCR_CONTENT_*
 * @mode: FILE: permission bits, as chmod(2) has them
 * @uid: FILE: owner, in the checkpointer's user namespace
 * @gid: FILE: group, likewise
 * @from: HASH: first byte of the range that was hashed; DATA: where the bytes
 *	belong
 * @len: HASH: bytes that were hashed; DATA: bytes that follow; HUGE: bytes of each of
 *	its pages
 * @size: HASH, FILE: bytes in the file at the cut
 * @hash: HASH: XXH64(range, 0), then XXH64(range, KCR_HASH_SEED), little-endian;
 *	HUGE: likewise, of all bytes
 *
 * DATA records of one file follow its FILE record, in ascending order and
 * without overlap; what they leave out is zeros. What a HUGE file holds stands in
 * KCR_KIND_PAGES with its id: all of each huge page that was there, with
 * KCR_PAGES_ZERO where there are zeros. What a MEMORY file holds stands there likewise;
 * what is not there is zeros. A path ends with NUL.
 */
struct kcr_img_content {
	__le32	type;
	__le32	file;
	__le32	flags;
	__le32	mode;
	__le32	uid;
	__le32	gid;
	__le64	from;
	__le64	len;
	__le64	size;
	__u8	hash[16];
};

#endif /* _UAPI_KCR_IMAGE_CONTENT_H */
