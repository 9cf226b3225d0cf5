// SPDX-License-Identifier: GPL-2.0
/*
 * Directories that are watched with fcntl(F_NOTIFY).
 *
 * struct dnotify_struct, field by field:
 *   dn_mask		the events; one that is told once is gone when it was told
 *   dn_fd		the descriptor that signals tell of
 *   dn_filp, dn_owner	an open file, of one table of descriptors: each table that
 *			leads to a file may watch for itself, until it closes a
 *			descriptor of it
 *   dn_next		no state of its own
 *
 * Who gets the signals, and which, belongs to the open file (fown.c). Signals that
 * were sent are saved as others are.
 *
 * It is set when all files are as they are to be, so that a restart makes no events
 * of its own: in the restarter, who wears the table for that long.
 */
#include <linux/fcntl.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/task.h>

#include "compat/dnotify.h"
#include "compat/file.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/dnotify.h>

/* Save */

#ifdef CONFIG_DNOTIFY
static const struct {
	u32 event, told;
} events[] = {
	{ KCR_DNOTIFY_ACCESS,	 FS_ACCESS },
	{ KCR_DNOTIFY_MODIFY,	 FS_MODIFY },
	{ KCR_DNOTIFY_CREATE,	 FS_CREATE },
	{ KCR_DNOTIFY_DELETE,	 FS_DELETE },
	{ KCR_DNOTIFY_RENAME,	 FS_RENAME },
	{ KCR_DNOTIFY_ATTRIB,	 FS_ATTRIB },
	{ KCR_DNOTIFY_MULTISHOT, FS_DN_MULTISHOT },
};

static u32 events_of(const struct dnotify_struct *dn)
{
	unsigned int i;
	u32 found = 0;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (dn->dn_mask & events[i].told)
			found |= events[i].event;
	return found;
}

/* What the table watches through just this descriptor, or 0. */
static u32 watched(const struct kcr_shared *table, const struct kcr_fd *fd)
{
	struct inode *inode = file_inode(fd->file);
	struct dnotify_struct *dn;
	struct fsnotify_mark *mark;
	u32 found = 0;

	if (!S_ISDIR(inode->i_mode))
		return 0;
	mark = kcr_inode_mark(inode, kcr_var(dnotify_group));
	if (!mark)
		return 0;
	spin_lock(&mark->lock);
	dn = container_of(mark, struct kcr_dnotify_mark, fsn_mark)->dn;
	for (; dn; dn = dn->dn_next)
		if (dn->dn_filp == fd->file && dn->dn_owner == table->obj &&
		    dn->dn_fd == fd->fd)
			found = events_of(dn);
	spin_unlock(&mark->lock);
	fsnotify_put_mark(mark);
	return found;
}
#else
static u32 watched(const struct kcr_shared *table, const struct kcr_fd *fd)
{
	return 0;
}
#endif

/* Each of them may be told meanwhile, and gone then: there only get fewer. */
static u32 collect(const struct kcr_shared *table, const struct kcr_fd *fds, unsigned int nr,
		   struct kcr_img_dnotify_watch *watch, u32 room)
{
	unsigned int i;
	u32 count = 0, found;

	for (i = 0; i < nr; i++) {
		found = watched(table, &fds[i]);
		if (!found)
			continue;
		if (count < room) {
			watch[count].fd = cpu_to_le32(fds[i].fd);
			watch[count].events = cpu_to_le32(found);
		}
		count++;
	}
	return count;
}

static int save_of(struct kcr_ctx *ctx, struct kcr_process *p, const struct kcr_shared *table)
{
	struct kcr_img_dnotify *img;
	unsigned int nr;
	const struct kcr_fd *fds = kcr_table_fds(ctx, table, &nr);
	u32 room = collect(table, fds, nr, NULL, 0);
	int ret = 0;

	if (!room)
		return 0;
	if (struct_size(img, watch, room) > KCR_REC_MAX)
		return kcr_refuse(ctx, "%u watched directories: not supported yet", room);
	img = kvzalloc(struct_size(img, watch, room), GFP_KERNEL);
	if (!img)
		return kcr_nomem(ctx);
	room = min(room, collect(table, fds, nr, img->watch, room));
	img->count = cpu_to_le32(room);
	img->table = cpu_to_le32(kcr_shared_id(&p->tables, table));
	if (room)
		ret = kcr_write_rec(ctx, KCR_KIND_DNOTIFY, 1, kcr_new_id(ctx), p->id, img,
				    struct_size(img, watch, room));
	kvfree(img);
	return ret;
}

