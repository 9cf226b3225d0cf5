// SPDX-License-Identifier: GPL-2.0
/*
 * NUMA policy: where memory is taken from, of a thread (set_mempolicy), of a
 * mapping (mbind) and of parts of shared memory, which keeps them in its inode.
 *
 * A thread's is a kind of its own; the other two stand in the records of what
 * they belong to, and are in force before pages are put in. Nodes keep their
 * numbers: a policy with one that this machine lacks, or that the restarter may
 * not use, is refused. Where interleaving had got to begins anew. The kernel's
 * functions behind the system calls are called with what those would read from
 * user memory.
 */
#include <linux/cpuset.h>
#include <linux/fs.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/task.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"

static_assert(KCR_MEMPOLICY_PREFERRED == MPOL_PREFERRED &&
	      KCR_MEMPOLICY_BIND == MPOL_BIND &&
	      KCR_MEMPOLICY_INTERLEAVE == MPOL_INTERLEAVE &&
	      KCR_MEMPOLICY_LOCAL == MPOL_LOCAL &&
	      KCR_MEMPOLICY_PREFERRED_MANY == MPOL_PREFERRED_MANY);

#ifdef CONFIG_NUMA

static_assert(MAX_NUMNODES <= KCR_MEMPOLICY_NODES);

/* Flags of the program's; others follow from them. */
static const struct {
	unsigned short mpol;
	u32 img;
} flag_map[] = {
	{ MPOL_F_STATIC_NODES,	KCR_MEMPOLICY_STATIC },
	{ MPOL_F_RELATIVE_NODES, KCR_MEMPOLICY_RELATIVE },
	{ MPOL_F_NUMA_BALANCING, KCR_MEMPOLICY_BALANCING },
};

/* Save */

/* kcr_mempolicy_encode() - what @pol says; it stays as it is meanwhile */
void kcr_mempolicy_encode(const struct mempolicy *pol, struct kcr_img_mempolicy *img)
{
	bool named = pol->flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);
	const nodemask_t *nodes = named ? &pol->w.user_nodemask : &pol->nodes;
	u32 flags = 0;
	int i, node;

	memset(img, 0, sizeof(*img));
	for (i = 0; i < ARRAY_SIZE(flag_map); i++)
		if (pol->flags & flag_map[i].mpol)
			flags |= flag_map[i].img;
	img->mode = cpu_to_le32(pol->mode);
	img->flags = cpu_to_le32(flags);
	img->home_node = cpu_to_le32(pol->home_node);
	if (pol->mode == MPOL_LOCAL)
		return;
	for_each_node_mask(node, *nodes)
		img->nodes[node / 64] |= cpu_to_le64(BIT_ULL(node % 64));
}

static int mempolicy_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct kcr_img_mempolicy img;
	bool any;

	task_lock(t->task);
	any = t->task->mempolicy;
	if (any)
		kcr_mempolicy_encode(t->task->mempolicy, &img);
	task_unlock(t->task);
	return any ? kcr_write_rec(ctx, KCR_KIND_MEMPOLICY, 1, 0, t->id, &img, sizeof(img)) : 0;
}

static unsigned int count_ranges(struct shared_policy *sp)
{
	struct rb_node *node;
	unsigned int n = 0;

	read_lock(&sp->lock);
	for (node = rb_first(&sp->root); node; node = rb_next(node))
		n++;
	read_unlock(&sp->lock);
	return n;
}

/**
 * kcr_mempolicy_ranges() - the policies of a tmpfs file's memory
 * @ctx: the operation
 * @inode: the file; all who map it are parked
 * @ranges: set to an array, to be freed with kvfree(); NULL for none
 * @count: set to how many
 */
int kcr_mempolicy_ranges(struct kcr_ctx *ctx, struct inode *inode,
			 struct kcr_img_mempolicy_range **ranges, unsigned int *count)
{
	struct shared_policy *sp = &SHMEM_I(inode)->policy;
	unsigned int room = count_ranges(sp), n = 0;
	struct kcr_img_mempolicy_range *r;
	struct rb_node *node;

