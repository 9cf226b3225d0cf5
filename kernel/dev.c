// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kcr: the door.
 *
 * An ioctl on the device makes an operation and returns its descriptor; ioctls
 * on that drive the two phases, and closing it aborts whatever is not finished.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include "base.h"
#include "template.h"
#include "dev.h"
#include "files/choice.h"
#include "kcr.h"
#include "kinds.h"
#include "ksym.h"
#include "lazy/lazy.h"
#include "mm/mm.h"
#include "mm/track.h"
#include "netlink.h"
#include "policy.h"
#include "scope.h"
#include "task/cgroup.h"

#define KCR_TIMEOUT_DEFAULT_MS	10000

#define KCR_CKPT_SCOPES	(KCR_CKPT_SINGLE | KCR_CKPT_SESSION | KCR_CKPT_GROUP | KCR_CKPT_CGROUP)

/* The descriptor of an operation */

static void ctx_abort(struct kcr_ctx *ctx)
{
	if (ctx->restart)
		kcr_restart_abort(ctx);
	else
		kcr_checkpoint_abort(ctx);
}

static int op_release(struct inode *inode, struct file *file)
{
	struct kcr_ctx *ctx = file->private_data;

	mutex_lock(&ctx->lock);
	ctx_abort(ctx);
	if (!ctx->restart)	/* tasks that were made may still read it */
		kcr_ctx_drop(ctx);
	mutex_unlock(&ctx->lock);
	kcr_ops_del(ctx);
	kcr_ctx_put(ctx);
	return 0;
}

static int copy_in(void *to, size_t size, const void __user *arg)
{
	u32 usize;

	if (get_user(usize, (const u32 __user *)arg))
		return -EFAULT;
	if (usize < sizeof(u32) || usize > PAGE_SIZE)
		return -EINVAL;
	return copy_struct_from_user(to, size, arg, usize);
}

/*
 * A request is known by its number: the size in it is that of the caller's structure,
 * which may be shorter or longer than ours.
 */
#define SIZELESS(cmd)	((cmd) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT))

/* A longer structure of a newer caller gets zeros where we know nothing. */
static int copy_out(void __user *arg, const void *from, size_t size, u32 usize)
{
	size_t n = min_t(size_t, size, usize);

	if (usize > size && clear_user(arg + size, usize - size))
		return -EFAULT;
	return copy_to_user(arg, from, n) ? -EFAULT : 0;
}

static void set_runner(struct kcr_ctx *ctx, struct task_struct *runner)
{
	spin_lock_irq(&ctx->status_lock);
	ctx->runner = runner;
	spin_unlock_irq(&ctx->status_lock);
}

static int op_image(struct kcr_ctx *ctx, int fd)
{
	fmode_t mode = ctx->restart ? FMODE_READ : FMODE_WRITE;

	if (kcr_is_copy(ctx) || ctx->ckpt_flags & (KCR_CKPT_CHECK | KCR_CKPT_PARK))
		return 0;
	ctx->image = fget(fd);
	if (!ctx->image)
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EBADF, "the image is no open descriptor");
	if (!(ctx->image->f_mode & mode))
		return kcr_fail(ctx, KCR_CLASS_USAGE, -EBADF, "the image is not open for %s",
				ctx->restart ? "reading" : "writing");
	return 0;
}

/* Credentials were checked when the operation was opened: nobody else runs it. */
static bool same_caller(struct kcr_ctx *ctx)
{
	const struct cred *c = current_cred();

	return uid_eq(c->euid, ctx->cred->euid) && uid_eq(c->fsuid, ctx->cred->fsuid) &&
	       gid_eq(c->egid, ctx->cred->egid) && c->user_ns == ctx->cred->user_ns &&
	       cap_issubset(c->cap_effective, ctx->cred->cap_effective) &&
	       cap_issubset(ctx->cred->cap_effective, c->cap_effective) &&
	       task_active_pid_ns(current) == ctx->pid_ns;
}

static int run(struct kcr_ctx *ctx, const struct kcr_run *request)
{
	int ret = kcr_template_lock(ctx);

	if (!ret && !ctx->again)
		ret = op_image(ctx, request->image_fd) ?: kcr_lazy_set(ctx, request);
	if (ret)
		return ret;
	if (!ctx->again)
		kcr_event(ctx, KCR_EVENT_STARTED);
	return ctx->restart ? kcr_restart_run(ctx) : kcr_checkpoint_run(ctx);
}

