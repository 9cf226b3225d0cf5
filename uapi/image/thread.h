/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_THREAD_H
#define _UAPI_KCR_IMAGE_THREAD_H

#include <linux/types.h>

#define KCR_THREAD_LEADER	(1u << 0)
#define KCR_THREAD_ENDED	(1u << 1) /* with KCR_THREAD_LEADER: others go on */
#define KCR_THREAD_SHARES_IO	(1u << 2) /* I/O context (CLONE_IO), with the main thread */
#define KCR_THREAD_FLAGS	((1u << 3) - 1)

/**
 * struct kcr_img_thread - KCR_KIND_THREAD; records owned by it follow
 * @tid: thread id in the checkpointer's pid namespace
 * @flags: KCR_THREAD_*
 * @personality: as personality(2) has it
 * @pdeath_signal: PR_SET_PDEATHSIG, 0 for none
 * @clear_child_tid: user address, 0 for none
 * @robust_list: user address, 0 for none
 * @rseq: user address of struct rseq, 0 for none
 * @rseq_len: bytes of it
 * @rseq_sig: signature before abort handlers
 * @timer_slack_ns: PR_SET_TIMERSLACK
 * @comm: name of the thread
 * @exit_code: with KCR_THREAD_ENDED: as wait(2) would tell it
 * @files: id of the KCR_KIND_FDTABLE record of its descriptors, 0: the first one
 *	of its process
 * @fs: likewise, KCR_KIND_FS
 * @reserved: zero
 *
 * Version 1 ended before @exit_code. @files and @fs belong to this process or to
 * one before it.
 *
 * A thread that has ended has no addresses, and of its own records those only that
 * others may still see: signals, scheduling, what prctl(2) sets, ids.
 */
struct kcr_img_thread {
	__le32	tid;
	__le32	flags;
	__le32	personality;
	__le32	pdeath_signal;
	__le64	clear_child_tid;
	__le64	robust_list;
	__le64	rseq;
	__le32	rseq_len;
	__le32	rseq_sig;
	__le64	timer_slack_ns;
	char	comm[16];
	__le32	exit_code;
	__le32	files;
	__le32	fs;
	__le32	reserved;
};

#define KCR_THREAD_LEN_1	72 /* bytes of version 1 */

#endif /* _UAPI_KCR_IMAGE_THREAD_H */
