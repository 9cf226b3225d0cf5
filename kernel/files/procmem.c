// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/mem, open: a debugger looks at the program there. It is of the memory
 * that the process had when it was opened; memory that none of the tree has any more
 * is refused.
 *
 * When open files are restored most processes are not there yet. So it is made of the
 * one that restores it, and becomes what it should be at commit, when the restarter
 * opens the right one, as ptrace(2) would allow it. /proc/PID/fd shows it with the
 * name of the one that restored it, then. (Linux 6.12 can be told, by
 * proc_mem.force_override=ptrace, to look at whom the name means when a tracer writes to
 * memory that is read-only; that fails then, as it does without a tracer.)
 */
#include <linux/file.h>
#include <linux/sched/mm.h>

#include "internal.h"
#include "ksym.h"
#include <uapi/image/procmem.h>

static struct kcr_process *process_of(struct kcr_ctx *ctx, const struct file *file)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (!p->zombie && p->mm && p->mm == file->private_data)
			return p;
	return NULL;
}

static bool is_procmem(const struct file *file)
{
	return file->f_op == &kcr_var(proc_mem_operations);
}

bool kcr_procmem_match(struct kcr_ctx *ctx, struct file *file)
{
	return is_procmem(file) && process_of(ctx, file);
}

static int procmem_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_procmem img = {
		.pid = cpu_to_le32(process_of(ctx, file)->tgid),
		.pos = cpu_to_le64(file->f_pos),
	};
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags);

	if (ret)
		return ret;
	img.flags = cpu_to_le32(flags);
	return kcr_write_rec(ctx, KCR_KIND_PROCMEM, 1, id, 0, &img, sizeof(img));
}

static bool has_process(struct kcr_ctx *ctx, pid_t pid)
{
	struct kcr_process *p;

	kcr_for_each_process(ctx, p)
		if (p->tgid == pid)
			return !p->zombie;
	return false;
}

static int procmem_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_procmem *img = kcr_rec_as(rec, struct kcr_img_procmem);

	if (rec->len != sizeof(*img) || !has_process(ctx, le32_to_cpu(img->pid)))
		return kcr_bad_image(ctx, "memory of something that is not in the image (/proc/PID/mem)");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "procmem");
}

/* How it was open: the flags that open(2) itself needs. */
static int access_of(const struct kcr_img_procmem *img)
{
	u32 rw = KCR_FILE_READ | KCR_FILE_WRITE;

	return kcr_file_flags(le32_to_cpu(img->flags) & rw) | O_LARGEFILE;
}

static struct file *open_mem(struct kcr_ctx *ctx, const struct kcr_img_procmem *img,
			     const char *name)
{
	struct file *file = filp_open(name, access_of(img), 0);

	if (!IS_ERR(file) && !is_procmem(file)) {
		fput(file);
		file = ERR_PTR(-ENOENT);
	}
	if (!IS_ERR(file))
		return file;
	kcr_fail(ctx, PTR_ERR(file) == -EACCES || PTR_ERR(file) == -EPERM ?
		 KCR_CLASS_PERMISSION : KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
		 "%s can't be opened (errno %ld)", name, -PTR_ERR(file));
	return NULL;
}

static int procmem_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_procmem *img = kcr_rec_as(rec, struct kcr_img_procmem);
	struct file *file = open_mem(ctx, img, "/proc/self/mem");

	if (!file)
		return ctx->error;
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	file->f_pos = le64_to_cpu(img->pos);
	return kcr_object_add(ctx, rec, file);
}

/*
 * Both are open in the same way. Its name stays that of the process that has restored
 * it: whoever looks into /proc/PID/fd reads the path and the inode without a lock, and
 * may do so now. All that reads and writes is the memory.
 */
static void become(struct file *file, struct file *right)
{
	swap(file->private_data, right->private_data);
}

static int procmem_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_procmem *img = kcr_rec_as(rec, struct kcr_img_procmem);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_PROCMEM), *right;
	char name[32];

	if (!file)
		return 0;
	snprintf(name, sizeof(name), "/proc/%d/mem", (pid_t)le32_to_cpu(img->pid));
	right = open_mem(ctx, img, name);
	if (!right)
		return ctx->error;
	become(file, right);
	fput(right);
	return 0;
}

const struct kcr_ops kcr_procmem_ops = {
	.kind		= KCR_KIND_PROCMEM,
	.version	= 1,
	.name		= "procmem",
	.save		= procmem_save,
	.check		= procmem_check,
	.restore	= procmem_restore,
	.commit		= procmem_commit,
	.put		= kcr_file_put,
};
