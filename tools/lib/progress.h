/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line on a terminal that tells how far an operation is.
 */
#ifndef _KCR_PROGRESS_H
#define _KCR_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "../../uapi/kcr.h"

/**
 * struct progress - what the line needs to remember
 * @started: when we began to look
 * @began: when bytes were first seen to flow
 * @first: how many there were then
 * @packed: bytes of the image as it is compressed, NULL: it is not
 * @looking: @started holds
 * @flowing: @began holds
 * @shown: whether there is a line to wipe
 */
struct progress {
	struct timespec started;
	struct timespec began;
	uint64_t first;
	const atomic_ullong *packed;
	bool looking;
	bool flowing;
	bool shown;
};

void progress_show(struct progress *p, const struct kcr_status *status);
void progress_wipe(struct progress *p);

#endif /* _KCR_PROGRESS_H */
