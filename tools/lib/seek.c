// SPDX-License-Identifier: GPL-2.0
/*
 * The table at the end of a compressed image, as zstd's seekable format has it:
 * a frame that is skipped, with the two lengths of every frame. Images that are
 * compressed with lz4 have the same, as both have the same frames to skip.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seek.h"

#define SEEK_STEP	8192u	/* entries that are read at once */

static void put_le32(uint8_t *p, uint32_t value)
{
	p[0] = value;
	p[1] = value >> 8;
	p[2] = value >> 16;
	p[3] = value >> 24;
}

/**
 * seek_add() - one more frame
 * @s: the table
 * @packed: bytes of the frame
 * @plain: bytes of what it holds
 */
int seek_add(struct seek *s, size_t packed, size_t plain)
{
	struct seek_place *places = s->places;
	size_t room = s->room ? 2 * s->room : 1024;

	if (s->nr + 1 >= s->room) {
		places = realloc(places, room * sizeof(*places));
		if (!places)
			return -ENOMEM;
		if (!s->places)
			places[0] = (struct seek_place){ 0 };
		s->places = places;
		s->room = room;
	}
	places += s->nr++;
	places[1].packed = places[0].packed + packed;
	places[1].plain = places[0].plain + plain;
	return 0;
}

/**
 * seek_frame() - the table as it is written
 * @s: the table
 * @len: bytes of the frame
 *
 * Returns NULL without memory.
 */
uint8_t *seek_frame(const struct seek *s, size_t *len)
{
	size_t size = s->nr * SEEK_ENTRY + SEEK_FOOT;
	uint8_t *frame = malloc(SKIP_HEAD + size);
	uint8_t *p = frame;
	size_t i;

	if (!frame)
		return NULL;
	put_le32(p, SEEK_MAGIC);
	put_le32(p + 4, size);
	p += SKIP_HEAD;
	for (i = 0; i < s->nr; i++, p += SEEK_ENTRY) {
		put_le32(p, s->places[i + 1].packed - s->places[i].packed);
		put_le32(p + 4, s->places[i + 1].plain - s->places[i].plain);
	}
	put_le32(p, s->nr);
	p[4] = 0;
	put_le32(p + 5, SEEK_FOOT_MAGIC);
	*len = SKIP_HEAD + size;
	return frame;
}

static int damaged(struct fault *fault)
{
	return fault_set(fault, -EBADMSG, "the table of frames at the end is damaged");
}

static int read_at(int fd, uint64_t at, void *p, size_t len, struct fault *fault)
{
	ssize_t n;

	for (; len; len -= n, at += n, p = (char *)p + n) {
		n = pread(fd, p, len, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return fault_set(fault, -errno, "can't read the image: %s",
					 strerror(errno));
		else if (!n)
			return damaged(fault);
	}
	return 0;
}

/* As many bytes each frame has, so many frames there are: memory has a bound. */
static int add_entries(struct seek *s, int fd, uint64_t at, uint32_t count,
		       size_t entry, struct fault *fault)
{
	uint8_t *buf = malloc(SEEK_STEP * entry), *p;
	uint32_t n;
	int r = buf ? 0 : fault_set(fault, -ENOMEM, "not enough memory");

	while (!r && count) {
		n = count < SEEK_STEP ? count : SEEK_STEP;
		r = read_at(fd, at, buf, n * entry, fault);
		at += n * entry;
		count -= n;
		for (p = buf; !r && n; n--, p += entry)
			if (seek_add(s, get_le32(p), get_le32(p + 4)))
				r = fault_set(fault, -ENOMEM, "not enough memory");
	}
	free(buf);
	return r;
}

static int check_head(int fd, uint64_t at, uint64_t size, struct fault *fault)
{
	uint8_t head[SKIP_HEAD];
	int r = read_at(fd, at, head, sizeof(head), fault);

	if (r)
		return r;
	if (get_le32(head) != SEEK_MAGIC || get_le32(head + 4) != size)
		return damaged(fault);
	return 0;
}

/**
 * seek_load() - read the table of a compressed image
 * @s: filled in; to be freed, also after a failure
 * @fd: a regular file
 * @start: where the image begins in it
 * @end: where it ends
 * @fault: told of a failure
 *
 * The frames that it tells of fill just what is before it. Returns 1, 0 if
 * there is none, or a negative errno.
 */
int seek_load(struct seek *s, int fd, uint64_t start, uint64_t end, struct fault *fault)
{
	uint64_t all = end - start;
	struct seek_foot foot;
	uint8_t p[SEEK_FOOT];
	int r;

	*s = (struct seek){ 0 };
	if (all < SKIP_HEAD + SEEK_FOOT)
		return 0;
	r = read_at(fd, end - SEEK_FOOT, p, sizeof(p), fault);
	if (r || get_le32(p + 5) != SEEK_FOOT_MAGIC)
		return r;
	if (!seek_foot_parse(&foot, p, all))
		return damaged(fault);
	r = check_head(fd, end - foot.size - SKIP_HEAD, foot.size, fault);
	if (!r)
		r = add_entries(s, fd, end - foot.size, foot.count, foot.entry, fault);
	if (!r && s->places[s->nr].packed != all - foot.size - SKIP_HEAD)
		r = damaged(fault);
	return r ? r : 1;
}

/**
 * seek_find() - which frame holds a byte of the image?
 * @s: the table
 * @plain: the byte
 *
 * Returns the number of frames if none does.
 */
size_t seek_find(const struct seek *s, uint64_t plain)
{
	size_t low = 0, high = s->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->places[middle + 1].plain <= plain)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void seek_free(struct seek *s)
{
	free(s->places);
	*s = (struct seek){ 0 };
}