static long op_run(struct kcr_ctx *ctx, void __user *arg)
{
	struct kcr_run request;
	int ret = copy_in(&request, sizeof(request), arg);

	if (ret)
		return ret;
	if (ctx->phase != KCR_PHASE_NEW && !ctx->again)
		return -EBUSY;
	if (!same_caller(ctx))
		return -EPERM;

	set_runner(ctx, current);
	ret = run(ctx, &request);
	set_runner(ctx, NULL);
	kcr_interrupted_end();
	if (ctx->again) {
		kcr_template_unlock(ctx);
		set_thread_flag(TIF_SIGPENDING);	/* so that we are called again */
		return ret;
	}
	if (ret)
		ctx_abort(ctx);	/* what was made reads the image until it is gone */
	kcr_template_unlock(ctx);
	kcr_ctx_put_image(ctx);
	if (ret) {
		if (!ctx->error)
			kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret, "failed (errno %d)", -ret);
		kcr_set_phase(ctx, KCR_PHASE_FAILED);
	}
	return ret;
}

static long op_finish(struct kcr_ctx *ctx, void __user *arg)
{
	struct kcr_finish fin;
	int ret = copy_in(&fin, sizeof(fin), arg);

	if (ret)
		return ret;
	if (fin.action > KCR_ACTION_ABORT)
		return -EINVAL;
	if (!same_caller(ctx))
		return -EPERM;
	ret = ctx->restart ? kcr_restart_finish(ctx, fin.action) :
			     kcr_checkpoint_finish(ctx, fin.action);
	if (ret && ctx->error) {
		ctx_abort(ctx);
		kcr_set_phase(ctx, KCR_PHASE_FAILED);
	}
	return ret;
}

static long op_cgroup(struct kcr_ctx *ctx, void __user *arg)
{
	struct kcr_cgroup next;
	int ret = copy_in(&next, sizeof(next), arg);
	u32 usize = next.size, room = next.path_len;
	const char *path;

	if (ret)
		return ret;
	if (ctx->phase != KCR_PHASE_PREPARED)
		return -EBUSY;
	ret = kcr_cgroup_next(ctx, &next, &path);
	if (ret)
		return ret;
	next.size = sizeof(next);
	next.path_len = strlen(path) + 1;
	if (copy_to_user(u64_to_user_ptr(next.path), path, min(room, next.path_len)))
		return -EFAULT;
	return copy_out(arg, &next, sizeof(next), usize);
}

static void status_fill(struct kcr_ctx *ctx, struct kcr_status *st)
{
	lockdep_assert_held(&ctx->status_lock);

	st->phase = ctx->phase;
	st->class = ctx->class;
	st->error = -ctx->error;
	st->threads = ctx->nr_threads;
	st->blockers = ctx->blockers;
	st->bytes = READ_ONCE(ctx->written);
	st->bytes_total = ctx->bytes_total;
	st->pages = READ_ONCE(ctx->pages);
	st->pages_zero = READ_ONCE(ctx->pages_zero);
	st->pages_file = READ_ONCE(ctx->pages_file);
	st->pages_earlier = READ_ONCE(ctx->pages_earlier);
	st->pages_spared = READ_ONCE(ctx->pages_spared);
	st->track = kcr_track_how(ctx);
	st->pause_ns = ctx->pause_ns;
	st->park_ns = ctx->park_ns;
	st->file_bytes = READ_ONCE(ctx->file_bytes);
	st->op = ctx->op;
	st->pid = pid_nr_ns(ctx->pid, task_active_pid_ns(current));
}

/* Without ctx->lock: it must answer while KCR_IOC_RUN is under way. */
static long op_status(struct kcr_ctx *ctx, void __user *arg)
{
	struct kcr_status st;
	u32 usize, room, len;
	char *text = NULL;
	int ret = copy_in(&st, sizeof(st), arg);

	if (ret)
		return ret;
	usize = st.size;
	room = st.text_len;
	if (room)
		text = kzalloc(min_t(u32, room, SZ_64K), GFP_KERNEL);
	if (room && !text)
		return -ENOMEM;
	room = min_t(u32, room, SZ_64K);
	st.extra = ctx->restart ? 0 : kcr_extra(ctx);

	spin_lock_irq(&ctx->status_lock);
	status_fill(ctx, &st);
	len = min_t(size_t, ctx->text_len + 1, room);
	if (len && ctx->text)
		memcpy(text, ctx->text, len - 1);
	st.text_len = ctx->text_len + 1;
	spin_unlock_irq(&ctx->status_lock);

	if (len && copy_to_user(u64_to_user_ptr(st.text), text, len))
		ret = -EFAULT;
	kfree(text);
	st.size = sizeof(st);
	return ret ?: copy_out(arg, &st, sizeof(st), usize);
}

