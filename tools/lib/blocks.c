// SPDX-License-Identifier: GPL-2.0
/*
 * A compressed image in a file, whose blocks are read in any order.
 *
 * Nothing in it is trusted: a block is read only where the table and the file
 * agree, and takes no more memory than PACK_BLOCK_MAX and FRAME_MAX.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocks.h"
#include "crew.h"

static size_t packed_len(const struct blocks *b, size_t nr)
{
	return b->seek.places[nr + 1].packed - b->seek.places[nr].packed;
}

/* blocks_len() - bytes that block @nr holds */
size_t blocks_len(const struct blocks *b, size_t nr)
{
	return b->seek.places[nr + 1].plain - b->seek.places[nr].plain;
}

static bool all_small(const struct blocks *b)
{
	size_t i;

	for (i = 0; i < b->seek.nr; i++)
		if (blocks_len(b, i) > PACK_BLOCK_MAX || packed_len(b, i) > FRAME_MAX)
			return false;
	return true;
}

/**
 * blocks_open() - begin to read a compressed image, from the file's position on
 * @b: filled in; to be closed, also after a failure
 * @fd: where from
 * @fault: told of a failure
 *
 * Returns 1, 0 if it can only be read from front to back, or a negative errno.
 */
int blocks_open(struct blocks *b, int fd, struct fault *fault)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;
	int r;

	*b = (struct blocks){ .fd = fd, .start = at };
	if (at < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < at)
		return 0;
	b->size = st.st_size - at;
	r = seek_load(&b->seek, fd, at, st.st_size, fault);
	return r > 0 ? all_small(b) : r;
}

static int read_packed(struct blocks *b, size_t nr, size_t len, struct fault *fault)
{
	uint64_t at = b->start + b->seek.places[nr].packed;
	size_t done = 0;
	ssize_t n;

	if (slot_room(&b->packed, &b->packed_room, len))
		return fault_set(fault, -ENOMEM, "not enough memory");
	while (done < len) {
		n = pread(b->fd, b->packed + done, len - done, at + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(fault, -errno, "can't read the image: %s",
					 strerror(errno));
		if (!n)
			return fault_set(fault, -EBADMSG, "the compressed image ends early, at byte %llu",
					 (unsigned long long)(at + done - b->start));
		done += n;
	}
	return 0;
}

/**
 * blocks_read() - read a block
 * @b: the file
 * @nr: its number, less than b->seek.nr
 * @to: where to; blocks_len() bytes, at most PACK_BLOCK_MAX
 * @fault: told of a failure
 */
int blocks_read(struct blocks *b, size_t nr, void *to, struct fault *fault)
{
	size_t len = packed_len(b, nr);
	struct fault own = { 0 };
	int r = read_packed(b, nr, len, fault);

	if (r)
		return r;
	/* A frame without data, of another program's. */
	if (len >= SKIP_HEAD && codec_skips(get_le32(b->packed)) && !blocks_len(b, nr))
		return 0;
	r = unpack_frame(&b->unpackers, b->packed, len, to, blocks_len(b, nr), &own);
	if (r)
		return frame_failed(fault, b->seek.places[nr].packed, r, own.why);
	b->name = codec_of(get_le32(b->packed))->name;
	return 0;
}

void blocks_close(struct blocks *b)
{
	seek_free(&b->seek);
	unpackers_free(&b->unpackers);
	free(b->packed);
	b->packed = NULL;
}
