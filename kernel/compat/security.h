/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SECURITY_H
#define _KCR_COMPAT_SECURITY_H

#include <linux/security.h>
#include <linux/version.h>

#include "ksym.h"

/*
 * 6.8 (267c068e5f57) names a security module by number and no longer by name;
 * we want the first that answers. Goes with 6.1.
 */
static inline int kcr_task_label(struct task_struct *task, char **label)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return kcr_call(security_getprocattr)(task, 0, "current", label);
#else
	return kcr_call(security_getprocattr)(task, NULL, "current", label);
#endif
}

#endif /* _KCR_COMPAT_SECURITY_H */
