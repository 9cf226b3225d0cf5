/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What spares looking at pages that have not changed: checkpoint --track.
 */
#ifndef _KCR_TOOL_TRACK_H
#define _KCR_TOOL_TRACK_H

#include <stdbool.h>

#include "emit.h"
#include "tool.h"

/**
 * struct track - it
 * @how: KCR_TRACK_*, 0: the user has not said
 * @fd: what the module knows it by; it goes with us, whatever happens
 */
struct track {
	uint32_t how;
	int fd;
};

int track_choose(struct track *t, const char *name);
bool track_takes_memory(const struct track *t);
int track_open(struct track *t, struct verdict *v);
void track_fill(const struct track *t, struct kcr_checkpoint *request);
void track_emit(const struct kcr_status *status, struct emit *e);
void track_say(const struct track *t, const struct kcr_status *status);

#endif /* _KCR_TOOL_TRACK_H */
