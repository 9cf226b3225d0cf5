/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that come from the image while the program runs already: what others
 * call. See server.c for how it works.
 */
#ifndef _KCR_LAZY_H
#define _KCR_LAZY_H

#include "kcr.h"

struct iov_iter;

extern unsigned int kcr_lazy_rate_mb;

/* restart, in the controller: the files, ctx->image and what @run tells of */
int kcr_lazy_set(struct kcr_ctx *ctx, const struct kcr_run *run);
/* restart, in the controller: look at them; before all else */
int kcr_lazy_open(struct kcr_ctx *ctx);
/* restart, in the controller: find out what may come later; before anything is made */
int kcr_lazy_choose(struct kcr_ctx *ctx);
/* restart: bytes of the image from ctx->offset on; how many, 0 at its end */
ssize_t kcr_lazy_read(struct kcr_ctx *ctx, struct iov_iter *iter);
/* restart: the next pages of a run that an earlier image has, for kcr_read_run() */
int kcr_lazy_read_run(struct kcr_ctx *ctx, struct page **pages, unsigned int count);
/* restart: may the run that is read next come later? 1: so it will, 0: no */
int kcr_lazy_run(struct kcr_ctx *ctx, struct kcr_img_pages *run, u32 *crc);
/* restart, in a leader: its mappings, and the pages that do not, are there */
int kcr_lazy_begin(struct kcr_process *p);
/* restart, in each thread made */
void kcr_lazy_touch(struct kcr_process *p);
/* restart, in the controller: the program runs, pages come from now on */
void kcr_lazy_go(struct kcr_ctx *ctx);
/* restart: nothing that was made is left; any time, more than once */
void kcr_lazy_drop(struct kcr_ctx *ctx);

/* checkpoint: wait until all pages of the target have come, or too long */
int kcr_lazy_wait(struct kcr_ctx *ctx);
/* checkpoint: have they not? */
bool kcr_lazy_serves(const struct mm_struct *mm);

#endif /* _KCR_LAZY_H */
