// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo terminals (Unix98) whose master belongs to the tree.
 *
 * Both sides are one record; the open files are records of their own
 * (tty_end.c), and so is whose controlling terminal it is (ctty.c). Nobody else
 * may have either side open. /dev/pts/N gets its number again (pty_open.c).
 *
 * struct tty_struct, field by field, of both sides:
 *   index, termios, termios_locked, winsize	in the record
 *   flags			LOCKED, EXCLUSIVE, OTHER_CLOSED, HUPPED: in the
 *				record; IO_ERROR goes with OTHER_CLOSED; all others
 *				are the kernel's, for the moment
 *   flow			KCR_TTY_STOPPED, KCR_TTY_OFF
 *   ctrl			packet mode and its status here, session and
 *				foreground group in ctty.c
 *   ldisc			refused, but for the common one; disc_data: n_tty.c
 *   link, port, driver_data	made with it; port->buf: n_tty.c
 *   tty_files, count		records of their own
 *   fasync			refused with the open file
 *   write_buf, write_cnt	nobody is writing
 *   hw_stopped, closing, receive_room, flow_change	of other drivers, or of
 *				the moment
 *   SAK_work, hangup_work	done before anything is parked, or never
 * /dev/pts/N: owner, group and permissions; not its times.
 */
#include <linux/file.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>

#include "files/internal.h"
#include "ksym.h"
#include "task/task.h"
#include "tty/tty.h"

#define MASTER	0
#define SLAVE	1

bool kcr_tty_is_pty(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY && tty->link &&
	       (tty->driver->major == UNIX98_PTY_MASTER_MAJOR ||
		tty->driver->major == UNIX98_PTY_SLAVE_MAJOR);
}

static struct tty_struct *master_of(struct tty_struct *tty)
{
	return tty->driver->subtype == PTY_TYPE_MASTER ? tty : tty->link;
}

/* Its open file if the tree has one; others that there are. With a reference by the table. */
static struct file *tree_file(struct kcr_ctx *ctx, struct tty_struct *tty, unsigned int *others)
{
	struct tty_file_private *priv;
	struct file *file = NULL;

	*others = 0;
	spin_lock(&tty->files_lock);
	list_for_each_entry(priv, &tty->tty_files, list) {
		if (kcr_table_find(ctx, priv->file))
			file = priv->file;
		else
			++*others;
	}
	spin_unlock(&tty->files_lock);
	return file;
}

/* A slave that is hung up for good is as good as one of the tree's. */
struct tty_struct *kcr_pty_of(struct kcr_ctx *ctx, struct tty_struct *tty)
{
	struct tty_struct *master;
	unsigned int others;

	if (!kcr_tty_is_pty(tty))
		return NULL;
	master = master_of(tty);
	if (tree_file(ctx, master, &others))
		return master;
	return !others && test_bit(TTY_OTHER_CLOSED, &tty->flags) ? master : NULL;
}

/* Saving */

static u32 side_flags(const struct tty_struct *tty)
{
	return (tty->flow.stopped ? KCR_TTY_STOPPED : 0) |
	       (tty->flow.tco_stopped ? KCR_TTY_OFF : 0) |
	       (test_bit(TTY_EXCLUSIVE, &tty->flags) ? KCR_TTY_EXCLUSIVE : 0);
}

static int refuse_side(struct kcr_ctx *ctx, struct tty_struct *tty)
{
	unsigned int others;
	int ret = 0;

	if (!tty->ldisc || tty->termios.c_line != N_TTY)
		ret = kcr_refuse(ctx, "pseudo terminal %d: line discipline %d: not supported yet",
				 tty->index, tty->termios.c_line);
	tree_file(ctx, tty, &others);
	if (!ret && others)
		ret = kcr_refuse(ctx, "pseudo terminal %d: open in another process too",
				 tty->index);
	return ret;
}

static int refuse_session(struct kcr_ctx *ctx, struct tty_struct *tty)
{
	struct pid *sid;
	int ret = 0;

	spin_lock_irq(&tty->ctrl.lock);
	sid = get_pid(tty->ctrl.session);
	spin_unlock_irq(&tty->ctrl.lock);
	if (sid && !kcr_job_is_own(ctx, sid, PIDTYPE_SID))
		ret = kcr_refuse(ctx, "pseudo terminal %d: controlling terminal of processes outside of the tree",
				 tty->index);
	put_pid(sid);
	return ret;
}

