/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel has but does not export, looked up once when the module is
 * loaded. One line a symbol, with the reason; the type is the kernel's own
 * prototype (or, for a static function, the one in ksym_decl.h), so that a
 * change of prototype breaks the build. A kernel without one of them does not
 * get the module, and the log names symbol and reason.
 *
 *	kcr_call(replace_fd)(fd, file, flags)		a function
 *	kcr_syscall(setresuid, r, e, s)			a system call, as the current task
 *	kcr_var(nsproxy_cachep)				a variable (an lvalue)
 */
#ifndef _KCR_KSYM_H
#define _KCR_KSYM_H

#include <linux/ptrace.h>
#include <linux/static_call.h>

#include "ksym_decl.h"

#define KCR_KSYM_FUNCS(x)						\
	x(do_exit,		"end a task that was not made whole")	\
	x(do_group_exit,	"end a process that was not made whole")	\
	x(kernel_clone,		"make tasks")				\
	x(change_pid,		"restore process groups and sessions")	\
	x(release_task,		"reap the descendants that a failed restart has made") \
	x(alloc_pid,		"restore a group or session whose leader has ended") \
	x(free_pid,		"drop such an id again")		\
	x(proc_clear_tty,	"part from the restarter's terminal")	\
	x(put_task_stack,	"let go of the registers of a thread")	\
	x(kernel_wait4,		"wait for the task that copies an address space") \
	x(wait_task_inactive,	"see that a thread has left its processor") \
	x(wake_up_state,	"interrupt a thread that sleeps in a known call") \
	x(task_work_cancel_match, "take back a request to park")	\
	x(ptrace_may_access,	"ask whether the caller may look at the target") \
	x(__ptrace_link,	"make one thread trace another")	\
	x(__ptrace_unlink,	"part them again when a restart fails")	\
	x(ptrace_notify,	"stop a thread for its tracer")		\
	x(arch_ptrace,		"give a thread hardware breakpoints")	\
	x(flush_ptrace_hw_breakpoint, "take them from a thread that was killed") \
	x(flush_sigqueue,	"drop signals of a traced thread that was killed") \
	x(user_enable_single_step, "have a thread make single steps")	\
	x(user_single_step_report, "tell the tracer of a single step")	\
	x(find_task_by_vpid,	"find the target")			\
	x(task_user_regset_view, "read and write registers")		\
	x(do_send_sig_info,	"queue signals")			\
	x(set_current_blocked,	"block signals, and restore which are")	\
	x(__set_task_comm,	"name a thread")			\
	x(thread_group_sample_cputime, "see how long an interval timer has to go") \
	x(set_process_cpu_timer, "restore interval timers of CPU time")	\
	x(do_timer_create,	"make a POSIX timer")			\
	x(common_timer_set,	"set a POSIX timer going")		\
	x(posix_cpu_timer_set,	"set a POSIX timer of CPU time going")	\
	x(posix_cpu_timer_get,	"see how much CPU time a POSIX timer counts") \
	x(send_sigqueue,	"queue the signal of a POSIX timer")	\
	x(mfill_atomic_install_pte, "put a page that was read into memory") \
	x(__mem_cgroup_charge,	"charge such a page to its owner")	\
	x(anon_vma_fork,	"share memory between copies of a program")	\
	x(copy_page_range,	"share memory between copies of a program")	\
	x(flush_tlb_mm_range,	"have shared memory copied when it is written to") \
	x(__anon_vma_prepare,	"tell where memory was moved to")	\
	x(mm_alloc,		"talk to userfaultfd, which wants user memory") \
	x(arch_pick_mmap_layout, "map something there")		\
	x(unshare_files,	"keep descriptors of userfaultfds to the module") \
	x(do_prlimit,		"restore resource limits")		\
	x(do_sigaction,		"restore signal handlers")		\
	x(__lock_task_sighand,	"look at signals of a thread that may be killed") \
	x(sched_setattr,	"restore the scheduling policy")	\
	x(sched_setaffinity,	"restore the affinity")			\
	x(cpuset_cpus_allowed,	"tell an affinity from none")		\
	x(may_setgroups,	"restore supplementary groups")		\
	x(security_capset,	"restore capabilities")			\
	x(fget_task,		"see what a thread reads or writes")	\
	x(stack_trace_save_tsk,	"see what a thread waits for")		\
	x(task_work_run,	"park inside a call that is carried on, close files in time") \
	x(do_restart_poll,	"carry on poll()")			\
	x(core_sys_select,	"carry on select()")			\
	x(copy_siginfo_to_user,	"carry on sigtimedwait()")		\
	x(security_getprocattr,	"refuse security labels")		\
	x(create_new_namespaces, "make a time namespace")		\
	x(switch_task_namespaces, "enter a time namespace")		\
	x(free_time_ns,		"drop a time namespace")		\
	x(timens_commit,	"set a time namespace going")		\
	x(alloc_workqueue_attrs, "have pages hashed by who has nothing else to do") \
	x(free_workqueue_attrs,	"the same")				\
	x(apply_workqueue_attrs, "the same")				\
	x(walk_page_range,	"find the pages of an address space")	\
	x(get_mm_exe_file,	"save which program it is")		\
	x(replace_mm_exe_file,	"restore which program it is")		\
	x(path_noexec,		"refuse a program that may not be executed")	\
	x(set_dumpable,		"restore whether it may be dumped")	\
	x(arch_get_unmapped_area, "restore where mmap() searches")	\
	x(arch_get_unmapped_area_topdown, "restore where mmap() searches")	\
	x(do_arch_prctl_64,	"map the vDSO at its old address")	\
	x(set_shrinker_bit,	"hear of a memory cgroup that runs full")	\
	x(__d_path,		"call a file as its user does")		\
	x(replace_fd,		"put a file under its descriptor")	\
	x(chown_common,		"give a file to its owner")		\
	x(put_files_struct,	"let a thread have another table of descriptors") \
	x(free_fs_struct,	"let a thread have another working directory") \
	x(set_fs_pwd,		"restore the working directory")	\
	x(set_fs_root,		"restore the root directory")		\
	x(get_pipe_info,	"look into a pipe")			\
	x(create_pipe_files,	"make a pipe")				\
	x(pipe_fcntl,		"give a pipe its capacity")		\
	x(pipe_resize_ring,	"make room for input that was not read")	\
	x(get_epoll_tfile_raw_ptr, "see which file an epoll set watches")	\
	x(do_epoll_ctl,		"fill an epoll set")			\
	x(do_timerfd_settime,	"set a timerfd going")			\
	x(do_signalfd4,		"make a signalfd")			\
	x(fsnotify_insert_event, "restore inotify events that were not read")	\
	x(pidfd_pid,		"see which process a pidfd is of")	\
	x(sk_getsockopt,	"save options of a socket")		\
	x(do_renameat2,		"put a socket under its path")		\
	x(fcntl_setlk,		"take locks on files")			\
	x(fcntl_setlease,	"take leases of files")			\
	KCR_KSYM_PATH(x)						\
	KCR_KSYM_DNOTIFY(x)						\
	KCR_KSYM_NUMA(x)						\
	KCR_KSYM_HUGETLB(x)						\
	x(vfs_fchmod,		"give what is made its permissions") \
	x(ipc_obtain_object_check, "find a System V object")		\
	x(__do_semtimedop,	"restore what is undone at exit, carry on semtimedop()") \
	x(ipcperms,		"ask whether the caller may read a System V object") \

