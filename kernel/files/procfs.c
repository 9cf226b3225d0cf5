// SPDX-License-Identifier: GPL-2.0
/*
 * Files of /proc that are open for reading, and of which nothing is kept but
 * where they are: what is read there is made at that moment.
 *
 * Servers look at themselves there some times a second, for an instant. A file
 * about a process can only be opened when that is there: so it is opened when a
 * table of descriptors first asks for it. One that a process before it in the
 * tree has open (its parent, say) is refused, and so are all that hold an
 * address space (maps, environ; mem is procmem.c's), a namespace (mounts, net), or a thread
 * other than the first.
 *
 * Who has read a part of it before and reads on after a restart gets the rest of
 * what it would be then, as with any file that changes.
 */
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include <uapi/image/procfs.h>

/* What is told of a process, through nothing but its id. */
static const char * const of_process[] = {
	"cgroup", "cmdline", "comm", "io", "limits", "oom_score", "oom_score_adj",
	"schedstat", "stat", "statm", "status",
};

static const char * const of_machine[] = {
	"cpuinfo", "diskstats", "filesystems", "loadavg", "meminfo", "stat", "uptime",
	"version", "vmstat",
};

static bool is_made_before(const struct kcr_process *p, const struct kcr_open *o)
{
	for (;; p = list_next_entry(p, node)) {
		if (p == o->process)
			return true;
		if (list_is_last(&p->node, &p->ctx->processes))
			return false;
	}
}

/* The process of /proc/@name; it must be there before the first that has it open. */
static bool knows_process(struct kcr_ctx *ctx, const struct kcr_open *o, const char *name)
{
	struct kcr_process *p;
	int tgid;

	if (kstrtoint(name, 10, &tgid))
		return false;
	kcr_for_each_process(ctx, p)
		if (p->tgid == tgid)
			return !p->zombie && (!o->flights || p == ctx->root) &&
			       is_made_before(p, o);
	return false;
}

bool kcr_procfs_match(struct kcr_ctx *ctx, struct file *file)
{
	struct dentry *dentry = file->f_path.dentry, *parent = dentry->d_parent;
	const struct kcr_open *o = kcr_table_find(ctx, file);
	const char *name = dentry->d_name.name;

	if (dentry->d_sb->s_magic != PROC_SUPER_MAGIC || !S_ISREG(file_inode(file)->i_mode) ||
	    file->f_mode & FMODE_WRITE || !o || kcr_path_gone(&file->f_path) ||
	    (file->f_pos && !(file->f_mode & FMODE_LSEEK)))
		return false;
	if (IS_ROOT(parent))
		return match_string(of_machine, ARRAY_SIZE(of_machine), name) >= 0;
	return IS_ROOT(parent->d_parent) &&
	       match_string(of_process, ARRAY_SIZE(of_process), name) >= 0 &&
	       knows_process(ctx, o, parent->d_name.name);
}

static int procfs_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_procfs img = { .pos = cpu_to_le64(file->f_pos) };
	char *name;
	int ret = kcr_file_named_save(ctx, file, &img.flags, &name);

	if (ret || !name)
		return ret;
	img.path_len = cpu_to_le32(strlen(name) + 1);
	ret = kcr_path_leads_here(ctx, name, &file->f_path) ?:
	      kcr_path_write(ctx, KCR_KIND_PROCFS, id, &img, sizeof(img), name);
	kfree(name);
	return ret;
}

static int procfs_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_procfs *img = kcr_rec_as(rec, struct kcr_img_procfs);

	if (rec->len < sizeof(*img) || !rec->id ||
	    img->flags & cpu_to_le32(KCR_FILE_WRITE) || (s64)le64_to_cpu(img->pos) < 0)
		return kcr_bad_image(ctx, "a record of a file in /proc that makes no sense");
	if (!kcr_path_check(ctx, img + 1, le32_to_cpu(img->path_len),
			    rec->len - sizeof(*img), "procfs"))
		return ctx->error;
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "procfs");
}

static struct file *open_it(struct kcr_ctx *ctx, const struct kcr_img_procfs *img)
{
	const char *name = (const char *)(img + 1);
	struct file *file;
	struct path path;
	int ret = kcr_path_find(ctx, name, LOOKUP_NO_SYMLINKS, S_IFREG, &path);

	if (ret)
		return NULL;
	if (path.dentry->d_sb->s_magic == PROC_SUPER_MAGIC)
		file = kcr_path_open(&path, kcr_file_flags(le32_to_cpu(img->flags)));
	else
		file = ERR_PTR(-EINVAL);
	path_put(&path);
	if (IS_ERR(file)) {
		kcr_path_fail(ctx, PTR_ERR(file), name, "can't be opened");
		return NULL;
	}
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	/* Not by seeking: that would take what is read there of a process half made. */
	file->f_pos = le64_to_cpu(img->pos);
	return file;
}

/**
 * kcr_procfs_restored() - open the file of a record, if it is one of /proc
 * @ctx: the operation, in a process that is made
 * @id: of the record; nothing has been made of it yet
 *
 * Return: the file, which is held by the operation, or NULL.
 */
struct file *kcr_procfs_restored(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_rec *rec = kcr_rec_find(ctx, id, KCR_KIND_PROCFS);
	struct file *file;

	if (!rec)
		return NULL;
	file = open_it(ctx, kcr_rec_as(rec, struct kcr_img_procfs));
	return file && !kcr_object_add(ctx, rec, file) ? file : NULL;
}

const struct kcr_ops kcr_procfs_ops = {
	.kind		= KCR_KIND_PROCFS,
	.version	= 1,
	.name		= "procfs",
	.save		= procfs_save,
	.check		= procfs_check,
	.put		= kcr_file_put,
};
