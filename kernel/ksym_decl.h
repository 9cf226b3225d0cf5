/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers with the prototypes of what ksym.h looks up, and the prototypes of
 * what the kernel keeps to itself (in no header, or static).
 */
#ifndef _KCR_KSYM_DECL_H
#define _KCR_KSYM_DECL_H

#include <asm/proto.h>
#include <asm/syscall.h>
#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fsnotify_backend.h>
#include <linux/fs_struct.h>
#include <linux/hugetlb.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/pipe_fs_i.h>
#include <linux/ptrace.h>
#include <linux/rmap.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/stacktrace.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <linux/userfaultfd_k.h>
#include <linux/workqueue.h>
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
#include <linux/sockptr.h>

#include "compat/filelock.h"

/* linux/hw_breakpoint.h brings too much */
void flush_ptrace_hw_breakpoint(struct task_struct *tsk);

/* asm/tlbflush.h, which keeps it from modules */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			unsigned int stride_shift, bool freed_tables);

/* ipc/sem.c; linux/syscalls.h brings too much */
struct sembuf;
long __do_semtimedop(int semid, struct sembuf *sops, unsigned int nsops,
		     const struct timespec64 *timeout, struct ipc_namespace *ns);
/* ipc/util.h */
struct kern_ipc_perm *ipc_obtain_object_check(struct ipc_ids *ids, int id);
int ipcperms(struct ipc_namespace *ns, struct kern_ipc_perm *ipcp, short flg);
/* fs/internal.h */
int chown_common(const struct path *path, uid_t user, gid_t group);
/* fs/internal.h */
int do_renameat2(int olddfd, struct filename *oldname, int newdfd,
		 struct filename *newname, unsigned int flags);
/* net/sock.h, which has names that dev.c uses too */
struct sock;
int sk_getsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		  sockptr_t optlen);
/* kernel/sys.c */
int do_prlimit(struct task_struct *tsk, unsigned int resource,
	       struct rlimit *new_rlim, struct rlimit *old_rlim);
/* fs/select.c */
long do_restart_poll(struct restart_block *restart_block);
/* fs/signalfd.c */
int do_signalfd4(int ufd, sigset_t *mask, int flags);
/* fs/timerfd.c */
int do_timerfd_settime(int ufd, int flags, const struct itimerspec64 *new,
		       struct itimerspec64 *old);
/* kernel/time/posix-timers.c */
int do_timer_create(clockid_t which_clock, struct sigevent *event,
		    timer_t __user *created_timer_id);
/* kernel/time/posix-timers.h */
int common_timer_set(struct k_itimer *timr, int flags, struct itimerspec64 *new_setting,
		     struct itimerspec64 *old_setting);
/* kernel/time/posix-cpu-timers.c */
int posix_cpu_timer_set(struct k_itimer *timer, int timer_flags, struct itimerspec64 *new,
			struct itimerspec64 *old);
void posix_cpu_timer_get(struct k_itimer *timer, struct itimerspec64 *itp);
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

#ifdef CONFIG_SECURITY_YAMA
#define KCR_KSYM_YAMA(x)						\
	x(ptracer_relations,	struct list_head, "see who may trace it (PR_SET_PTRACER)")
#else
#define KCR_KSYM_YAMA(x)
#endif

#ifdef CONFIG_SECURITY_PATH
#include <linux/security.h>
#define KCR_KSYM_PATH(x)						\
	x(security_path_rmdir,	"ask whether a directory may be removed")
#else
#define KCR_KSYM_PATH(x)
#endif

#ifdef CONFIG_DNOTIFY
#include <linux/dnotify.h>
#define KCR_KSYM_DNOTIFY(x)						\
	x(fcntl_dirnotify,	"watch directories (F_NOTIFY)")
#define KCR_KSYM_DNOTIFY_VARS(x)					\
	x(dnotify_group,	struct fsnotify_group *, "see which directories are watched (F_NOTIFY)")
#else
#define KCR_KSYM_DNOTIFY(x)
#define KCR_KSYM_DNOTIFY_VARS(x)
#endif

#ifdef CONFIG_HUGETLBFS
#define KCR_KSYM_HUGETLB(x)						\
	x(hugetlb_file_setup,	"make memory of huge pages")
#define KCR_KSYM_HUGETLB_VARS(x)					\
	x(shm_file_operations_huge, const struct file_operations, "know attached shared memory")
#else
#define KCR_KSYM_HUGETLB(x)
#define KCR_KSYM_HUGETLB_VARS(x)
#endif

#ifdef CONFIG_NUMA
/* mm/mempolicy.c */
long do_set_mempolicy(unsigned short mode, unsigned short flags, nodemask_t *nodes);
long do_mbind(unsigned long start, unsigned long len, unsigned short mode,
	      unsigned short mode_flags, nodemask_t *nmask, unsigned long flags);
#define KCR_KSYM_NUMA(x)						\
	x(do_set_mempolicy,	"restore the NUMA policy of a thread")	\
	x(do_mbind,		"restore the NUMA policy of memory")
#define KCR_KSYM_NUMA_SYSCALLS(x)					\
	x(set_mempolicy_home_node, "restore the NUMA policy of memory")
#else
#define KCR_KSYM_NUMA(x)
#define KCR_KSYM_NUMA_SYSCALLS(x)
#endif

#endif /* _KCR_KSYM_DECL_H */
