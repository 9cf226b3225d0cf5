/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A chain: an increment, the image that it is an increment to, and so on to a
 * full image. Any page of the newest image is read from where its bytes are.
 */
#ifndef _KCR_CHAIN_H
#define _KCR_CHAIN_H

#include "parents.h"

#define CHAIN_MAX	512u	/* links, each of which is an open file */

/**
 * struct chain - the images
 * @links: the newest first
 * @nr: of them
 * @parents: where to look for them; filled in by the caller, the rest is zero
 */
struct chain {
	struct link *links[CHAIN_MAX];
	size_t nr;
	struct parents parents;
};

/**
 * struct chain_place - where pages are that follow each other
 * @link: in which image
 * @offset: of the first one's bytes there
 * @hashes: of its hash
 * @count: of them
 */
struct chain_place {
	struct link *link;
	uint64_t offset;
	uint64_t hashes;
	uint32_t count;
};

int chain_open(struct chain *c, int fd, const char *name, struct verdict *v);
int chain_open_file(struct chain *c, const char *name, struct verdict *v);
int chain_find(const struct chain *c, uint64_t number, uint32_t count,
	       struct chain_place *place, struct verdict *v);
int chain_pages(const struct chain *c, uint64_t number, uint32_t count, uint8_t *pages,
		uint8_t *hashes, struct verdict *v);
int chain_hashes(const struct chain *c, uint64_t number, uint32_t count, uint8_t *hashes,
		 struct verdict *v);
void chain_close(struct chain *c);

static inline struct link *chain_newest(const struct chain *c)
{
	return c->links[0];
}

#endif /* _KCR_CHAIN_H */
