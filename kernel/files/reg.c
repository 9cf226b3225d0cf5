// SPDX-License-Identifier: GPL-2.0
/*
 * Regular files and directories.
 *
 * They are opened again by their path, with nothing but the restarter's own
 * rights, before anything is made. What they hold is content.c's part.
 *
 * An open file that is shared with another process (a job's output file, which
 * its shell holds too) comes back as an open file of its own.
 *
 * What is open with O_PATH, of whatever type, is only a path (opath.c).
 */
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat/file.h"
#include "internal.h"
#include <uapi/image/reg.h>

/* Files that may be mapped without being open. */
#define KCR_MAPPED_MAX	65536

bool kcr_reg_match(struct kcr_ctx *ctx, struct file *file)
{
	const struct super_block *sb = file_inode(file)->i_sb;
	umode_t mode = file_inode(file)->i_mode;

	if (S_ISDIR(mode))
		return sb->s_magic != PROC_SUPER_MAGIC;
	return S_ISREG(mode) && kcr_fs_is_real(sb) &&
	       kcr_fs_is_real(kcr_file_path(file)->dentry->d_sb);
}

static int write_reg(struct kcr_ctx *ctx, u32 id, struct kcr_img_reg *img, const char *name)
{
	img->path_len = cpu_to_le32(strlen(name) + 1);
	return kcr_path_write(ctx, KCR_KIND_REG, id, img, sizeof(*img), name);
}

static int save_opath(struct kcr_ctx *ctx, struct file *file, u32 id, struct kcr_img_reg *img)
{
	char *name;
	int ret = kcr_opath_save(ctx, file, img, &name);

	if (!ret && name)
		ret = write_reg(ctx, id, img, name);
	kfree(name);
	return ret;
}

static int reg_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	const struct path *path = kcr_file_path(file);
	bool dir = d_is_dir(path->dentry);
	struct kcr_img_reg img = {
		.pos = cpu_to_le64(file->f_pos),
		.type = cpu_to_le32(dir ? KCR_REG_DIRECTORY : KCR_REG_FILE),
	};
	u32 flags, content = 0;
	struct kcr_stat stat;
	char *name;
	int ret = kcr_file_flags_any(ctx, file, &flags);

	if (ret)
		return ret;
	img.flags = cpu_to_le32(flags);
	if (flags & KCR_FILE_PATH)
		return save_opath(ctx, file, id, &img);
	ret = kcr_path_save(ctx, path, &name);
	if (ret || !name)
		return ret;
	if (dir && kcr_path_gone(path))
		ret = kcr_gone_dir_save(ctx, path, &content);
	else if (!kcr_path_gone(path))
		ret = kcr_path_leads_here(ctx, name, path);
	if (!ret && !dir)
		ret = kcr_content_keep(ctx, file, &content);
	if (ret)
		goto out_free;
	ret = kcr_stat(path, &stat);
	if (ret) {
		kcr_path_fail(ctx, ret, name, "can't be looked at");
		goto out_free;
	}
	img.content = cpu_to_le32(content);
	img.uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, stat.uid));
	ret = write_reg(ctx, id, &img, name);
out_free:
	kfree(name);
	return ret;
}

static struct kcr_opened *opened_add(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_opened *o;
	int ret;

	if (!files)
		return NULL;
	if (files->nr_opened++ > kcr_fd_limit() + KCR_MAPPED_MAX) {
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EMFILE,
			 "the image has more open files than are allowed here");
		return NULL;
	}
	o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);
	if (!o) {
		kcr_nomem(ctx);
		return NULL;
	}
	o->rec = rec;
	ret = rec->id ? xa_insert(&files->opened, rec->id, o, GFP_KERNEL) : -EBUSY;
	if (!ret)
		return o;
	kfree(o);
	if (ret == -EBUSY)
		kcr_bad_image(ctx, "id %u is used twice", rec->id);
	else
		kcr_nomem(ctx);
	return NULL;
}

