/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Print the operations under way.
 */
#ifndef _KCR_LIST_H
#define _KCR_LIST_H

#include "tool.h"

int list_operations(bool json, struct verdict *v);

#endif /* _KCR_LIST_H */
