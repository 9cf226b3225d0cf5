/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PROCESS_H
#define _UAPI_KCR_IMAGE_PROCESS_H

#include <linux/types.h>

#define KCR_PROCESS_LEADS_SESSION	(1u << 0)
#define KCR_PROCESS_LEADS_GROUP		(1u << 1)
#define KCR_PROCESS_STOPPED		(1u << 2) /* by a job control signal */
#define KCR_PROCESS_SUBREAPER		(1u << 3)
#define KCR_PROCESS_ZOMBIE		(1u << 4) /* has ended; has no other record but KCR_KIND_USAGE */
#define KCR_PROCESS_OWN_SESSION		(1u << 5) /* @sid belongs to the tree */
#define KCR_PROCESS_OWN_GROUP		(1u << 6) /* @pgid belongs to the tree */
/* With who makes it: the process of @handlers, of @memory, @parent, or the first. */
#define KCR_PROCESS_SHARES_UNDO		(1u << 7) /* what semaphores undo (CLONE_SYSVSEM) */
#define KCR_PROCESS_SHARES_IO		(1u << 8) /* I/O context (CLONE_IO) */
#define KCR_PROCESS_STOP_TOLD		(1u << 9) /* the parent has waited for that it stopped */
#define KCR_PROCESS_STOPPING		(1u << 10) /* not all of its threads have stopped yet */
#define KCR_PROCESS_CONTINUED		(1u << 11) /* and the parent has not waited for that */
#define KCR_PROCESS_TELL_STOPPED	(1u << 12) /* SIGCHLD is still to be sent: it stopped */
#define KCR_PROCESS_TELL_CONTINUED	(1u << 13) /* the same: it was continued */
#define KCR_PROCESS_FLAGS		((1u << 14) - 1)

/**
 * struct kcr_img_process - KCR_KIND_PROCESS
 * @pid: thread group id in the checkpointer's pid namespace
 * @ppid: parent at the cut, for people to read
 * @pgid: process group at the cut
 * @sid: session at the cut
 * @threads: KCR_KIND_THREAD records that it owns
 * @flags: KCR_PROCESS_*
 * @exit_signal: what the parent is sent in the end
 * @stop_signal: signal that stopped it, with KCR_PROCESS_STOPPED or _STOPPING
 * @oom_score_adj: -1000 to 1000
 * @exit_code: with KCR_PROCESS_ZOMBIE: as wait(2) tells it
 * @parent: id of its parent's KCR_KIND_PROCESS record, which stands before this
 *	one; 0 for the first, and for others whose parent is not in the image:
 *	their parent is whoever restarts them
 * @parent_tid: thread of @parent that it is a child of
 * @comm: with KCR_PROCESS_ZOMBIE: its name
 * @memory: id of the KCR_KIND_PROCESS record, before this one, of whose memory it
 *	has (CLONE_VM); 0: its own
 * @handlers: the same for signal handlers (CLONE_SIGHAND); both then have the same
 *	memory
 * @tracer: with KCR_PROCESS_ZOMBIE: id of the thread that traces it (ptrace), and that
 *	is to wait for it before its parent can; 0: nobody
 * @reserved: zero
 *
 * Version 4 ended before @tracer. Version 3 had none of the flags from KCR_PROCESS_SHARES_UNDO on; @stop_signal was 0
 * then. Version 2 ended before @memory. Version 1 ended before @parent, had no more
 * than one process, and was not the owner of its records: those were nobody's.
 *
 * A group or session that does not belong to the tree becomes the restarter's.
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
	__le32	exit_code;
	__le32	parent;
	__le32	parent_tid;
	char	comm[16];
	__le32	memory;
	__le32	handlers;
	__le32	tracer;
	__le32	reserved;
};

#define KCR_PROCESS_LEN_1	40	/* bytes of version 1 */
#define KCR_PROCESS_LEN_2	64 /* of version 2 */
#define KCR_PROCESS_LEN_3	72 /* of versions 3 and 4 */

#endif /* _UAPI_KCR_IMAGE_PROCESS_H */
