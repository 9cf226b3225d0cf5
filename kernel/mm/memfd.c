// SPDX-License-Identifier: GPL-2.0
/*
 * Open memory that has no path: a memfd, or what a mapping maps that is shared
 * and anonymous, or has huge pages. What it holds is a SHMEM or HUGETLB object,
 * which several open files may share.
 *
 * The file that memfd_create() makes does not count as a writer of its inode,
 * one opened through /proc/PID/fd does; that decides whether the memory can be
 * executed while it is open.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "files/files.h"
#include "files/internal.h"
#include "kcr.h"
#include "mm/mm.h"
#include <uapi/image/memfd.h>

#define READ_WRITE	(KCR_FILE_READ | KCR_FILE_WRITE)

/* What it holds is saved once. */
static int memory_save(struct kcr_ctx *ctx, struct file *file, u32 *id)
{
	return kcr_save_object(ctx, kcr_file_is_hugetlb(file) ? KCR_KIND_HUGETLB : KCR_KIND_SHMEM,
			       file->f_path.dentry, id);
}

/* What record @id was made into, with a reference, or NULL. */
static struct file *memory_restored(struct kcr_ctx *ctx, u32 id)
{
	struct file *file = kcr_object_get(ctx, id, KCR_KIND_SHMEM) ?:
			    kcr_object_get(ctx, id, KCR_KIND_HUGETLB);

	return file ? get_file(file) : NULL;
}

static int memfd_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_memfd img = { .pos = cpu_to_le64(file->f_pos) };
	u32 shmem = 0, flags = 0;
	int ret;

	if (!kcr_file_is_memfd(file) && !kcr_file_is_hugetlb(file))
		return kcr_refuse(ctx, "%pD is memory of a driver: not supported yet",
				  file);
	ret = kcr_file_flags_save(ctx, file, &flags) ?: memory_save(ctx, file, &shmem);
	if (ret)
		return ret;
	img.shmem = cpu_to_le32(shmem);
	img.flags = cpu_to_le32(flags);
	if ((flags & READ_WRITE) == READ_WRITE && !(file->f_mode & FMODE_WRITER))
		img.type = cpu_to_le32(KCR_MEMFD_FIRST);
	return kcr_write_rec(ctx, KCR_KIND_MEMFD, 1, id, 0, &img, sizeof(img));
}

static int memfd_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_memfd *img = kcr_rec_as(rec, struct kcr_img_memfd);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "memfd record of %zu bytes", rec->len);
	if (le64_to_cpu(img->pos) > MAX_LFS_FILESIZE)
		return kcr_bad_image(ctx, "memfd at %llu", le64_to_cpu(img->pos));
	if (le32_to_cpu(img->type) & ~KCR_MEMFD_TYPES)
		return kcr_bad_image(ctx, "memfd of type %x", le32_to_cpu(img->type));
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "memfd");
}

static struct file *memfd_open(struct file *memory, const struct kcr_img_memfd *img)
{
	u32 flags = le32_to_cpu(img->flags);

	if (le32_to_cpu(img->type) & KCR_MEMFD_FIRST && (flags & READ_WRITE) == READ_WRITE) {
		memory->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
		if (flags & KCR_FILE_LARGEFILE)
			memory->f_flags |= O_LARGEFILE;
		return get_file(memory);
	}
	return dentry_open(&memory->f_path, kcr_file_flags(flags), current_cred());
}

static int memfd_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_memfd *img = kcr_rec_as(rec, struct kcr_img_memfd);
	struct file *memory = memory_restored(ctx, le32_to_cpu(img->shmem));
	struct file *file;

	if (!memory)
		return kcr_bad_image(ctx, "memfd of %u, which is no memory",
				     le32_to_cpu(img->shmem));
	file = memfd_open(memory, img);
	fput(memory);
	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
				"memfd can't be opened (errno %ld)", -PTR_ERR(file));
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	file->f_pos = le64_to_cpu(img->pos);
	return kcr_object_add(ctx, rec, file);
}

const struct kcr_ops kcr_memfd_ops = {
	.kind		= KCR_KIND_MEMFD,
	.version	= 1,
	.name		= "memfd",
	.save		= memfd_save,
	.check		= memfd_check,
	.restore	= memfd_restore,
	.put		= kcr_file_put,
};
