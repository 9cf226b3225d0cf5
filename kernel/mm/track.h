/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pages can't have changed since the image before, so that nobody needs to look
 * at them: track.c, and one file for each way to know it.
 */
#ifndef _KCR_TRACK_H
#define _KCR_TRACK_H

#include "kcr.h"

struct kcr_tracking;
struct kcr_window;

/**
 * struct kcr_tracker - a way to know it
 * @how: KCR_TRACK_*
 * @keeps: needs the snapshots as they were at the cut, until the image is complete
 * @unchanged: sets the bit, in kcr_window.unchanged, of each page that surely is as
 *	it was at the last cut. A bit that is not set costs a hash, one that is set
 *	wrongly makes a wrong image
 * @written: a window is in the image, and what is known of its pages serves nobody
 *	any more; NULL: nothing to do
 * @keep: an image is complete: from its cut on; NULL: nothing to do
 * @drop: nothing is known any more; NULL: nothing to do
 */
struct kcr_tracker {
	u32 how;
	bool keeps;
	void (*unchanged)(struct kcr_tracking *t, struct kcr_process *p, struct kcr_window *w);
	void (*written)(struct kcr_tracking *t, struct kcr_process *p, struct kcr_window *w);
	void (*keep)(struct kcr_tracking *t, struct kcr_ctx *ctx);
	void (*drop)(struct kcr_tracking *t);
};

/**
 * struct kcr_tracking - what is known, from one checkpoint to the next
 * @tracker: how
 * @busy: bit 0: an operation uses it, and nobody else does
 * @id: of the image that is complete
 * @known: there is one, and something is known since
 * @snapshots: track_snapshot.c's own: struct kcr_snapshot
 */
struct kcr_tracking {
	const struct kcr_tracker *tracker;
	unsigned long busy;
	u8 id[16];
	bool known;
	struct list_head snapshots;
};

extern const struct kcr_tracker kcr_track_snapshot;

/* The door: a descriptor of it, and which one a checkpoint goes on with. */
long kcr_track_make(const struct kcr_track *request);
int kcr_track_set(struct kcr_ctx *ctx, const struct kcr_checkpoint *ck);

bool kcr_track_keeps(const struct kcr_ctx *ctx);
u32 kcr_track_how(const struct kcr_ctx *ctx);
int kcr_track_window(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w);
void kcr_track_written(struct kcr_ctx *ctx, struct kcr_process *p, struct kcr_window *w);
bool kcr_track_give_up(struct kcr_ctx *ctx);
void kcr_track_keep(struct kcr_ctx *ctx);
void kcr_track_end(struct kcr_ctx *ctx);

#endif /* _KCR_TRACK_H */
