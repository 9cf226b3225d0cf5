/* SPDX-License-Identifier: GPL-2.0 */
/* What every architecture answers. */
#ifndef _KCR_ARCH_H
#define _KCR_ARCH_H

#include <linux/types.h>

size_t kcr_arch_xstate_size(void);
u64 kcr_arch_xfeatures(void);

#endif /* _KCR_ARCH_H */
