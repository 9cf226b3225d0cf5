// SPDX-License-Identifier: GPL-2.0
/*
 * Epoll sets.
 *
 * What a set watches is taken from fdinfo; which open file that is, from what
 * kcmp(2) asks, as a descriptor may have been closed or used again since. Sets
 * may watch sets, so they are filled in the link pass, when all descriptors
 * are there.
 *
 * Adding an item looks whether it is ready: an edge-triggered one that is
 * reports it once more after a restart, as it may at any time. Not kept: which
 * of several ready items comes first, and parameters of busy polling.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/eventpoll.h>

#include "compat/eventpoll.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/epoll.h>

/* What EPOLLONESHOT leaves of an item's events when it disables it. */
#define KCR_EPOLL_MODES	\
	((__force u32)(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE))

bool kcr_epoll_match(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_op == &kcr_var(eventpoll_fops);
}

/* Saving */

/* Parses one line of fdinfo; the file comes separately. */
static bool parse_item(const char *line, struct kcr_img_epoll_item *item)
{
	unsigned long long data;
	unsigned int events;
	int fd;

	if (sscanf(line, "tfd: %d events: %x data: %llx", &fd, &events, &data) != 3)
		return false;
	item->fd = cpu_to_le32(fd);
	item->events = cpu_to_le32(events);
	item->data = cpu_to_le64(data);
	return true;
}

/* The same descriptor may have been added several times, for different files. */
static struct file *target_of(struct file *epoll, const struct kcr_img_epoll_item *items,
			      u32 nr)
{
	unsigned long skip = 0;
	u32 i;

	for (i = 0; i < nr; i++)
		skip += items[i].fd == items[nr].fd;
	return kcr_call(get_epoll_tfile_raw_ptr)(epoll, le32_to_cpu(items[nr].fd), skip);
}

static int save_target(struct kcr_ctx *ctx, struct file *epoll,
		       struct kcr_img_epoll_item *items, u32 nr)
{
	int fd = le32_to_cpu(items[nr].fd), ret;
	struct file *target = target_of(epoll, items, nr);
	u32 id = 0;
	size_t mark;

	/* Only the address is used before it is known to be one of ours. */
	if (IS_ERR(target) || !kcr_table_slots(ctx, target))
		return kcr_refuse(ctx, "epoll: watches a file (added as fd %d) that the process has no descriptor of",
				  fd);
	mark = kcr_where(ctx, "epoll: fd %d", fd);
	ret = kcr_file_save(ctx, target, &id);
	kcr_where_end(ctx, mark);
	items[nr].file = cpu_to_le32(id);
	return ret;
}

static u32 count_lines(const char *text)
{
	u32 lines = 0;

	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

static int save_items(struct kcr_ctx *ctx, struct file *file, char *text,
		      struct kcr_img_epoll_item *items, u32 *count)
{
	char *line;
	int ret = 0;

	for (*count = 0; !ret && (line = strsep(&text, "\n")) && *line; ++*count) {
		if (!parse_item(line, &items[*count]))
			return kcr_refuse(ctx, "epoll: this kernel tells of it in another way");
		ret = save_target(ctx, file, items, *count);
		cond_resched();
	}
	return ret;
}

static int write_epoll(struct kcr_ctx *ctx, struct file *file, u32 id,
		       const struct kcr_img_epoll_item *items, u32 count)
{
	struct kcr_img_epoll img = { .count = cpu_to_le32(count) };
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags);

	img.flags = cpu_to_le32(flags);
	return ret ?: kcr_rec_begin(ctx, KCR_KIND_EPOLL, 1, id, 0) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, items, count * sizeof(*items)) ?: kcr_rec_end(ctx);
}

static int epoll_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct kcr_img_epoll_item *items;
	struct file *file = obj;
	char *text;
	u32 count;
	int ret = 0;

	if (kcr_file_shared(ctx, file))
		ret = kcr_refuse(ctx, "epoll: shared with another process: not supported yet");
	if (ret)
		return ret;
	text = kcr_fdinfo(ctx, file);
	if (!text)
		return -ENOMEM;
	count = count_lines(text);
	if (count > (KCR_REC_MAX - sizeof(struct kcr_img_epoll)) / sizeof(*items)) {
		kvfree(text);
		return kcr_refuse(ctx, "epoll: %u items: not supported yet", count);
	}
	items = kvcalloc(count + 1, sizeof(*items), GFP_KERNEL);
	if (items)
		ret = save_items(ctx, file, text, items, &count) ?:
		      write_epoll(ctx, file, id, items, count);
	else
		ret = kcr_nomem(ctx);
	kvfree(items);
	kvfree(text);
	return ret;
}

/* Restoring */

static int epoll_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_epoll *img = kcr_rec_as(rec, struct kcr_img_epoll);

	if (rec->len < sizeof(*img) ||
	    rec->len != struct_size(img, item, le32_to_cpu(img->count)))
		return kcr_bad_image(ctx, "an epoll record of a wrong length");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "epoll");
}

static int epoll_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_epoll *img = kcr_rec_as(rec, struct kcr_img_epoll);
	long fd = kcr_syscall(epoll_create1, 0);

	return kcr_file_made(ctx, rec, fd, le32_to_cpu(img->flags), "epoll");
}

