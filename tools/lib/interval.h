/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_INTERVAL_H
#define _KCR_INTERVAL_H

#include <stdint.h>

/* Ten years: nobody means more. */
#define INTERVAL_MAX	(UINT64_C(3653) * 24 * 3600)

int interval_parse(const char *text, uint64_t *seconds);

#endif /* _KCR_INTERVAL_H */
