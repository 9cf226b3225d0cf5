/* SPDX-License-Identifier: GPL-2.0 */
/* All handlers in the order of KCR_KINDS, for those who walk them. */
#ifndef _KCR_KINDS_H
#define _KCR_KINDS_H

#include "kcr.h"

extern const struct kcr_ops *const kcr_kinds[];
extern const unsigned int kcr_nr_kinds;

#define kcr_for_each_kind(ops, i)	\
	for ((i) = 0; (i) < kcr_nr_kinds && ((ops) = kcr_kinds[i]); (i)++)

#endif /* _KCR_KINDS_H */
