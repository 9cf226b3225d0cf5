/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A chain of images, as ckptinfo --chain tells it.
 */
#ifndef _KCR_INFO_CHAIN_H
#define _KCR_INFO_CHAIN_H

#include "../lib/chain.h"

/**
 * struct info_chain - what the user wants
 * @chain: with what is named
 * @json: in JSON
 * @verify: look at every byte of all of them
 */
struct info_chain {
	struct chain chain;
	bool json;
	bool verify;
};

void info_chain(struct info_chain *c, int fd, const char *name, struct verdict *v);

#endif /* _KCR_INFO_CHAIN_H */
