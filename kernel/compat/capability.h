/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_CAPABILITY_H
#define _KCR_COMPAT_CAPABILITY_H

#include <linux/capability.h>
#include <linux/version.h>

/*
 * 6.3 (f122a08b197d) made kernel_cap_t one u64; before, it is an array of two
 * u32. Goes with 6.1.
 */
static inline u64 kcr_cap_u64(kernel_cap_t cap)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return cap.val;
#else
	return cap.cap[0] | (u64)cap.cap[1] << 32;
#endif
}

static inline kernel_cap_t kcr_cap_from_u64(u64 val)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return (kernel_cap_t){ val };
#else
	return (kernel_cap_t){ { (u32)val, val >> 32 } };
#endif
}

#endif /* _KCR_COMPAT_CAPABILITY_H */
