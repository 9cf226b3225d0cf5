/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_NAMEI_H
#define _KCR_COMPAT_NAMEI_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/version.h>

/*
 * 6.3 (abf08576afe3) hands a struct mnt_idmap around where there was a user
 * namespace. Goes with 6.1.
 */
static inline int kcr_vfs_unlink(const struct path *path, struct inode *dir)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return vfs_unlink(mnt_idmap(path->mnt), dir, path->dentry, NULL);
#else
	return vfs_unlink(mnt_user_ns(path->mnt), dir, path->dentry, NULL);
#endif
}

static inline int kcr_vfs_mknod(const struct path *parent, struct dentry *dentry, umode_t mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return vfs_mknod(mnt_idmap(parent->mnt), d_inode(parent->dentry), dentry, mode, 0);
#else
	return vfs_mknod(mnt_user_ns(parent->mnt), d_inode(parent->dentry), dentry, mode, 0);
#endif
}

static inline int kcr_vfs_mkdir(const struct path *parent, struct dentry *dentry, umode_t mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return vfs_mkdir(mnt_idmap(parent->mnt), d_inode(parent->dentry), dentry, mode);
#else
	return vfs_mkdir(mnt_user_ns(parent->mnt), d_inode(parent->dentry), dentry, mode);
#endif
}

static inline int kcr_vfs_rmdir(const struct path *parent, struct dentry *dentry)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return vfs_rmdir(mnt_idmap(parent->mnt), d_inode(parent->dentry), dentry);
#else
	return vfs_rmdir(mnt_user_ns(parent->mnt), d_inode(parent->dentry), dentry);
#endif
}

/*
 * Exported, but 6.1 has it in a header of its own fs/. Goes with 6.1.
 */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);

#endif /* _KCR_COMPAT_NAMEI_H */