static u32 id_of(struct kcr_ctx *ctx, struct pid *pid)
{
	return pid ? pid_nr_ns(pid, ctx->pid_ns) : 0;
}

static void describe_job(struct kcr_ctx *ctx, struct tty_struct *tty, struct kcr_img_pty *img)
{
	spin_lock_irq(&tty->ctrl.lock);
	img->sid = cpu_to_le32(id_of(ctx, tty->ctrl.session));
	img->pgrp = cpu_to_le32(img->sid ? id_of(ctx, tty->ctrl.pgrp) : 0);
	spin_unlock_irq(&tty->ctrl.lock);
}

static void describe_node(struct kcr_ctx *ctx, struct tty_struct *tty, struct kcr_img_pty *img)
{
	struct inode *inode = d_inode((struct dentry *)tty->driver_data);

	img->uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, inode->i_uid));
	img->gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, inode->i_gid));
	img->mode = cpu_to_le32(inode->i_mode & S_IALLUGO);
}

static void describe(struct kcr_ctx *ctx, struct tty_struct *master, struct kcr_img_pty *img)
{
	struct tty_struct *tty = master->link;
	u32 flags = 0;

	if (test_bit(TTY_PTY_LOCK, &master->flags))
		flags |= KCR_PTY_LOCKED;
	if (master->ctrl.packet)
		flags |= KCR_PTY_PACKET;
	if (test_bit(TTY_OTHER_CLOSED, &master->flags))
		flags |= KCR_PTY_SLAVE_CLOSED;
	if (test_bit(TTY_HUPPED, &tty->flags))
		flags |= KCR_PTY_HUNG_UP;
	img->flags = cpu_to_le32(flags);
	kcr_winsize_save(&tty->winsize, &img->winsize);
	kcr_termios_save(&tty->termios, &img->termios);
	kcr_termios_save(&tty->termios_locked, &img->locked);
	describe_node(ctx, tty, img);
	describe_job(ctx, tty, img);
}

/* The slave first: its echoes are input of the master. */
static int take_bytes(struct kcr_ctx *ctx, struct tty_struct *master, struct kcr_tty_bytes *b,
		      struct kcr_img_pty *img)
{
	struct tty_struct *side[] = { master, master->link };
	int i, ret;

	for (i = SLAVE; i >= MASTER; i--) {
		b[i].side.flags = cpu_to_le32(side_flags(side[i]));
		b[i].side.pktstatus = cpu_to_le32(side[i]->ctrl.pktstatus);
		ret = kcr_tty_bytes_take(ctx, side[i], &b[i]);
		if (ret)
			return ret;
		img->side[i] = b[i].side;
	}
	return 0;
}

static int write_pty(struct kcr_ctx *ctx, u32 id, struct kcr_img_pty *img, const char *path,
		     const struct kcr_tty_bytes *b)
{
	img->path_len = cpu_to_le32(strlen(path) + 1);
	return kcr_rec_begin(ctx, KCR_KIND_PTY, 1, id, 0) ?:
	       kcr_rec_put(ctx, img, sizeof(*img)) ?:
	       kcr_rec_put(ctx, path, strlen(path) + 1) ?:
	       kcr_tty_bytes_put(ctx, &b[MASTER]) ?: kcr_tty_bytes_put(ctx, &b[SLAVE]) ?:
	       kcr_rec_end(ctx);
}

static int save_live(struct kcr_ctx *ctx, struct tty_struct *master, const struct path *path,
		     u32 id, struct kcr_tty_bytes *b)
{
	struct kcr_img_pty img = { .index = cpu_to_le32(master->index) };
	char *name = NULL;
	int ret = refuse_side(ctx, master) ?: refuse_side(ctx, master->link) ?:
		  refuse_session(ctx, master->link) ?:
		  take_bytes(ctx, master, b, &img) ?: kcr_path_save(ctx, path, &name);

	if (!ret && name) {
		describe(ctx, master, &img);
		ret = write_pty(ctx, id, &img, name, b);
	}
	kfree(name);
	return ret;
}

/* Nothing can be read from it or written to it any more. */
static int save_gone(struct kcr_ctx *ctx, struct tty_struct *master, u32 id,
		     struct kcr_tty_bytes *b)
{
	struct kcr_img_pty img = {
		.index = cpu_to_le32(master->index),
		.flags = cpu_to_le32(KCR_PTY_MASTER_CLOSED),
	};

