// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes of an image in a file, plain or compressed.
 *
 * Of a compressed one some blocks are kept: the index is read by turns with the
 * pages that it tells of.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "packed.h"

static int fail_short(struct access *a)
{
	return fault_set(&a->fault, -EBADMSG, "the image ends early, at byte %llu",
			 (unsigned long long)a->size);
}

static int read_plain(struct access *a, uint64_t offset, uint8_t *p, size_t len)
{
	ssize_t n;

	for (; len; len -= n, offset += n, p += n) {
		n = pread(a->fd, p, len, a->start + offset);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return fault_set(&a->fault, -errno, "can't read the image: %s",
					 strerror(errno));
		else if (!n)
			return fail_short(a);
	}
	return 0;
}

static struct access_block *oldest_block(struct access *a)
{
	struct access_block *b = a->cache;
	unsigned int i;

	for (i = 1; i < ACCESS_BLOCKS; i++)
		if (a->cache[i].used < b->used)
			b = &a->cache[i];
	return b;
}

static struct access_block *load_block(struct access *a, size_t nr)
{
	struct access_block *b = oldest_block(a);
	size_t len = blocks_len(&a->blocks, nr);

	free(b->bytes);
	b->nr = nr;
	b->used = 0;
	b->bytes = malloc(len ? len : 1);
	if (!b->bytes) {
		fault_set(&a->fault, -ENOMEM, "not enough memory");
		return NULL;
	}
	if (!blocks_read(&a->blocks, nr, b->bytes, &a->fault))
		return b;
	free(b->bytes);
	b->bytes = NULL;
	return NULL;
}

static struct access_block *get_block(struct access *a, size_t nr)
{
	struct access_block *b = NULL;
	unsigned int i;

	for (i = 0; i < ACCESS_BLOCKS && !b; i++)
		if (a->cache[i].bytes && a->cache[i].nr == nr)
			b = &a->cache[i];
	if (!b)
		b = load_block(a, nr);
	if (b)
		b->used = ++a->clock;
	return b;
}

static int read_packed(struct access *a, uint64_t offset, uint8_t *p, size_t len)
{
	const struct seek *seek = &a->blocks.seek;
	struct access_block *b;
	size_t nr, in, n;

	for (; len; len -= n, offset += n, p += n) {
		nr = seek_find(seek, offset);
		if (nr == seek->nr)
			return fail_short(a);
		b = get_block(a, nr);
		if (!b)
			return a->fault.error;
		in = offset - seek->places[nr].plain;
		n = blocks_len(&a->blocks, nr) - in;
		n = n < len ? n : len;
		memcpy(p, b->bytes + in, n);
	}
	return 0;
}

/**
 * access_read() - read some bytes of the image
 * @a: the file
 * @offset: of the first, in the image as it is when it is not compressed
 * @p: where to
 * @len: bytes
 *
 * Returns 0, or the negative errno of @a->fault.
 */
int access_read(struct access *a, uint64_t offset, void *p, size_t len)
{
	if (a->fault.error)
		return a->fault.error;
	if (offset > a->size || len > a->size - offset)
		return fail_short(a);
	return a->packed ? read_packed(a, offset, p, len) : read_plain(a, offset, p, len);
}

static ssize_t source_read(void *arg, void *p, size_t len)
{
	struct access *a = arg;
	int r;

	if (len > a->size - a->at)
		len = a->size - a->at;
	r = access_read(a, a->at, p, len);
	if (r)
		return r;
	a->at += len;
	return len;
}

static int source_skip(void *arg, uint64_t len)
{
	struct access *a = arg;

	a->at += len;
	return 0;
}

static const char *source_why(void *arg)
{
	const struct access *a = arg;

	return a->fault.why;
}

/* access_rewind() - @source begins again at the beginning */
void access_rewind(struct access *a)
{
	a->at = 0;
}

static int open_packed(struct access *a)
{
	int r = blocks_open(&a->blocks, a->fd, &a->fault);

	if (r < 0)
		return r;
	if (!r)
		return fault_set(&a->fault, -EBADMSG,
				 "is compressed in one piece: decompress it first");
	a->size = a->blocks.seek.places[a->blocks.seek.nr].plain;
	return 0;
}

/**
 * access_open() - begin to read a file
 * @a: filled in; to be closed, also after a failure; stays where it is
 * @fd: where from; the image begins at its position
 */
int access_open(struct access *a, int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	memset(a, 0, sizeof(*a));
	a->fd = fd;
	a->source = (struct image_source){
		.read = source_read, .skip = source_skip, .why = source_why, .arg = a,
	};
	if (at < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return fault_set(&a->fault, -ESPIPE, "is no regular file");
	a->start = at;
	a->size = st.st_size > at ? st.st_size - at : 0;
	a->packed = packed_is(fd);
	if (a->packed && open_packed(a))
		return a->fault.error;
	a->source.size = a->size;
	return 0;
}

/* access_bytes() - how long the file is, from where the image begins */
uint64_t access_bytes(const struct access *a)
{
	return a->packed ? a->blocks.size : a->size;
}

void access_close(struct access *a)
{
	unsigned int i;

	for (i = 0; i < ACCESS_BLOCKS; i++)
		free(a->cache[i].bytes);
	blocks_close(&a->blocks);
	memset(a->cache, 0, sizeof(a->cache));
}
