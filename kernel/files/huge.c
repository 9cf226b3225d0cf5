// SPDX-License-Identifier: GPL-2.0
/*
 * Files of a hugetlbfs that somebody has mounted.
 *
 * They are memory, and gone when the machine is switched off: their contents are
 * always in the image (content.c), as pages, like those of other shared memory
 * (kernel/mm/shmem.c), and with them a hash. Who has one mapped outside of the tree
 * would share it with nobody afterwards: that is refused.
 *
 * At restart one that has a name must hold what it did; its pages in the image are
 * not needed then. If it is missing it is made where it was, on a hugetlbfs of the
 * same page size. One that had been deleted is made without a name, where it was or
 * on any such hugetlbfs that the caller may write to. A file is as long as it was
 * when all have mapped it: a mapping that may write makes it as long as itself.
 */
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/namei.h"
#include "internal.h"
#include "mm/mm.h"
#include <uapi/image/content.h>

/* kcr_path_is_huge() - is it a regular file of a hugetlbfs? */
bool kcr_path_is_huge(const struct path *path)
{
	return kcr_inode_is_hugetlb(d_inode(path->dentry));
}

/* Save */

static int hash_all(struct kcr_ctx *ctx, struct kcr_relied *r, u8 *digest)
{
	int ret = kcr_hash_range(ctx, r->file, 0, r->stat.size, digest);

	if (ret)
		return ctx->error ?: kcr_fail(ctx, KCR_CLASS_IO, ret,
					      "%pd: can't be read (errno %d)", r->path.dentry, -ret);
	return 0;
}

/**
 * kcr_huge_describe() - what its record says besides what that of any file does
 * @ctx: the operation; everything is parked
 * @r: the file, open
 * @img: of type KCR_CONTENT_HUGE from now on
 */
int kcr_huge_describe(struct kcr_ctx *ctx, struct kcr_relied *r, struct kcr_img_content *img)
{
	struct inode *inode = d_inode(r->path.dentry);
	size_t mark = kcr_where(ctx, "%pd", r->path.dentry);
	int ret = kcr_shmem_refuse(ctx, inode);

	kcr_where_end(ctx, mark);
	img->type = cpu_to_le32(KCR_CONTENT_HUGE);
	img->len = cpu_to_le64(1ull << kcr_hugetlb_shift(inode));
	if (ret || ctx->ckpt_flags & KCR_CKPT_CHECK)
		return ret;
	return hash_all(ctx, r, img->hash);
}

/* Restore */

static const struct kcr_img_content *img_of(const struct kcr_wanted *w)
{
	return kcr_rec_as(w->rec, struct kcr_img_content);
}

static u64 page_bytes(const struct kcr_wanted *w)
{
	return le64_to_cpu(img_of(w)->len);
}

/* kcr_wanted_is_huge() - is it a file of a hugetlbfs? */
bool kcr_wanted_is_huge(const struct kcr_wanted *w)
{
	return img_of(w)->type == cpu_to_le32(KCR_CONTENT_HUGE);
}

/* kcr_huge_check() - the part of a record that only such a file has */
int kcr_huge_check(struct kcr_ctx *ctx, const struct kcr_img_content *img)
{
	u64 page = le64_to_cpu(img->len), size = le64_to_cpu(img->size);

	if (!is_power_of_2(page) || page <= PAGE_SIZE || page > 1ull << 40 ||
	    size > MAX_LFS_FILESIZE - page || img->from || img->file)
		return kcr_bad_image(ctx, "a file of huge pages that can't be");
	return 0;
}

/* Is it on a hugetlbfs of the right page size? */
static bool fits(const struct path *path, const void *wanted)
{
	unsigned int shift = kcr_hugetlb_fs_shift(path->dentry->d_sb);

	return shift && 1ull << shift == page_bytes(wanted);
}

static bool fits_and_may(const struct path *path, const void *wanted)
{
	return fits(path, wanted) && d_is_dir(path->dentry) &&
	       !path_permission(path, MAY_WRITE | MAY_EXEC);
}

/* The folder that it was in, with a reference. */
static int find_folder(const struct kcr_wanted *w, struct path *dir)
{
	char *name = kstrdup(kcr_wanted_name(w), GFP_KERNEL), *slash;
	int ret;

	if (!name)
		return -ENOMEM;
	slash = strrchr(name, '/');
	slash[slash == name] = '\0';
	ret = kern_path(name, LOOKUP_DIRECTORY | LOOKUP_NO_SYMLINKS, dir);
	kfree(name);
	return ret;
}

static int find_own(struct kcr_ctx *ctx, const struct kcr_wanted *w, struct path *dir)
{
	int ret = find_folder(w, dir);

	if (ret == -ENOMEM)
		return kcr_nomem(ctx);
	if (!ret && fits(dir, w))
		return 0;
	if (!ret)
		path_put(dir);
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ENOENT,
			"%s: is missing, and no hugetlbfs with pages of %llu kB is mounted there",
			kcr_wanted_name(w), page_bytes(w) >> 10);
}

