/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SEM_H
#define _KCR_COMPAT_SEM_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/version.h>

struct sem_undo_list;

/*
 * struct sem_undo is private to ipc/sem.c. 6.6 ("ipc/sem: use flexible array
 * in 'struct sem_undo'"): the adjustments are part of it; before, a pointer
 * leads to them. Goes with 6.1.
 */
struct kcr_sem_undo {
	struct list_head	list_proc;
	struct rcu_head		rcu;
	struct sem_undo_list	*ulp;
	struct list_head	list_id;
	int			semid;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	short			semadj[];
#else
	short			*semadj;
#endif
};

#endif /* _KCR_COMPAT_SEM_H */
