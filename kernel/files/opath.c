// SPDX-License-Identifier: GPL-2.0
/*
 * What is open with O_PATH: a place in the tree of files, and nothing that
 * could be read or written. Of struct file only its path and flags are used.
 *
 * It is found again by its path; its type is all that must be the same. What is
 * in it does not matter.
 */
#include <linux/magic.h>
#include <linux/slab.h>

#include "internal.h"
#include <uapi/image/reg.h>

bool kcr_opath_match(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_mode & FMODE_PATH;
}

static const umode_t types[] = {
	[KCR_REG_FILE]		= S_IFREG,
	[KCR_REG_DIRECTORY]	= S_IFDIR,
	[KCR_REG_SYMLINK]	= S_IFLNK,
	[KCR_REG_SOCKET]	= S_IFSOCK,
	[KCR_REG_FIFO]		= S_IFIFO,
	[KCR_REG_CHR]		= S_IFCHR,
	[KCR_REG_BLK]		= S_IFBLK,
};

/* kcr_opath_type() - KCR_REG_* as S_IF*; 0: no such type */
umode_t kcr_opath_type(u32 type)
{
	return type < ARRAY_SIZE(types) ? types[type] : 0;
}

static int refuse(struct kcr_ctx *ctx, const struct path *path, const char *why)
{
	char *buf;
	const char *name = kcr_path_show(path, &buf);
	int ret = kcr_refuse(ctx, "%s: opened with O_PATH: %s: not supported yet", name, why);

	kfree(buf);
	return ret;
}

/* Those of a process are not there before it is. */
static bool in_proc(const struct path *path)
{
	return path->dentry->d_sb->s_magic == PROC_SUPER_MAGIC && !IS_ROOT(path->dentry);
}

static int nameable(struct kcr_ctx *ctx, const struct path *path, u32 *type)
{
	umode_t mode = d_inode(path->dentry)->i_mode & S_IFMT;

	for (*type = 0; *type < ARRAY_SIZE(types); ++*type)
		if (types[*type] == mode)
			break;
	if (path->dentry->d_sb->s_flags & SB_KERNMOUNT || *type == ARRAY_SIZE(types))
		return refuse(ctx, path, "it has no path");
	if (kcr_path_gone(path) && !d_is_dir(path->dentry))
		return refuse(ctx, path, "it has been removed");
	if (in_proc(path))
		return refuse(ctx, path, "it is in /proc");
	return -EAGAIN;
}

/**
 * kcr_opath_save() - the place that a file opened with O_PATH is
 * @ctx: the operation
 * @file: the file
 * @img: its type is set, and its contents, of a directory that has been removed
 * @name: set to what the caller frees with kfree(), or NULL if it was refused
 */
int kcr_opath_save(struct kcr_ctx *ctx, struct file *file, struct kcr_img_reg *img, char **name)
{
	u32 type, content = 0;
	int ret = nameable(ctx, &file->f_path, &type);

	*name = NULL;
	if (ret != -EAGAIN)
		return ret;
	img->type = cpu_to_le32(type);
	ret = kcr_path_save(ctx, &file->f_path, name);
	if (ret || !*name)
		return ret;
	if (!kcr_path_gone(&file->f_path))
		return kcr_path_leads_here(ctx, *name, &file->f_path);
	ret = kcr_gone_dir_save(ctx, &file->f_path, &content);
	img->content = cpu_to_le32(content);
	return ret;
}
