/* SPDX-License-Identifier: GPL-2.0 */
/* Typing into terminals. */
#ifndef KCR_TERMINALS_H
#define KCR_TERMINALS_H

#include "kcr_harness.h"

static inline void put(int fd, const char *text)
{
	ASSERT_EQ(strlen(text), write(fd, text, strlen(text)));
}

#endif