	*ranges = NULL;
	*count = 0;
	if (!room)
		return 0;
	if (room > KCR_MEMPOLICY_RANGES_MAX)
		return kcr_refuse(ctx, "%u NUMA policies (mbind)", room);
	r = kvcalloc(room, sizeof(*r), GFP_KERNEL);
	if (!r)
		return kcr_nomem(ctx);
	read_lock(&sp->lock);
	for (node = rb_first(&sp->root); node && n < room; node = rb_next(node), n++) {
		const struct sp_node *sn = rb_entry(node, struct sp_node, nd);

		r[n].start = cpu_to_le64(sn->start);
		r[n].end = cpu_to_le64(sn->end);
		kcr_mempolicy_encode(sn->policy, &r[n].policy);
	}
	read_unlock(&sp->lock);
	*ranges = r;
	*count = n;
	return 0;
}

/* Restore */

/* False: it names a node beyond all that this kernel can count. */
static bool nodes_decode(const struct kcr_img_mempolicy *img, nodemask_t *nodes,
			 unsigned int *bad)
{
	nodes_clear(*nodes);
	for (*bad = 0; *bad < KCR_MEMPOLICY_NODES; ++*bad) {
		if (!(le64_to_cpu(img->nodes[*bad / 64]) & BIT_ULL(*bad % 64)))
			continue;
		if (*bad >= MAX_NUMNODES)
			return false;
		node_set(*bad, *nodes);
	}
	return true;
}

static int lacking(struct kcr_ctx *ctx, unsigned int node)
{
	return kcr_refuse(ctx, "a NUMA policy names node %u, which this machine lacks or you may not use",
			  node);
}

static int nodes_check(struct kcr_ctx *ctx, const struct kcr_img_mempolicy *img)
{
	unsigned int home = le32_to_cpu(img->home_node), node;
	nodemask_t nodes, usable;

	nodes_and(usable, node_states[N_MEMORY], cpuset_current_mems_allowed);
	if (!nodes_decode(img, &nodes, &node))
		return lacking(ctx, node);
	if (home != KCR_MEMPOLICY_NO_HOME && (home >= MAX_NUMNODES || !node_online(home)))
		return lacking(ctx, home);
	if (le32_to_cpu(img->flags) & KCR_MEMPOLICY_RELATIVE)
		return 0;
	if (le32_to_cpu(img->flags) & KCR_MEMPOLICY_STATIC)
		return nodes_intersects(nodes, usable) ? 0 : lacking(ctx, first_node(nodes));
	for_each_node_mask(node, nodes)
		if (!node_isset(node, usable))
			return lacking(ctx, node);
	return 0;
}

/* kcr_mempolicy_check() - is it sane, and can this machine give it */
int kcr_mempolicy_check(struct kcr_ctx *ctx, const struct kcr_img_mempolicy *img)
{
	u32 mode = le32_to_cpu(img->mode), flags = le32_to_cpu(img->flags);

	if (!mode || flags & ~KCR_MEMPOLICY_FLAGS ||
	    (flags & KCR_MEMPOLICY_STATIC && flags & KCR_MEMPOLICY_RELATIVE) ||
	    (flags & KCR_MEMPOLICY_BALANCING && mode != KCR_MEMPOLICY_BIND &&
	     mode != KCR_MEMPOLICY_PREFERRED_MANY))
		return kcr_bad_image(ctx, "NUMA policy %u with flags %x", mode, flags);
	if (mode >= MPOL_MAX)
		return kcr_refuse(ctx, "NUMA policy %u is not known here", mode);
	return nodes_check(ctx, img);
}

static unsigned short mode_flags(const struct kcr_img_mempolicy *img)
{
	unsigned short flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(flag_map); i++)
		if (le32_to_cpu(img->flags) & flag_map[i].img)
			flags |= flag_map[i].mpol;
	/* As the system calls do it. */
	if (flags & MPOL_F_NUMA_BALANCING)
		flags |= MPOL_F_MOF | MPOL_F_MORON;
	return flags;
}

static int not_set(struct kcr_ctx *ctx, const struct kcr_img_mempolicy *img, long err)
{
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err,
			"NUMA policy %u can't be set (errno %ld)", le32_to_cpu(img->mode), -err);
}

/**
 * kcr_mempolicy_bind() - give a policy to memory that is mapped
 * @ctx: the operation; current is a leader being made
 * @start: address
 * @len: bytes
 * @img: the policy; it was checked
 */
