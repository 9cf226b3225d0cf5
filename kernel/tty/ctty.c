// SPDX-License-Identifier: GPL-2.0
/*
 * The controlling terminal of a process, and the foreground group of that.
 *
 * A pseudo terminal of the tree's controls the sessions of the tree that it
 * did. A terminal outside of the tree becomes restart's. Whoever is in
 * restart's session has restart's controlling terminal anyway; if the tree was
 * in the foreground and restart is, the group that was in front gets there
 * again, with the settings that the terminal had: restart(1) takes both back.
 * A session of the tree's own gets the terminal that restart was given as
 * standard streams, if that controls no other session, and nothing otherwise.
 *
 * signal->tty is set by hand, with everything parked: a system call gives a
 * terminal to the leader of a session only, which may have ended.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "files/internal.h"
#include "ksym.h"
#include "made.h"
#include "task/signals.h"
#include "task/task.h"
#include "tty/tty.h"
#include <uapi/image/ctty.h>
#include <uapi/image/process.h>

/* Saving */

static struct tty_struct *get_tty(struct task_struct *task, struct pid **old_pgrp)
{
	struct sighand_struct *sighand;
	struct tty_struct *tty = NULL;
	unsigned long flags;

	*old_pgrp = NULL;
	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return NULL;
	tty = tty_kref_get(task->signal->tty);
	*old_pgrp = get_pid(task->signal->tty_old_pgrp);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return tty;
}

static void describe_outside(struct kcr_ctx *ctx, struct tty_struct *tty,
			     struct kcr_img_ctty *img)
{
	struct pid *pgrp = tty_get_pgrp(tty);
	bool own = pgrp && kcr_job_is_own(ctx, pgrp, PIDTYPE_PGID);

	img->type = cpu_to_le32(KCR_CTTY_OUTSIDE);
	if (own)
		img->pgrp = cpu_to_le32(pid_nr_ns(pgrp, ctx->pid_ns));
	if (own || (pgrp && pgrp == task_pgrp(ctx->root->leader)))
		img->flags = cpu_to_le32(KCR_CTTY_FOREGROUND);
	put_pid(pgrp);
	kcr_winsize_save(&tty->winsize, &img->winsize);
	down_read(&tty->termios_rwsem);
	kcr_termios_save(&tty->termios, &img->termios);
	up_read(&tty->termios_rwsem);
}

static int describe(struct kcr_ctx *ctx, struct tty_struct *tty, struct kcr_img_ctty *img)
{
	struct tty_struct *master = tty ? kcr_pty_of(ctx, tty) : NULL;
	u32 pty = 0;
	int ret = 0;

	if (!tty)
		return 0;
	if (!master) {
		describe_outside(ctx, tty, img);
		return 0;
	}
	ret = kcr_save_object(ctx, KCR_KIND_PTY, master, &pty);
	img->type = cpu_to_le32(KCR_CTTY_PTY);
	img->pty = cpu_to_le32(pty);
	return ret;
}

static int ctty_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_img_ctty img = { };
	struct pid *old_pgrp;
	struct tty_struct *tty = get_tty(p->leader, &old_pgrp);
	int ret = describe(ctx, tty, &img);

	if (old_pgrp && kcr_job_is_own(ctx, old_pgrp, PIDTYPE_PGID))
		img.old_pgrp = cpu_to_le32(pid_nr_ns(old_pgrp, ctx->pid_ns));
	put_pid(old_pgrp);
	tty_kref_put(tty);
	return ret ?: kcr_write_rec(ctx, KCR_KIND_CTTY, 1, 0, p->id, &img, sizeof(img));
}

/* A terminal that nobody has as controlling terminal */

