// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that signals are read from.
 *
 * There is nothing in one but the set of signals, which fdinfo tells. What can be
 * read is what is pending for whoever reads, and that is saved with the signals.
 * One that a process outside of the tree holds too is refused: that one could
 * change the set for both. Who waits in read() or poll() waits again by itself.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>

#include "ksym.h"
#include "internal.h"
#include "task/signals.h"
#include <uapi/image/signalfd.h>

bool kcr_signalfd_match(struct kcr_ctx *ctx, struct file *file)
{
	return file->f_op == &kcr_var(signalfd_fops);
}

static int read_mask(struct kcr_ctx *ctx, struct file *file, u64 *mask)
{
	char *text = kcr_fdinfo(ctx, file);
	int n;

	if (!text)
		return -ENOMEM;
	n = sscanf(text, "sigmask: %llx", mask);
	kvfree(text);
	if (n != 1)
		return kcr_refuse(ctx, "signalfd: this kernel tells of it in another way");
	return 0;
}

static int signalfd_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct kcr_img_signalfd img = { };
	u64 mask = 0;
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags) ?: read_mask(ctx, file, &mask);

	if (!ret && kcr_file_shared(ctx, file))
		ret = kcr_refuse(ctx, "signalfd: shared with another process: not supported yet");
	if (ret)
		return ret;
	img.mask = cpu_to_le64(mask);
	img.flags = cpu_to_le32(flags);
	return kcr_write_rec(ctx, KCR_KIND_SIGNALFD, 1, id, 0, &img, sizeof(img));
}

static int signalfd_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_signalfd *img = kcr_rec_as(rec, struct kcr_img_signalfd);

	if (rec->len != sizeof(*img) || img->reserved)
		return kcr_bad_image(ctx, "a signalfd record that makes no sense");
	return kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "signalfd");
}

static int signalfd_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_signalfd *img = kcr_rec_as(rec, struct kcr_img_signalfd);
	sigset_t mask = kcr_sigset_decode(img->mask);
	int fd = kcr_call(do_signalfd4)(-1, &mask, 0);

	return kcr_file_made(ctx, rec, fd, le32_to_cpu(img->flags), "signalfd");
}

const struct kcr_ops kcr_signalfd_ops = {
	.kind		= KCR_KIND_SIGNALFD,
	.version	= 1,
	.name		= "signalfd",
	.save		= signalfd_save,
	.check		= signalfd_check,
	.restore	= signalfd_restore,
	.put		= kcr_file_put,
};
