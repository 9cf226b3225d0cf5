// SPDX-License-Identifier: GPL-2.0
/*
 * Where paths begin: working directory, root and umask; mostly of a process as a
 * whole, see shared.c.
 *
 * Paths are saved as seen from the checkpointer's root. A program with another
 * root gets it again only from who may call chroot(2).
 */
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "ksym.h"
#include "internal.h"
#include <uapi/image/fs.h>

static int save_dir(struct kcr_ctx *ctx, const struct path *path, const char *what,
		    char **name, __le32 *gone)
{
	size_t mark = kcr_where(ctx, "%s", what);
	int ret = kcr_path_save(ctx, path, name);
	u32 id = 0;

	if (!ret && *name && kcr_path_gone(path))
		ret = kcr_gone_dir_save(ctx, path, &id);
	*gone = cpu_to_le32(id);
	kcr_where_end(ctx, mark);
	return ret;
}

static int write_fs(struct kcr_ctx *ctx, struct kcr_shared *s, struct kcr_img_fs *img,
		    const char *cwd, const char *root)
{
	size_t cwd_len = strlen(cwd) + 1, root_len = root ? strlen(root) + 1 : 0;

	img->cwd_len = cpu_to_le32(cwd_len);
	img->root_len = cpu_to_le32(root_len);
	s->id = kcr_new_id(ctx);
	return kcr_rec_begin(ctx, KCR_KIND_FS, 2, s->id, s->process->id) ?:
	       kcr_rec_put(ctx, img, sizeof(*img)) ?: kcr_rec_put(ctx, cwd, cwd_len) ?:
	       kcr_rec_put(ctx, root, root_len) ?: kcr_rec_end(ctx);
}

static int save_dirs(struct kcr_ctx *ctx, struct kcr_shared *s, struct kcr_img_fs *img,
		     const struct path *cwd, const struct path *root)
{
	char *cwd_name, *root_name = NULL;
	struct path own;
	bool same;
	int ret = save_dir(ctx, cwd, "working directory", &cwd_name, &img->cwd);

	if (ret)
		goto out_free;
	get_fs_root(current->fs, &own);
	same = path_equal(&own, root);
	path_put(&own);
	if (!same)
		ret = save_dir(ctx, root, "root directory", &root_name, &img->root);
	if (!ret && cwd_name && (same || root_name))
		ret = write_fs(ctx, s, img, cwd_name, root_name);
out_free:
	kfree(cwd_name);
	kfree(root_name);
	return ret;
}

static bool read_fs(const struct kcr_shared *s, struct kcr_img_fs *img, struct path *cwd,
		    struct path *root)
{
	struct fs_struct *fs;

	task_lock(s->task);
	fs = s->task->fs;
	if (fs) {
		get_fs_pwd(fs, cwd);
		get_fs_root(fs, root);
		img->umask = cpu_to_le32(fs->umask);
	}
	task_unlock(s->task);
	return fs;
}

static int save_one(struct kcr_ctx *ctx, struct kcr_shared *s)
{
	struct kcr_img_fs img = { };
	struct path cwd, root;
	int ret;

	if (!read_fs(s, &img, &cwd, &root))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ESRCH, "it has exited");
	ret = save_dirs(ctx, s, &img, &cwd, &root);
	path_put(&cwd);
	path_put(&root);
	return ret;
}

static int fs_save(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct kcr_shared *s;
	int ret = 0;

	list_for_each_entry(s, &p->roots, node)
		ret = ret ?: save_one(ctx, s);
	return ret;
}

static size_t len_of(const struct kcr_rec *rec)
{
	BUILD_BUG_ON(offsetof(struct kcr_img_fs, cwd) != KCR_FS_LEN_1);
	return rec->version < 2 ? KCR_FS_LEN_1 : sizeof(struct kcr_img_fs);
}

static const char *cwd_of(const struct kcr_rec *rec)
{
	return rec->data + len_of(rec);
}

static const char *root_of(const struct kcr_rec *rec)
{
	const struct kcr_img_fs *img = kcr_rec_as(rec, struct kcr_img_fs);

	return img->root_len ? cwd_of(rec) + le32_to_cpu(img->cwd_len) : NULL;
}

/* Those that have been removed, or 0. */
static u32 gone_cwd(const struct kcr_rec *rec)
{
	return rec->version < 2 ? 0 : le32_to_cpu(kcr_rec_as(rec, struct kcr_img_fs)->cwd);
}

static u32 gone_root(const struct kcr_rec *rec)
{
	return rec->version < 2 ? 0 : le32_to_cpu(kcr_rec_as(rec, struct kcr_img_fs)->root);
}