#define KCR_KSYM_SYSCALLS(x)						\
	x(seccomp,		"make seccomp filters")			\
	x(setsid,		"lead a session")			\
	x(setpgid,		"lead a process group")			\
	x(setresuid,		"restore user ids")			\
	x(setfsuid,		"restore user ids")			\
	x(setresgid,		"restore group ids")			\
	x(setfsgid,		"restore group ids")			\
	x(ioprio_set,		"restore the I/O priority")		\
	x(epoll_wait,		"carry on epoll_wait()")		\
	x(ppoll,		"carry on ppoll()")			\
	x(pselect6,		"carry on pselect()")			\
	x(read,			"carry on read(), read of a userfaultfd")			\
	x(readv,		"carry on readv()")			\
	x(write,		"carry on write()")			\
	x(writev,		"carry on writev()")			\
	x(recvfrom,		"carry on recv()")			\
	x(recvmsg,		"carry on recvmsg()")			\
	x(sendto,		"carry on send()")			\
	x(sendmsg,		"carry on sendmsg()")			\
	x(accept4,		"carry on accept()")			\
	x(connect,		"carry on connect()")			\
	x(splice,		"carry on splice()")			\
	x(sendfile64,		"carry on sendfile()")			\
	x(mprotect,		"protect memory that is filled")	\
	x(pkey_mprotect,	"give memory its protection key")	\
	x(mlock2,		"lock memory")				\
	x(mlockall,		"lock memory that is mapped later")	\
	x(madvise,		"restore what the kernel was told about memory")	\
	x(userfaultfd,		"bring pages when they are needed")	\
	x(membarrier,		"register for membarrier()")		\
	x(prctl,		"restore flags of a process")		\
	x(arch_prctl,		"forbid CPUID")				\
	x(ioperm,		"restore the right to use I/O ports")	\
	x(iopl,			"restore the right to use I/O ports")	\
	x(modify_ldt,		"make a local descriptor table")	\
	x(close_range,		"empty a table of descriptors")		\
	x(eventfd2,		"make an event counter")		\
	x(timerfd_create,	"make a timerfd")			\
	x(inotify_init1,	"make an inotify instance")		\
	x(inotify_add_watch,	"watch files")				\
	x(pidfd_open,		"make a pidfd")				\
	x(epoll_create1,	"make an epoll set")			\
	x(flock,		"take locks on files")			\
	KCR_KSYM_NUMA_SYSCALLS(x)					\
	x(shmget,		"make System V shared memory")		\
	x(shmat,		"attach System V shared memory")	\
	x(shmdt,		"attach System V shared memory")	\
	x(shmctl,		"lock and remove System V shared memory") \
	x(semget,		"make System V semaphores")		\
	x(semctl,		"remove System V semaphores")		\
	x(msgget,		"make a System V message queue")	\
	x(msgctl,		"remove a System V message queue")	\
	x(msgsnd,		"fill a System V message queue")	\
	x(mq_open,		"make a POSIX message queue")		\
	x(mq_timedsend,		"fill a POSIX message queue")		\

