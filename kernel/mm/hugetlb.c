// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of huge pages (MAP_HUGETLB, MFD_HUGETLB): an inode that the kernel has
 * made, on the hugetlbfs of a page size. Each MAP_HUGETLB mapping has one of its
 * own, even a private one, whose pages belong to the mapping (pages.c). System V
 * segments of huge pages are sysv_shm.c's, files of a hugetlbfs that somebody has
 * mounted are kernel/files/huge.c's.
 *
 * Why all huge pages are copied, into small ones, while the program is stopped:
 * a snapshot of private ones would share them copy-on-write, as with a child.
 * When the program then writes to one and no huge page is free, the kernel takes
 * the page away from the child (unmap_ref_private()), if the program's mapping
 * has a reservation: the snapshot's page would be lost silently. And if it has
 * none, the program is killed (SIGBUS), because of us. So there are no huge pages
 * in snapshots. (With -k and --stop nothing is copied: pages are read in place.)
 *
 * A huge page is in the image as a whole, also where it holds zeros, and comes
 * back as one from this machine's pool: what was touched before can be touched
 * afterwards. What had no huge page gets none. mmap() reserves, as it has for the
 * program; a private mapping that came by fork() has no reservation, and gets
 * none. Where the pool has too few, restart says so before anything runs.
 *
 * struct hugetlbfs_inode_info, field by field: seals are saved, the policy (6.1)
 * is never set, and of the inode size and permissions are saved; owner, times and
 * extended attributes are those of a new one. Of its map of reservations what is
 * mapped comes back; what was mapped once, never touched, and is no longer
 * mapped, is not reserved again.
 */
#include <linux/fs.h>
#include <linux/falloc.h>		/* leans on that */
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/pagemap.h>

#include "compat/hugetlb.h"
#include "compat/mm.h"
#include "compat/shmem.h"
#include "kcr.h"
#include "ksym.h"
#include "mm/internal.h"
#include "mm/mm.h"
#include <uapi/image/hugetlb.h>
#include <uapi/image/vma.h>

/* From 2 small pages to half of an address space. */
static bool shift_ok(u32 shift)
{
	return shift > PAGE_SHIFT && shift < 48;
}

#ifdef CONFIG_HUGETLBFS

/* mm/hugetlb.c: bits of the private data of a private mapping */
#define RESV_OWNER	1ul	/* reservations are its own */
#define RESV_UNMAPPED	2ul	/* a page was taken away from it */

/* kcr_inode_is_hugetlb() - on a hugetlbfs, of whatever mount */
bool kcr_inode_is_hugetlb(const struct inode *inode)
{
	return inode->i_sb->s_magic == HUGETLBFS_MAGIC && S_ISREG(inode->i_mode);
}

static const char *name_of(const struct dentry *dentry)
{
	return (const char *)dentry->d_name.name;
}

static bool name_ok(const char *name)
{
	return !strcmp(name, HUGETLB_ANON_FILE) || !strncmp(name, "memfd:", 6);
}

/* kcr_file_is_hugetlb() - memory of huge pages that has no path */
bool kcr_file_is_hugetlb(struct file *file)
{
	return kcr_inode_is_hugetlb(file_inode(file)) &&
	       file->f_path.mnt->mnt_flags & MNT_INTERNAL &&
	       name_ok(name_of(file->f_path.dentry));
}

/* kcr_hugetlb_shift() - log2 of the size of its pages, 0 for other memory */
unsigned int kcr_hugetlb_shift(struct inode *inode)
{
	return kcr_inode_is_hugetlb(inode) ? huge_page_shift(hstate_inode(inode)) : 0;
}

/* kcr_hugetlb_fs_shift() - likewise, of a hugetlbfs; 0 for other file systems */
unsigned int kcr_hugetlb_fs_shift(struct super_block *sb)
{
	return sb->s_magic == HUGETLBFS_MAGIC ? huge_page_shift(HUGETLBFS_SB(sb)->hstate) : 0;
}

u32 kcr_hugetlb_seals(struct inode *inode)
{
	return HUGETLBFS_I(inode)->seals;
}

/* kcr_hugetlb_reserved() - is every page of it there, or reserved for it? */
bool kcr_hugetlb_reserved(struct inode *inode)
{
	struct resv_map *map = kcr_hugetlb_resv(inode);
	struct file_region *region;
	long pages = 0;

	spin_lock(&map->lock);
	list_for_each_entry(region, &map->regions, link)
		pages += region->to - region->from;
	spin_unlock(&map->lock);
	return pages >= i_size_read(inode) >> huge_page_shift(hstate_inode(inode));
}

/* kcr_hugetlb_vma() - what there is to know of a mapping, whose lock is held */
void kcr_hugetlb_vma(const struct vm_area_struct *vma, u32 *flags, bool *lost)
{
	unsigned long resv = (unsigned long)vma->vm_private_data;

	if ((vma->vm_flags & (VM_HUGETLB | VM_MAYSHARE)) != VM_HUGETLB)
		return;
	*lost = resv & RESV_UNMAPPED;
	if (!(resv & RESV_OWNER) && !(vma->vm_flags & VM_NORESERVE))
		*flags |= KCR_VMA_UNRESERVED;
}

