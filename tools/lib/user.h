/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Become another user for good.
 */
#ifndef _KCR_USER_H
#define _KCR_USER_H

#include "tool.h"

int user_become(const char *name, struct verdict *v);

#endif /* _KCR_USER_H */