static bool is_free(struct file *file)
{
	struct tty_struct *tty;

	if (!file || !S_ISCHR(file_inode(file)->i_mode) || file->f_op != &kcr_var(tty_fops))
		return false;
	tty = kcr_tty_of(file);
	return !READ_ONCE(tty->ctrl.session) && file->f_mode & FMODE_READ &&
	       (tty->driver->type != TTY_DRIVER_TYPE_PTY ||
		tty->driver->subtype == PTY_TYPE_SLAVE);
}

static int none_to_give(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -ENOTTY,
			"session %d had a controlling terminal outside of the tree, and restart has none to give it: use --terminal",
			le32_to_cpu(kcr_rec_as(rec->process->rec, struct kcr_img_process)->sid));
}

/* In the restarter, whose streams they will be. */
static int check_free(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct file *file;
	bool found = false;
	int i;

	for (i = 0; i < 3 && !found; i++) {
		file = fget(i);
		found = is_free(file);
		if (file)
			fput(file);
	}
	return found ? 0 : none_to_give(ctx, rec);
}

static const struct kcr_img_ctty *img_of(const struct kcr_rec *rec)
{
	return kcr_rec_as(rec, struct kcr_img_ctty);
}

static u32 type_of(const struct kcr_rec *rec)
{
	return le32_to_cpu(img_of(rec)->type);
}

static int ctty_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_ctty *img = img_of(rec);

	if (rec->len != sizeof(*img) || type_of(rec) > KCR_CTTY_OUTSIDE ||
	    le32_to_cpu(img->flags) & ~KCR_CTTY_FOREGROUND ||
	    (s32)le32_to_cpu(img->pgrp) < 0 || (s32)le32_to_cpu(img->old_pgrp) < 0 ||
	    (type_of(rec) == KCR_CTTY_PTY && !rec->process->own_session))
		return kcr_bad_image(ctx, "a controlling terminal that makes no sense");
	if (type_of(rec) == KCR_CTTY_OUTSIDE && rec->process->own_session)
		return check_free(ctx, rec);
	return 0;
}

/* Ids: only such as are the tree's, or nobody's */

static const struct kcr_img_process *process_img(const struct kcr_process *p)
{
	return kcr_rec_as(p->rec, struct kcr_img_process);
}

static struct pid *session_of_tree(struct kcr_ctx *ctx, pid_t nr)
{
	struct kcr_process *p;
	struct pid *pid = NULL;

	read_lock(&kcr_var(tasklist_lock));
	kcr_for_each_process(ctx, p) {
		if (!p->own_session || (pid_t)le32_to_cpu(process_img(p)->sid) != nr || !p->leader)
			continue;
		pid = get_pid(task_session(p->leader));
		if (pid)
			break;
	}
	read_unlock(&kcr_var(tasklist_lock));
	return pid;
}

static struct pid *group_of_tree(struct kcr_ctx *ctx, pid_t nr, struct pid *session)
{
	struct kcr_process *p;
	struct pid *pid = NULL;

	read_lock(&kcr_var(tasklist_lock));
	kcr_for_each_process(ctx, p) {
		if (!p->own_group || (pid_t)le32_to_cpu(process_img(p)->pgid) != nr ||
		    !p->leader || task_session(p->leader) != session)
			continue;
		pid = get_pid(task_pgrp(p->leader));
		break;
	}
	read_unlock(&kcr_var(tasklist_lock));
	return pid;
}

/* A group may have ended, and is in front all the same. */
static struct pid *group_or_none(struct kcr_ctx *ctx, pid_t nr, struct pid *session)
{
	struct pid *pid = group_of_tree(ctx, nr, session);
	struct kcr_process *p;

	if (pid)
		return pid;
	kcr_for_each_process(ctx, p)
		if (p->tgid == nr && p->leader)
			return get_pid(task_pid(p->leader));
	pid = kcr_make_id(ctx, nr);
	if (!pid)
		return NULL;
	get_pid(pid);
	kcr_call(free_pid)(pid);
	return pid;
}

/* Restoring: everything is made, parked, and in its group and session */

