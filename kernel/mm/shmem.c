// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that has an inode and no path: of memfd_create() and of shared
 * anonymous mappings. (Files on a tmpfs that somebody can see are files.)
 *
 * A snapshot does not hold what is shared, so its pages are copied, within the limit on
 * that: most of them before the program is stopped (early.c), the others then. Of a
 * program that stays stopped they are read as they are written.
 *
 * Restored is a file that no descriptor shows yet. Owner, times and extended
 * attributes are those of a new one. It is sealed when all processes have mapped it.
 */
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <uapi/linux/fcntl.h>

#include "base.h"
#include "compat/shmem.h"
#include "ipc/ipc.h"
#include "kcr.h"
#include "mm/internal.h"
#include "mm/mm.h"
#include <uapi/image/shmem.h>

static_assert(KCR_SEAL_SEAL == F_SEAL_SEAL && KCR_SEAL_SHRINK == F_SEAL_SHRINK &&
	      KCR_SEAL_GROW == F_SEAL_GROW && KCR_SEAL_WRITE == F_SEAL_WRITE &&
	      KCR_SEAL_FUTURE_WRITE == F_SEAL_FUTURE_WRITE);

/* Memory that is read when the image is written. */
struct later {
	struct list_head node;
	u32 id;
	struct inode *inode;
	pgoff_t end;
};

/* kcr_file_is_shmem() - is @file on a tmpfs, of whatever mount */
bool kcr_file_is_shmem(struct file *file)
{
	return file_inode(file)->i_sb->s_magic == TMPFS_MAGIC;
}

static const char *shmem_name(const struct dentry *dentry)
{
	return (const char *)dentry->d_name.name;
}

static bool name_ok(const char *name)
{
	return !strcmp(name, "dev/zero") || !strncmp(name, "memfd:", 6);
}

/* kcr_file_is_memfd() - is KCR_KIND_MEMFD the kind that saves @file */
bool kcr_file_is_memfd(struct file *file)
{
	return kcr_file_is_shmem(file) && S_ISREG(file_inode(file)->i_mode) &&
	       file->f_path.mnt->mnt_flags & MNT_INTERNAL &&
	       name_ok(shmem_name(file->f_path.dentry));
}

/* Pages: those that are there, the rest is zeros */

/* kcr_shmem_page_next() - at or after @index, with a reference; NULL at the end */
struct page *kcr_shmem_page_next(struct inode *inode, pgoff_t *index)
{
	struct address_space *mapping = inode->i_mapping;
	pgoff_t end = DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE);
	unsigned long i = *index;

	if (kcr_inode_is_hugetlb(inode))
		return kcr_hugetlb_page_next(inode, index);
	if (!end || !xa_find(&mapping->i_pages, &i, end - 1, XA_PRESENT))
		return NULL;
	*index = i;
	return shmem_read_mapping_page_gfp(mapping, i, mapping_gfp_mask(mapping));
}

/* kcr_shmem_page_below() - likewise; it may have grown meanwhile, through a descriptor */
struct page *kcr_shmem_page_below(struct inode *inode, pgoff_t *index, pgoff_t end)
{
	struct page *page = kcr_shmem_page_next(inode, index);

	if (IS_ERR_OR_NULL(page) || *index < end)
		return page;
	put_page(page);
	return NULL;
}

/* kcr_shmem_page_failed() - what kcr_shmem_page_next() returned is an error */
int kcr_shmem_page_failed(struct kcr_ctx *ctx, struct page *page)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(page),
			"shared memory can't be read (errno %ld)", -PTR_ERR(page));
}

static int copy_pages(struct kcr_ctx *ctx, struct kcr_mm_data *data, u32 id,
		      struct inode *inode, pgoff_t end)
{
	struct page *page;
	pgoff_t index = 0;
	int ret = 0;

	for (; !ret; index++) {
		page = kcr_shmem_page_below(inode, &index, end);
		if (!page)
			break;
		if (IS_ERR(page))
			return kcr_shmem_page_failed(ctx, page);
		ret = kcr_copy_page(ctx, &data->copies, id, (u64)index << PAGE_SHIFT, page,
				    kcr_inode_is_hugetlb(inode));
		put_page(page);
		cond_resched();
	}
	return ret;
}