	return write_pty(ctx, id, &img, "/dev/ptmx", b);
}

static int pty_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct tty_struct *master = obj;
	unsigned int others;
	struct file *file = tree_file(ctx, master, &others);
	struct kcr_tty_bytes *b = kvcalloc(2, sizeof(*b), GFP_KERNEL);
	int ret;

	if (!b)
		return kcr_nomem(ctx);
	ret = file ? save_live(ctx, master, &file->f_path, id, b) :
		     save_gone(ctx, master, id, b);
	kvfree(b);
	return ret;
}

/* Checking */

static const struct kcr_img_pty *img_of(const struct kcr_rec *rec)
{
	return kcr_rec_as(rec, struct kcr_img_pty);
}

static size_t pty_len(const struct kcr_img_pty *img)
{
	return sizeof(*img) + le32_to_cpu(img->path_len) +
	       kcr_tty_side_len(&img->side[MASTER]) + kcr_tty_side_len(&img->side[SLAVE]);
}

static int pty_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_pty *img = img_of(rec);

	if (rec->len < sizeof(*img) || le32_to_cpu(img->flags) & ~KCR_PTY_FLAGS ||
	    le32_to_cpu(img->index) >= KCR_PTY_INDEX_MAX || img->termios.line != N_TTY ||
	    le32_to_cpu(img->mode) & ~S_IALLUGO || (!img->sid && img->pgrp) ||
	    (s32)le32_to_cpu(img->sid) < 0 || (s32)le32_to_cpu(img->pgrp) < 0)
		return kcr_bad_image(ctx, "a pseudo terminal record that makes no sense");
	if (!kcr_path_check(ctx, img + 1, le32_to_cpu(img->path_len), rec->len - sizeof(*img),
			    "pseudo terminal"))
		return ctx->error;
	if (!kcr_tty_side_sane(&img->side[MASTER]) || !kcr_tty_side_sane(&img->side[SLAVE]) ||
	    rec->len != pty_len(img))
		return kcr_bad_image(ctx, "pseudo terminal %u: buffers that make no sense",
				     le32_to_cpu(img->index));
	if (memchr_inv(&img->locked, 0, sizeof(img->locked)) && !capable(CAP_SYS_ADMIN))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"pseudo terminal %u: locked settings (TIOCSLCKTRMIOS): you may not",
				le32_to_cpu(img->index));
	return 0;
}

/* Restoring */

static void pty_put(void *obj)
{
	struct kcr_pty *pty = obj;

	if (pty->slave)
		fput(pty->slave);
	if (pty->master)
		fput(pty->master);
	kfree(pty);
}

static int pty_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_pty *pty = kzalloc(sizeof(*pty), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!pty)
		return kcr_nomem(ctx);
	pty->rec = rec;
	ret = kcr_pty_open(ctx, img_of(rec), pty);
	if (!ret)
		return kcr_object_add(ctx, rec, pty);
	pty_put(pty);
	return ret;
}

/* When all open files of it are there */

static int set_node(struct kcr_ctx *ctx, struct kcr_pty *pty, const struct kcr_img_pty *img)
{
	struct inode *inode = file_inode(pty->slave);
	u32 uid = le32_to_cpu(img->uid), gid = le32_to_cpu(img->gid), mode = le32_to_cpu(img->mode);
	int ret = 0;

	if (from_kuid_munged(current_user_ns(), inode->i_uid) != uid ||
	    from_kgid_munged(current_user_ns(), inode->i_gid) != gid)
		ret = kcr_call(chown_common)(&pty->slave->f_path, uid, gid);
	if (!ret && (inode->i_mode & S_IALLUGO) != mode)
		ret = kcr_call(vfs_fchmod)(pty->slave, mode);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, ret,
				"pseudo terminal %u: can't be given to user %u, group %u, mode %o",
				le32_to_cpu(img->index), uid, gid, mode);
	return 0;
}

static void set_settings(struct tty_struct *tty, const struct kcr_img_pty *img)
{
	struct ktermios termios;

	kcr_termios_load(&img->termios, &termios);
	tty_set_termios(tty, &termios);
	kcr_termios_load(&img->locked, &termios);
	down_write(&tty->termios_rwsem);
	tty->termios_locked = termios;
	up_write(&tty->termios_rwsem);
	mutex_lock(&tty->winsize_mutex);
	kcr_winsize_load(&img->winsize, &tty->winsize);
	kcr_winsize_load(&img->winsize, &tty->link->winsize);
	mutex_unlock(&tty->winsize_mutex);
}

