/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers with the prototypes of what ksym.h looks up, and the prototypes of
 * what the kernel keeps to itself (in no header, or static).
 */
#ifndef _KCR_KSYM_DECL_H
#define _KCR_KSYM_DECL_H

#include <asm/proto.h>
#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/pipe_fs_i.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <linux/eventpoll.h>	/* leans on all of the above */
#include <linux/cpuset.h>
#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/security.h>
#include <linux/time_namespace.h>
#include <linux/tty.h>
#include <linux/poll.h>
#include <linux/posix-timers.h>
#include <linux/sched/cputime.h>
#include <linux/hrtimer.h>

#include "compat/filelock.h"

/* ipc/util.h */
struct kern_ipc_perm *ipc_obtain_object_check(struct ipc_ids *ids, int id);
int ipcperms(struct ipc_namespace *ns, struct kern_ipc_perm *ipcp, short flg);
/* fs/internal.h */
int chown_common(const struct path *path, uid_t user, gid_t group);
/* kernel/sys.c */
int do_prlimit(struct task_struct *tsk, unsigned int resource,
	       struct rlimit *new_rlim, struct rlimit *old_rlim);
/* fs/select.c */
long do_restart_poll(struct restart_block *restart_block);
/* kernel/nsproxy.c */
struct nsproxy *create_new_namespaces(unsigned long flags, struct task_struct *tsk,
				      struct user_namespace *user_ns,
				      struct fs_struct *new_fs);

#ifdef CONFIG_SECURITY_LANDLOCK
#include <linux/lsm_hooks.h>
#define KCR_KSYM_LANDLOCK(x)						\
	x(landlock_initialized,	bool, "refuse Landlock domains")	\
	x(landlock_blob_sizes,	struct lsm_blob_sizes, "refuse Landlock domains")
#else
#define KCR_KSYM_LANDLOCK(x)
#endif

#endif /* _KCR_KSYM_DECL_H */
