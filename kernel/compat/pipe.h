/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_PIPE_H
#define _KCR_COMPAT_PIPE_H

#include <linux/fs.h>
#include <linux/version.h>

/*
 * What a FIFO's reader remembers of the writers that there were when it was
 * opened. 6.12 (5a957bbac3ab) called it f_pipe; before, pipes borrowed
 * f_version. Goes with 6.1.
 */
static inline u64 *kcr_file_pipe(struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return &file->f_pipe;
#else
	return &file->f_version;
#endif
}

#endif /* _KCR_COMPAT_PIPE_H */