static long op_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct kcr_ctx *ctx = file->private_data;
	long ret;

	switch (SIZELESS(cmd)) {
	case SIZELESS(KCR_IOC_STATUS):
		return op_status(ctx, (void __user *)arg);
	case SIZELESS(KCR_IOC_CANCEL):
		kcr_cancel(ctx);
		return 0;
	}

	if (mutex_lock_killable(&ctx->lock))
		return -EINTR;
	switch (SIZELESS(cmd)) {
	case SIZELESS(KCR_IOC_RUN):
		ret = op_run(ctx, (void __user *)arg);
		break;
	case SIZELESS(KCR_IOC_FINISH):
		ret = op_finish(ctx, (void __user *)arg);
		break;
	case SIZELESS(KCR_IOC_CGROUP):
		ret = op_cgroup(ctx, (void __user *)arg);
		break;
	default:
		ret = -ENOTTY;
	}
	mutex_unlock(&ctx->lock);
	return ret;
}

static const struct file_operations op_fops = {
	.owner		= THIS_MODULE,
	.release	= op_release,
	.unlocked_ioctl	= op_ioctl,
	.llseek		= noop_llseek,
};

/* The operation of a descriptor, with a reference, or NULL. */
static struct kcr_ctx *op_of(int fd)
{
	struct file *file = fget(fd);
	struct kcr_ctx *ctx = NULL;

	if (!file)
		return NULL;
	if (file->f_op == &op_fops) {
		ctx = file->private_data;
		kcr_ctx_get(ctx);
	}
	fput(file);
	return ctx;
}

/* The device */

static long info_get(void __user *arg)
{
	struct kcr_info info;
	int ret = copy_in(&info, sizeof(info), arg);
	u32 usize = info.size;

	if (ret)
		return ret;
	info = (struct kcr_info) {
		.size = sizeof(info),
		.abi = KCR_ABI,
		.image_version = KCR_IMAGE_VERSION,
		.kinds = kcr_nr_kinds,
		.max_ops = READ_ONCE(kcr_max_ops),
		.active_ops = kcr_nr_ops(),
		.policy_checkpoint = READ_ONCE(kcr_checkpoint_right),
		.policy_pid = READ_ONCE(kcr_pid_right),
		.policy_time = READ_ONCE(kcr_time_right),
		.buffer_limit = kcr_buffer_limit(),
		.version = KCR_VERSION,
	};
	strscpy(info.kernel, init_utsname()->release, sizeof(info.kernel));
	return copy_out(arg, &info, sizeof(info), usize);
}

static long op_install(struct kcr_ctx *ctx)
{
	struct file *file;
	int fd, ret = kcr_ops_add(ctx);

	if (ret)
		return ret;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_del;
	}
	file = anon_inode_getfile("[kcr]", &op_fops, ctx, O_RDWR | O_CLOEXEC);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_fd;
	}
	fd_install(fd, file);
	return fd;

err_fd:
	put_unused_fd(fd);
err_del:
	kcr_ops_del(ctx);
	return ret;
}

/* Takes over the reference of @leader. */
static int set_target(struct kcr_ctx *ctx, struct task_struct *leader)
{
	ctx->root = kcr_process_add(ctx, NULL);
	if (!ctx->root) {
		put_task_struct(leader);
		return -ENOMEM;
	}
	ctx->root->leader = leader;
	ctx->root->tgid = pid_nr_ns(ctx->pid, ctx->pid_ns);
	hash_add(ctx->processes_hash, &ctx->root->hash, (uintptr_t)leader->signal);
	if (leader->flags & PF_KTHREAD || same_thread_group(leader, current))
		return -EOPNOTSUPP;
	if (is_global_init(leader) || is_child_reaper(ctx->pid))
		return -EOPNOTSUPP;
	return 0;
}

