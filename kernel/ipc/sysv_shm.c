// SPDX-License-Identifier: GPL-2.0
/*
 * System V shared memory.
 *
 * There are two things: the segment, which has a name and lives on, and the
 * file that each shmat() makes of it, which mappings refer to and shmdt() knows
 * its mappings by. Saved are segments that a process of the tree has attached,
 * or has made; of one that it only has used before, nothing is known.
 *
 * Restored mappings are attachments like those of shmat(): the file is made by
 * it. A segment that is still there gets its bytes back at commit; until then
 * they are kept aside. (See ipc.c.)
 *
 * struct shmid_kernel, field by field:
 *   shm_perm			ipc.c; SHM_DEST and SHM_LOCKED are KCR_SHM_* flags
 *   shm_file			its memory, of small or huge pages; the name that
 *				/proc/PID/maps shows is made of the key, which a
 *				removed one has lost
 *   shm_nattch			follows from the mappings
 *   shm_segsz, times		saved
 *   shm_cprid, shm_lprid	saved; 0 for a process that is not in the image
 *   shm_creator, shm_clist	which process it goes with, if kernel.shm_rmid_forced
 *				is set later; of its threads, the first
 *   mlock_ucounts		the restarter's
 *   ns				the restarter's, which is the program's
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/shmem_fs.h>
#include <uapi/linux/shm.h>

#include "files/files.h"
#include "ksym.h"
#include "internal.h"
#include "private.h"
#include "mm/mm.h"
#include <uapi/image/sysv_shm.h>

static struct kcr_shm_kernel *shm_of(const struct kern_ipc_perm *perm)
{
	return container_of((struct kern_ipc_perm *)perm, struct kcr_shm_kernel, shm_perm);
}

/* Does the private structure look as we think it does? */
static bool looks_right(const struct kcr_shm_kernel *shm)
{
	return shm->ns == kcr_ipc_ns() && shm->shm_segsz && shm->shm_file &&
	       file_inode(shm->shm_file)->i_ino == shm->shm_perm.id;
}

static struct kcr_shm_kernel *shm_lock(int id)
{
	struct kern_ipc_perm *perm = kcr_ipc_lock(KCR_IPC_SHM, id);

	if (!perm || looks_right(shm_of(perm)))
		return perm ? shm_of(perm) : NULL;
	kcr_ipc_unlock(perm);
	return NULL;
}

static void shm_unlock(struct kcr_shm_kernel *shm)
{
	kcr_ipc_unlock(&shm->shm_perm);
}

bool kcr_file_is_attached(const struct file *file)
{
#ifdef CONFIG_HUGETLBFS
	if (file->f_op == &kcr_var(shm_file_operations_huge))
		return true;
#endif
	return file->f_op == &kcr_var(shm_file_operations);
}

bool kcr_attached_match(struct kcr_ctx *ctx, struct file *file)
{
	return kcr_file_is_attached(file);
}

/* Save */

/* Huge pages that are all there count as well as reserved ones. */
static bool is_reserved(struct inode *inode)
{
	return kcr_inode_is_hugetlb(inode) ? kcr_hugetlb_reserved(inode) :
					     !(SHMEM_I(inode)->flags & VM_NORESERVE);
}

static void segment_read(struct kcr_ctx *ctx, const struct kcr_shm_kernel *shm,
			 struct kcr_img_sysv_shm *img)
{
	u32 flags = 0, shift = kcr_hugetlb_shift(file_inode(shm->shm_file));

	kcr_ipc_save(ctx, &shm->shm_perm, &img->perm);
	if (!is_reserved(file_inode(shm->shm_file)))
		flags |= KCR_SHM_NORESERVE;
	if (shift)
		flags |= KCR_SHM_HUGE;
	if (shm->shm_perm.mode & KCR_SHM_MLOCKED)
		flags |= KCR_SHM_LOCKED;
	if (shm->shm_perm.mode & KCR_SHM_DEST)
		flags |= KCR_SHM_REMOVED;
	if (!list_empty(&shm->shm_clist) && kcr_pid_in_tree(ctx, shm->shm_cprid))
		flags |= KCR_SHM_LISTED;
	img->flags = cpu_to_le32(flags);
	img->page_shift = cpu_to_le32(shift);
	img->size = cpu_to_le64(shm->shm_segsz);
	img->atime = cpu_to_le64(shm->shm_atim);
	img->dtime = cpu_to_le64(shm->shm_dtim);
	img->ctime = cpu_to_le64(shm->shm_ctim);
	img->cpid = cpu_to_le32(pid_nr_ns(shm->shm_cprid, ctx->pid_ns));
	img->lpid = cpu_to_le32(pid_nr_ns(shm->shm_lprid, ctx->pid_ns));
}

