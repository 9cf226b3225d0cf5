// SPDX-License-Identifier: GPL-2.0
/*
 * A checkpoint never gets its program killed for lack of memory.
 *
 * While there is a snapshot, each page that the program writes to exists twice,
 * and both are charged to the program's memory cgroup. Before the kernel kills
 * for memory, in the whole machine or in a cgroup, it reclaims, with rising
 * effort, and asks shrinkers on its way. Ours stays out of the ordinary rounds:
 * it claims more objects than any of them wants scanned, so that only the last
 * ones (priority 1 and 0) get to its scan, which empties the snapshots of that
 * cgroup and of those below. Their checkpoints then fail, in words.
 *
 * The cgroup is that of the cut: a program that is moved to another one while
 * its snapshot is written is not watched over there.
 *
 * All this happens in whatever task wants memory, with any lock held. So the
 * snapshot's lock is only tried (nobody takes it for writing), and no memory is
 * allocated with snapshots_lock held.
 */
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/sched/mm.h>

#include "compat/mm.h"
#include "compat/shrinker.h"
#include "ksym.h"
#include "mm/mm.h"
#include "mm/pressure.h"

/* Much more than a round of reclaim asks for before its last ones. */
#define OBJECTS		(1ul << 20)

static LIST_HEAD(snapshots);
static DEFINE_MUTEX(snapshots_lock);
static struct shrinker *shrinker;

/* Empty a snapshot, as the OOM reaper would; returns pages. */
static unsigned long drop(struct kcr_pressure *p)
{
	VMA_ITERATOR(vmi, p->mm, 0);
	struct vm_area_struct *vma;
	unsigned long before;

	lockdep_assert_held(&snapshots_lock);
	if (!mmap_read_trylock(p->mm))
		return 0;
	/* Before the first page goes: whoever misses one finds it set. */
	WRITE_ONCE(p->dropped, true);
	before = get_mm_counter(p->mm, MM_ANONPAGES);
	for_each_vma(vmi, vma)
		kcr_zap(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	mmap_read_unlock(p->mm);
	return before;
}

/* Does reclaim in @memcg (NULL or root: in the machine) reach @p? */
static bool concerns(const struct kcr_pressure *p, struct mem_cgroup *memcg)
{
	if (p->dropped)
		return false;
	return !memcg || !memcg->css.parent || p->memcg == memcg;
}

static unsigned long drop_all(struct mem_cgroup *memcg)
{
	struct kcr_pressure *p;
	unsigned long pages = 0;

	mutex_lock(&snapshots_lock);
	list_for_each_entry(p, &snapshots, node)
		if (concerns(p, memcg))
			pages += drop(p);
	mutex_unlock(&snapshots_lock);
	return pages;
}

/* Without the lock: called in every round, and a wrong answer is put right. */
static unsigned long count_objects(struct shrinker *s, struct shrink_control *sc)
{
	return list_empty_careful(&snapshots) ? SHRINK_EMPTY : OBJECTS;
}

static unsigned long scan_objects(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = drop_all(sc->memcg);

	return pages ?: SHRINK_STOP;
}

static int oom(struct notifier_block *nb, unsigned long unused, void *freed)
{
	*(unsigned long *)freed += drop_all(NULL);
	return NOTIFY_OK;
}

static struct notifier_block oom_nb = { .notifier_call = oom };

/**
 * kcr_pressure_begin() - watch over a snapshot
 * @p: not on the list
 * @snapshot: stays until kcr_pressure_end()
 * @target: whose memory cgroup pays for it
 */
void kcr_pressure_begin(struct kcr_pressure *p, struct mm_struct *snapshot,
			struct mm_struct *target)
{
	int nid;

	p->mm = snapshot;
	p->memcg = get_mem_cgroup_from_mm(target);
	p->dropped = false;
	mutex_lock(&snapshots_lock);
	list_add_tail(&p->node, &snapshots);
	mutex_unlock(&snapshots_lock);
	/* After it is on the list, so that the bit is not cleared again. */
	for_each_online_node(nid)
		kcr_call(set_shrinker_bit)(p->memcg, nid, kcr_shrinker_id(shrinker));
}

/* kcr_pressure_end() - the snapshot goes; more than once is fine */
void kcr_pressure_end(struct kcr_pressure *p)
{
	if (list_empty(&p->node))
		return;
	mutex_lock(&snapshots_lock);
	list_del_init(&p->node);
	mutex_unlock(&snapshots_lock);
	mem_cgroup_put(p->memcg);
	p->memcg = NULL;
}

/* kcr_pressure_knows() - is it a snapshot of whatever checkpoint? */
bool kcr_pressure_knows(const struct mm_struct *mm)
{
	struct kcr_pressure *p;
	bool known = false;

	mutex_lock(&snapshots_lock);
	list_for_each_entry(p, &snapshots, node)
		if (p->mm == mm)
			known = true;
	mutex_unlock(&snapshots_lock);
	return known;
}

int kcr_mm_init(void)
{
	int ret;

	shrinker = kcr_shrinker_alloc(SHRINKER_MEMCG_AWARE | SHRINKER_NONSLAB);
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count_objects;
	shrinker->scan_objects = scan_objects;
	shrinker->batch = OBJECTS;
	shrinker->seeks = 4;	/* each round asks for what its priority says */
	ret = register_oom_notifier(&oom_nb);
	ret = ret ?: kcr_shrinker_register(shrinker, "kcr");
	if (ret)
		kcr_shrinker_free(shrinker);
	return ret;
}

void kcr_mm_exit(void)
{
	unregister_oom_notifier(&oom_nb);
	kcr_shrinker_free(shrinker);
}
