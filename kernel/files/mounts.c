// SPDX-License-Identifier: GPL-2.0
/*
 * A name for an inode, where nothing is open on it: one that the kernel still
 * remembers, below one of the caller's mounts. And a mount of a type.
 *
 * The mounts are read as /proc/self/mountinfo tells them, which is made for
 * that; what a name leads to is looked up, and compared.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>

#include "internal.h"

/* One line: ID PARENT MAJOR:MINOR ROOT POINT ...; the last two as they are. */
static bool parse_line(char *line, dev_t *dev, char **root, char **point)
{
	unsigned int major, minor;
	char *field[5];
	int i;

	for (i = 0; i < 5; i++) {
		field[i] = strsep(&line, " ");
		if (!line)
			return false;
	}
	if (sscanf(field[2], "%u:%u", &major, &minor) != 2)
		return false;
	*dev = MKDEV(major, minor);
	string_unescape_inplace(field[3], UNESCAPE_OCTAL);
	string_unescape_inplace(field[4], UNESCAPE_OCTAL);
	*root = field[3];
	*point = field[4];
	return true;
}

/* What @name is called below a mount of @root at @point, or NULL. */
static char *name_below(const char *root, const char *point, const char *name)
{
	size_t len = strlen(root);

	if (len == 1)
		len = 0;
	if (strncmp(root, name, len) || (name[len] != '/' && name[len]))
		return NULL;
	if (!strcmp(point, "/"))
		point = "";
	if (!name[len] || (!name[len + 1] && *point))
		return kstrdup(*point ? point : "/", GFP_KERNEL);
	return kasprintf(GFP_KERNEL, "%s%s", point, name + len);
}

static bool leads_to(const char *name, const struct inode *inode)
{
	struct path path;
	bool same;

	if (strlen(name) >= KCR_PATH_MAX || kern_path(name, 0, &path))
		return false;
	same = d_inode(path.dentry) == inode;
	path_put(&path);
	return same;
}

/* @name as its own file system has it; @text is taken apart. */
static char *find_below(char *text, const struct inode *inode, const char *name)
{
	char *line, *root, *point, *found;
	dev_t dev;

	while ((line = strsep(&text, "\n"))) {
		if (!parse_line(line, &dev, &root, &point) || dev != inode->i_sb->s_dev)
			continue;
		found = name_below(root, point, name);
		if (found && leads_to(found, inode))
			return found;
		kfree(found);
	}
	return NULL;
}

/* All lines, in kcr_files_buf(), or NULL. */
static char *read_mounts(struct kcr_ctx *ctx)
{
	char *text = kcr_files_buf(ctx);
	struct file *file;
	ssize_t len;

	file = text ? filp_open("/proc/self/mountinfo", O_RDONLY, 0) : ERR_PTR(-ENOMEM);
	if (IS_ERR(file))
		return NULL;
	len = kcr_read_full(file, text, KCR_IO_SIZE - 1, 0);
	text[max_t(ssize_t, len, 0)] = '\0';
	fput(file);
	return text;
}

static char *find_name(struct kcr_ctx *ctx, const struct inode *inode, struct dentry *dentry)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text, *name, *found = NULL;

	if (!buf)
		return NULL;
	name = dentry_path_raw(dentry, buf, PATH_MAX);
	text = IS_ERR(name) ? NULL : read_mounts(ctx);
	if (text)
		found = find_below(text, inode, name);
	kfree(buf);
	return found;
}

/**
 * kcr_inode_name() - a path that leads to an inode
 * @ctx: the operation, in the controller
 * @inode: the inode; a reference is held
 *
 * Return: what the caller frees with kfree(); NULL: none is known.
 */
char *kcr_inode_name(struct kcr_ctx *ctx, struct inode *inode)
{
	struct dentry *dentry = d_find_alias(inode);
	char *name = NULL;

	if (dentry && !d_unlinked(dentry))
		name = find_name(ctx, inode, dentry);
	dput(dentry);
	return name;
}

/* Where something of that type is mounted, as the line tells; it is taken apart. */
static char *point_of(char *line, const char *type)
{
	char *root, *point, *rest = strstr(line, " - ");
	size_t len = strlen(type);
	dev_t dev;

	if (!rest || strncmp(rest + 3, type, len) || rest[3 + len] != ' ')
		return NULL;
	return parse_line(line, &dev, &root, &point) ? point : NULL;
}

/**
 * kcr_mount_find() - a mount of the caller's
 * @ctx: the operation
 * @type: of file system
 * @fits: whether it is a good one, told by its root
 * @arg: for @fits
 * @path: set to its root, with a reference
 *
 * Return: whether there is one.
 */
bool kcr_mount_find(struct kcr_ctx *ctx, const char *type, kcr_mount_fits_t fits,
		    const void *arg, struct path *path)
{
	char *text = read_mounts(ctx), *line, *point;

	while (text && (line = strsep(&text, "\n"))) {
		point = point_of(line, type);
		if (!point || kern_path(point, 0, path))
			continue;
		if (fits(path, arg))
			return true;
		path_put(path);
	}
	return false;
}