static int segment_write(struct kcr_ctx *ctx, struct file *base, u32 id)
{
	struct inode *inode = file_inode(base);
	struct kcr_img_sysv_shm img = { .type = cpu_to_le32(KCR_SHM_SEGMENT) };
	struct kcr_shm_kernel *shm;
	bool same;

	if (inode->i_sb->s_magic != TMPFS_MAGIC && !kcr_inode_is_hugetlb(inode))
		return kcr_refuse(ctx, "memory of another kind than System V's");
	shm = shm_lock(inode->i_ino);
	if (!shm)
		return kcr_refuse(ctx, "it can't be found in its namespace");
	same = shm->shm_file == base;
	if (same)
		segment_read(ctx, shm, &img);
	shm_unlock(shm);
	if (!same)
		return kcr_refuse(ctx, "its id is another's");
	return kcr_shmem_refuse(ctx, inode) ?:
	       kcr_write_rec(ctx, KCR_KIND_SYSV_SHM, 1, id, 0, &img, sizeof(img)) ?:
	       kcr_shmem_pages_save(ctx, inode, id, le64_to_cpu(img.size));
}

/* The segment's own file, which lives as long as it is attached; no reference. */
static struct file *base_of(const struct file *attached)
{
	struct kcr_shm_kernel *shm = shm_lock(file_inode(attached)->i_ino);
	struct file *base = NULL;

	if (!shm)
		return NULL;
	if (file_inode(shm->shm_file) == file_inode(attached))
		base = shm->shm_file;
	shm_unlock(shm);
	return base;
}

static int attached_write(struct kcr_ctx *ctx, struct file *file, u32 id)
{
	struct kcr_img_sysv_shm img = { .type = cpu_to_le32(KCR_SHM_ATTACHED) };
	struct file *base = base_of(file);
	u32 segment;
	int ret;

	if (!base)
		return kcr_refuse(ctx, "it can't be found in its namespace");
	ret = kcr_save_object(ctx, KCR_KIND_SYSV_SHM, base, &segment);
	if (ret)
		return ret;
	img.segment = cpu_to_le32(segment);
	if (!(file->f_mode & FMODE_WRITE))
		img.flags = cpu_to_le32(KCR_SHM_READONLY);
	return kcr_write_rec(ctx, KCR_KIND_SYSV_SHM, 1, id, 0, &img, sizeof(img));
}

/* @obj is the file of an attachment, or that of a segment. */
static int shm_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	size_t mark;
	int ret;

	if (kcr_file_is_attached(file))
		return attached_write(ctx, file, id);
	mark = kcr_ipc_where(ctx, KCR_IPC_SHM, file_inode(file)->i_ino);
	ret = segment_write(ctx, file, id);
	kcr_where_end(ctx, mark);
	return ret;
}

/* The first segment at or behind @index that the tree has made, with a reference. */
static struct file *made_by_tree(struct kcr_ctx *ctx, int *index)
{
	struct ipc_ids *ids = &kcr_ipc_ns()->ids[KCR_IPC_SHM];
	struct kern_ipc_perm *perm;
	struct file *file = NULL;

	down_read(&ids->rwsem);
	for (; !file && (perm = idr_get_next(&ids->ipcs_idr, index)); ++*index)
		if (looks_right(shm_of(perm)) && kcr_pid_in_tree(ctx, shm_of(perm)->shm_cprid))
			file = get_file(shm_of(perm)->shm_file);
	up_read(&ids->rwsem);
	return file;
}

static int save_made(struct kcr_ctx *ctx, struct file *file)
{
	int shmid = file_inode(file)->i_ino;
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_SHM, shmid);
	int ret = kcr_ipc_may_read(ctx, KCR_IPC_SHM, shmid);
	u32 id;

	kcr_where_end(ctx, mark);
	return ret ?: kcr_save_object(ctx, KCR_KIND_SYSV_SHM, file, &id);
}

static int shm_save_image(struct kcr_ctx *ctx)
{
	struct file *file;
	int index = 0, ret = 0;

	while (!ret && (file = made_by_tree(ctx, &index))) {
		ret = save_made(ctx, file);
		fput(file);
	}
	return ret;
}

/* Restore */

/* As MAP_HUGETLB has it: six bits. */
static bool page_shift_ok(const struct kcr_img_sysv_shm *img)
{
	u32 shift = le32_to_cpu(img->page_shift);

	return le32_to_cpu(img->flags) & KCR_SHM_HUGE ?
	       shift > PAGE_SHIFT && shift <= SHM_HUGE_MASK : !shift;
}

static int attached_check(struct kcr_ctx *ctx, const struct kcr_img_sysv_shm *img)
{
	if (le32_to_cpu(img->flags) & ~KCR_SHM_READONLY || !img->segment)
		return kcr_bad_image(ctx, "attached shared memory that makes no sense");
	return 0;
}

