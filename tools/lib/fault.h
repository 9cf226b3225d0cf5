/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has gone wrong in a thread, or below a caller who has the words for it.
 */
#ifndef _KCR_FAULT_H
#define _KCR_FAULT_H

#include "tool.h"

/**
 * struct fault - the first failure
 * @error: negative errno, 0 for none
 * @why: in words, one sentence without a full stop
 */
struct fault {
	int error;
	char why[160];
};

int fault_set(struct fault *f, int error, const char *format, ...) PRINTF(3, 4);
int fault_fail(const struct fault *f, struct verdict *v);

#endif /* _KCR_FAULT_H */
