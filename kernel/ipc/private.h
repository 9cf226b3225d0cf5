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
#include <linux/mqueue.h>
#include <linux/msg.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

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

/* ipc/msgutil.c: what of a message does not fit behind struct msg_msg */
struct kcr_msgseg {
	struct kcr_msgseg *next;
};

#define KCR_MSG_FIRST	(PAGE_SIZE - sizeof(struct msg_msg))
#define KCR_MSG_SEGMENT	(PAGE_SIZE - sizeof(struct kcr_msgseg))

/* ipc/mqueue.c: struct posix_msg_tree_node */
struct kcr_mqueue_leaf {
	struct rb_node		rb_node;
	struct list_head	msg_list;
	int			priority;
};

/* ipc/mqueue.c: struct ext_wait_queue */
struct kcr_mqueue_wait {
	struct task_struct *task;
	struct list_head list;
	struct msg_msg *msg;
	int state;
};

/* ipc/mqueue.c: struct mqueue_inode_info */
struct kcr_mqueue_info {
	spinlock_t lock;
	struct inode vfs_inode;
	wait_queue_head_t wait_q;

	struct rb_root msg_tree;
	struct rb_node *msg_tree_rightmost;
	struct kcr_mqueue_leaf *node_cache;
	struct mq_attr attr;

	struct sigevent notify;
	struct pid *notify_owner;
	u32 notify_self_exec_id;
	struct user_namespace *notify_user_ns;
	struct ucounts *ucounts;
	struct sock *notify_sock;
	struct sk_buff *notify_cookie;

	struct kcr_mqueue_wait e_wait_q[2];

	unsigned long qsize;
};

/* ipc/sem.c: adjustments of all who share them with CLONE_SYSVSEM */
struct sem_undo_list {
	refcount_t		refcnt;
	spinlock_t		lock;
	struct list_head	list_proc;
};

#endif /* _KCR_IPC_PRIVATE_H */