static int shm_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_shm *img = kcr_rec_as(rec, struct kcr_img_sysv_shm);
	u32 flags;

	if (rec->len != sizeof(*img) || le32_to_cpu(img->type) > KCR_SHM_ATTACHED)
		return kcr_bad_image(ctx, "shared memory record of %zu bytes", rec->len);
	if (le32_to_cpu(img->type) == KCR_SHM_ATTACHED)
		return attached_check(ctx, img);
	flags = le32_to_cpu(img->flags);
	if (flags & ~KCR_SHM_FLAGS || flags & KCR_SHM_READONLY || !img->size || !rec->id ||
	    le64_to_cpu(img->size) > MAX_LFS_FILESIZE || !page_shift_ok(img) ||
	    (flags & KCR_SHM_REMOVED && img->perm.key))
		return kcr_bad_image(ctx, "shared memory with flags %#x and %llu bytes",
				     flags, le64_to_cpu(img->size));
	if (kcr_ipc_ns()->shm_rmid_forced)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EOPNOTSUPP,
				"System V shared memory goes away here before it is attached (kernel.shm_rmid_forced)");
	return kcr_ipc_check(ctx, &img->perm, KCR_IPC_SHM);
}

static bool shm_same(const struct kern_ipc_perm *perm, const struct kcr_ipc_want *want)
{
	const struct kcr_shm_kernel *shm = shm_of(perm);

	return looks_right(shm) && !shm->shm_nattch && shm->shm_segsz == want->size &&
	       shm->shm_ctim == want->ctime &&
	       kcr_hugetlb_shift(file_inode(shm->shm_file)) == want->page_shift;
}

/* Where the pages go: into the segment, or, if it was there, aside. */
static int memory_begin(struct kcr_ctx *ctx, struct kcr_ipc *ipc)
{
	struct kcr_shm_kernel *shm = shm_lock(ipc->id);

	if (!shm)
		return kcr_ipc_gone(ctx);
	ipc->base = get_file(shm->shm_file);
	shm_unlock(shm);
	if (ipc->made) {
		ipc->memory = get_file(ipc->base);
		return 0;
	}
	ipc->memory = shmem_file_setup("dev/zero", i_size_read(file_inode(ipc->base)),
				       VM_NORESERVE);
	if (!IS_ERR(ipc->memory))
		return 0;
	ipc->memory = NULL;
	return kcr_nomem(ctx);
}

static int segment_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_shm *img = kcr_rec_as(rec, struct kcr_img_sysv_shm);
	struct kcr_ipc_want want = {
		.type = KCR_IPC_SHM,
		.img = &img->perm,
		.size = le64_to_cpu(img->size),
		.ctime = le64_to_cpu(img->ctime),
		.page_shift = le32_to_cpu(img->page_shift),
		.same = shm_same,
	};
	size_t mark = kcr_ipc_where(ctx, KCR_IPC_SHM, le32_to_cpu(img->perm.id));
	struct kcr_ipc *ipc;
	int ret;

	if (le32_to_cpu(img->flags) & KCR_SHM_NORESERVE)
		want.flags = SHM_NORESERVE;
	if (want.page_shift)
		want.flags |= SHM_HUGETLB | want.page_shift << SHM_HUGE_SHIFT;
	ipc = kcr_ipc_restore(ctx, rec, &want);
	ret = ipc ? memory_begin(ctx, ipc) : ctx->error ?: -EEXIST;
	kcr_where_end(ctx, mark);
	return ret;
}

/* The file of the mapping at @addr, if it is what shmat() has made there. */
static struct file *file_at(unsigned long addr)
{
	struct vm_area_struct *vma;
	struct file *file = NULL;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	if (vma && vma->vm_file && kcr_file_is_attached(vma->vm_file))
		file = get_file(vma->vm_file);
	mmap_read_unlock(current->mm);
	return file;
}

static int attached_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_shm *img = kcr_rec_as(rec, struct kcr_img_sysv_shm);
	bool readonly = le32_to_cpu(img->flags) & KCR_SHM_READONLY;
	struct kcr_ipc *ipc = kcr_ipc_find(ctx, le32_to_cpu(img->segment), KCR_IPC_SHM);
	struct file *file;
	long addr;

	if (!ipc)
		return kcr_bad_image(ctx, "attached is %u, which is no shared memory",
				     le32_to_cpu(img->segment));
	addr = kcr_syscall(shmat, ipc->id, 0, readonly ? SHM_RDONLY : 0);
	if (IS_ERR_VALUE(addr))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, addr,
				"System V shared memory %d can't be attached (errno %ld)",
				ipc->id, -addr);
	file = file_at(addr);
	kcr_syscall(shmdt, addr);
	if (!file)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EOPNOTSUPP,
				"System V shared memory %d is attached in a way not known here",
				ipc->id);
	return kcr_object_add(ctx, rec, file);
}

