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

#endif /* _KCR_IPC_PRIVATE_H */