/* Its own folder, or any mount that the caller may write to. */
static int find_any(struct kcr_ctx *ctx, const struct kcr_wanted *w, struct path *dir)
{
	int ret = find_folder(w, dir);

	if (ret == -ENOMEM)
		return kcr_nomem(ctx);
	if (!ret && fits_and_may(dir, w))
		return 0;
	if (!ret)
		path_put(dir);
	if (kcr_mount_find(ctx, "hugetlbfs", fits_and_may, w, dir))
		return 0;
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ENOENT,
			"%s: was deleted, and no hugetlbfs with pages of %llu kB that you may write to is mounted",
			kcr_wanted_name(w), page_bytes(w) >> 10);
}

static int find_place(struct kcr_ctx *ctx, const struct kcr_wanted *w, struct path *dir)
{
	return img_of(w)->flags & cpu_to_le32(KCR_CONTENT_UNLINKED) ? find_any(ctx, w, dir) :
								      find_own(ctx, w, dir);
}

/* kcr_huge_missing() - it has to be made: is there where? */
int kcr_huge_missing(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	struct path dir;
	int ret = find_place(ctx, w, &dir);

	if (!ret)
		path_put(&dir);
	return ret;
}

static int same_hash(struct kcr_ctx *ctx, struct kcr_wanted *w, struct file *file)
{
	u64 size = le64_to_cpu(img_of(w)->size);
	u8 digest[KCR_HASH_LEN];
	int ret;

	ret = i_size_read(file_inode(file)) == size ?
	      kcr_hash_range(ctx, file, 0, size, digest) : -ENODATA;
	if (ret && ret != -ENODATA)
		return ctx->error ?: kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be read");
	if (ret || memcmp(digest, img_of(w)->hash, sizeof(digest)))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ESTALE,
				"%s: its contents have changed since the checkpoint",
				kcr_wanted_name(w));
	w->same = true;
	return 0;
}

/* kcr_huge_compare() - it is there: does it hold what it did? */
int kcr_huge_compare(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	const char *name = kcr_wanted_name(w);
	struct file *file;
	int ret;

	if (!fits(&w->path, w))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EINVAL,
				"%s: is no longer on a hugetlbfs with pages of %llu kB", name,
				page_bytes(w) >> 10);
	file = kcr_path_open(&w->path, O_RDONLY | O_LARGEFILE);
	if (IS_ERR(file))
		return kcr_path_fail(ctx, PTR_ERR(file), name, "can't be read");
	ret = same_hash(ctx, w, file);
	fput(file);
	return ret;
}

/* kcr_huge_make_unlinked() - make it without a name, or an error after a sentence */
struct file *kcr_huge_make_unlinked(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	umode_t mode = le32_to_cpu(img_of(w)->mode) & 0777;
	bool linkable = img_of(w)->flags & cpu_to_le32(KCR_CONTENT_LINKABLE);
	struct file *file;
	struct path dir;
	int ret = find_any(ctx, w, &dir);

	if (ret)
		return ERR_PTR(ret);
	file = file_open_root(&dir, "", O_TMPFILE | O_RDWR | O_LARGEFILE | (linkable ? 0 : O_EXCL),
			      mode | 0600);
	path_put(&dir);
	return file;
}

/* kcr_huge_size() - what was just made gets its size; its pages come later */
int kcr_huge_size(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	u64 size = round_up(le64_to_cpu(img_of(w)->size), page_bytes(w));
	int ret = fits(&w->file->f_path, w) ? vfs_truncate(&w->file->f_path, size) : -ENODEV;

	return ret ? kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be given its size") : 0;
}

/* kcr_huge_commit() - all have mapped it: it is as long as it was */
int kcr_huge_commit(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	const struct path *path = w->file ? &w->file->f_path : &w->path;

	if (!w->settled || !path->dentry)
		return 0;
	return kcr_hugetlb_set_size(ctx, path, le64_to_cpu(img_of(w)->size));
}

static struct kcr_wanted *huge_find(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_wanted *w = files ? xa_load(&files->wanted, id) : NULL;

	return w && kcr_wanted_is_huge(w) ? w : NULL;
}

/* kcr_huge_restored() - the file that was made of a record, or NULL; no reference is taken */
struct file *kcr_huge_restored(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_wanted *w = huge_find(ctx, id);

	return w ? w->file : NULL;
}

/* kcr_huge_is_there() - was there, and holds what the pages of this record do? */
bool kcr_huge_is_there(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_wanted *w = huge_find(ctx, id);

	return w && w->there && w->same;
}