static int shm_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_shm *img = kcr_rec_as(rec, struct kcr_img_sysv_shm);

	return le32_to_cpu(img->type) == KCR_SHM_ATTACHED ? attached_restore(ctx, rec) :
							    segment_restore(ctx, rec);
}

struct file *kcr_shm_memory(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_ipc *ipc = kcr_ipc_find(ctx, id, KCR_IPC_SHM);

	return ipc ? ipc->memory : NULL;
}

/* Locked on behalf of whoever restarts it. */
static int shm_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_shm *img = kcr_rec_as(rec, struct kcr_img_sysv_shm);
	int id = le32_to_cpu(img->perm.id);
	long ret;

	if (!(le32_to_cpu(img->flags) & KCR_SHM_LOCKED))
		return 0;
	ret = kcr_syscall(shmctl, id, SHM_LOCK, 0);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
				"System V shared memory %d: you may not lock it (errno %ld)",
				id, -ret);
	return 0;
}

/* At commit */

static void list_with(struct kcr_shm_kernel *shm, struct task_struct *creator)
{
	if (!list_empty(&shm->shm_clist)) {
		task_lock(shm->shm_creator);
		list_del_init(&shm->shm_clist);
		task_unlock(shm->shm_creator);
	}
	if (!creator)
		return;
	task_lock(creator);
	shm->shm_creator = creator;
	list_add(&shm->shm_clist, &creator->sysvshm.shm_clist);
	task_unlock(creator);
}

/* A task that has begun to end has emptied its list, or is about to. */
static struct task_struct *creator_now(struct kcr_ctx *ctx, const struct kcr_img_sysv_shm *img)
{
	struct kcr_process *p;

	if (!(le32_to_cpu(img->flags) & KCR_SHM_LISTED))
		return NULL;
	kcr_for_each_process(ctx, p)
		if (!p->zombie && p->tgid == le32_to_cpu(img->cpid) &&
		    !(p->leader->flags & PF_EXITING))
			return p->leader;
	return NULL;
}

static int settle(struct kcr_ctx *ctx, const struct kcr_img_sysv_shm *img)
{
	struct pid *cpid = kcr_pid_of(ctx, img->cpid), *lpid = kcr_pid_of(ctx, img->lpid);
	struct kcr_shm_kernel *shm = shm_lock(le32_to_cpu(img->perm.id));
	bool ours = shm && kcr_ipc_may_change(&shm->shm_perm);

	if (ours) {
		kcr_ipc_settle(&shm->shm_perm, &img->perm);
		list_with(shm, creator_now(ctx, img));
		shm->shm_atim = le64_to_cpu(img->atime);
		shm->shm_dtim = le64_to_cpu(img->dtime);
		shm->shm_ctim = le64_to_cpu(img->ctime);
		kcr_pid_set(&shm->shm_cprid, &cpid);
		kcr_pid_set(&shm->shm_lprid, &lpid);
	}
	if (shm)
		shm_unlock(shm);
	put_pid(cpid);
	put_pid(lpid);
	return ours ? 0 : kcr_ipc_gone(ctx);
}

static int segment_commit(struct kcr_ctx *ctx, struct kcr_ipc *ipc,
			  const struct kcr_img_sysv_shm *img)
{
	int ret = 0;

	if (!ipc->made)
		ret = kcr_shmem_replace(ctx, ipc->base, ipc->memory);
	ret = ret ?: settle(ctx, img);
	if (!ret && le32_to_cpu(img->flags) & KCR_SHM_REMOVED)
		kcr_syscall(shmctl, ipc->id, IPC_RMID, 0);
	return ret;
}

static int shm_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_sysv_shm *img = kcr_rec_as(rec, struct kcr_img_sysv_shm);
	struct kcr_ipc *ipc;
	size_t mark;
	int ret;

	if (le32_to_cpu(img->type) != KCR_SHM_SEGMENT)
		return 0;
	mark = kcr_ipc_where(ctx, KCR_IPC_SHM, le32_to_cpu(img->perm.id));
	ipc = kcr_ipc_find(ctx, rec->id, KCR_IPC_SHM);
	ret = ipc ? segment_commit(ctx, ipc, img) : kcr_ipc_gone(ctx);
	kcr_where_end(ctx, mark);
	return ret;
}

const struct kcr_ops kcr_sysv_shm_ops = {
	.kind		= KCR_KIND_SYSV_SHM,
	.version	= 1,
	.name		= "sysv_shm",
	.save		= shm_save,
	.save_image	= shm_save_image,
	.check		= shm_check,
	.restore	= shm_restore,
	.link		= shm_link,
	.commit		= shm_commit,
	.put		= kcr_file_put,
};