/*
 * An item that EPOLLONESHOT has disabled: adding it lets it report errors and
 * hang-ups, which it must not. Nobody else knows of the set yet.
 */
static int disable(struct kcr_ctx *ctx, struct file *epoll, struct file *target,
		   const struct epoll_event *added, u32 events)
{
	struct kcr_epitem_tail *item;
	bool found = false;

	spin_lock(&target->f_lock);
	hlist_for_each_entry(item, target->f_ep, fllink) {
		if (item->ep != epoll->private_data ||
		    memcmp(&item->event, added, sizeof(*added)))
			continue;
		item->event.events = (__force __poll_t)events;
		found = true;
		break;
	}
	spin_unlock(&target->f_lock);
	if (found)
		return 0;
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EOPNOTSUPP,
			"epoll: this kernel lets no item be disabled");
}

static int add_item(struct kcr_ctx *ctx, struct file *epoll, int epfd, struct file *target,
		    int fd, const struct kcr_img_epoll_item *img)
{
	u32 events = le32_to_cpu(img->events);
	struct epoll_event event = {
		.events = (__force __poll_t)events,
		.data = le64_to_cpu(img->data),
	};
	int ret = kcr_call(do_epoll_ctl)(epfd, EPOLL_CTL_ADD, fd, &event, false);

	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"epoll: fd %d can't be added (errno %d)", fd, -ret);
	/* @event is now what was really added. */
	return events & ~KCR_EPOLL_MODES ? 0 : disable(ctx, epoll, target, &event, events);
}

/*
 * Where something stands in the table stands @file now, or nothing. Nothing is
 * closed by that: locks that the process has on either of them stay.
 */
static void put_there(int fd, struct file *file)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	struct file *old;

	if (file)
		get_file(file);
	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	old = rcu_dereference_check_fdtable(files, fdt->fd[fd]);
	rcu_assign_pointer(fdt->fd[fd], file);
	spin_unlock(&files->file_lock);
	if (!file)
		put_unused_fd(fd);
	fput(old);
}

/* @target was added as @fd, which is another file or none now: for an instant. */
static int add_as(struct kcr_ctx *ctx, struct file *epoll, int epfd, struct file *target,
		  int fd, struct file *there, const struct kcr_img_epoll_item *img)
{
	int ret = 0;

	if (there)
		put_there(fd, target);
	else
		ret = kcr_call(replace_fd)(fd, target, 0);
	if (ret < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"epoll: fd %d is above the limit of open files here", fd);
	ret = add_item(ctx, epoll, epfd, target, fd, img);
	put_there(fd, there);
	return ret;
}

/* A number of its own for the set, until it is closed. */
static int lend_fd(struct kcr_ctx *ctx, struct file *epoll)
{
	int epfd = get_unused_fd_flags(0);

	if (epfd < 0)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, epfd,
				"epoll: no descriptor is left to fill it with");
	fd_install(epfd, get_file(epoll));
	return epfd;
}

/* The set itself may be where @fd leads now: then it needs another number. */
static int add_around(struct kcr_ctx *ctx, struct file *epoll, struct file *target,
		      int fd, struct file *there, const struct kcr_img_epoll_item *img)
{
	int epfd = lend_fd(ctx, epoll), ret;

	if (epfd < 0)
		return epfd;
	ret = add_as(ctx, epoll, epfd, target, fd, there, img);
	put_there(epfd, NULL);
	return ret;
}

static int add(struct kcr_ctx *ctx, struct file *epoll, int epfd, struct file *target,
	       const struct kcr_img_epoll_item *img)
{
	int fd = le32_to_cpu(img->fd), ret;
	struct file *there = fget_raw(fd);

	if (there == target)
		ret = add_item(ctx, epoll, epfd, target, fd, img);
	else if (there == epoll)
		ret = add_around(ctx, epoll, target, fd, there, img);
	else
		ret = add_as(ctx, epoll, epfd, target, fd, there, img);
	if (there)
		fput(there);
	return ret;
}

static int match_file(const void *file, struct file *other, unsigned int fd)
{
	return file == other ? fd + 1 : 0;
}

/*
 * In the first process, which may have no descriptor of the set, nor of what it
 * watches, if they are a child's: then it has them for an instant.
 */
static int epoll_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_epoll *img = kcr_rec_as(rec, struct kcr_img_epoll);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_EPOLL), *target;
	int own = iterate_fd(current->files, 0, match_file, file) - 1;
	int epfd = own < 0 ? lend_fd(ctx, file) : own, ret = 0;
	u32 i;

	if (epfd < 0)
		return epfd;
	for (i = 0; i < le32_to_cpu(img->count) && !ret; i++) {
		target = kcr_file_restored(ctx, le32_to_cpu(img->item[i].file));
		if (!target)
			return ctx->error;
		ret = add(ctx, file, epfd, target, &img->item[i]);
		fput(target);
		cond_resched();
	}
	if (own < 0)
		put_there(epfd, NULL);
	return ret;
}

const struct kcr_ops kcr_epoll_ops = {
	.kind		= KCR_KIND_EPOLL,
	.version	= 1,
	.name		= "epoll",
	.save		= epoll_save,
	.check		= epoll_check,
	.restore	= epoll_restore,
	.link		= epoll_link,
	.put		= kcr_file_put,
};
