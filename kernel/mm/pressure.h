/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_PRESSURE_H
#define _KCR_PRESSURE_H

#include <linux/list.h>
#include <linux/types.h>

struct mem_cgroup;
struct mm_struct;

/**
 * struct kcr_pressure - a snapshot that goes before the kernel kills for memory
 * @node: in pressure.c's list of snapshots
 * @mm: the snapshot
 * @memcg: memory cgroup of the target at the cut, NULL: none
 * @dropped: the snapshot's pages are gone
 */
struct kcr_pressure {
	struct list_head node;
	struct mm_struct *mm;
	struct mem_cgroup *memcg;
	bool dropped;
};

void kcr_pressure_begin(struct kcr_pressure *p, struct mm_struct *snapshot,
			struct mm_struct *target);
void kcr_pressure_end(struct kcr_pressure *p);
bool kcr_pressure_knows(const struct mm_struct *mm);

#endif /* _KCR_PRESSURE_H */