static int read_later(struct kcr_ctx *ctx, struct kcr_mm_data *data, u32 id,
		      struct inode *inode, pgoff_t end)
{
	struct later *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return kcr_nomem(ctx);
	ihold(inode);
	l->inode = inode;
	l->id = id;
	l->end = end;
	list_add_tail(&l->node, &data->shmems);
	return 0;
}

/* Save */

/* Of the tree, or a snapshot. */
static bool is_ours(struct kcr_ctx *ctx, const struct mm_struct *mm)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->mm == mm || (p->snapshot && READ_ONCE(p->snapshot->mm) == mm))
			return true;
	return kcr_pressure_knows(mm);
}

/* Private memory of huge pages has an inode as well, and nothing in it. */
static bool shows_it(const struct vm_area_struct *vma, struct inode *inode)
{
	return vma->vm_flags & VM_MAYSHARE || !kcr_inode_is_hugetlb(inode) ||
	       inode->i_mapping->nrpages;
}

static bool mapped_by_others(struct kcr_ctx *ctx, struct inode *inode)
{
	struct address_space *mapping = inode->i_mapping;
	struct vm_area_struct *vma;
	struct rb_node *node;
	bool other = false;

	i_mmap_lock_read(mapping);
	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node)) {
		vma = rb_entry(node, struct vm_area_struct, shared.rb);
		if (shows_it(vma, inode) && !is_ours(ctx, vma->vm_mm))
			other = true;
	}
	i_mmap_unlock_read(mapping);
	return other;
}

/*
 * Mapped by a process that would not be in the image? A duplicate that is being made
 * maps it, too, where it is mapped as private, and is only known when it is there.
 */
static bool mapped_elsewhere(struct kcr_ctx *ctx, struct inode *inode)
{
	if (!mapped_by_others(ctx, inode))
		return false;
	kcr_snapshots_wait(ctx);
	return mapped_by_others(ctx, inode);
}

/* kcr_shmem_refuse() - what is shared with others, or can't be told */
int kcr_shmem_refuse(struct kcr_ctx *ctx, struct inode *inode)
{
	u32 seals = kcr_inode_is_hugetlb(inode) ? kcr_hugetlb_seals(inode) :
						  SHMEM_I(inode)->seals;
	int ret = 0;

	if (mapped_elsewhere(ctx, inode))
		ret = kcr_refuse(ctx, "shared with another process");
	if (!ret && seals & ~KCR_SEALS)
		ret = kcr_refuse(ctx, "seals %x are not known here", seals);
	return ret;
}

static int shmem_write_rec(struct kcr_ctx *ctx, struct dentry *dentry, u32 id, loff_t size)
{
	struct inode *inode = d_inode(dentry);
	struct kcr_img_mempolicy_range *ranges;
	unsigned int count;
	int ret;
	struct kcr_img_shmem img = {
		.size = cpu_to_le64(size),
		.mode = cpu_to_le32(inode->i_mode & 0777),
		.seals = cpu_to_le32(SHMEM_I(inode)->seals),
	};

	if (SHMEM_I(inode)->flags & VM_NORESERVE)
		img.flags = cpu_to_le32(KCR_SHMEM_NORESERVE);
	if (strscpy(img.name, shmem_name(dentry), sizeof(img.name)) < 0)
		return kcr_refuse(ctx, "its name is too long");
	ret = kcr_mempolicy_ranges(ctx, inode, &ranges, &count);
	if (ret)
		return ret;
	img.policies = cpu_to_le32(count);
	ret = kcr_rec_begin(ctx, KCR_KIND_SHMEM, 2, id, 0) ?:
	      kcr_rec_put(ctx, &img, sizeof(img)) ?:
	      kcr_rec_put(ctx, ranges, count * sizeof(*ranges)) ?: kcr_rec_end(ctx);
	kvfree(ranges);
	return ret;
}

static int take_copies(struct kcr_ctx *ctx, struct inode *inode, u32 id, pgoff_t end)
{
	int ret = 0;

	/* Whoever else has a file mapped leaves marks that are not looked at. */
	if (!mapped_elsewhere(ctx, inode))
		ret = kcr_early_save(ctx, inode, id, end);
	return min(ret ?: copy_pages(ctx, ctx->mm_data, id, inode, end), 0);
}