/* Takes over both references. */
static void set_control(struct tty_struct *tty, struct pid *session, struct pid *pgrp)
{
	mutex_lock(&tty->legacy_mutex);
	spin_lock_irq(&tty->ctrl.lock);
	swap(tty->ctrl.session, session);
	swap(tty->ctrl.pgrp, pgrp);
	spin_unlock_irq(&tty->ctrl.lock);
	mutex_unlock(&tty->legacy_mutex);
	put_pid(session);
	put_pid(pgrp);
}

static int control(struct kcr_ctx *ctx, struct tty_struct *tty, pid_t sid, pid_t pgrp)
{
	struct pid *session = session_of_tree(ctx, sid), *group;

	if (!session)
		return kcr_bad_image(ctx, "a terminal that controls session %d, which is not there",
				     sid);
	group = pgrp ? group_or_none(ctx, pgrp, session) : NULL;
	if (pgrp && !group) {
		put_pid(session);
		return ctx->error;
	}
	set_control(tty, session, group);
	return 0;
}

static int control_ptys(struct kcr_ctx *ctx)
{
	const struct kcr_img_pty *img;
	struct kcr_pty *pty;
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		pty = rec->kind == KCR_KIND_PTY ?
		      kcr_object_get(ctx, rec->id, KCR_KIND_PTY) : NULL;
		if (!pty || !pty->tty)
			continue;
		img = kcr_rec_as(rec, struct kcr_img_pty);
		if (img->sid)
			ret = control(ctx, pty->tty, le32_to_cpu(img->sid), le32_to_cpu(img->pgrp));
		if (ret)
			break;
	}
	return ret;
}

static void swap_tty(struct task_struct *task, struct tty_struct **tty, struct pid **old_pgrp)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return;
	swap(task->signal->tty, *tty);
	swap(task->signal->tty_old_pgrp, *old_pgrp);
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

static void set_tty(struct task_struct *task, struct tty_struct *tty, struct pid *old_pgrp)
{
	tty = tty_kref_get(tty);
	swap_tty(task, &tty, &old_pgrp);
	tty_kref_put(tty);
	put_pid(old_pgrp);
}

/* A serial line keeps its speed. */
static void set_settings(struct tty_struct *tty, const struct kcr_img_termios *img)
{
	struct ktermios want, now;

	kcr_termios_load(img, &want);
	down_read(&tty->termios_rwsem);
	now = tty->termios;
	up_read(&tty->termios_rwsem);
	now.c_iflag = want.c_iflag;
	now.c_oflag = want.c_oflag;
	now.c_lflag = want.c_lflag;
	memcpy(now.c_cc, want.c_cc, sizeof(now.c_cc));
	tty_set_termios(tty, &now);
}

/* The program finds another terminal than it knew. */
static void settle_in(struct tty_struct *tty, const struct kcr_img_ctty *img)
{
	struct pid *pgrp = tty_get_pgrp(tty);
	struct winsize size;

	set_settings(tty, &img->termios);
	kcr_winsize_load(&img->winsize, &size);
	if (pgrp && memcmp(&size, &tty->winsize, sizeof(size)))
		kill_pgrp(pgrp, SIGWINCH, 1);
	put_pid(pgrp);
}

static bool controls(struct tty_struct *tty, struct task_struct *task)
{
	bool yes;

	spin_lock_irq(&tty->ctrl.lock);
	yes = tty->ctrl.session && tty->ctrl.session == task_session(task);
	spin_unlock_irq(&tty->ctrl.lock);
	return yes;
}

/* Of a session of the tree's own: the first of its processes brings it there. */
static int give_outside(struct kcr_ctx *ctx, const struct kcr_rec *rec,
			struct tty_struct **given)
{
	struct kcr_files *files = kcr_files(ctx);
	const struct kcr_img_ctty *img = img_of(rec);
	const struct kcr_img_process *process = process_img(rec->process);
	int i, ret;

