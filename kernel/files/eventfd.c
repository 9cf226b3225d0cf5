// SPDX-License-Identifier: GPL-2.0
/*
 * Event counters.
 *
 * The counter is taken from fdinfo. A counter that another process holds too
 * is refused: the two would no longer share it. Who waits in read() or poll()
 * waits again by itself.
 */
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>

#include "compat/eventfd.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/eventfd.h>

struct counter {
	unsigned long long count;
	int id;
	int semaphore;
};

bool kcr_eventfd_match(struct kcr_ctx *ctx, struct file *file)
{
	struct eventfd_ctx *counter = eventfd_ctx_fileget(file);

	if (IS_ERR(counter))
		return false;
	eventfd_ctx_put(counter);
	return true;
}

/* The private structure, if it looks as we think it does. */
static struct kcr_eventfd_ctx *private_of(struct file *file, const struct counter *c)
{
	struct kcr_eventfd_ctx *private = file->private_data;

	if (private->count != c->count || private->id != c->id ||
	    private->flags & ~(EFD_SHARED_FCNTL_FLAGS | EFD_SEMAPHORE | EFD_CLOEXEC))
		return NULL;
	return private;
}

static int read_counter(struct kcr_ctx *ctx, struct file *file, struct counter *c)
{
	char *text = kcr_fdinfo(ctx, file);
	struct kcr_eventfd_ctx *private;
	int n;

	if (!text)
		return -ENOMEM;
	n = sscanf(text, "eventfd-count: %llx\neventfd-id: %d\neventfd-semaphore: %d",
		   &c->count, &c->id, &c->semaphore);
	kvfree(text);
	private = n == 2 ? private_of(file, c) : NULL;
	if (private)
		c->semaphore = !!(private->flags & EFD_SEMAPHORE);
	else if (n != 3)
		return kcr_refuse(ctx, "eventfd: this kernel tells too little about it");
	return 0;
}

static int eventfd_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_eventfd img = { };
	struct counter c = { };
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags) ?: read_counter(ctx, file, &c);

	if (ret)
		return ret;
	if (kcr_file_shared(ctx, file)) {
		ret = kcr_refuse(ctx, "eventfd: shared with another process: not supported yet");
		if (ret)
			return ret;
	}
	img.count = cpu_to_le64(c.count);
	img.flags = cpu_to_le32(flags);
	img.mode = cpu_to_le32(c.semaphore ? KCR_EVENTFD_SEMAPHORE : 0);
	return kcr_write_rec(ctx, KCR_KIND_EVENTFD, 1, id, 0, &img, sizeof(img));
}

static int eventfd_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_eventfd *img = kcr_rec_as(rec, struct kcr_img_eventfd);

	if (rec->len != sizeof(*img) || le32_to_cpu(img->mode) & ~KCR_EVENTFD_SEMAPHORE)
		return kcr_bad_image(ctx, "an eventfd record that makes no sense");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "eventfd");
}

/* More than eventfd2() takes. */
static int set_count(struct kcr_ctx *ctx, struct file *file, u64 count)
{
	struct kcr_eventfd_ctx *private;
	struct counter c = { };
	int ret = read_counter(ctx, file, &c);

	if (ret)
		return ret;
	private = private_of(file, &c);
	if (!private)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EOPNOTSUPP,
				"eventfd: this kernel lets no count of %llu be set", count);
	spin_lock_irq(&private->wqh.lock);
	private->count = count;
	spin_unlock_irq(&private->wqh.lock);
	return 0;
}

static struct file *eventfd_make(struct kcr_ctx *ctx, u64 count, u32 mode)
{
	long fd = kcr_syscall(eventfd2, min_t(u64, count, UINT_MAX),
			      mode & KCR_EVENTFD_SEMAPHORE ? EFD_SEMAPHORE : 0);
	struct file *file;

	if (fd < 0) {
		kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd, "eventfd: can't be made (errno %ld)", -fd);
		return NULL;
	}
	file = fget(fd);
	close_fd(fd);
	return file;
}

static int eventfd_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_eventfd *img = kcr_rec_as(rec, struct kcr_img_eventfd);
	u64 count = le64_to_cpu(img->count);
	struct file *file = eventfd_make(ctx, count, le32_to_cpu(img->mode));
	int ret;

	if (!file)
		return ctx->error ?: -EBADF;
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	ret = kcr_object_add(ctx, rec, file);
	if (ret || count <= UINT_MAX)
		return ret;
	return set_count(ctx, file, count);
}

const struct kcr_ops kcr_eventfd_ops = {
	.kind		= KCR_KIND_EVENTFD,
	.version	= 1,
	.name		= "eventfd",
	.save		= eventfd_save,
	.check		= eventfd_check,
	.restore	= eventfd_restore,
	.put		= kcr_file_put,
};
