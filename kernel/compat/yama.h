/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_YAMA_H
#define _KCR_COMPAT_YAMA_H

#include <linux/types.h>

/*
 * security/yama/yama_lsm.c keeps this to itself; so it has been since 3.11.
 * Goes when it moves to a header.
 */
struct ptrace_relation {
	struct task_struct *tracer;
	struct task_struct *tracee;
	bool invalid;
	struct list_head node;
	struct rcu_head rcu;
};

#endif /* _KCR_COMPAT_YAMA_H */