/* Pages */

/* The page at @first, a multiple of its size in small pages; with a reference. */
static struct page *page_at(struct inode *inode, pgoff_t first)
{
	unsigned int order = huge_page_order(hstate_inode(inode));

	return find_get_page(inode->i_mapping, kcr_hugetlb_to_cache(first, order));
}

/**
 * kcr_hugetlb_page_next() - a part of a huge page, as large as a small one
 * @inode: of the memory
 * @index: in small pages; moves to what is there at or after it
 *
 * Return: it, with a reference, NULL at the end, or an error.
 */
struct page *kcr_hugetlb_page_next(struct inode *inode, pgoff_t *index)
{
	unsigned int order = huge_page_order(hstate_inode(inode));
	pgoff_t end = DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE), first;
	unsigned long i = kcr_hugetlb_to_cache(round_down(*index, 1ul << order), order);
	struct page *head;

	if (!end || !xa_find(&inode->i_mapping->i_pages, &i,
			     kcr_hugetlb_to_cache(end - 1, order), XA_PRESENT))
		return NULL;
	first = kcr_hugetlb_from_cache(i, order);
	head = page_at(inode, first);
	if (!head)
		return NULL;
	if (PageHWPoison(head)) {
		put_page(head);
		return ERR_PTR(-EHWPOISON);
	}
	*index = max(*index, first);
	return head + (*index - first);
}

/* kcr_hugetlb_few() - there is no huge page */
int kcr_hugetlb_few(struct kcr_ctx *ctx, struct inode *inode, long err)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			"too few huge pages of %u kB are free here (vm.nr_hugepages)",
			1u << (kcr_hugetlb_shift(inode) - 10));
}

/* kcr_hugetlb_unmapped() - why it can't be mapped */
int kcr_hugetlb_unmapped(struct kcr_ctx *ctx, struct inode *inode, unsigned long len, long err)
{
	struct hstate *h = hstate_inode(inode);
	unsigned long free = READ_ONCE(h->free_huge_pages), taken = READ_ONCE(h->resv_huge_pages);
	unsigned long need = len >> huge_page_shift(h);

	free = free > taken ? free - taken : 0;
	if (err == -ENOMEM && free < need)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
				"it needs %lu huge pages of %lu kB, and %lu are free here (vm.nr_hugepages)",
				need, huge_page_size(h) >> 10, free);
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			"huge pages can't be mapped there (errno %ld)", -err);
}

/**
 * kcr_hugetlb_page() - a part of a huge page, which is made if it is not there
 * @ctx: the operation
 * @file: the memory, open for writing
 * @index: in small pages, within its size
 *
 * Return: it, as large as a small one, with a reference, or an error with a sentence.
 */
struct page *kcr_hugetlb_page(struct kcr_ctx *ctx, struct file *file, pgoff_t index)
{
	struct inode *inode = file_inode(file);
	struct hstate *h = hstate_inode(inode);
	pgoff_t first = round_down(index, pages_per_huge_page(h));
	struct page *head = page_at(inode, first);
	int ret = 0;

	if (!head) {
		ret = vfs_fallocate(file, FALLOC_FL_KEEP_SIZE, (loff_t)first << PAGE_SHIFT,
				    huge_page_size(h));
		head = ret ? NULL : page_at(inode, first);
	}
	if (head)
		return head + (index - first);
	return ERR_PTR(kcr_hugetlb_few(ctx, inode, ret ?: -ENOMEM));
}

/* Save */

static int hugetlb_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct inode *inode = d_inode((struct dentry *)obj);
	struct kcr_img_hugetlb img = {
		.size = cpu_to_le64(i_size_read(inode)),
		.page_shift = cpu_to_le32(kcr_hugetlb_shift(inode)),
		.mode = cpu_to_le32(inode->i_mode & 0777),
		.seals = cpu_to_le32(kcr_hugetlb_seals(inode)),
	};
	size_t mark = kcr_where(ctx, "%s", name_of(obj));
	int ret = kcr_shmem_refuse(ctx, inode);

	if (!ret && strscpy(img.name, name_of(obj), sizeof(img.name)) < 0)
		ret = kcr_refuse(ctx, "its name is too long");
	if (!ret)
		ret = kcr_write_rec(ctx, KCR_KIND_HUGETLB, 1, id, 0, &img, sizeof(img)) ?:
		      kcr_shmem_pages_save(ctx, inode, id, le64_to_cpu(img.size));
	kcr_where_end(ctx, mark);
	return ret;
}

/* Restore */

