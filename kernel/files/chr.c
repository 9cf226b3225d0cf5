// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that keep nothing for whoever has them open: null, zero, full,
 * random and urandom.
 */
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "internal.h"
#include <uapi/image/chr.h>

static bool known_device(u32 minor)
{
	switch (minor) {
	case KCR_CHR_NULL:
	case KCR_CHR_ZERO:
	case KCR_CHR_FULL:
	case KCR_CHR_RANDOM:
	case KCR_CHR_URANDOM:
		return true;
	default:
		return false;
	}
}

bool kcr_chr_match(struct kcr_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && imajor(inode) == MEM_MAJOR &&
	       known_device(iminor(inode));
}

static int chr_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_chr img = {
		.device = cpu_to_le32(iminor(file_inode(file))),
		.pos = cpu_to_le64(file->f_pos),
	};
	u32 flags;
	char *name;
	int ret = kcr_file_flags_any(ctx, file, &flags) ?:
		  kcr_path_save(ctx, &file->f_path, &name);

	if (ret || !name)
		return ret;
	img.flags = cpu_to_le32(flags);
	img.path_len = cpu_to_le32(strlen(name) + 1);
	if (kcr_path_gone(&file->f_path))
		ret = kcr_refuse(ctx, "%s: deleted device: not supported yet", name);
	ret = ret ?: kcr_path_write(ctx, KCR_KIND_CHR, id, &img, sizeof(img), name);
	kfree(name);
	return ret;
}

static int chr_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_chr *img = kcr_rec_as(rec, struct kcr_img_chr);

	if (rec->len < sizeof(*img) || !known_device(le32_to_cpu(img->device)))
		return kcr_bad_image(ctx, "a device record that makes no sense");
	if (!kcr_path_check(ctx, img + 1, le32_to_cpu(img->path_len),
			    rec->len - sizeof(*img), "device"))
		return ctx->error;
	return kcr_file_flags_check_any(ctx, le32_to_cpu(img->flags), "device");
}

static int chr_open(struct kcr_ctx *ctx, const struct kcr_img_chr *img, struct file **file)
{
	const char *name = (const char *)(img + 1);
	struct path path;
	int ret = kcr_path_find(ctx, name, 0, S_IFCHR, &path);

	if (ret)
		return ret;
	if (d_inode(path.dentry)->i_rdev != MKDEV(MEM_MAJOR, le32_to_cpu(img->device)))
		ret = kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ENODEV,
			       "%s: is another device than at the checkpoint", name);
	if (!ret) {
		*file = kcr_path_open(&path, kcr_file_flags(le32_to_cpu(img->flags)));
		if (IS_ERR(*file))
			ret = kcr_path_fail(ctx, PTR_ERR(*file), name, "can't be opened");
	}
	path_put(&path);
	return ret;
}

static int chr_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_chr *img = kcr_rec_as(rec, struct kcr_img_chr);
	struct file *file;
	int ret = chr_open(ctx, img, &file);

	if (ret)
		return ret;
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	return kcr_object_add(ctx, rec, file);
}

const struct kcr_ops kcr_chr_ops = {
	.kind		= KCR_KIND_CHR,
	.version	= 1,
	.name		= "chr",
	.save		= chr_save,
	.check		= chr_check,
	.restore	= chr_restore,
	.put		= kcr_file_put,
};
