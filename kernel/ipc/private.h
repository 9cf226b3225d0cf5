/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the kernel's ipc/ keep to themselves; the same from 6.1 to
 * 6.12. Whoever uses one first makes sure that it looks as it does here.
 */
#ifndef _KCR_IPC_PRIVATE_H
#define _KCR_IPC_PRIVATE_H

#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#define KCR_SHM_DEST		01000	/* ipc/shm.c's bits in the mode */
#define KCR_SHM_MLOCKED		02000

/* ipc/shm.c: struct shmid_kernel */
struct kcr_shm_kernel {
	struct kern_ipc_perm	shm_perm;
	struct file		*shm_file;
	unsigned long		shm_nattch;
	unsigned long		shm_segsz;
	time64_t		shm_atim;
	time64_t		shm_dtim;
	time64_t		shm_ctim;
	struct pid		*shm_cprid;
	struct pid		*shm_lprid;
	struct ucounts		*mlock_ucounts;
	struct task_struct	*shm_creator;
	struct list_head	shm_clist;
	struct ipc_namespace	*ns;
} __randomize_layout;

/* ipc/sem.c: struct sem */
struct kcr_sem {
	int			semval;
	struct pid		*sempid;
	spinlock_t		lock;
	struct list_head	pending_alter;
	struct list_head	pending_const;
	time64_t		sem_otime;
} ____cacheline_aligned_in_smp;

/* ipc/sem.c: struct sem_array */
struct kcr_sem_array {
	struct kern_ipc_perm	sem_perm;
	time64_t		sem_ctime;
	struct list_head	pending_alter;
	struct list_head	pending_const;
	struct list_head	list_id;
	int			sem_nsems;
	int			complex_count;
	unsigned int		use_global_lock;
	struct kcr_sem		sems[];
} __randomize_layout;

#define KCR_SEM_GLOBAL_LOCK	10	/* USE_GLOBAL_LOCK_HYSTERESIS */

/* ipc/msg.c: struct msg_queue */
struct kcr_msg_queue {
	struct kern_ipc_perm q_perm;
	time64_t q_stime;
	time64_t q_rtime;
	time64_t q_ctime;
	unsigned long q_cbytes;
	unsigned long q_qnum;
	unsigned long q_qbytes;
	struct pid *q_lspid;
	struct pid *q_lrpid;
	struct list_head q_messages;
	struct list_head q_receivers;
	struct list_head q_senders;
} __randomize_layout;

/* ipc/sem.c: adjustments of all who share them with CLONE_SYSVSEM */
struct sem_undo_list {
	refcount_t		refcnt;
	spinlock_t		lock;
	struct list_head	list_proc;
};

#endif /* _KCR_IPC_PRIVATE_H */
