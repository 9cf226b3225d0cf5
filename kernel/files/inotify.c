// SPDX-License-Identifier: GPL-2.0
/*
 * inotify instances, with their watches and the events that were not read.
 *
 * A watch is on an inode: the image has a path that leads there (mounts.c), and
 * what is there at restart is watched, if it is of the same type. Nothing is
 * watched before all files are as they are to be, so that a restart makes no
 * events of its own: the watches are set at commit, after the contents, by the
 * restarter with its own rights; then the events are put into the queue.
 *
 * struct fsnotify_group, field by field:
 *   marks_list			the watches
 *   notification_list, q_len	the events
 *   overflow_event		is one of them if it is queued
 *   inotify_data.idr		its cursor: the next watch descriptor
 *   inotify_data.ucounts, memcg	the restarter's
 *   max_events			what is allowed at restart
 *   fsn_fa			saved with the owner of the open file
 *   all others			locks, and what is the same for all inotify groups
 * struct fsnotify_mark:
 *   mask, flags		as inotify_add_watch() took them
 *   ignore_mask		never set by inotify
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/inotify.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/inotify.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/inotify.h>

#define KCR_WATCH_MASK	(IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)
#define KCR_EVENT_MASK	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR)

bool kcr_inotify_match(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_op == &kcr_var(inotify_fops);
}

/* Saving */

/**
 * struct found - a watch
 * @inode: what it watches, with a reference
 * @wd: its descriptor
 * @mask: as for inotify_add_watch(2)
 */
struct found {
	struct inode *inode;
	int wd;
	u32 mask;
};

static u32 mask_of(const struct fsnotify_mark *mark)
{
	return (mark->mask & IN_ALL_EVENTS) |
	       (mark->flags & FSNOTIFY_MARK_FLAG_EXCL_UNLINK ? IN_EXCL_UNLINK : 0) |
	       (mark->flags & FSNOTIFY_MARK_FLAG_IN_ONESHOT ? IN_ONESHOT : 0);
}

/* -EINVAL: the marks look different from what we think. */
static int find_watches(struct fsnotify_group *group, struct found *found, u32 room, u32 *nr)
{
	struct fsnotify_mark *mark;
	int ret = 0;

	*nr = 0;
	fsnotify_group_lock(group);
	list_for_each_entry(mark, &group->marks_list, g_list) {
		int wd = container_of(mark, struct kcr_inotify_mark, fsn_mark)->wd;

		if (!mark->connector || mark->connector->type != FSNOTIFY_OBJ_TYPE_INODE ||
		    wd == -1)
			continue;	/* its file is just being deleted */
		rcu_read_lock();
		if (idr_find(&group->inotify_data.idr, wd) != (void *)mark)
			ret = -EINVAL;
		rcu_read_unlock();
		if (*nr == room || ret)
			break;
		found[*nr].inode = igrab(kcr_mark_inode(mark));
		found[*nr].wd = wd;
		found[*nr].mask = mask_of(mark);
		*nr += !!found[*nr].inode;
	}
	fsnotify_group_unlock(group);
	return ret;
}

static u32 count_watches(struct fsnotify_group *group)
{
	struct fsnotify_mark *mark;
	u32 nr = 0;

	fsnotify_group_lock(group);
	list_for_each_entry(mark, &group->marks_list, g_list)
		nr++;
	fsnotify_group_unlock(group);
	return nr;
}

static int put_item(struct kcr_ctx *ctx, u32 type, int wd, u32 mask, u32 cookie,
		    const char *name)
{
	struct kcr_img_inotify_item img = {
		.type = cpu_to_le32(type),
		.wd = cpu_to_le32(wd),
		.mask = cpu_to_le32(mask),
		.cookie = cpu_to_le32(cookie),
		.len = cpu_to_le32(name ? strlen(name) + 1 : 0),
	};

	return kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, name, le32_to_cpu(img.len));
}