static int find_target(struct kcr_ctx *ctx, pid_t nr)
{
	struct task_struct *task, *leader = NULL;

	rcu_read_lock();
	task = kcr_call(find_task_by_vpid)(nr);
	if (task) {
		leader = get_task_struct(task->group_leader);
		ctx->pid = get_pid(task_tgid(task));
	}
	rcu_read_unlock();
	return leader ? set_target(ctx, leader) : -ESRCH;
}

static long dev_checkpoint(struct file *file, void __user *arg)
{
	struct kcr_checkpoint ck;
	struct kcr_ctx *ctx;
	long ret = copy_in(&ck, sizeof(ck), arg);

	if (ret)
		return ret;
	if (ck.flags & ~KCR_CKPT_FLAGS || ck.pid <= 0)
		return -EINVAL;
	if (hweight32(ck.flags & KCR_CKPT_SCOPES) > 1)
		return -EINVAL;
	if (ck.flags & KCR_CKPT_PARK && (!(ck.flags & KCR_CKPT_HOLD) || ck.base_runs ||
					 ck.flags & (KCR_CKPT_CHECK | KCR_CKPT_WITH_FILES)))
		return -EINVAL;
	if (ck.flags & KCR_CKPT_TRACK && ck.flags & (KCR_CKPT_HOLD | KCR_CKPT_CHECK))
		return -EINVAL;		/* there is no snapshot */
	ctx = kcr_ctx_alloc(file, false, ck.flags);
	if (!ctx)
		return -ENOMEM;
	ctx->timeout_ms = ck.timeout_ms ?: KCR_TIMEOUT_DEFAULT_MS;

	ret = kcr_policy_checkpoint(ctx) ? 0 : -EPERM;
	if (!ret)
		ret = find_target(ctx, ck.pid);
	if (!ret)
		ret = kcr_policy_process(ctx, ctx->root);
	if (!ret)
		ret = kcr_scope_set(ctx, ctx->root->leader, ck.cgroup_fd) ?:
		      kcr_choices_set(ctx, ck.choices, ck.nr_choices) ?:
		      kcr_base_set(ctx, &ck) ?: kcr_track_set(ctx, &ck);
	if (!ret)
		ret = op_install(ctx);
	if (ret < 0)
		kcr_ctx_put(ctx);
	return ret;
}

static long dev_restart(struct file *file, void __user *arg)
{
	struct kcr_restart re;
	struct kcr_ctx *ctx;
	long ret = copy_in(&re, sizeof(re), arg);

	if (ret)
		return ret;
	if (re.flags & ~KCR_RESTART_FLAGS || !kcr_template_flags_ok(re.flags))
		return -EINVAL;
	if (re.template_fd && !(re.flags & KCR_RESTART_COPY))
		return -EINVAL;
	ctx = kcr_ctx_alloc(file, true, re.flags);
	if (!ctx)
		return -ENOMEM;
	ret = kcr_choices_set(ctx, re.choices, re.nr_choices);
	if (!ret && re.flags & KCR_RESTART_COPY)
		ret = kcr_template_set(ctx, op_of(re.template_fd));
	if (!ret)
		ret = op_install(ctx);
	if (ret < 0)
		kcr_ctx_put(ctx);
	return ret;
}

static long dev_track(void __user *arg)
{
	struct kcr_track request;
	int ret = copy_in(&request, sizeof(request), arg);

	return ret ?: kcr_track_make(&request);
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (SIZELESS(cmd)) {
	case SIZELESS(KCR_IOC_INFO):
		return info_get((void __user *)arg);
	case SIZELESS(KCR_IOC_CHECKPOINT):
		return dev_checkpoint(file, (void __user *)arg);
	case SIZELESS(KCR_IOC_RESTART):
		return dev_restart(file, (void __user *)arg);
	case SIZELESS(KCR_IOC_TRACK):
		return dev_track((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations dev_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= dev_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice kcr_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "kcr",
	.fops	= &dev_fops,
	.mode	= 0600,		/* the udev rule opens it to the group kcr */
};

int kcr_dev_init(void)
{
	return misc_register(&kcr_misc);
}

void kcr_dev_exit(void)
{
	misc_deregister(&kcr_misc);
}
