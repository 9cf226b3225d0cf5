/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looking at every byte of an image: what its records refer to, the hash of
 * every page, that nothing follows the end.
 */
#ifndef _KCR_VERIFY_H
#define _KCR_VERIFY_H

#include "image.h"

struct verify *verify_new(void);
void verify_free(struct verify *v);

int verify_rec(struct image *img);
int verify_run(struct image *img, const struct kcr_img_pages_earlier *earlier);
int verify_pages(struct image *img, const void *pages, size_t len);
int verify_index(struct image *img, size_t first);
int verify_end(struct image *img);

void page_hash(const void *page, uint8_t hash[KCR_HASH_LEN]);

#endif /* _KCR_VERIFY_H */