	for (i = 0; files && i < 3; i++) {
		struct file *file = files->stream[i];

		if (file && file->f_op == &kcr_var(tty_fops) &&
		    controls(kcr_tty_of(file), rec->process->leader)) {
			*given = kcr_tty_of(file);
			return 0;
		}
		if (!is_free(file))
			continue;
		ret = control(ctx, kcr_tty_of(file), le32_to_cpu(process->sid),
			      le32_to_cpu(img->pgrp ?: process->sid));
		if (ret)
			return ret;
		*given = kcr_tty_of(file);
		settle_in(*given, img);
		return 0;
	}
	return none_to_give(ctx, rec);
}

static int find_tty(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct tty_struct **tty)
{
	struct kcr_pty *pty;

	*tty = NULL;
	if (type_of(rec) == KCR_CTTY_OUTSIDE)
		return give_outside(ctx, rec, tty);
	if (type_of(rec) == KCR_CTTY_NONE)
		return 0;
	pty = kcr_object_get(ctx, le32_to_cpu(img_of(rec)->pty), KCR_KIND_PTY);
	if (!pty || !pty->tty || !controls(pty->tty, rec->process->leader))
		return kcr_bad_image(ctx, "a controlling terminal that is not there");
	*tty = pty->tty;
	return 0;
}

static int restore_one(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct task_struct *leader = rec->process->leader;
	pid_t old = le32_to_cpu(img_of(rec)->old_pgrp);
	struct pid *old_pgrp = NULL;
	struct tty_struct *tty;
	int ret = find_tty(ctx, rec, &tty);

	if (!ret && old)
		old_pgrp = group_of_tree(ctx, old, task_session(leader));
	if (!ret)
		set_tty(leader, tty, old_pgrp);
	return ret;
}

/**
 * kcr_ctty_restore() - controlling terminals and foreground groups
 * @ctx: the operation, in the restarter; groups and sessions are there
 */
int kcr_ctty_restore(struct kcr_ctx *ctx)
{
	struct kcr_rec *rec;
	int ret = control_ptys(ctx);

	list_for_each_entry(rec, &ctx->recs, node) {
		if (ret)
			break;
		if (rec->kind == KCR_KIND_CTTY && rec->process->own_session)
			ret = restore_one(ctx, rec);
	}
	return ret;
}

/* Only from us, or from whom restart has given it to. */
static bool bring_to_front(struct kcr_ctx *ctx, struct tty_struct *tty, struct pid *pgrp)
{
	bool ours;

	spin_lock_irq(&tty->ctrl.lock);
	ours = tty->ctrl.session && tty->ctrl.session == task_session(current) &&
	       (tty->ctrl.pgrp == task_pgrp(current) ||
		tty->ctrl.pgrp == task_pgrp(ctx->root->leader));
	if (ours && pgrp)
		swap(tty->ctrl.pgrp, pgrp);
	spin_unlock_irq(&tty->ctrl.lock);
	put_pid(pgrp);
	return ours;
}

/* restart's own controlling terminal */
static int ctty_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_ctty *img = img_of(rec);
	pid_t nr = le32_to_cpu(img->pgrp);
	struct tty_struct *tty;

	if (rec->process != ctx->root || ctx->root->own_session || !img->flags ||
	    type_of(rec) != KCR_CTTY_OUTSIDE || ctx->restart_flags & KCR_RESTART_DETACH)
		return 0;
	tty = get_current_tty();
	if (!tty)
		return 0;
	if (bring_to_front(ctx, tty, nr ? group_of_tree(ctx, nr, task_session(current)) : NULL))
		settle_in(tty, img);
	tty_kref_put(tty);
	return 0;
}

const struct kcr_ops kcr_ctty_ops = {
	.kind		= KCR_KIND_CTTY,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 1,
	.name		= "ctty",
	.save_process	= ctty_save,
	.check		= ctty_check,
	.commit		= ctty_commit,
};