static int put_watches(struct kcr_ctx *ctx, const struct found *found, char **names, u32 nr)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < nr && !ret; i++)
		ret = put_item(ctx, KCR_INOTIFY_WATCH, found[i].wd, found[i].mask |
			       (S_ISDIR(found[i].inode->i_mode) ? IN_ISDIR : 0), 0, names[i]);
	return ret;
}

static bool event_looks_good(const struct kcr_inotify_event *event)
{
	return !(event->mask & ~KCR_EVENT_MASK) && event->mask && event->wd >= -1 &&
	       event->name_len >= 0 && event->name_len <= NAME_MAX &&
	       (!event->name_len || strnlen(event->name, NAME_MAX + 1) == event->name_len);
}

/* Events may come while this is done, none goes: @nr of them are there. */
static int put_events(struct kcr_ctx *ctx, struct fsnotify_group *group, u32 nr)
{
	struct list_head *pos = &group->notification_list;
	const struct kcr_inotify_event *event;
	int ret = 0;
	u32 i;

	for (i = 0; i < nr && !ret; i++) {
		spin_lock(&group->notification_lock);
		pos = pos->next;
		spin_unlock(&group->notification_lock);
		event = container_of(pos, struct kcr_inotify_event, fse.list);
		ret = put_item(ctx, KCR_INOTIFY_EVENT, event->wd, event->mask,
			       event->sync_cookie, event->name_len ? event->name : NULL);
	}
	return ret;
}

static int count_events(struct fsnotify_group *group, u32 *nr, size_t *bytes)
{
	const struct kcr_inotify_event *event;
	int ret = 0;

	*nr = 0;
	spin_lock(&group->notification_lock);
	list_for_each_entry(event, &group->notification_list, fse.list) {
		if (!event_looks_good(event)) {
			ret = -EINVAL;
			break;
		}
		++*nr;
		*bytes += sizeof(struct kcr_img_inotify_item) + event->name_len + 1;
	}
	spin_unlock(&group->notification_lock);
	return ret;
}

static int save_found(struct kcr_ctx *ctx, struct file *file, u32 id, struct found *found,
		      char **names, u32 nr, struct kcr_img_inotify *img)
{
	struct fsnotify_group *group = file->private_data;
	size_t bytes = sizeof(*img);
	int ret = 0;
	u32 i, events;

	for (i = 0; i < nr && !ret; i++) {
		names[i] = kcr_inode_name(ctx, found[i].inode);
		if (!names[i])
			ret = kcr_refuse(ctx, "inotify: watch %d is on a file (inode %lu of %s) that no name is known of: not supported yet",
					 found[i].wd, found[i].inode->i_ino,
					 found[i].inode->i_sb->s_id);
		else
			bytes += sizeof(struct kcr_img_inotify_item) + strlen(names[i]) + 1;
		cond_resched();
	}
	if (ret)
		return ret;
	if (count_events(group, &events, &bytes))
		return kcr_refuse(ctx, "inotify: this kernel keeps events in another way");
	if (bytes > KCR_REC_MAX)
		return kcr_refuse(ctx, "inotify: %u watches and %u events: not supported yet",
				  nr, events);
	img->watches = cpu_to_le32(nr);
	img->events = cpu_to_le32(events);
	img->next_wd = cpu_to_le32(idr_get_cursor(&group->inotify_data.idr));
	return kcr_rec_begin(ctx, KCR_KIND_INOTIFY, 1, id, 0) ?:
	       kcr_rec_put(ctx, img, sizeof(*img)) ?: put_watches(ctx, found, names, nr) ?:
	       put_events(ctx, group, events) ?: kcr_rec_end(ctx);
}

static int save_watches(struct kcr_ctx *ctx, struct file *file, u32 id,
			struct kcr_img_inotify *img)
{
	struct fsnotify_group *group = file->private_data;
	u32 i, nr = 0, room = count_watches(group) + 1;
	struct found *found = kvcalloc(room, sizeof(*found), GFP_KERNEL);
	char **names = kvcalloc(room, sizeof(*names), GFP_KERNEL);
	int ret;