/* What we had it open for is over; with it goes one that was hung up for good. */
static int pty_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_pty *pty = kcr_object_get(ctx, rec->id, KCR_KIND_PTY);
	const struct kcr_img_pty *img = img_of(rec);
	bool gone = le32_to_cpu(img->flags) & KCR_PTY_MASTER_CLOSED;
	int ret = gone ? 0 : set_node(ctx, pty, img);

	if (ret)
		return ret;
	if (!gone)
		set_settings(pty->tty, img);
	fput(pty->slave);
	pty->slave = NULL;
	if (gone) {
		fput(pty->master);
		pty->master = NULL;
		pty->tty = NULL;
	}
	kcr_tty_drop(ctx);
	return 0;
}

/* At commit: what is seen, and what sets something going */

static void set_flow(struct tty_struct *tty, const struct kcr_img_tty_side *side)
{
	u32 flags = le32_to_cpu(side->flags);

	if (flags & KCR_TTY_STOPPED)
		stop_tty(tty);
	spin_lock_irq(&tty->flow.lock);
	tty->flow.tco_stopped = flags & KCR_TTY_OFF;
	spin_unlock_irq(&tty->flow.lock);
	assign_bit(TTY_EXCLUSIVE, &tty->flags, flags & KCR_TTY_EXCLUSIVE);
}

static void set_packet(struct tty_struct *tty, const struct kcr_img_pty *img)
{
	u32 flags = le32_to_cpu(img->flags);

	spin_lock_irq(&tty->link->ctrl.lock);
	tty->link->ctrl.packet = flags & KCR_PTY_PACKET;
	spin_unlock_irq(&tty->link->ctrl.lock);
	spin_lock_irq(&tty->ctrl.lock);
	tty->ctrl.pktstatus = le32_to_cpu(img->side[SLAVE].pktstatus);
	spin_unlock_irq(&tty->ctrl.lock);
}

/* As pty_open() and pty_close() leave them. */
static void set_state(struct tty_struct *tty, const struct kcr_img_pty *img)
{
	u32 flags = le32_to_cpu(img->flags);

	assign_bit(TTY_PTY_LOCK, &tty->link->flags, flags & KCR_PTY_LOCKED);
	assign_bit(TTY_OTHER_CLOSED, &tty->link->flags, flags & KCR_PTY_SLAVE_CLOSED);
	assign_bit(TTY_IO_ERROR, &tty->flags, flags & KCR_PTY_SLAVE_CLOSED);
	assign_bit(TTY_HUPPED, &tty->flags, flags & KCR_PTY_HUNG_UP);
	set_flow(tty->link, &img->side[MASTER]);
	set_flow(tty, &img->side[SLAVE]);
	set_packet(tty, img);
}

/* The master first: what the slave's input echoes is behind it. */
static int give_bytes(struct kcr_ctx *ctx, struct tty_struct *tty, const struct kcr_img_pty *img)
{
	struct tty_struct *side[] = { tty->link, tty };
	const u8 *p = (const u8 *)(img + 1) + le32_to_cpu(img->path_len);
	struct kcr_tty_bytes *b = kvmalloc(sizeof(*b), GFP_KERNEL);
	int i, ret = 0;

	if (!b)
		return kcr_nomem(ctx);
	for (i = MASTER; i <= SLAVE && !ret; i++) {
		kcr_tty_bytes_load(&img->side[i], p, b);
		ret = kcr_tty_bytes_give(ctx, side[i], b);
		p += kcr_tty_side_len(&img->side[i]);
	}
	kvfree(b);
	return ret;
}

static int pty_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_pty *pty = kcr_object_get(ctx, rec->id, KCR_KIND_PTY);
	const struct kcr_img_pty *img = img_of(rec);

	if (!pty || !pty->tty)
		return 0;
	set_state(pty->tty, img);
	return give_bytes(ctx, pty->tty, img);
}

const struct kcr_ops kcr_pty_ops = {
	.kind		= KCR_KIND_PTY,
	.version	= 1,
	.name		= "pty",
	.save		= pty_save,
	.check		= pty_check,
	.restore	= pty_restore,
	.link		= pty_link,
	.commit		= pty_commit,
	.put		= pty_put,
};
