/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_FILELOCK_H
#define _KCR_COMPAT_FILELOCK_H

#include <linux/fs.h>
#include <linux/version.h>

/* 6.3 (5970e15dbcfe) moved this out of linux/fs.h. Goes with 6.1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

/*
 * 6.9 (4ca52f539865, a69ce85ec9af) split what all locks have in common off
 * struct file_lock. Goes with 6.1.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
typedef struct file_lock_core kcr_lock_t;
#define kcr_lock_list		flc_list
#define kcr_lock_owner(l)	((l)->flc_owner)
#define kcr_lock_file(l)	((l)->flc_file)
#define kcr_lock_type(l)	((l)->flc_type)
#define kcr_lock_flags(l)	((l)->flc_flags)
#define kcr_lock_pid(l)		((l)->flc_pid)
#define kcr_lock_range(l)	container_of(l, struct file_lock, c)
#define kcr_lease_of(l)		container_of(l, struct file_lease, c)
#else
typedef struct file_lock kcr_lock_t;
#define kcr_lock_list		fl_list
#define kcr_lock_owner(l)	((l)->fl_owner)
#define kcr_lock_file(l)	((l)->fl_file)
#define kcr_lock_type(l)	((l)->fl_type)
#define kcr_lock_flags(l)	((l)->fl_flags)
#define kcr_lock_pid(l)		((l)->fl_pid)
#define kcr_lock_range(l)	(l)
#define kcr_lease_of(l)		(l)
#endif

#endif /* _KCR_COMPAT_FILELOCK_H */