#define KCR_KSYM_VARS(x)						\
	x(hrtimer_bases,	struct hrtimer_cpu_base, "see until when a thread sleeps") \
	x(do_no_restart_syscall, char, "know what a restart block does")	\
	x(hrtimer_nanosleep_restart, char, "know what a restart block does") \
	x(do_restart_poll,	char, "know what a restart block does")	\
	x(futex_wait_restart,	char, "know what a restart block does")	\
	x(posix_cpu_nsleep_restart, char, "know what a restart block does") \
	x(alarm_timer_nsleep_restart, char, "know what a restart block does") \
	x(process_timeout,	char, "see until when a thread sleeps")	\
	x(tty_fops, const struct file_operations, "know a terminal")	\
	x(eventfd_fops, const struct file_operations, "know an eventfd") \
	KCR_KSYM_LANDLOCK(x)						\
	KCR_KSYM_YAMA(x)						\
	KCR_KSYM_DNOTIFY_VARS(x)					\
	x(lease_break_time, int, "grant no more time to give up a lease than others have") \
	x(sys_call_table, const sys_call_ptr_t, "go on with a call that is traced") \
	x(tasklist_lock,	rwlock_t, "look at parents and children") \
	x(mqueue_file_operations, const struct file_operations, "know a POSIX message queue") \
	x(shm_file_operations, const struct file_operations, "know attached shared memory") \
	KCR_KSYM_HUGETLB_VARS(x)					\
	x(tty_fops, const struct file_operations, "tell a terminal from other devices") \
	x(inotify_fops, const struct file_operations, "know an inotify instance") \
	x(eventpoll_fops, const struct file_operations, "tell an epoll set from other files") \
	x(proc_mem_operations, const struct file_operations, "know /proc/PID/mem") \
	x(timerfd_fops, const struct file_operations, "know a timerfd") \
	x(signalfd_fops, const struct file_operations, "know a signalfd") \
	x(hung_up_tty_fops, const struct file_operations, "hang up a terminal") \
	x(console_fops, const struct file_operations, "tell the console from other devices") \

#define KCR_KSYM_DECLARE(name, why) \
	DECLARE_STATIC_CALL(kcr_sc_##name, name);
KCR_KSYM_FUNCS(KCR_KSYM_DECLARE)
#undef KCR_KSYM_DECLARE

#define KCR_KSYM_DECLARE(name, why) \
	asmlinkage long __x64_sys_##name(const struct pt_regs *regs); \
	DECLARE_STATIC_CALL(kcr_sc___x64_sys_##name, __x64_sys_##name);
KCR_KSYM_SYSCALLS(KCR_KSYM_DECLARE)
#undef KCR_KSYM_DECLARE

#define KCR_KSYM_DECLARE(name, type, why) \
	extern typeof(type) *kcr_var_##name;
KCR_KSYM_VARS(KCR_KSYM_DECLARE)
#undef KCR_KSYM_DECLARE

#define kcr_call(name)	static_call(kcr_sc_##name)
#define kcr_var(name)	(*kcr_var_##name)

#define kcr_syscall(name, ...) ({					\
	unsigned long __a[6] = { __VA_ARGS__ };				\
	struct pt_regs __r = {						\
		.di = __a[0], .si = __a[1], .dx = __a[2],		\
		.r10 = __a[3], .r8 = __a[4], .r9 = __a[5],		\
	};								\
	kcr_call(__x64_sys_##name)(&__r);				\
})

int kcr_ksym_init(void);

#endif /* _KCR_KSYM_H */
