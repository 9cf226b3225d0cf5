// SPDX-License-Identifier: GPL-2.0
/*
 * Opening a pseudo terminal of a given number: the kernel gives the lowest that
 * is free, so those below are taken for as long as it lasts.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tty.h>

#include "files/internal.h"
#include "tty/tty.h"

/* Masters that were opened on the way to another number; ctx->tty_data. */
struct spares {
	unsigned int nr, max;
	struct file **file;
};

static unsigned int index_of(struct file *master)
{
	return kcr_tty_of(master)->index;
}

static struct file *take_spare(struct spares *s, unsigned int index)
{
	struct file *file;
	unsigned int i;

	for (i = 0; s && i < s->nr; i++) {
		file = s->file[i];
		if (index_of(file) != index)
			continue;
		s->file[i] = s->file[--s->nr];
		return file;
	}
	return NULL;
}

/* Takes over the reference. */
static int keep_spare(struct kcr_ctx *ctx, struct file *file)
{
	struct spares *s = ctx->tty_data;
	struct file **more;

	if (!s)
		s = ctx->tty_data = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (s && s->nr == s->max) {
		more = krealloc_array(s->file, s->max + 64, sizeof(*more), GFP_KERNEL_ACCOUNT);
		if (more) {
			s->file = more;
			s->max += 64;
		}
	}
	if (!s || s->nr == s->max) {
		fput(file);
		return kcr_nomem(ctx);
	}
	s->file[s->nr++] = file;
	return 0;
}

/* kcr_tty_drop() - let go of numbers that nobody wanted; more than once is fine */
void kcr_tty_drop(struct kcr_ctx *ctx)
{
	struct spares *s = ctx->tty_data;
	unsigned int i;

	ctx->tty_data = NULL;
	for (i = 0; s && i < s->nr; i++)
		fput(s->file[i]);
	if (s)
		kfree(s->file);
	kfree(s);
}

static struct file *open_master(struct kcr_ctx *ctx, const char *name)
{
	struct file *file = NULL;
	struct path path;

	if (kcr_path_find(ctx, name, 0, S_IFCHR, &path))
		return NULL;
	if (d_inode(path.dentry)->i_rdev != MKDEV(TTYAUX_MAJOR, 2)) {
		kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ENODEV,
			 "%s: is another device than at the checkpoint", name);
	} else {
		file = kcr_path_open(&path, O_RDWR | O_NOCTTY);
		if (IS_ERR(file)) {
			kcr_path_fail(ctx, PTR_ERR(file), name, "can't be opened");
			file = NULL;
		}
	}
	path_put(&path);
	return file;
}

/* The first that comes, for one that has no name any more. */
static struct file *master_with(struct kcr_ctx *ctx, const char *name, unsigned int index,
				bool any)
{
	struct file *file = take_spare(ctx->tty_data, index);

	while (!file) {
		file = open_master(ctx, name);
		if (!file || any || index_of(file) == index)
			return file;
		if (index_of(file) > index) {
			fput(file);
			kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EEXIST,
				 "pseudo terminal %u is in use by another program", index);
			return NULL;
		}
		if (keep_spare(ctx, file) || fatal_signal_pending(current))
			return NULL;
		file = NULL;
		cond_resched();
	}
	return file;
}

/* Whoever holds the master may open the slave, whatever its permissions are. */
static struct file *open_slave(struct kcr_ctx *ctx, struct file *master)
{
	struct file *file;
	long fd;

	clear_bit(TTY_PTY_LOCK, &kcr_tty_of(master)->flags);
	fd = master->f_op->unlocked_ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	if (fd < 0) {
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd,
			 "pseudo terminal %u: can't be opened (errno %ld)", index_of(master), -fd);
		return NULL;
	}
	file = fget(fd);
	close_fd(fd);
	return file;
}

/**
 * kcr_pty_open() - open both sides of one with a given number
 * @ctx: the operation, in a task that is made
 * @img: the record, which has been checked
 * @pty: its files are set, also if it fails: the caller puts what is there
 */
int kcr_pty_open(struct kcr_ctx *ctx, const struct kcr_img_pty *img, struct kcr_pty *pty)
{
	bool gone = le32_to_cpu(img->flags) & KCR_PTY_MASTER_CLOSED;

	pty->master = master_with(ctx, (const char *)(img + 1), le32_to_cpu(img->index), gone);
	if (!pty->master)
		return ctx->error ?: -EINTR;
	pty->slave = open_slave(ctx, pty->master);
	if (!pty->slave)
		return ctx->error ?: -EBADF;
	pty->tty = kcr_tty_of(pty->slave);
	return 0;
}
