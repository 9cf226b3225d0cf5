/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_TRACEPOINT_H
#define _KCR_COMPAT_TRACEPOINT_H

#include <linux/tracepoint.h>
#include <linux/version.h>

/*
 * 6.10 (2c92ca849fcc) has __assign_str() remember what __string() was given;
 * before, it wanted to be told again. Goes with 6.1.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define kcr_assign_str(dst, src)	__assign_str(dst)
#else
#define kcr_assign_str(dst, src)	__assign_str(dst, src)
#endif

#endif /* _KCR_COMPAT_TRACEPOINT_H */