/**
 * kcr_shmem_pages_save() - what memory holds
 * @ctx: the operation; everything is parked
 * @inode: the memory
 * @id: of its record, which has just been written
 * @size: in bytes, as that has it
 */
int kcr_shmem_pages_save(struct kcr_ctx *ctx, struct inode *inode, u32 id, loff_t size)
{
	struct kcr_mm_data *data = kcr_mm_data(ctx);
	pgoff_t end = DIV_ROUND_UP(size, PAGE_SIZE);
	int ret;

	if (!data)
		return -ENOMEM;
	ret = kcr_base_note(ctx, id);
	if (ret)
		return ret;
	if (kcr_inode_is_hugetlb(inode))
		end = round_up(end, 1ul << (kcr_hugetlb_shift(inode) - PAGE_SHIFT));
	if (ctx->ckpt_flags & KCR_CKPT_HOLD && !(ctx->ckpt_flags & KCR_CKPT_CHECK))
		return read_later(ctx, data, id, inode, end);
	if (!(ctx->ckpt_flags & KCR_CKPT_CHECK))
		return take_copies(ctx, inode, id, end);
	ctx->bytes_total += kcr_inode_is_hugetlb(inode) ? (u64)inode->i_blocks << 9 :
			    (u64)SHMEM_I(inode)->alloced << PAGE_SHIFT;
	return 0;
}

/* @obj is the dentry: there is one for each inode, and it has the name. */
static int shmem_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct inode *inode = d_inode((struct dentry *)obj);
	loff_t size = i_size_read(inode);
	size_t mark;
	int ret;

	mark = kcr_where(ctx, "%s", shmem_name(obj));
	ret = kcr_shmem_refuse(ctx, inode) ?: shmem_write_rec(ctx, obj, id, size) ?:
	      kcr_shmem_pages_save(ctx, inode, id, size);
	kcr_where_end(ctx, mark);
	return ret;
}

/* Write the pages */

/* Fill the window with what there is of it; @index moves behind it. */
static int window_read(struct kcr_ctx *ctx, const struct later *l, pgoff_t *index,
		       struct kcr_copy *c, bool *more)
{
	struct page *page;
	pgoff_t first = 0;

	*more = false;
	for (;; ++*index) {
		page = kcr_shmem_page_below(l->inode, index, l->end);
		if (!page)
			return 0;
		if (IS_ERR(page))
			return kcr_shmem_page_failed(ctx, page);
		if (!*more) {
			first = round_down(*index, KCR_PAGES_MAX);
			c->addr = (u64)first << PAGE_SHIFT;
		}
		*more = true;
		if (*index - first >= KCR_PAGES_MAX) {
			put_page(page);
			return 0;
		}
		c->pages[*index - first] = page;
	}
}

static int later_write(struct kcr_ctx *ctx, struct later *l)
{
	struct kcr_copy *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	pgoff_t index = 0;
	bool more;
	int ret;

	if (!c)
		return kcr_nomem(ctx);
	c->id = l->id;
	c->all = kcr_inode_is_hugetlb(l->inode);
	do {
		ret = window_read(ctx, l, &index, c, &more);
		if (!ret && more)
			ret = kcr_copy_write(ctx, c);
		kcr_copy_empty(c);
		cond_resched();
	} while (!ret && more);
	kvfree(c);
	return ret;
}

/* kcr_shmem_write() - write the pages of all that was saved */
int kcr_shmem_write(struct kcr_ctx *ctx, struct kcr_mm_data *data)
{
	struct kcr_copy *c, *next;
	struct later *l;
	int ret;

	list_for_each_entry_safe(c, next, &data->copies, node) {
		ret = kcr_copy_write(ctx, c);
		if (ret)
			return ret;
		kcr_copy_drop(c);
	}
	list_for_each_entry(l, &data->shmems, node) {
		ret = later_write(ctx, l);
		if (ret)
			return ret;
	}
	return 0;
}

/* kcr_shmem_drop() - free what was copied and not written */
void kcr_shmem_drop(struct kcr_mm_data *data)
{
	struct later *l, *lnext;

	kcr_copies_drop(&data->copies);
	kcr_copies_drop(&data->own);
	list_for_each_entry_safe(l, lnext, &data->shmems, node) {
		list_del(&l->node);
		iput(l->inode);
		kfree(l);
	}
	data->copied = 0;
}

/* Restore */

