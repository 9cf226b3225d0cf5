// SPDX-License-Identifier: GPL-2.0
/*
 * A compressed image as something that an image is read from: block by block
 * where there is a table, otherwise from front to back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packed.h"

#define MAGIC_LEN	4
#define PEEK_MS		10

/* tee(2) leaves what it copies where it was. */
static ssize_t peek_once(int fd, uint8_t *p)
{
	int ends[2];
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	do
		n = tee(fd, ends[1], MAGIC_LEN, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		n = read(ends[0], p, n);
	close(ends[0]);
	close(ends[1]);
	return n;
}

/* Whoever writes may be slow with the first bytes. */
static ssize_t peek_pipe(int fd, uint8_t *p)
{
	struct pollfd wait = { .fd = fd };
	ssize_t n;

	for (;;) {
		n = peek_once(fd, p);
		if (n <= 0 || n == MAGIC_LEN)
			return n;
		if (poll(&wait, 1, PEEK_MS) > 0)	/* nobody writes any more */
			return peek_once(fd, p);
	}
}

static ssize_t peek(int fd, uint8_t *p)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		return pread(fd, p, MAGIC_LEN, lseek(fd, 0, SEEK_CUR));
	if (S_ISFIFO(st.st_mode))
		return peek_pipe(fd, p);
	if (S_ISSOCK(st.st_mode))
		return recv(fd, p, MAGIC_LEN, MSG_PEEK | MSG_WAITALL);
	return -1;
}

/**
 * packed_is() - does a compressed image come now?
 * @fd: where from; nothing is taken from there
 */
bool packed_is(int fd)
{
	uint8_t p[MAGIC_LEN];

	if (peek(fd, p) != MAGIC_LEN)
		return false;
	return codec_of(get_le32(p)) || codec_skips(get_le32(p));
}

static const char *why(void *arg)
{
	const struct packed *p = arg;

	return p->seeks ? p->fault.why : p->unpack.fault.why;
}

static ssize_t read_stream(void *arg, void *to, size_t len)
{
	struct packed *p = arg;
	ssize_t n = unpack_read(&p->unpack, to, len);

	p->at += n > 0 ? n : 0;
	return n;
}

static int next_block(struct packed *p)
{
	int r;

	p->len = blocks_len(&p->blocks, p->nr);
	p->used = 0;
	r = blocks_read(&p->blocks, p->nr++, p->block, &p->fault);
	if (r)
		p->len = 0;
	return r;
}

static ssize_t read_block(void *arg, void *to, size_t len)
{
	struct packed *p = arg;
	int r;

	while (p->used == p->len && p->nr < p->blocks.seek.nr) {
		r = next_block(p);
		if (r)
			return r;
	}
	if (len > p->len - p->used)
		len = p->len - p->used;
	memcpy(to, p->block + p->used, len);
	p->used += len;
	p->at += len;
	return len;
}

/* A block that nothing is wanted of is not even read. */
static int skip(void *arg, uint64_t len)
{
	struct packed *p = arg;
	const struct seek *seek = &p->blocks.seek;
	int r;

	p->at += len;
	if (len <= p->len - p->used) {
		p->used += len;
		return 0;
	}
	p->nr = seek_find(seek, p->at);
	p->used = 0;
	p->len = 0;
	if (p->nr == seek->nr || seek->places[p->nr].plain == p->at)
		return 0;
	r = next_block(p);
	if (!r)
		p->used = p->at - seek->places[p->nr - 1].plain;
	return r;
}

static int open_blocks(struct packed *p)
{
	p->seeks = true;
	p->source.read = read_block;
	p->source.skip = skip;
	p->source.size = p->blocks.seek.places[p->blocks.seek.nr].plain;
	p->block = malloc(PACK_BLOCK_MAX);
	return p->block ? 0 : fault_set(&p->fault, -ENOMEM, "not enough memory");
}

/**
 * packed_open() - begin to read a compressed image
 * @p: filled in; to be closed, also after a failure, which @p->fault tells
 * @fd: where from; from its position on
 */
int packed_open(struct packed *p, int fd)
{
	int r;

	memset(p, 0, sizeof(*p));
	p->source = (struct image_source){ .read = read_stream, .why = why, .arg = p };
	r = blocks_open(&p->blocks, fd, &p->fault);
	if (r < 0)
		return r;
	if (r)
		return open_blocks(p);
	r = unpack_begin(&p->unpack, fd, 0);
	return r ? fault_set(&p->fault, r, "%s", p->unpack.fault.why) : 0;
}

/* packed_name() - how it was compressed, or NULL before anything was read */
const char *packed_name(const struct packed *p)
{
	return p->seeks ? p->blocks.name : p->unpack.name;
}

/* packed_bytes() - how long it is, as far as it was read without a table */
uint64_t packed_bytes(const struct packed *p)
{
	return p->seeks ? p->blocks.size : p->unpack.packed;
}

void packed_close(struct packed *p)
{
	unpack_end(&p->unpack);
	blocks_close(&p->blocks);
	free(p->block);
	p->block = NULL;
}
