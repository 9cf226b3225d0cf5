/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SCHED_H
#define _UAPI_KCR_IMAGE_SCHED_H

#include <linux/types.h>

/* enum kcr_sched_policy - numbers as in sched_setattr(2) */
enum kcr_sched_policy {
	KCR_SCHED_OTHER		= 0,
	KCR_SCHED_FIFO		= 1,
	KCR_SCHED_RR		= 2,
	KCR_SCHED_BATCH		= 3,
	KCR_SCHED_IDLE		= 5,
	KCR_SCHED_DEADLINE	= 6,
};

#define KCR_SCHED_RESET_ON_FORK	(1u << 0)
#define KCR_SCHED_RECLAIM	(1u << 1) /* SCHED_DEADLINE */
#define KCR_SCHED_OVERRUN	(1u << 2) /* SCHED_DEADLINE */
/* It could run on every processor that it was given: no affinity of its own. */
#define KCR_SCHED_ANY_CPU	(1u << 3)

#define KCR_SCHED_CPUS_MAX	8192

/**
 * struct kcr_img_sched - KCR_KIND_SCHED
 * @policy: enum kcr_sched_policy
 * @flags: KCR_SCHED_*
 * @nice: -20 to 19
 * @priority: 1 to 99 for SCHED_FIFO and SCHED_RR, otherwise 0
 * @runtime_ns: SCHED_DEADLINE; a slice asked for under other policies, or 0
 * @deadline_ns: SCHED_DEADLINE
 * @period_ns: SCHED_DEADLINE
 * @ioprio: I/O priority as ioprio_set(2) has it; 0: derived from @nice
 * @cpus: bits that follow, a multiple of 64, at most KCR_SCHED_CPUS_MAX
 *
 * The affinity follows: @cpus bits in __le64 words, bit 0 of the first word is
 * processor 0. Without KCR_SCHED_ANY_CPU it applies; with it, it is for people.
 */
struct kcr_img_sched {
	__le32	policy;
	__le32	flags;
	__le32	nice;
	__le32	priority;
	__le64	runtime_ns;
	__le64	deadline_ns;
	__le64	period_ns;
	__le32	ioprio;
	__le32	cpus;
};

#endif /* _UAPI_KCR_IMAGE_SCHED_H */
