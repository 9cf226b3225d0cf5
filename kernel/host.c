// SPDX-License-Identifier: GPL-2.0
/*
 * The machine that the image was made on: for people, and for the reader's
 * estimate of what is to come. Nothing is restored from it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <asm/processor.h>

#include "arch/arch.h"
#include "kcr.h"
#include <uapi/image/host.h>

/* More than there are, where processes share pages. */
static u64 pages_of_tree(struct kcr_ctx *ctx)
{
	struct kcr_process *p;
	u64 pages = 0;

	kcr_for_each_process(ctx, p) {
		if (p->mm)
			pages += get_mm_counter(p->mm, MM_ANONPAGES) +
				 get_mm_counter(p->mm, MM_SWAPENTS);
	}
	return pages;
}

static int host_save(struct kcr_ctx *ctx)
{
	struct new_utsname *uts = init_utsname();
	struct kcr_img_host *img;
	int ret;

	img = kzalloc(sizeof(*img), GFP_KERNEL);
	if (!img)
		return kcr_nomem(ctx);
	img->realtime_ns = cpu_to_le64(ktime_to_ns(ctx->cut_real));
	img->monotonic_ns = cpu_to_le64(ktime_to_ns(ctx->cut_mono));
	img->boottime_ns = cpu_to_le64(ktime_to_ns(ctx->cut_boot));
	img->xfeatures = cpu_to_le64(kcr_arch_xfeatures());
	img->xsave_size = cpu_to_le32(kcr_arch_xstate_size());
	img->uid = cpu_to_le32(from_kuid_munged(current_user_ns(), current_euid()));
	img->gid = cpu_to_le32(from_kgid_munged(current_user_ns(), current_egid()));
	img->flags = cpu_to_le32(ctx->ckpt_flags);
	img->pages_estimate = cpu_to_le32(min_t(u64, U32_MAX, pages_of_tree(ctx)));
	strscpy(img->node, utsname()->nodename, sizeof(img->node));
	strscpy(img->release, uts->release, sizeof(img->release));
	strscpy(img->version, uts->version, sizeof(img->version));
	strscpy(img->machine, uts->machine, sizeof(img->machine));
	strscpy(img->kcr, KCR_VERSION, sizeof(img->kcr));
	strscpy(img->cpu, boot_cpu_data.x86_model_id, sizeof(img->cpu));
	ret = kcr_write_rec(ctx, KCR_KIND_HOST, 1, 0, 0, img, sizeof(*img));
	kfree(img);
	return ret;
}

static int host_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_host *img = kcr_rec_as(rec, struct kcr_img_host);

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "host record of %zu bytes", rec->len);
	ctx->bytes_total = (u64)le32_to_cpu(img->pages_estimate) << PAGE_SHIFT;
	return 0;
}

const struct kcr_ops kcr_host_ops = {
	.kind		= KCR_KIND_HOST,
	.version	= 1,
	.name		= "host",
	.save_image	= host_save,
	.check		= host_check,
};
