/* SPDX-License-Identifier: GPL-2.0 */
/* What a processor of x86-64 has: sets of registers, by their bits in XCR0, and
 * instructions.
 */
#ifndef _KCR_XFEATURES_H
#define _KCR_XFEATURES_H

#include "../../uapi/image/x86_cpu.h"
#include "../lib/emit.h"

void xfeatures_emit(struct emit *e, const char *name, uint64_t bits);
void xfeatures_print(FILE *file, uint64_t bits);
void x86_cpu_show(FILE *file, const struct kcr_img_x86_cpu *cpu, const char *margin);

#endif /* _KCR_XFEATURES_H */