int kcr_mempolicy_bind(struct kcr_ctx *ctx, unsigned long start, unsigned long len,
		       const struct kcr_img_mempolicy *img)
{
	u32 home = le32_to_cpu(img->home_node);
	unsigned int bad;
	nodemask_t nodes;
	long ret = -EINVAL;

	if (nodes_decode(img, &nodes, &bad))
		ret = kcr_call(do_mbind)(start, len, le32_to_cpu(img->mode), mode_flags(img),
					 &nodes, 0);
	if (!ret && home != KCR_MEMPOLICY_NO_HOME)
		ret = kcr_syscall(set_mempolicy_home_node, start, len, home, 0);
	return ret ? not_set(ctx, img, ret) : 0;
}

/* Memory has its policies by way of a mapping. */
static int bind_range(struct kcr_ctx *ctx, struct file *file,
		      const struct kcr_img_mempolicy_range *r)
{
	u64 start = le64_to_cpu(r->start), end = le64_to_cpu(r->end);
	unsigned long len = (end - start) << PAGE_SHIFT, addr;
	int ret;

	addr = vm_mmap(file, 0, len, PROT_READ, MAP_SHARED, start << PAGE_SHIFT);
	if (IS_ERR_VALUE(addr))
		return not_set(ctx, &r->policy, (long)addr);
	ret = kcr_mempolicy_bind(ctx, addr, len, &r->policy);
	vm_munmap(addr, len);
	return ret;
}

/* kcr_mempolicy_bind_ranges() - likewise, to parts of a file's memory */
int kcr_mempolicy_bind_ranges(struct kcr_ctx *ctx, struct file *file,
			      const struct kcr_img_mempolicy_range *ranges, unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++)
		ret = bind_range(ctx, file, &ranges[i]);
	return ret;
}

static int mempolicy_restore(struct kcr_ctx *ctx, struct kcr_thread *t,
			     const struct kcr_rec *rec)
{
	const struct kcr_img_mempolicy *img = kcr_rec_as(rec, struct kcr_img_mempolicy);
	unsigned int bad;
	nodemask_t nodes;
	long ret = -EINVAL;

	if (nodes_decode(img, &nodes, &bad))
		ret = kcr_call(do_set_mempolicy)(le32_to_cpu(img->mode), mode_flags(img), &nodes);
	return ret ? not_set(ctx, img, ret) : 0;
}

#else

int kcr_mempolicy_ranges(struct kcr_ctx *ctx, struct inode *inode,
			 struct kcr_img_mempolicy_range **ranges, unsigned int *count)
{
	*ranges = NULL;
	*count = 0;
	return 0;
}

int kcr_mempolicy_check(struct kcr_ctx *ctx, const struct kcr_img_mempolicy *img)
{
	return kcr_refuse(ctx, "a NUMA policy, of which this kernel knows nothing");
}

int kcr_mempolicy_bind(struct kcr_ctx *ctx, unsigned long start, unsigned long len,
		       const struct kcr_img_mempolicy *img)
{
	return -EINVAL;
}

int kcr_mempolicy_bind_ranges(struct kcr_ctx *ctx, struct file *file,
			      const struct kcr_img_mempolicy_range *ranges, unsigned int count)
{
	return count ? -EINVAL : 0;
}

#define mempolicy_save		NULL
#define mempolicy_restore	NULL

#endif

/* kcr_mempolicy_check_ranges() - likewise, of all of an object's */
int kcr_mempolicy_check_ranges(struct kcr_ctx *ctx,
			       const struct kcr_img_mempolicy_range *ranges, unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		u64 start = le64_to_cpu(ranges[i].start), end = le64_to_cpu(ranges[i].end);

		if (start >= end || end > MAX_LFS_FILESIZE >> PAGE_SHIFT)
			return kcr_bad_image(ctx, "NUMA policy of pages %llu to %llu", start, end);
		ret = kcr_mempolicy_check(ctx, &ranges[i].policy);
	}
	return ret;
}

static int mempolicy_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	if (rec->len != sizeof(struct kcr_img_mempolicy))
		return kcr_bad_image(ctx, "NUMA policy record of %zu bytes", rec->len);
	return kcr_mempolicy_check(ctx, kcr_rec_as(rec, struct kcr_img_mempolicy));
}

const struct kcr_ops kcr_mempolicy_ops = {
	.kind		= KCR_KIND_MEMPOLICY,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "mempolicy",
	.save_thread	= mempolicy_save,
	.check		= mempolicy_check,
	.restore_thread	= mempolicy_restore,
};
