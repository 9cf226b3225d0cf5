/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_INFO_BLOCKED_H
#define _KCR_INFO_BLOCKED_H

#include <stdint.h>

const char *blocked_name(uint32_t call);

#endif /* _KCR_INFO_BLOCKED_H */
