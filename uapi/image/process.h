/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PROCESS_H
#define _UAPI_KCR_IMAGE_PROCESS_H

#include <linux/types.h>

#define KCR_PROCESS_LEADS_SESSION	(1u << 0)
#define KCR_PROCESS_LEADS_GROUP		(1u << 1)
#define KCR_PROCESS_STOPPED		(1u << 2) /* by a job control signal */
#define KCR_PROCESS_SUBREAPER		(1u << 3)

/**
 * struct kcr_img_process - KCR_KIND_PROCESS
 * @pid: thread group id in the checkpointer's pid namespace
 * @ppid: parent at the cut, for people to read
 * @pgid: process group at the cut
 * @sid: session at the cut
 * @threads: KCR_KIND_THREAD records in the image
 * @flags: KCR_PROCESS_*
 * @exit_signal: what the parent is sent in the end
 * @stop_signal: signal that stopped it, with KCR_PROCESS_STOPPED
 * @oom_score_adj: -1000 to 1000
 * @reserved: zero
 */
struct kcr_img_process {
	__le32	pid;
	__le32	ppid;
	__le32	pgid;
	__le32	sid;
	__le32	threads;
	__le32	flags;
	__le32	exit_signal;
	__le32	stop_signal;
	__le32	oom_score_adj;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_PROCESS_H */
