// SPDX-License-Identifier: GPL-2.0
/*
 * Paths: how an open file is called, and how it is found again.
 *
 * A path in the image is absolute, as seen from the root of whoever makes the
 * checkpoint. It has no symbolic links in it. At restart a link at its end is
 * never followed; for files that will be written to none is followed at all,
 * so that nobody who owns a folder on the way leads us elsewhere.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "compat/namei.h"
#include "internal.h"
#include "ksym.h"

/* kcr_path_gone() - has the name that was opened been removed? */
bool kcr_path_gone(const struct path *path)
{
	return d_unlinked(path->dentry);
}

/**
 * kcr_path_show() - a path for a sentence
 * @path: the path
 * @buf: set to what the caller frees with kfree()
 */
const char *kcr_path_show(const struct path *path, char **buf)
{
	char *name;

	*buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!*buf)
		return "?";
	name = d_path(path, *buf, PATH_MAX);
	return IS_ERR(name) ? "?" : name;
}

/**
 * kcr_path_save() - a path for the image
 * @ctx: the operation, in the controller
 * @path: the path; its last component may be gone
 * @name: set to what the caller frees with kfree(), or NULL if it was refused
 */
int kcr_path_save(struct kcr_ctx *ctx, const struct path *path, char **name)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *p;
	struct path root;
	int ret = 0;

	*name = NULL;
	if (!buf)
		return kcr_nomem(ctx);
	get_fs_root(current->fs, &root);
	p = kcr_call(__d_path)(path, &root, buf, PATH_MAX);
	path_put(&root);
	if (IS_ERR(p)) {
		ret = kcr_refuse(ctx, "%pd: path of more than %u bytes", path->dentry,
				 PATH_MAX);
	} else if (!p) {
		ret = kcr_refuse(ctx, "%pd: can't be reached from your root directory",
				 path->dentry);
	} else {
		*name = kstrdup(p, GFP_KERNEL);
		if (!*name)
			ret = kcr_nomem(ctx);
	}
	kfree(buf);
	return ret;
}

/**
 * kcr_path_leads_here() - another file may have been mounted over it
 * @ctx: the operation, in the controller
 * @name: what kcr_path_save() gave for @path
 * @path: the path
 */
int kcr_path_leads_here(struct kcr_ctx *ctx, const char *name, const struct path *path)
{
	struct path found;
	bool same;
	int ret = kern_path(name, 0, &found);

	if (ret)
		return kcr_refuse(ctx, "%s: can't be found under its name (errno %d)", name, -ret);
	same = d_inode(found.dentry) == d_inode(path->dentry);
	path_put(&found);
	return same ? 0 : kcr_refuse(ctx, "%s: its name leads to another file", name);
}

/**
 * kcr_path_fail() - something could not be done with a path
 * @ctx: the operation
 * @err: negative errno
 * @name: the path
 * @what: what was tried, such as "can't be opened"
 */
int kcr_path_fail(struct kcr_ctx *ctx, int err, const char *name, const char *what)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err, "%s: is not there", name);
	case -ELOOP:
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err,
				"%s: a symbolic link is in the way", name);
	case -EACCES:
	case -EPERM:
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, err, "%s: %s: you may not",
				name, what);
	case -EINTR:
	case -ERESTARTSYS:
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
	case -EROFS:
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err,
				"%s: %s: the file system is read-only", name, what);
	case -ENOMEM:
	case -ENFILE:
	case -ENOSPC:
	case -EDQUOT:
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, err, "%s: %s (errno %d)",
				name, what, -err);
	default:
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, err, "%s: %s (errno %d)",
				name, what, -err);
	}
}

static const char *type_name(umode_t type)
{
	switch (type) {
	case S_IFREG:
		return "regular file";
	case S_IFDIR:
		return "directory";
	case S_IFIFO:
		return "FIFO";
	case S_IFLNK:
		return "symbolic link";
	case S_IFSOCK:
		return "socket";
	case S_IFBLK:
		return "block device";
	default:
		return "character device";
	}
}

