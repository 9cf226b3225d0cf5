/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The structure of an image, looked at before anything in it is used.
 *
 * Compiled into the module, into the tools and into the fuzzers: plain C, no
 * allocation and no I/O. Every function returns 0 or a negative errno and, in
 * @why, what is wrong in words:
 *   -ENOEXEC		not an image at all
 *   -EPROTONOSUPPORT	an image, but of a version or kind not known here
 *   -EBADMSG		damaged
 */
#ifndef _KCR_IMAGE_PARSE_H
#define _KCR_IMAGE_PARSE_H

#include "../../uapi/kcr_image.h"

#ifdef __KERNEL__
#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/xxhash.h>
#include <asm/byteorder.h>

static inline __u32 kcr_crc32(__u32 crc, const void *p, size_t n)
{
	return crc32_le(~crc, p, n) ^ ~0u;
}

static inline __u64 kcr_xxh64(const void *p, size_t n)
{
	return xxh64(p, n, 0);
}
#else
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>
#define XXH_INLINE_ALL	/* to load a library takes longer than what little is hashed */
#include <xxhash.h>

#define le16_to_cpu(x)	le16toh(x)
#define le32_to_cpu(x)	le32toh(x)
#define le64_to_cpu(x)	le64toh(x)
#define cpu_to_le16(x)	htole16(x)
#define cpu_to_le32(x)	htole32(x)
#define cpu_to_le64(x)	htole64(x)

static inline __u32 kcr_crc32(__u32 crc, const void *p, size_t n)
{
	return crc32_z(crc, p, n);
}

static inline __u64 kcr_xxh64(const void *p, size_t n)
{
	return XXH64(p, n, 0);
}
#endif

/* Pages of every image of version 1, whatever the machine's own. */
#define KCR_PARSE_PAGE_SHIFT	12
#define KCR_PARSE_PAGE_SIZE	(1u << KCR_PARSE_PAGE_SHIFT)

/**
 * struct kcr_parse_sum - what a reader has counted when it meets the end
 * @offset: of the KCR_KIND_END record
 * @records: records read, the KCR_KIND_END record included
 * @pages: pages whose bytes were in the image
 * @index: as kcr_parse_index() has set it, 0 for none
 */
struct kcr_parse_sum {
	__u64	offset;
	__u64	records;
	__u64	pages;
	__u64	index;
};

int kcr_parse_head(const struct kcr_image_head *head, const char **why);
int kcr_parse_rec(const struct kcr_rec_head *rec, __u64 expected_offset,
		  const char **why);
int kcr_parse_payload(const struct kcr_rec_head *rec, __u32 crc,
		      const char **why);
int kcr_parse_pages(const struct kcr_img_pages *pages, __u64 rec_offset,
		    __u64 len, const char **why);
int kcr_parse_index(const struct kcr_rec_head *rec, const void *payload, __u64 *at,
		    const char **why);
int kcr_parse_index_run(const struct kcr_img_index_run *run, __u64 left,
			const char **why);
int kcr_parse_end(const struct kcr_img_end *end,
		  const struct kcr_parse_sum *sum, const char **why);

bool kcr_parse_known(const struct kcr_rec_head *rec);

__u32 kcr_image_head_crc(const struct kcr_image_head *head);
__u32 kcr_rec_head_crc(const struct kcr_rec_head *rec);
__u32 kcr_payload_crc(const struct kcr_rec_head *rec, const void *payload);
__u32 kcr_pages_crc(const struct kcr_rec_head *rec, __u32 crc, const void *pages,
		    size_t len);

/**
 * kcr_parse_padded() - bytes that a payload takes up in the image
 * @len: of the payload, as kcr_parse_rec() has found good
 */
static inline __u64 kcr_parse_padded(__u64 len)
{
	return (len + KCR_REC_ALIGN - 1) & ~(__u64)(KCR_REC_ALIGN - 1);
}

#endif /* _KCR_IMAGE_PARSE_H */
