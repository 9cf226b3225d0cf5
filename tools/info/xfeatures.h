/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of registers that XSAVE saves, by their bits in XCR0. */
#ifndef _KCR_XFEATURES_H
#define _KCR_XFEATURES_H

#include "../lib/emit.h"

void xfeatures_emit(struct emit *e, const char *name, uint64_t bits);
void xfeatures_print(FILE *file, uint64_t bits);

#endif /* _KCR_XFEATURES_H */