	if (!found || !names)
		ret = kcr_nomem(ctx);
	else if (find_watches(group, found, room, &nr))
		ret = kcr_refuse(ctx, "inotify: this kernel keeps watches in another way");
	else
		ret = save_found(ctx, file, id, found, names, nr, img);
	for (i = 0; i < nr; i++) {
		iput(found[i].inode);
		kfree(names[i]);
	}
	kvfree(found);
	kvfree(names);
	return ret;
}

static int inotify_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct kcr_img_inotify img = { };
	struct file *file = obj;
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags);

	if (!ret && kcr_file_shared(ctx, file))
		ret = kcr_refuse(ctx, "inotify: shared with another process: not supported yet");
	img.flags = cpu_to_le32(flags);
	return ret ?: save_watches(ctx, file, id, &img);
}

/* Restoring */

/* The item at @at, copied: it need not be aligned. @name: what follows it. */
static size_t item_at(const struct kcr_rec *rec, size_t at, struct kcr_img_inotify_item *item,
		      const char **name)
{
	memcpy(item, rec->data + at, sizeof(*item));
	at += sizeof(*item);
	*name = item->len ? (const char *)rec->data + at : NULL;
	return at + le32_to_cpu(item->len);
}

static bool item_good(const struct kcr_img_inotify_item *item, const char *name, bool watch)
{
	u32 len = le32_to_cpu(item->len), mask = le32_to_cpu(item->mask);
	int wd = le32_to_cpu(item->wd);

	if (len && strnlen(name, len) != len - 1)
		return false;
	if (watch)
		return le32_to_cpu(item->type) == KCR_INOTIFY_WATCH && wd > 0 && len > 1 &&
		       len <= KCR_PATH_MAX && name[0] == '/' &&
		       !(mask & ~(KCR_WATCH_MASK | IN_ISDIR));
	return le32_to_cpu(item->type) == KCR_INOTIFY_EVENT && len <= NAME_MAX + 1 && len != 1 &&
	       !(mask & ~KCR_EVENT_MASK) && wd >= -1;
}

static int inotify_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_inotify *img = kcr_rec_as(rec, struct kcr_img_inotify);
	struct kcr_img_inotify_item item;
	size_t at = sizeof(*img);
	const char *name;
	u64 i, nr;

	if (rec->len < sizeof(*img) || (int)le32_to_cpu(img->next_wd) < 0)
		return kcr_bad_image(ctx, "an inotify record that makes no sense");
	nr = (u64)le32_to_cpu(img->watches) + le32_to_cpu(img->events);
	for (i = 0; i < nr; i++) {
		if (rec->len - at < sizeof(item))
			return kcr_bad_image(ctx, "an inotify record that is cut short");
		memcpy(&item, rec->data + at, sizeof(item));
		if (le32_to_cpu(item.len) > rec->len - at - sizeof(item))
			return kcr_bad_image(ctx, "an inotify record that is cut short");
		at = item_at(rec, at, &item, &name);
		if (!item_good(&item, name, i < le32_to_cpu(img->watches)))
			return kcr_bad_image(ctx, "an inotify record with a bad watch or event");
	}
	if (at != rec->len)
		return kcr_bad_image(ctx, "an inotify record with bytes left over");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "inotify");
}

static int inotify_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_inotify *img = kcr_rec_as(rec, struct kcr_img_inotify);
	long fd = kcr_syscall(inotify_init1, 0);

	return kcr_file_made(ctx, rec, fd, le32_to_cpu(img->flags), "inotify");
}

/* Commit */

static int same_type(struct kcr_ctx *ctx, const char *name, u32 mask)
{
	struct path path;
	bool dir;
	int ret = kern_path(name, 0, &path);

	if (ret)
		return kcr_path_fail(ctx, ret, name, "can't be looked up");
	dir = d_is_dir(path.dentry);
	path_put(&path);
	if (dir == !!(mask & IN_ISDIR))
		return 0;
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EINVAL, "%s: %s a directory", name,
			dir ? "is now" : "is no longer");
}

