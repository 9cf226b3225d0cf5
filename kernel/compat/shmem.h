/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SHMEM_H
#define _KCR_COMPAT_SHMEM_H

#include <linux/pid_namespace.h>
#include <linux/version.h>

/*
 * 6.3 (105ff5339f49): vm.memfd_noexec; 6.6 (9876cfe8ec1c): asked for with a
 * function. Before, executable memfds were always allowed. Goes with 6.1.
 */
static inline bool kcr_memfd_noexec(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0) && defined(CONFIG_SYSCTL) && \
	defined(CONFIG_MEMFD_CREATE)
	return pidns_memfd_noexec_scope(task_active_pid_ns(current)) >=
	       MEMFD_NOEXEC_SCOPE_NOEXEC_ENFORCED;
#else
	return false;
#endif
}

#endif /* _KCR_COMPAT_SHMEM_H */