/**
 * kcr_path_find() - look up a path of the image
 * @ctx: the operation
 * @name: the path
 * @lookup: LOOKUP_NO_SYMLINKS, or 0
 * @type: what it must be: S_IFREG or another
 * @path: set to it, with a reference
 *
 * Nothing is opened before its type is known: opening some devices does
 * something.
 */
int kcr_path_find(struct kcr_ctx *ctx, const char *name, unsigned int lookup,
		  umode_t type, struct path *path)
{
	int ret = kern_path(name, lookup, path);

	if (ret)
		return kcr_path_fail(ctx, ret, name, "can't be looked up");
	if ((d_inode(path->dentry)->i_mode & S_IFMT) == type)
		return 0;
	path_put(path);
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EINVAL, "%s: is no longer a %s",
			name, type_name(type));
}

/**
 * kcr_path_open() - open what a path leads to, as the current task may
 * @path: the path; its name may be gone
 * @flags: as for open(2)
 */
struct file *kcr_path_open(const struct path *path, int flags)
{
	return file_open_root(path, "", flags, 0);
}

/**
 * kcr_path_give() - give what was just made to its owner
 * @ctx: the operation
 * @path: where it is
 * @name: what it is called
 * @uid: user, in the caller's namespace
 * @gid: group, likewise
 */
int kcr_path_give(struct kcr_ctx *ctx, const struct path *path, const char *name, u32 uid,
		  u32 gid)
{
	struct inode *inode = d_inode(path->dentry);
	int ret;

	if (from_kuid_munged(current_user_ns(), inode->i_uid) == uid &&
	    from_kgid_munged(current_user_ns(), inode->i_gid) == gid)
		return 0;
	ret = kcr_call(chown_common)(path, uid, gid);
	return ret ? kcr_path_fail(ctx, ret, name, "can't be given to its owner") : 0;
}

static void remove(const struct path *path, struct dentry *dir)
{
	const struct path parent = { .mnt = path->mnt, .dentry = dir };

	if (d_is_dir(path->dentry))
		kcr_vfs_rmdir(&parent, path->dentry);
	else
		kcr_vfs_unlink(path, d_inode(dir));
}

/**
 * kcr_path_unmake() - take away a name that was made
 * @path: it; may have been renamed or removed since
 *
 * The task that closes the descriptor of a restart that failed may be exiting,
 * and have no root any more to look up paths from.
 */
void kcr_path_unmake(const struct path *path)
{
	struct dentry *dir;

	if (mnt_want_write(path->mnt))
		return;
	/* One of our own: whoever has it open alone would see its file go. */
	dget(path->dentry);
	dir = dget_parent(path->dentry);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	if (path->dentry->d_parent == dir && !d_unhashed(path->dentry))
		remove(path, dir);
	inode_unlock(d_inode(dir));
	dput(dir);
	dput(path->dentry);
	mnt_drop_write(path->mnt);
}

/**
 * kcr_path_write() - write a record that ends with a path
 * @ctx: the operation
 * @kind: of the record
 * @id: of the object
 * @img: what is before the path
 * @len: bytes of that
 * @name: the path
 */
int kcr_path_write(struct kcr_ctx *ctx, enum kcr_kind kind, u32 id, const void *img, size_t len,
		   const char *name)
{
	return kcr_rec_begin(ctx, kind, 1, id, 0) ?: kcr_rec_put(ctx, img, len) ?:
	       kcr_rec_put(ctx, name, strlen(name) + 1) ?: kcr_rec_end(ctx);
}

/**
 * kcr_path_check() - a path in a record
 * @ctx: the operation
 * @path: where it begins
 * @len: how long it says it is, with its NUL
 * @room: bytes that the record has from there on
 * @what: kind of record, for the sentence
 *
 * Return: the path, or NULL after kcr_bad_image().
 */
const char *kcr_path_check(struct kcr_ctx *ctx, const void *path, u32 len, size_t room,
			   const char *what)
{
	const char *name = path;

	if (len >= 2 && len <= room && len <= KCR_PATH_MAX && name[0] == '/' &&
	    strnlen(name, len) == len - 1)
		return name;
	kcr_bad_image(ctx, "a %s record without a proper path", what);
	return NULL;
}