/* @page is user memory of ours. */
static int add_watch(struct kcr_ctx *ctx, struct fsnotify_group *group, int fd,
		     const struct kcr_img_inotify_item *item, const char *name,
		     unsigned long page)
{
	u32 mask = le32_to_cpu(item->mask), wd = le32_to_cpu(item->wd);
	long ret = same_type(ctx, name, mask);

	if (ret)
		return ret;
	if (copy_to_user((void __user *)page, name, le32_to_cpu(item->len)))
		return kcr_nomem(ctx);
	idr_set_cursor(&group->inotify_data.idr, wd);
	ret = kcr_syscall(inotify_add_watch, fd, page,
			  (mask & KCR_WATCH_MASK) | IN_DONT_FOLLOW);
	if (ret == wd)
		return 0;
	if (ret < 0)
		return kcr_path_fail(ctx, ret, name, "can't be watched");
	return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EEXIST,
			"%s: is now the same file as another one that is watched", name);
}

static int add_event(struct kcr_ctx *ctx, struct fsnotify_group *group,
		     const struct kcr_img_inotify_item *item, const char *name)
{
	u32 len = name ? le32_to_cpu(item->len) - 1 : 0;
	struct kcr_inotify_event *event;

	if (le32_to_cpu(item->mask) & IN_Q_OVERFLOW) {
		kcr_call(fsnotify_insert_event)(group, group->overflow_event, NULL, NULL);
		return 0;
	}
	event = kmalloc(sizeof(*event) + len + 1, GFP_KERNEL_ACCOUNT);
	if (!event)
		return kcr_nomem(ctx);
	fsnotify_init_event(&event->fse);
	event->mask = le32_to_cpu(item->mask);
	event->wd = le32_to_cpu(item->wd);
	event->sync_cookie = le32_to_cpu(item->cookie);
	event->name_len = len;
	if (len)
		memcpy(event->name, name, len + 1);
	if (kcr_call(fsnotify_insert_event)(group, &event->fse, NULL, NULL)) {
		kfree(event);
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -ENOSPC,
				"inotify: more events than are allowed here (fs.inotify.max_queued_events)");
	}
	return 0;
}

static int set_all(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file, int fd,
		   unsigned long page)
{
	const struct kcr_img_inotify *img = kcr_rec_as(rec, struct kcr_img_inotify);
	u32 i, watches = le32_to_cpu(img->watches), events = le32_to_cpu(img->events);
	struct fsnotify_group *group = file->private_data;
	struct kcr_img_inotify_item item;
	size_t at = sizeof(*img);
	const char *name;
	int ret = 0;

	for (i = 0; i < watches && !ret; i++) {
		at = item_at(rec, at, &item, &name);
		ret = add_watch(ctx, group, fd, &item, name, page);
		cond_resched();
	}
	idr_set_cursor(&group->inotify_data.idr, le32_to_cpu(img->next_wd));
	for (i = 0; i < events && !ret; i++) {
		at = item_at(rec, at, &item, &name);
		ret = add_event(ctx, group, &item, name);
		cond_resched();
	}
	return ret;
}

static int with_descriptor(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct file *file)
{
	unsigned long page = vm_mmap(NULL, 0, KCR_PATH_MAX, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	int fd, ret;

	if (IS_ERR_VALUE(page))
		return kcr_nomem(ctx);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd,
			       "inotify: no descriptor is left to set watches with");
	} else {
		fd_install(fd, get_file(file));
		ret = set_all(ctx, rec, file, fd, page);
		close_fd(fd);
	}
	vm_munmap(page, KCR_PATH_MAX);
	return ret;
}

static int inotify_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_INOTIFY);
	int ret = kcr_files_commit(ctx);

	if (ret || !file)
		return ret;
	/* What was open to change files is closed before anybody looks. */
	kcr_files_settled(ctx);
	return with_descriptor(ctx, rec, file);
}

const struct kcr_ops kcr_inotify_ops = {
	.kind		= KCR_KIND_INOTIFY,
	.version	= 1,
	.name		= "inotify",
	.save		= inotify_save,
	.check		= inotify_check,
	.restore	= inotify_restore,
	.commit		= inotify_commit,
	.put		= kcr_file_put,
};
