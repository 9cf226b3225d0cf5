// SPDX-License-Identifier: GPL-2.0
/*
 * Files on a tmpfs, but small ones: shm_open() makes them, and they are gone when the
 * machine is switched off. What such a file holds is in the image as pages, like other
 * shared memory (kernel/mm/shmem.c): it is copied before the program stops, costs nothing
 * where it is zeros, and is left out of an increment where it has not changed. Small
 * files, and those elsewhere, are records (content.c).
 *
 * At restart the pages go into the file, if it has just been made on a tmpfs. Else they
 * are set aside, and at commit compared with what is there, or written to it.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/shmem_fs.h>

#include "files.h"
#include "internal.h"
#include "mm/mm.h"
#include <uapi/image/content.h>

#define SIZE_MIN	(256u << 10)	/* less is quickly copied, and compared */

static bool on_tmpfs(const struct inode *inode)
{
	return inode->i_sb->s_magic == TMPFS_MAGIC;
}

static const struct kcr_img_content *img_of(const struct kcr_wanted *w)
{
	return kcr_rec_as(w->rec, struct kcr_img_content);
}

/* kcr_relied_is_memory() - is a file, whose bytes are to be in the image, there as pages? */
bool kcr_relied_is_memory(const struct kcr_relied *r)
{
	return d_is_reg(r->path.dentry) && on_tmpfs(d_inode(r->path.dentry)) &&
	       r->stat.size >= SIZE_MIN;
}

/* kcr_wanted_is_memory() - are the bytes of a file in the image as pages? */
bool kcr_wanted_is_memory(const struct kcr_wanted *w)
{
	return img_of(w)->type == cpu_to_le32(KCR_CONTENT_MEMORY);
}

/* kcr_memory_check() - the part of a record that only such a file has */
int kcr_memory_check(struct kcr_ctx *ctx, const struct kcr_img_content *img)
{
	if (img->from || img->len || img->file)
		return kcr_bad_image(ctx, "a file in memory that can't be");
	return 0;
}

static int set_size(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	int ret = vfs_truncate(&w->file->f_path, le64_to_cpu(img_of(w)->size));

	return ret ? kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be given its size") : 0;
}

/* kcr_memory_begin() - it has been made, or was there: where will its pages go? */
int kcr_memory_begin(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	struct file *memory;

	if (w->file && on_tmpfs(file_inode(w->file)))
		return set_size(ctx, w);
	memory = shmem_file_setup("kcr", le64_to_cpu(img_of(w)->size), VM_NORESERVE);
	if (IS_ERR(memory))
		return kcr_path_fail(ctx, PTR_ERR(memory), kcr_wanted_name(w), "can't be held");
	w->memory = memory;
	return 0;
}

/* kcr_memory_restored() - where the pages of a record go; NULL if it is none of a file */
struct file *kcr_memory_restored(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_wanted *w = files ? xa_load(&files->wanted, id) : NULL;

	if (!w || !kcr_wanted_is_memory(w))
		return NULL;
	return w->memory ?: w->file;
}

/* kcr_memory_fill() - write what was set aside */
int kcr_memory_fill(struct kcr_ctx *ctx, struct kcr_wanted *w, struct file *file)
{
	u64 from, size = le64_to_cpu(img_of(w)->size);
	void *buf = kcr_files_buf(ctx);
	loff_t pos;
	ssize_t n;
	int ret;

	if (!buf)
		return -ENOMEM;
	for (from = 0; from < size; from += n) {
		ret = kcr_files_stopped(ctx);
		if (ret)
			return ret;
		n = kcr_read_full(w->memory, buf, min_t(u64, KCR_IO_SIZE, size - from), from);
		if (n <= 0)
			return kcr_path_fail(ctx, n ?: -EIO, kcr_wanted_name(w), "can't be made");
		pos = from;
		if (memchr_inv(buf, 0, n) && kernel_write(file, buf, n, &pos) != n)
			return kcr_path_fail(ctx, -ENOSPC, kcr_wanted_name(w),
					     "can't be written");
		cond_resched();
	}
	return 0;
}
