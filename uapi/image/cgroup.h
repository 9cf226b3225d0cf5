/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_CGROUP_H
#define _UAPI_KCR_IMAGE_CGROUP_H

#include <linux/types.h>

#define KCR_CGROUP_PATH_MAX	4096u	/* bytes of a path, with its NUL */

/**
 * struct kcr_img_cgroup - KCR_KIND_CGROUP: where a process was in cgroup2
 * @tid: 0: the process; else this thread of it, which was somewhere else
 * @threaded: so many last components of the path were threaded cgroups
 *
 * The path follows, with its NUL, as it is in the checkpointer's cgroup
 * namespace: "/" for its root; what is not below that begins with "/..".
 * A process has one record for itself, and then one for each such thread.
 */
struct kcr_img_cgroup {
	__le32	tid;
	__le32	threaded;
};

#endif /* _UAPI_KCR_IMAGE_CGROUP_H */