static unsigned int policies_of(const struct kcr_rec *rec)
{
	return rec->version < 2 ? 0 :
	       le32_to_cpu(kcr_rec_as(rec, struct kcr_img_shmem)->policies);
}

static const struct kcr_img_mempolicy_range *ranges_of(const struct kcr_rec *rec)
{
	return (const struct kcr_img_mempolicy_range *)(rec->data + sizeof(struct kcr_img_shmem));
}

/* kcr_memfd_check() - may there be memory of that name and mode here? */
int kcr_memfd_check(struct kcr_ctx *ctx, const char *name, u32 mode)
{
	if (strncmp(name, "memfd:", 6) || !(mode & 0111) || !kcr_memfd_noexec())
		return 0;
	return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EACCES,
			"%s: executable memory is not allowed here (vm.memfd_noexec)", name);
}

static int shmem_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_shmem *img = kcr_rec_as(rec, struct kcr_img_shmem);
	int ret;

	if (rec->len != sizeof(*img) + (u64)policies_of(rec) * sizeof(*ranges_of(rec)))
		return kcr_bad_image(ctx, "shared memory record of %zu bytes", rec->len);
	if (strnlen(img->name, sizeof(img->name)) == sizeof(img->name) || !name_ok(img->name))
		return kcr_bad_image(ctx, "shared memory without a proper name");
	if (le64_to_cpu(img->size) > MAX_LFS_FILESIZE)
		return kcr_bad_image(ctx, "%s of %llu bytes", img->name,
				     le64_to_cpu(img->size));
	if (le32_to_cpu(img->flags) & ~KCR_SHMEM_FLAGS || le32_to_cpu(img->mode) & ~0777 ||
	    le32_to_cpu(img->seals) & ~KCR_SEALS)
		return kcr_bad_image(ctx, "%s with unknown flags", img->name);
	ret = kcr_memfd_check(ctx, img->name, le32_to_cpu(img->mode));
	return ret ?: kcr_mempolicy_check_ranges(ctx, ranges_of(rec), policies_of(rec));
}

static int shmem_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_shmem *img = kcr_rec_as(rec, struct kcr_img_shmem);
	bool noreserve = le32_to_cpu(img->flags) & KCR_SHMEM_NORESERVE;
	struct file *file;

	file = shmem_file_setup(img->name, le64_to_cpu(img->size),
				noreserve ? VM_NORESERVE : 0);
	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
				"%s of %llu bytes can't be made (errno %ld)", img->name,
				le64_to_cpu(img->size), -PTR_ERR(file));
	file_inode(file)->i_mode = S_IFREG | le32_to_cpu(img->mode);
	return kcr_object_add(ctx, rec, file) ?:
	       kcr_mempolicy_bind_ranges(ctx, file, ranges_of(rec), policies_of(rec));
}

/**
 * kcr_memory_seal() - seal what all have mapped
 * @ctx: the operation; everything is made, and parked
 * @file: the memory
 * @now: where its seals are
 * @seals: KCR_SEAL_*
 *
 * As fcntl(F_ADD_SEALS) has it: of what is sealed against writing there is no
 * mapping that may write, and none will be. Such a mapping may be older than
 * F_SEAL_FUTURE_WRITE.
 */
int kcr_memory_seal(struct kcr_ctx *ctx, struct file *file, unsigned int *now, u32 seals)
{
	if (seals & F_SEAL_WRITE && mapping_deny_writable(file->f_mapping))
		return kcr_bad_image(ctx, "%s: sealed against writing, and mapped to be written",
				     shmem_name(file->f_path.dentry));
	*now = seals;
	return 0;
}

static int shmem_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_shmem *img = kcr_rec_as(rec, struct kcr_img_shmem);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_SHMEM);

	return file ? kcr_memory_seal(ctx, file, &SHMEM_I(file_inode(file))->seals,
				      le32_to_cpu(img->seals)) : 0;
}

static void shmem_put(void *obj)
{
	fput(obj);
}

const struct kcr_ops kcr_shmem_ops = {
	.kind		= KCR_KIND_SHMEM,
	.version	= 2,
	.name		= "shmem",
	.save		= shmem_save,
	.check		= shmem_check,
	.restore	= shmem_restore,
	.commit		= shmem_commit,
	.put		= shmem_put,
};