static int find_dir(struct kcr_ctx *ctx, const char *name, u32 gone, struct path *path)
{
	int ret = gone ? kcr_wanted_dir(ctx, gone, path) :
			 kcr_path_find(ctx, name, 0, S_IFDIR, path);

	if (ret)
		return ret;
	ret = path_permission(path, MAY_EXEC | MAY_CHDIR);
	if (!ret)
		return 0;
	path_put(path);
	return kcr_path_fail(ctx, ret, name, "can't be entered");
}

static int check_paths(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fs *img = kcr_rec_as(rec, struct kcr_img_fs);
	size_t room;

	if (rec->len < len_of(rec) || le32_to_cpu(img->umask) & ~0777)
		return kcr_bad_image(ctx, "a working directory record that makes no sense");
	room = rec->len - len_of(rec);
	if (!kcr_path_check(ctx, cwd_of(rec), le32_to_cpu(img->cwd_len), room, "working directory"))
		return ctx->error;
	room -= le32_to_cpu(img->cwd_len);
	if (img->root_len && !kcr_path_check(ctx, root_of(rec), le32_to_cpu(img->root_len), room,
					     "root directory"))
		return ctx->error;
	return 0;
}

/* One that has been removed is made before anybody is in it. */
static int check_gone(struct kcr_ctx *ctx, u32 gone)
{
	struct kcr_wanted *wanted;
	int ret = gone ? kcr_wanted_settle(ctx, gone, &wanted) : 0;

	if (!ret && gone && !kcr_wanted_is_dir(wanted))
		ret = kcr_bad_image(ctx, "a working directory (%u) that is a file", gone);
	return ret;
}

static int fs_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct path path;
	int ret = check_paths(ctx, rec) ?: check_gone(ctx, gone_cwd(rec)) ?:
		  check_gone(ctx, gone_root(rec));

	if (!ret && !gone_cwd(rec)) {
		ret = find_dir(ctx, cwd_of(rec), 0, &path);
		if (!ret)
			path_put(&path);
	}
	if (!ret && root_of(rec) && !ns_capable(current_user_ns(), CAP_SYS_CHROOT))
		return kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
				"%s: was its root directory: you may not call chroot", root_of(rec));
	return ret;
}

static int change_root(struct kcr_ctx *ctx, const char *name, u32 gone)
{
	struct path path;
	int ret = find_dir(ctx, name, gone, &path);

	if (ret)
		return ret;
	if (!ns_capable(current_user_ns(), CAP_SYS_CHROOT))
		ret = kcr_fail(ctx, KCR_CLASS_PERMISSION, -EPERM,
			       "%s: was its root directory: you may not call chroot", name);
	else
		kcr_call(set_fs_root)(current->fs, &path);
	path_put(&path);
	return ret;
}

static int fill(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_fs *img = kcr_rec_as(rec, struct kcr_img_fs);
	struct path path;
	int ret = find_dir(ctx, cwd_of(rec), gone_cwd(rec), &path);

	if (ret)
		return ret;
	kcr_call(set_fs_pwd)(current->fs, &path);
	path_put(&path);
	current->fs->umask = le32_to_cpu(img->umask);
	return 0;
}

/* The leader's own counts on while the new one is worn. */
static int fill_beside(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct fs_struct *own = kcr_fs_get(current->fs), *made;
	int ret = unshare_fs_struct();

	if (ret)
		ret = kcr_nomem(ctx);
	else
		ret = fill(ctx, rec);
	made = kcr_fs_wear(own);
	if (!ret)
		return kcr_object_add(ctx, rec, made);
	kcr_fs_put(made);
	return ret;
}

static int fs_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	int ret;

	if (rec->process->has_fs)
		return fill_beside(ctx, rec);
	rec->process->has_fs = true;
	ret = fill(ctx, rec);
	return ret || !rec->id ? ret : kcr_object_add(ctx, rec, kcr_fs_get(current->fs));
}

/* Last: every other path is as seen from the restarter's root. */
static int fs_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct fs_struct *made = kcr_object_get(ctx, rec->id, KCR_KIND_FS), *own;
	int ret;

	if (!root_of(rec))
		return 0;
	own = kcr_fs_wear(made ?: current->fs);
	ret = change_root(ctx, root_of(rec), gone_root(rec));
	kcr_fs_wear(own);
	return ret;
}

const struct kcr_ops kcr_fs_ops = {
	.kind		= KCR_KIND_FS,
	.scope		= KCR_SCOPE_PROCESS,
	.version	= 2,
	.name		= "fs",
	.save_process	= fs_save,
	.check		= fs_check,
	.restore	= fs_restore,
	.link		= fs_link,
	.put		= kcr_fs_put,
};
