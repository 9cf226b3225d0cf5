/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a compressed image is made of: frames of zstd or of lz4, and at its end a
 * table of them. Compiled into the module and into the tools.
 */
#ifndef _KCR_IMAGE_FRAMES_H
#define _KCR_IMAGE_FRAMES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define ZSTD_FRAME_MAGIC	0xfd2fb528u
#define LZ4_FRAME_MAGIC		0x184d2204u

#define PACK_BLOCK_MAX	(4u << 20)	/* of the image, in a frame that is read as a whole */
#define FRAME_MAX	(PACK_BLOCK_MAX + (64u << 10))	/* bytes that such one takes */

#define SKIP_MAGIC	0x184d2a50u	/* of a frame that has no data, up to ...f */
#define SKIP_MAGIC_MASK	0xfffffff0u
#define SKIP_HEAD	8u		/* magic and length */

/* zstd's contrib/seekable_format: the last of the frames that are skipped. */
#define SEEK_MAGIC		(SKIP_MAGIC + 0xe)
#define SEEK_FOOT_MAGIC		0x8f92eab1u
#define SEEK_FOOT		9u	/* count, flags, magic */
#define SEEK_CHECKSUMS		0x80	/* flag: each entry has one */
#define SEEK_RESERVED		0x7c	/* flags that nobody knows */
#define SEEK_ENTRY		8u
#define SEEK_ENTRY_MAX		12u
#define SEEK_FRAMES_MAX		(1u << 24)	/* 16 TB in blocks of 1 MB */

#define LZ4_FIXED_HEAD		7	/* magic, two descriptors, checksum of the head */
#define LZ4_BLOCK_HEAD		4
#define LZ4_STORED		0x80000000u

#define LZ4_HAS_DICTIONARY	0x01
#define LZ4_HAS_CHECKSUM	0x04
#define LZ4_HAS_SIZE		0x08
#define LZ4_HAS_BLOCK_CHECKSUM	0x10
#define LZ4_IS_INDEPENDENT	0x20
#define LZ4_VERSION_MASK	0xc0
#define LZ4_VERSION_1		0x40

static inline uint32_t get_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/**
 * struct seek_foot - what the last bytes of the table tell
 * @count: frames
 * @entry: bytes that each takes in the table
 * @size: of the table, without the head that has it skipped
 */
struct seek_foot {
	uint32_t count;
	uint32_t entry;
	uint64_t size;
};

/**
 * seek_foot_parse() - understand them
 * @foot: filled in
 * @p: SEEK_FOOT bytes, with SEEK_FOOT_MAGIC
 * @all: bytes of the compressed image
 */
static inline bool seek_foot_parse(struct seek_foot *foot, const uint8_t *p, uint64_t all)
{
	foot->count = get_le32(p);
	foot->entry = p[4] & SEEK_CHECKSUMS ? SEEK_ENTRY_MAX : SEEK_ENTRY;
	foot->size = (uint64_t)foot->count * foot->entry + SEEK_FOOT;
	return foot->count && foot->count <= SEEK_FRAMES_MAX && !(p[4] & SEEK_RESERVED) &&
	       foot->size + SKIP_HEAD <= all;
}

#endif /* _KCR_IMAGE_FRAMES_H */
