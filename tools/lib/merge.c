// SPDX-License-Identifier: GPL-2.0
/*
 * A chain of images as one full image.
 *
 * It is the newest image, record by record, with the bytes of all pages. It keeps
 * its id, and its pages their numbers: what is an increment to the newest image is
 * one to the full image too. Runs that an increment has cut to pieces are joined.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "sink.h"

#define WINDOW	((uint64_t)KCR_PAGES_MAX * KCR_PARSE_PAGE_SIZE)

/**
 * struct merge - what goes on
 * @chain: from
 * @img: the newest image, from front to back
 * @sink: to
 * @sum: what was written
 * @v: told of a failure
 * @run: of the run that is being joined
 * @count: pages of it; 0: there is none
 * @number: of its first page
 * @next: number of the page that is to come
 * @index: run of the index that is to come
 * @pages: room for their bytes
 * @hashes: and for their hashes
 */
struct merge {
	const struct chain *chain;
	struct image img;
	struct sink sink;
	struct merge_sum *sum;
	struct verdict *v;
	struct kcr_img_pages run;
	uint32_t count;
	uint64_t number;
	uint64_t next;
	size_t index;
	uint8_t *pages;
	uint8_t *hashes;
};

/* The run that was joined is complete. */
static int end_run(struct merge *m)
{
	uint32_t count = m->count;

	m->count = 0;
	if (!count)
		return 0;
	if (chain_pages(m->chain, m->number, count, m->pages, m->hashes, m->v) < 0)
		return -1;
	m->run.count = cpu_to_le32(count);
	return sink_pages(&m->sink, &m->run, m->pages, m->hashes);
}

static bool goes_on(const struct merge *m, uint32_t mm, uint32_t flags, uint64_t addr)
{
	return m->count && le32_to_cpu(m->run.mm) == mm && le32_to_cpu(m->run.flags) == flags &&
	       le64_to_cpu(m->run.addr) + m->count * (uint64_t)KCR_PARSE_PAGE_SIZE == addr &&
	       addr % WINDOW;
}

static int add_piece(struct merge *m, const struct kcr_img_pages *run, uint64_t addr,
		     uint32_t count)
{
	uint32_t flags = le32_to_cpu(run->flags) & ~KCR_PAGES_EARLIER;

	if (!goes_on(m, le32_to_cpu(run->mm), flags, addr)) {
		if (end_run(m) < 0)
			return -1;
		m->run = (struct kcr_img_pages){
			.mm = run->mm,
			.addr = cpu_to_le64(addr),
			.flags = cpu_to_le32(flags),
		};
		m->number = m->next;
	}
	m->count += count;
	m->next += count;
	return 0;
}

/* The pages are found by the index: it must tell of the same. */
static int check_index(struct merge *m, const struct kcr_img_pages *run)
{
	const struct link *l = chain_newest(m->chain);
	bool earlier = le32_to_cpu(run->flags) & KCR_PAGES_EARLIER;
	const struct link_run *index = &l->runs[m->index];

	if (m->index++ < l->nr && index->mm == le32_to_cpu(run->mm) &&
	    index->addr == le64_to_cpu(run->addr) && index->count == le32_to_cpu(run->count) &&
	    link_run_is_earlier(index) == earlier)
		return 0;
	return link_fail(l, -EBADMSG, "index of pages tells of other pages than there are", m->v);
}

/* Piece by piece, as windows are. */
static int add_run(struct merge *m, const struct kcr_img_pages *run)
{
	uint64_t addr = le64_to_cpu(run->addr);
	uint32_t left = le32_to_cpu(run->count), n;

	if (check_index(m, run) < 0)
		return -1;
	if (le32_to_cpu(run->flags) & KCR_PAGES_EARLIER)
		m->sum->earlier += left;
	for (; left; left -= n, addr += (uint64_t)n * KCR_PARSE_PAGE_SIZE) {
		n = (WINDOW - addr % WINDOW) / KCR_PARSE_PAGE_SIZE;
		n = n < left ? n : left;
		if (add_piece(m, run, addr, n) < 0)
			return -1;
	}
	return 0;
}

static int take_pages(struct merge *m)
{
	const struct kcr_img_pages *run = m->img.rec.data;

	if (!(le32_to_cpu(run->flags) & (KCR_PAGES_ZERO | KCR_PAGES_PARENT)))
		return add_run(m, run);
	if (end_run(m) < 0)
		return -1;
	return sink_no_pages(&m->sink, &m->img.rec_head, run);
}

static int take_rec(struct merge *m)
{
	const struct image_rec *rec = &m->img.rec;

	if (rec->known && rec->kind == KCR_KIND_PAGES)
		return take_pages(m);
	if (end_run(m) < 0)
		return -1;
	if (rec->known && rec->kind == KCR_KIND_END)
		return sink_end(&m->sink, rec->data);
	if (rec->known && (rec->kind == KCR_KIND_INDEX || rec->kind == KCR_KIND_PAD))
		return 0;
	return sink_rec(&m->sink, &m->img.rec_head, rec->data);
}

static int write_head(struct merge *m)
{
	struct kcr_image_head head = m->img.head;

	head.flags &= cpu_to_le32(~KCR_IMAGE_INCREMENT);
	memset(head.parent, 0, sizeof(head.parent));
	return sink_head(&m->sink, &head);
}

static int write_records(struct merge *m)
{
	struct link *l = chain_newest(m->chain);
	int r;

	access_rewind(&l->access);
	r = image_open_source(&m->img, &l->access.source, false);
	if (!r)
		r = write_head(m);
	while (!r && image_next(&m->img) > 0)
		r = take_rec(m);
	if (m->img.error)
		return link_fail(l, m->img.error, m->img.why, m->v);
	return r;
}

/**
 * merge_write() - write the newest image of a chain as a full one
 * @c: the chain
 * @fd: where to
 * @sum: counted
 * @v: told of a failure
 */
int merge_write(const struct chain *c, int fd, struct merge_sum *sum, struct verdict *v)
{
	struct merge m = {
		.chain = c, .sum = sum, .v = v, .img.fd = -1,
		.pages = malloc(WINDOW),
		.hashes = malloc(KCR_PAGES_MAX * KCR_HASH_LEN),
	};
	int r = sink_open(&m.sink, fd, v);

	m.sink.written = &sum->bytes;
	if (!r && (!m.pages || !m.hashes))
		r = fail(v, KCR_CLASS_ENVIRONMENT, ENOMEM, "not enough memory");
	if (!r)
		r = write_records(&m);
	sum->pages = m.sink.pages;
	image_close(&m.img);
	sink_close(&m.sink);
	free(m.pages);
	free(m.hashes);
	return r;
}
