/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_WORKQUEUE_H
#define _KCR_COMPAT_WORKQUEUE_H

#include <linux/version.h>
#include <linux/workqueue.h>

/*
 * 6.6 (affinity scopes): a worker begins near the processor that wants the work done, which
 * is the one that has no time for it. Goes with 6.1.
 */
static inline void kcr_wq_attrs_anywhere(struct workqueue_attrs *attrs)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	attrs->affn_scope = WQ_AFFN_SYSTEM;
#endif
}

#endif /* _KCR_COMPAT_WORKQUEUE_H */