static int same_owner(struct kcr_ctx *ctx, const struct kcr_img_reg *img, const char *name,
		      const struct path *path)
{
	struct kcr_stat stat;
	int ret = kcr_stat(path, &stat);

	if (ret)
		return kcr_path_fail(ctx, ret, name, "can't be looked at");
	if (from_kuid_munged(current_user_ns(), stat.uid) != le32_to_cpu(img->uid))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EPERM,
				"%s: belongs to user %u, and to user %u at the checkpoint",
				name, from_kuid_munged(current_user_ns(), stat.uid),
				le32_to_cpu(img->uid));
	return 0;
}

static int open_by_path(struct kcr_ctx *ctx, const struct kcr_img_reg *img,
			const char *name, struct file **file)
{
	u32 flags = le32_to_cpu(img->flags);
	bool writes = flags & KCR_FILE_WRITE;
	struct path path;
	int ret;

	ret = kcr_path_find(ctx, name, writes ? LOOKUP_NO_SYMLINKS : 0,
			    kcr_opath_type(le32_to_cpu(img->type)), &path);
	if (ret)
		return ret;
	if (writes)
		ret = same_owner(ctx, img, name, &path);
	if (!ret) {
		*file = kcr_path_open(&path, kcr_file_flags(flags));
		if (IS_ERR(*file)) {
			ret = kcr_path_fail(ctx, PTR_ERR(*file), name, "can't be opened");
			*file = NULL;
		}
	}
	path_put(&path);
	return ret;
}

static bool is_dir(const struct kcr_img_reg *img)
{
	return img->type == cpu_to_le32(KCR_REG_DIRECTORY);
}

static int reg_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_reg *img = kcr_rec_as(rec, struct kcr_img_reg);
	struct kcr_opened *o;
	const char *name;
	int ret;

	if (rec->len < sizeof(*img) || !kcr_opath_type(le32_to_cpu(img->type)))
		return kcr_bad_image(ctx, "a file record that makes no sense");
	if (img->flags & cpu_to_le32(KCR_FILE_PATH) ? (img->content && !is_dir(img)) || img->pos :
						      le32_to_cpu(img->type) > KCR_REG_DIRECTORY)
		return kcr_bad_image(ctx, "a file record that makes no sense");
	ret = kcr_file_flags_check_any(ctx, le32_to_cpu(img->flags), "file");
	if (ret)
		return ret;
	name = kcr_path_check(ctx, img + 1, le32_to_cpu(img->path_len),
			      rec->len - sizeof(*img), "file");
	o = name ? opened_add(ctx, rec) : NULL;
	if (!o)
		return ctx->error;
	if (img->content) {
		ret = kcr_wanted_settle(ctx, le32_to_cpu(img->content), &o->wanted);
		if (!ret && kcr_wanted_is_dir(o->wanted) != is_dir(img))
			ret = kcr_bad_image(ctx, "%s: a file, and a directory", name);
		if (ret || !o->wanted->there)
			return ret;
	}
	return open_by_path(ctx, img, name, &o->file);
}

/* What content.c has made could not be opened before. */
static int open_made(struct kcr_ctx *ctx, struct kcr_opened *o, u32 flags)
{
	o->file = kcr_path_open(&o->wanted->file->f_path, kcr_file_flags(flags));
	if (!IS_ERR(o->file))
		return 0;
	kcr_path_fail(ctx, PTR_ERR(o->file), kcr_opened_name(o), "can't be opened again");
	o->file = NULL;
	return ctx->error;
}

static int reg_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_reg *img = kcr_rec_as(rec, struct kcr_img_reg);
	struct kcr_opened *o = xa_load(&kcr_files(ctx)->opened, rec->id);
	loff_t pos = le64_to_cpu(img->pos);
	int ret;

	if (!o->file) {
		ret = open_made(ctx, o, le32_to_cpu(img->flags));
		if (ret)
			return ret;
	}
	kcr_file_flags_set(o->file, le32_to_cpu(img->flags));
	if (pos && vfs_llseek(o->file, pos, SEEK_SET) != pos)
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EINVAL,
				"%s: position %lld can't be restored",
				kcr_opened_name(o), pos);
	return kcr_object_add(ctx, rec, get_file(o->file));
}

const struct kcr_ops kcr_reg_ops = {
	.kind		= KCR_KIND_REG,
	.version	= 1,
	.name		= "reg",
	.save		= reg_save,
	.check		= reg_check,
	.restore	= reg_restore,
	.put		= kcr_file_put,
};