static int hugetlb_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_hugetlb *img = kcr_rec_as(rec, struct kcr_img_hugetlb);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "memory of huge pages in %zu bytes", rec->len);
	if (strnlen(img->name, sizeof(img->name)) == sizeof(img->name) || !name_ok(img->name))
		return kcr_bad_image(ctx, "memory of huge pages without a proper name");
	if (le64_to_cpu(img->size) > MAX_LFS_FILESIZE || !shift_ok(le32_to_cpu(img->page_shift)))
		return kcr_bad_image(ctx, "%s of %llu bytes, with pages of 2^%u", img->name,
				     le64_to_cpu(img->size), le32_to_cpu(img->page_shift));
	if (le32_to_cpu(img->mode) & ~0777 || le32_to_cpu(img->seals) & ~KCR_SEALS)
		return kcr_bad_image(ctx, "%s with unknown flags", img->name);
	return kcr_memfd_check(ctx, img->name, le32_to_cpu(img->mode));
}

static int hugetlb_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_hugetlb *img = kcr_rec_as(rec, struct kcr_img_hugetlb);
	u32 shift = le32_to_cpu(img->page_shift);
	struct file *file;
	long err;

	file = kcr_call(hugetlb_file_setup)(img->name, le64_to_cpu(img->size), VM_NORESERVE,
					    HUGETLB_ANONHUGE_INODE, shift);
	if (!IS_ERR(file))
		return kcr_object_add(ctx, rec, file);
	err = PTR_ERR(file);
	if (err == -ENODEV || err == -ENOENT)
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err,
				"%s: this machine has no huge pages of %llu kB", img->name,
				1ull << shift >> 10);
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err,
			"%s: memory of huge pages can't be made (errno %ld)", img->name, -err);
}

/* kcr_hugetlb_set_size() - a mapping that may write has made it as large as itself */
int kcr_hugetlb_set_size(struct kcr_ctx *ctx, const struct path *path, loff_t size)
{
	struct inode *inode = d_inode(path->dentry);
	long ret;

	if (i_size_read(inode) == size)
		return 0;
	ret = vfs_truncate(path, round_up(size, huge_page_size(hstate_inode(inode))));
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"memory of huge pages can't be cut to %lld bytes (errno %ld)",
				size, -ret);
	inode_lock(inode);
	i_size_write(inode, size);
	inode_unlock(inode);
	return 0;
}

/* When all have mapped it. */
static int hugetlb_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_hugetlb *img = kcr_rec_as(rec, struct kcr_img_hugetlb);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_HUGETLB);
	struct inode *inode;
	int ret;

	if (!file)
		return 0;
	ret = kcr_hugetlb_set_size(ctx, &file->f_path, le64_to_cpu(img->size));
	if (ret)
		return ret;
	inode = file_inode(file);
	inode->i_mode = S_IFREG | le32_to_cpu(img->mode);
	return kcr_memory_seal(ctx, file, &HUGETLBFS_I(inode)->seals, le32_to_cpu(img->seals));
}

#else

bool kcr_inode_is_hugetlb(const struct inode *inode)
{
	return false;
}

bool kcr_file_is_hugetlb(struct file *file)
{
	return false;
}

unsigned int kcr_hugetlb_shift(struct inode *inode)
{
	return 0;
}

unsigned int kcr_hugetlb_fs_shift(struct super_block *sb)
{
	return 0;
}

int kcr_hugetlb_set_size(struct kcr_ctx *ctx, const struct path *path, loff_t size)
{
	return 0;
}

u32 kcr_hugetlb_seals(struct inode *inode)
{
	return 0;
}

bool kcr_hugetlb_reserved(struct inode *inode)
{
	return true;
}

void kcr_hugetlb_vma(const struct vm_area_struct *vma, u32 *flags, bool *lost)
{
}

struct page *kcr_hugetlb_page_next(struct inode *inode, pgoff_t *index)
{
	return NULL;
}

int kcr_hugetlb_few(struct kcr_ctx *ctx, struct inode *inode, long err)
{
	return err;
}

int kcr_hugetlb_unmapped(struct kcr_ctx *ctx, struct inode *inode, unsigned long len, long err)
{
	return err;
}

struct page *kcr_hugetlb_page(struct kcr_ctx *ctx, struct file *file, pgoff_t index)
{
	return ERR_PTR(-EINVAL);
}

static int hugetlb_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_hugetlb *img = kcr_rec_as(rec, struct kcr_img_hugetlb);

	if (rec->len != sizeof(*img) || !shift_ok(le32_to_cpu(img->page_shift)))
		return kcr_bad_image(ctx, "memory of huge pages in %zu bytes", rec->len);
	return kcr_refuse(ctx, "memory of huge pages, of which this kernel knows nothing");
}

#define hugetlb_save	NULL
#define hugetlb_restore	NULL
#define hugetlb_commit	NULL

#endif

static void hugetlb_put(void *obj)
{
	fput(obj);
}

const struct kcr_ops kcr_hugetlb_ops = {
	.kind		= KCR_KIND_HUGETLB,
	.version	= 1,
	.name		= "hugetlb",
	.save		= hugetlb_save,
	.check		= hugetlb_check,
	.restore	= hugetlb_restore,
	.commit		= hugetlb_commit,
	.put		= hugetlb_put,
};
