// SPDX-License-Identifier: GPL-2.0
/*
 * An open end of a pseudo terminal whose master belongs to the tree, or which
 * was hung up.
 *
 * A slave may be open any number of times, also as /dev/tty. Having one open
 * makes it nobody's controlling terminal: that is ctty.c's part.
 */
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>

#include "files/internal.h"
#include "ksym.h"
#include "task/signals.h"
#include "tty/tty.h"
#include <uapi/image/tty_end.h>

static bool is_tty(struct file *file)
{
	return S_ISCHR(file_inode(file)->i_mode) && file->private_data &&
	       (file->f_op == &kcr_var(tty_fops) || tty_hung_up_p(file) ||
		file_inode(file)->i_rdev == MKDEV(TTYAUX_MAJOR, 2));
}

bool kcr_tty_end_match(struct kcr_ctx *ctx, struct file *file)
{
	return is_tty(file) && kcr_pty_of(ctx, kcr_tty_of(file));
}

static u32 end_of(struct file *file)
{
	if (kcr_tty_of(file)->driver->subtype == PTY_TYPE_MASTER)
		return KCR_TTY_END_MASTER;
	return file_inode(file)->i_rdev == MKDEV(TTYAUX_MAJOR, 0) ?
	       KCR_TTY_END_CONTROLLING : KCR_TTY_END_SLAVE;
}

static int tty_end_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct tty_struct *master = kcr_pty_of(ctx, kcr_tty_of(file));
	struct kcr_img_tty_end img = {
		.end = cpu_to_le32(end_of(file)),
		.state = cpu_to_le32(tty_hung_up_p(file) ? KCR_TTY_END_HUNG_UP : 0),
	};
	u32 flags, pty;
	int ret = kcr_file_flags_save(ctx, file, &flags);

	if (!ret && !img.state && kcr_file_shared(ctx, file))
		ret = kcr_refuse(ctx, "pseudo terminal %d: shared with another process",
				 master->index);
	ret = ret ?: kcr_save_object(ctx, KCR_KIND_PTY, master, &pty);
	if (ret)
		return ret;
	img.pty = cpu_to_le32(pty);
	img.flags = cpu_to_le32(flags);
	return kcr_write_rec(ctx, KCR_KIND_TTY_END, 1, id, 0, &img, sizeof(img));
}

static int tty_end_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_tty_end *img = kcr_rec_as(rec, struct kcr_img_tty_end);

	if (rec->len != sizeof(*img) || !img->end ||
	    le32_to_cpu(img->end) > KCR_TTY_END_CONTROLLING ||
	    le32_to_cpu(img->state) & ~KCR_TTY_END_HUNG_UP ||
	    (img->state && le32_to_cpu(img->end) == KCR_TTY_END_MASTER))
		return kcr_bad_image(ctx, "an end of a pseudo terminal that makes no sense");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "pseudo terminal");
}

static struct tty_struct *swap_tty(struct tty_struct *tty)
{
	spin_lock_irq(kcr_own_siglock());
	swap(current->signal->tty, tty);
	spin_unlock_irq(kcr_own_siglock());
	return tty;
}

/* /dev/tty leads to the controlling terminal: this one is, for as long as it takes. */
static struct file *open_as_controlling(struct kcr_pty *pty, int flags)
{
	struct tty_struct *own;
	struct file *file;
	struct path path;
	int ret = kern_path("/dev/tty", 0, &path);

	if (ret)
		return ERR_PTR(ret);
	if (d_inode(path.dentry)->i_rdev != MKDEV(TTYAUX_MAJOR, 0)) {
		path_put(&path);
		return ERR_PTR(-ENODEV);
	}
	own = swap_tty(pty->tty);
	file = kcr_path_open(&path, flags);
	swap_tty(own);
	path_put(&path);
	return file;
}

static struct file *open_end(struct kcr_pty *pty, const struct kcr_img_tty_end *img)
{
	int flags = kcr_file_flags(le32_to_cpu(img->flags)) | O_NOCTTY;

	switch (le32_to_cpu(img->end)) {
	case KCR_TTY_END_MASTER:
		return get_file(pty->master);
	case KCR_TTY_END_CONTROLLING:
		return open_as_controlling(pty, flags);
	default:
		return kcr_path_open(&pty->slave->f_path, flags);
	}
}

/* As a hang-up does it to those that are open: this one does not come back. */
static void hang_up(struct kcr_pty *pty, struct file *file)
{
	spin_lock(&pty->tty->files_lock);
	file->f_op = &kcr_var(hung_up_tty_fops);
	spin_unlock(&pty->tty->files_lock);
}

static int tty_end_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_tty_end *img = kcr_rec_as(rec, struct kcr_img_tty_end);
	struct kcr_pty *pty = kcr_object_get(ctx, le32_to_cpu(img->pty), KCR_KIND_PTY);
	struct file *file;

	if (!pty || !pty->slave)
		return kcr_bad_image(ctx, "an end of a pseudo terminal that is not there");
	file = open_end(pty, img);
	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
				"pseudo terminal %d: can't be opened (errno %ld)",
				pty->tty->index, -PTR_ERR(file));
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	if (img->state)
		hang_up(pty, file);
	return kcr_object_add(ctx, rec, file);
}

const struct kcr_ops kcr_tty_end_ops = {
	.kind		= KCR_KIND_TTY_END,
	.version	= 1,
	.name		= "tty_end",
	.save		= tty_end_save,
	.check		= tty_end_check,
	.restore	= tty_end_restore,
	.put		= kcr_file_put,
};
