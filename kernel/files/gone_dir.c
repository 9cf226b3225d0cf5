// SPDX-License-Identifier: GPL-2.0
/*
 * Directories that have been removed while somebody had them open, or was in them.
 *
 * There is nothing in such a directory, and nothing can be made in it. What is left
 * are its owner, its permissions and that those who have it have the same one. The
 * image holds it as contents (content.c); open files and working directories refer
 * to that.
 *
 * At restart it is made where it was, and removed before anybody else can find it;
 * if its folder is gone too, in the nearest one above that is there, which is where
 * ".." leads then. Its name is the old one, unless there is something else by now.
 */
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/random.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "compat/namei.h"
#include "internal.h"
#include "ksym.h"

#define KCR_DIR_NAMES	16	/* names that are tried */

/**
 * kcr_gone_dir_save() - a directory that has been removed
 * @ctx: the operation; everything is parked
 * @path: it
 * @id: set to the id of its contents
 */
int kcr_gone_dir_save(struct kcr_ctx *ctx, const struct path *path, u32 *id)
{
	struct kcr_relied *r = kcr_relied_at(ctx, path);
	int ret;

	if (!r)
		return -ENOMEM;
	*id = r->kept;
	if (r->kept)
		return 0;
	ret = kcr_stat(&r->path, &r->stat);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_IO, ret, "%pd: can't be looked at (errno %d)",
				r->path.dentry, -ret);
	r->stat.size = 0;
	return kcr_save_object(ctx, KCR_KIND_CONTENT, r, id);
}

/* Restore */

static int path_rmdir(const struct path *dir, struct dentry *dentry)
{
#ifdef CONFIG_SECURITY_PATH
	int ret = kcr_call(security_path_rmdir)(dir, dentry);

	if (ret)
		return ret;
#endif
	return kcr_vfs_rmdir(dir, dentry);
}

/* Some file systems leave it to the next look-up. */
static struct dentry *look_again(const struct path *dir, struct dentry *dentry, const char *name)
{
	if (d_is_positive(dentry) && !d_unhashed(dentry))
		return dget(dentry);
	return lookup_one_len(name, dir->dentry, strlen(name));
}

/* @left: set to it if it can't be removed */
static struct file *open_and_remove(const struct path *dir, struct dentry *dentry,
				    struct dentry **left)
{
	struct path path = { .mnt = dir->mnt, .dentry = dentry };
	struct file *file = dentry_open(&path, O_PATH | O_DIRECTORY, current_cred());
	int ret = path_rmdir(dir, dentry);

	if (ret)
		*left = dget(dentry);
	if (!ret || IS_ERR(file))
		return file;
	fput(file);
	return ERR_PTR(ret);
}

/* With the folder locked: nobody looks into it meanwhile. */
static struct file *make_locked(const struct path *dir, const char *name, struct dentry **left)
{
	struct dentry *dentry = lookup_one_len(name, dir->dentry, strlen(name)), *made;
	struct file *file;
	int ret;

	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	ret = -EEXIST;
	if (d_is_negative(dentry))
		ret = security_path_mkdir(dir, dentry, 0700) ?:
		      kcr_vfs_mkdir(dir, dentry, 0700);
	made = ret ? ERR_PTR(ret) : look_again(dir, dentry, name);
	dput(dentry);
	if (IS_ERR(made))
		return ERR_CAST(made);
	file = d_is_dir(made) ? open_and_remove(dir, made, left) : ERR_PTR(-ENOENT);
	dput(made);
	return file;
}

/* One that could not be removed is once more when the restart has failed. */
static void keep_in_mind(struct kcr_ctx *ctx, const struct path *dir, struct dentry *left)
{
	const struct path path = { .mnt = dir->mnt, .dentry = left };

	if (left)
		kcr_files_made(ctx, &path);
	dput(left);
}

static struct file *make_as(struct kcr_ctx *ctx, const struct path *dir, const char *name)
{
	struct dentry *left = NULL;
	struct file *file;
	int ret;

	if (IS_APPEND(d_inode(dir->dentry)))
		return ERR_PTR(-EPERM);		/* nothing goes away there */
	ret = mnt_want_write(dir->mnt);
	if (ret)
		return ERR_PTR(ret);
	inode_lock_nested(d_inode(dir->dentry), I_MUTEX_PARENT);
	file = make_locked(dir, name, &left);
	inode_unlock(d_inode(dir->dentry));
	mnt_drop_write(dir->mnt);
	keep_in_mind(ctx, dir, left);
	return file;
}

/* @last: its own name, NULL if the folder is another one. */
static struct file *make_in(struct kcr_ctx *ctx, const struct path *dir, const char *last)
{
	struct file *file = last ? make_as(ctx, dir, last) : ERR_PTR(-EEXIST);
	char name[24];
	int i;

	for (i = 0; i < KCR_DIR_NAMES && file == ERR_PTR(-EEXIST); i++) {
		snprintf(name, sizeof(name), ".kcr-%08x", get_random_u32());
		file = make_as(ctx, dir, name);
	}
	return file;
}

/* The folder that it was in, or the nearest above; no link leads elsewhere. */
static int find_folder(char *name, struct path *dir, bool *own)
{
	char *slash;
	int ret;

	*own = true;
	for (;; *own = false) {
		slash = strrchr(name, '/');
		if (!slash)
			return -ENOENT;
		*slash = '\0';
		ret = kern_path(slash == name ? "/" : name,
				LOOKUP_DIRECTORY | LOOKUP_NO_SYMLINKS, dir);
		if ((ret != -ENOENT && ret != -ENOTDIR) || slash == name)
			return ret;
	}
}

static int give(struct kcr_ctx *ctx, const struct kcr_gone_dir *gone, struct file *file)
{
	int ret = mnt_want_write_file(file);

	if (ret)
		return ret;
	ret = kcr_path_give(ctx, &file->f_path, gone->name, gone->uid, gone->gid);
	mnt_drop_write_file(file);
	return ret ?: kcr_call(vfs_fchmod)(file, gone->mode);
}

/**
 * kcr_gone_dir_make() - make a directory that has no name
 * @ctx: the operation, in a leader
 * @gone: what the image says of it
 *
 * Return: open with O_PATH, or an error.
 */
struct file *kcr_gone_dir_make(struct kcr_ctx *ctx, const struct kcr_gone_dir *gone)
{
	char *name = kstrdup(gone->name, GFP_KERNEL);
	struct file *file;
	struct path dir;
	bool own;
	int ret = name ? find_folder(name, &dir, &own) : -ENOMEM;

	kfree(name);
	if (ret)
		return ERR_PTR(ret);
	file = make_in(ctx, &dir, own ? kbasename(gone->name) : NULL);
	path_put(&dir);
	if (IS_ERR(file))
		return file;
	ret = give(ctx, gone, file);
	if (!ret)
		return file;
	fput(file);
	return ERR_PTR(ret);
}
