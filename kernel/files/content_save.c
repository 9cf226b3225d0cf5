// SPDX-License-Identifier: GPL-2.0
/*
 * What is in a file, into the image; content.c takes it from there.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/file.h"
#include "internal.h"
#include "mm/mm.h"
#include <uapi/image/content.h>

/* More than this, in memory, is somebody's input, of which the image has a hash. */
#define INPUT_MAX	(64u << 20)

/* Made by O_TMPFILE without O_EXCL. */
static bool is_linkable(const struct kcr_relied *r)
{
	return kcr_path_gone(&r->path) && d_inode(r->path.dentry)->i_state & I_LINKABLE;
}

static u32 type_of(const struct kcr_relied *r)
{
	if (d_is_dir(r->path.dentry))
		return KCR_CONTENT_DIRECTORY;
	return kcr_relied_is_memory(r) ? KCR_CONTENT_MEMORY : KCR_CONTENT_FILE;
}

static int write_file_rec(struct kcr_ctx *ctx, struct kcr_relied *r, u32 id)
{
	struct kcr_img_content img = {
		.type = cpu_to_le32(type_of(r)),
		.flags = cpu_to_le32((kcr_path_gone(&r->path) ? KCR_CONTENT_UNLINKED : 0) |
				     (is_linkable(r) ? KCR_CONTENT_LINKABLE : 0) |
				     (r->ours ? KCR_CONTENT_WRITE_BACK : 0)),
		.mode = cpu_to_le32(r->stat.mode & 07777),
		.uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, r->stat.uid)),
		.gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, r->stat.gid)),
		.size = cpu_to_le64(r->stat.size),
	};
	char *name;
	int ret = kcr_path_save(ctx, &r->path, &name);

	if (ret || !name)
		return ret;
	ret = (kcr_path_is_huge(&r->path) ? kcr_huge_describe(ctx, r, &img) : 0) ?:
	      kcr_path_write(ctx, KCR_KIND_CONTENT, id, &img, sizeof(img), name);
	kfree(name);
	return ret;
}

static int write_data_rec(struct kcr_ctx *ctx, u32 id, u64 from, const void *data, size_t len)
{
	struct kcr_img_content img = {
		.type = cpu_to_le32(KCR_CONTENT_DATA),
		.file = cpu_to_le32(id),
		.from = cpu_to_le64(from),
		.len = cpu_to_le64(len),
	};

	return kcr_rec_begin(ctx, KCR_KIND_CONTENT, 1, 0, 0) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, data, len) ?: kcr_rec_end(ctx);
}

static int write_range(struct kcr_ctx *ctx, struct kcr_relied *r, u32 id, u64 from, u64 to)
{
	void *buf = kcr_files_buf(ctx);
	ssize_t n;
	int ret;

	if (!buf)
		return -ENOMEM;
	for (; from < to; from += n) {
		n = kcr_read_full(r->file, buf, min_t(u64, to - from, KCR_IO_SIZE), from);
		if (n < 0)
			return kcr_fail(ctx, KCR_CLASS_IO, n, "%pd: can't be read (errno %zd)",
					r->path.dentry, -n);
		if (!n)
			break;
		ret = memchr_inv(buf, 0, n) ? write_data_rec(ctx, id, from, buf, n) : 0;
		if (ret)
			return ret;
		if (kcr_cancelled(ctx))
			return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	}
	return 0;
}

/* Holes are left out; a file system that can't tell has none. */
static int write_data(struct kcr_ctx *ctx, struct kcr_relied *r, u32 id)
{
	loff_t old = r->file->f_pos, from, to, size = r->stat.size;
	int ret = 0;

	for (from = 0; from < size && !ret; from = to) {
		from = vfs_llseek(r->file, from, SEEK_DATA);
		if (from == -ENXIO)
			break;
		from = max_t(loff_t, from, 0);
		to = vfs_llseek(r->file, from, SEEK_HOLE);
		if (to <= from || to > size)
			to = size;
		ret = write_range(ctx, r, id, from, to);
	}
	vfs_llseek(r->file, old, SEEK_SET);
	return ret;
}

/* kcr_content_save() - one file, or directory; struct kcr_ops.save */
int kcr_content_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct kcr_relied *r = obj;
	int ret;

	r->kept = id;
	ret = write_file_rec(ctx, r, id);
	if (ret || d_is_dir(r->path.dentry))
		return ret;
	if (kcr_path_is_huge(&r->path) || kcr_relied_is_memory(r))
		return kcr_shmem_pages_save(ctx, d_inode(r->path.dentry), id, r->stat.size);
	return write_data(ctx, r, id);
}

static bool to_keep(struct kcr_ctx *ctx, struct file *file, struct kcr_relied *r)
{
	if (kcr_path_gone(&r->path) || kcr_path_is_huge(&r->path))
		return true;
	if (ctx->ckpt_flags & KCR_CKPT_WITH_FILES && r->ours)
		return true;
	if (!kcr_fs_in_memory(r->path.dentry->d_sb))
		return false;
	/* Programs and libraries are put there by somebody, and big inputs too. */
	return r->ours || (kcr_table_slots(ctx, file) && r->stat.size <= INPUT_MAX);
}

/**
 * kcr_content_keep() - put a file's bytes into the image, if they belong there
 * @ctx: the operation; everything is parked
 * @file: open on a regular file
 * @id: set to the id of the contents; 0: they stay outside
 */
int kcr_content_keep(struct kcr_ctx *ctx, struct file *file, u32 *id)
{
	struct kcr_relied *r = kcr_relied_get(ctx, file);
	int ret;

	if (!r)
		return -ENOMEM;
	*id = r->kept;
	if (r->kept || r->reg)
		return 0;
	r->ours = file->f_mode & FMODE_WRITE || kcr_table_writes(ctx, d_inode(r->path.dentry));
	ret = kcr_stat(&r->path, &r->stat);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_IO, ret, "%pd: can't be looked at (errno %d)",
				r->path.dentry, -ret);
	if (!to_keep(ctx, file, r))
		return 0;
	if (kcr_path_gone(&r->path) && r->ours && d_inode(r->path.dentry)->i_nlink)
		return kcr_refuse(ctx, "%pd: deleted, but it has other names: not supported yet",
				  r->path.dentry);
	ret = kcr_relied_open(ctx, r, file);
	return ret ?: kcr_save_object(ctx, KCR_KIND_CONTENT, r, id);
}
