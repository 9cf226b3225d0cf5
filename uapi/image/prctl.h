/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_PRCTL_H
#define _UAPI_KCR_IMAGE_PRCTL_H

#include <linux/types.h>

#define KCR_PRCTL_MCE_EARLY	(1u << 0) /* PR_MCE_KILL_EARLY */
#define KCR_PRCTL_MCE_LATE	(1u << 1) /* PR_MCE_KILL_LATE */
#define KCR_PRCTL_IO_FLUSHER	(1u << 2) /* PR_SET_IO_FLUSHER */
#define KCR_PRCTL_DISPATCH	(1u << 3) /* PR_SET_SYSCALL_USER_DISPATCH */
#define KCR_PRCTL_TRACED_BY_ANY	(1u << 4) /* PR_SET_PTRACER_ANY, of the first thread */
#define KCR_PRCTL_FLAGS		((1u << 5) - 1)

/* enum kcr_speculation - PR_SET_SPECULATION_CTRL, one of its features */
enum kcr_speculation {
	KCR_SPECULATION_ENABLE		= 0,
	KCR_SPECULATION_DISABLE		= 1,
	KCR_SPECULATION_FORCE_DISABLE	= 2,
	KCR_SPECULATION_DISABLE_NOEXEC	= 3,
};

/**
 * struct kcr_img_prctl - KCR_KIND_PRCTL
 * @flags: KCR_PRCTL_*
 * @store_bypass: enum kcr_speculation of PR_SPEC_STORE_BYPASS
 * @indirect_branch: enum kcr_speculation of PR_SPEC_INDIRECT_BRANCH
 * @reserved: zero
 * @default_timer_slack_ns: what PR_SET_TIMERSLACK goes back to
 * @dispatch_start: with KCR_PRCTL_DISPATCH: system calls from here ...
 * @dispatch_len: ... so many bytes on are never dispatched
 * @dispatch_selector: user address of the byte that says so of others, or 0
 */
struct kcr_img_prctl {
	__le32	flags;
	__le32	store_bypass;
	__le32	indirect_branch;
	__le32	reserved;
	__le64	default_timer_slack_ns;
	__le64	dispatch_start;
	__le64	dispatch_len;
	__le64	dispatch_selector;
};

#endif /* _UAPI_KCR_IMAGE_PRCTL_H */