static int dnotify_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	const struct kcr_shared *table;
	int ret = 0;

	list_for_each_entry(table, &p->tables, node)
		ret = ret ?: save_of(ctx, p, table);
	return ret;
}

/* Restore */

static int dnotify_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_dnotify *img = kcr_rec_as(rec, struct kcr_img_dnotify);
	u32 i, wanted;

	BUILD_BUG_ON(KCR_DNOTIFY_ACCESS != DN_ACCESS || KCR_DNOTIFY_MODIFY != DN_MODIFY ||
		     KCR_DNOTIFY_CREATE != DN_CREATE || KCR_DNOTIFY_DELETE != DN_DELETE ||
		     KCR_DNOTIFY_RENAME != DN_RENAME || KCR_DNOTIFY_ATTRIB != DN_ATTRIB ||
		     KCR_DNOTIFY_MULTISHOT != DN_MULTISHOT);
	if (rec->len < sizeof(*img) ||
	    rec->len != struct_size(img, watch, le32_to_cpu(img->count)))
		return kcr_bad_image(ctx, "a record of watched directories of a wrong length");
	if (!kcr_shared_has_table(ctx, rec, le32_to_cpu(img->table)))
		return kcr_bad_image(ctx, "directories watched through descriptors (%u) that process %d does not have",
				     le32_to_cpu(img->table), rec->process->tgid);
	for (i = 0; i < le32_to_cpu(img->count); i++) {
		wanted = le32_to_cpu(img->watch[i].events);
		if (!(wanted & KCR_DNOTIFY_EVENTS) || le32_to_cpu(img->watch[i].fd) > INT_MAX ||
		    wanted & ~(KCR_DNOTIFY_EVENTS | KCR_DNOTIFY_MULTISHOT))
			return kcr_bad_image(ctx, "a watched directory that makes no sense");
	}
	if (!IS_ENABLED(CONFIG_DNOTIFY))
		return kcr_refuse(ctx, "it watches directories with F_NOTIFY, which this kernel does not have");
	return 0;
}

static bool has_owner(struct file *file)
{
	const struct fown_struct *owner = kcr_file_owner(file);

	return owner && owner->pid;
}

static long ask(u32 fd, struct file *file, u32 wanted)
{
#ifdef CONFIG_DNOTIFY
	return kcr_call(fcntl_dirnotify)(fd, file, wanted);
#else
	return -EINVAL;
#endif
}

/* It makes the current task the owner, if there is none: which is not the program. */
static int restore_watch(struct kcr_ctx *ctx, const struct kcr_img_dnotify_watch *img)
{
	u32 fd = le32_to_cpu(img->fd);
	struct file *file = fget(fd);	/* none that is open with O_PATH */
	bool owned;
	long ret;

	if (!file)
		return kcr_bad_image(ctx, "a directory watched through fd %u, which is not open",
				     fd);
	owned = has_owner(file);
	ret = ask(fd, file, le32_to_cpu(img->events));
	if (!owned && has_owner(file))
		__f_setown(file, NULL, PIDTYPE_TGID, 1);
	fput(file);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"fd %u: can't be watched with F_NOTIFY (errno %ld)", fd, -ret);
	return 0;
}

/* The table of the record, with a reference; NULL: its process was killed. */
static struct files_struct *table_get(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_dnotify *img = kcr_rec_as(rec, struct kcr_img_dnotify);
	struct files_struct *table = kcr_object_get(ctx, le32_to_cpu(img->table),
						    KCR_KIND_FDTABLE);
	struct task_struct *leader = rec->process->leader;

	task_lock(leader);
	table = table ?: leader->files;
	if (table)
		atomic_inc(&table->count);
	task_unlock(leader);
	return table;
}

static int dnotify_start(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_dnotify *img = kcr_rec_as(rec, struct kcr_img_dnotify);
	struct files_struct *table = table_get(ctx, rec);
	u32 i;
	int ret = 0;

	if (!table)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH,
				"the program was killed before it could run");
	table = kcr_fdtable_wear(table);
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++)
		ret = restore_watch(ctx, &img->watch[i]);
	kcr_fdtable_put(kcr_fdtable_wear(table));
	return ret;
}

const struct kcr_ops kcr_dnotify_ops = {
	.kind		= KCR_KIND_DNOTIFY,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "dnotify",
	.save_process	= dnotify_save,
	.check		= dnotify_check,
	.start		= dnotify_start,
};
