// SPDX-License-Identifier: GPL-2.0
/*
 * x86-64 registers, through the register sets that ptrace uses: they know the
 * compacted layout of real processors, and check what is written.
 *
 * Shadow stacks and AMX tiles are refused by name: they have not been run.
 */
#include <linux/elf.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <asm/fpu/xcr.h>
#include <asm/fpu/xstate.h>
#include <asm/prctl.h>
#include <asm/syscall.h>

#include "arch/arch.h"
#include "kcr.h"
#include "ksym.h"
#include <uapi/image/x86_regs.h>

#define XFEATURE_BIT_TILE_CFG	17
#define XFEATURE_BIT_TILE_DATA	18
#define XSTATE_BV_OFFSET	512

/* Places in struct kcr_img_x86_regs. */
#define REG_ORIG_AX		15
#define REG_IP			16

static const struct user_regset *regset_find(struct task_struct *task, unsigned int type)
{
	const struct user_regset_view *view = kcr_call(task_user_regset_view)(task);
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == type)
			return &view->regsets[i];
	return NULL;
}

static size_t regset_bytes(const struct user_regset *set)
{
	return (size_t)set->n * set->size;
}

/* Bytes of the XSAVE area in standard layout on this machine, 0 without. */
size_t kcr_arch_xstate_size(void)
{
	const struct user_regset *set = regset_find(current, NT_X86_XSTATE);

	return set ? regset_bytes(set) : 0;
}

/* The register sets of this machine that programs may use (XCR0). */
u64 kcr_arch_xfeatures(void)
{
	return xgetbv(XCR_XFEATURE_ENABLED_MASK);
}

static int regs_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	const struct user_regset *set = regset_find(t->task, NT_PRSTATUS);
	struct kcr_img_x86_regs img;
	struct membuf to = { .p = &img, .left = sizeof(img) };

	BUILD_BUG_ON(sizeof(struct user_regs_struct) != sizeof(img));
	if (!set || regset_bytes(set) != sizeof(img))
		return kcr_refuse(ctx, "it is not a 64-bit program");
	if (set->regset_get(t->task, set, to) < 0)
		return kcr_refuse(ctx, "its registers can't be read");
	return kcr_write_rec(ctx, KCR_KIND_X86_REGS, 1, 0, t->id, &img, sizeof(img));
}

static int regs_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	if (rec->len != sizeof(struct kcr_img_x86_regs))
		return kcr_bad_image(ctx, "register record of %zu bytes", rec->len);
	return 0;
}

static int regs_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct user_regset *set = regset_find(t->task, NT_PRSTATUS);
	int ret = set->set(t->task, set, 0, sizeof(struct kcr_img_x86_regs), rec->data, NULL);

	return ret ? kcr_bad_image(ctx, "thread %d: its registers make no sense", t->tid) : 0;
}

/**
 * kcr_arch_ip() - where a thread of the image stands
 * @rec: any record, not yet checked
 * @ip: set to its instruction pointer
 * @in_call: set to whether it is in a system call
 *
 * Returns false if the record does not tell that of any thread.
 */
bool kcr_arch_ip(const struct kcr_rec *rec, u64 *ip, bool *in_call)
{
	const struct kcr_img_x86_regs *img = kcr_rec_as(rec, struct kcr_img_x86_regs);

	if (rec->kind != KCR_KIND_X86_REGS || rec->len < sizeof(*img))
		return false;
	*ip = le64_to_cpu(img->reg[REG_IP]);
	*in_call = (s64)le64_to_cpu(img->reg[REG_ORIG_AX]) >= 0;
	return true;
}

const struct kcr_ops kcr_x86_regs_ops = {
	.kind		= KCR_KIND_X86_REGS,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "x86_regs",
	.save_thread	= regs_save,
	.check		= regs_check,
	.restore_parked	= regs_restore,
};

static int xstate_refuse(struct kcr_ctx *ctx, struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	if (task->thread.features & ARCH_SHSTK_SHSTK)
		return kcr_refuse(ctx, "it uses a shadow stack");
#endif
	if (task->thread.fpu.perm.__state_perm & BIT_ULL(XFEATURE_BIT_TILE_DATA) &&
	    task->group_leader->thread.fpu.perm.__state_perm & BIT_ULL(XFEATURE_BIT_TILE_DATA) &&
	    task->thread.fpu.fpstate->user_xfeatures & BIT_ULL(XFEATURE_BIT_TILE_DATA))
		return kcr_refuse(ctx, "it uses AMX tiles");
	return 0;
}

static int xstate_save(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	const struct user_regset *set = regset_find(t->task, NT_X86_XSTATE);
	void *data = NULL;
	int size, ret = xstate_refuse(ctx, t->task);

	if (ret)
		return ret;
	if (!set)
		return kcr_refuse(ctx, "this machine has no XSAVE");
	size = regset_get_alloc(t->task, set, regset_bytes(set), &data);
	if (size < KCR_X86_XSTATE_MIN)
		ret = kcr_refuse(ctx, "its extended registers can't be read (errno %d)", -size);
	else
		ret = kcr_write_rec(ctx, KCR_KIND_X86_XSTATE, 1, 0, t->id, data, size);
	kvfree(data);
	return ret;
}

/*
 * What matters is what the thread has in use (XSTATE_BV), not what the machine
 * had; the restoring machine must have all of it, and the same layout for it.
 */
static int xstate_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	u64 used, here = kcr_arch_xfeatures();

	if (rec->len < KCR_X86_XSTATE_MIN || rec->len > KCR_X86_XSTATE_MAX)
		return kcr_bad_image(ctx, "extended register record of %zu bytes", rec->len);
	used = le64_to_cpup((const __le64 *)(rec->data + XSTATE_BV_OFFSET));
	if (used & (BIT_ULL(XFEATURE_BIT_TILE_CFG) | BIT_ULL(XFEATURE_BIT_TILE_DATA)))
		return kcr_refuse(ctx, "the program uses AMX tiles");
	if (used & ~here)
		return kcr_refuse(ctx,
				  "the program uses processor features that this machine lacks (XSAVE components %#llx)",
				  used & ~here);
	if (rec->len > kcr_arch_xstate_size() && used >> 3)
		return kcr_refuse(ctx, "the program's extended registers (%zu bytes) don't fit this machine's (%zu)",
				  rec->len, kcr_arch_xstate_size());
	return 0;
}

static int xstate_restore(struct kcr_ctx *ctx, struct kcr_thread *t, const struct kcr_rec *rec)
{
	const struct user_regset *set = regset_find(t->task, NT_X86_XSTATE);
	size_t size = regset_bytes(set);
	void *area = kvzalloc(size, GFP_KERNEL);
	int ret;

	if (!area)
		return kcr_nomem(ctx);
	memcpy(area, rec->data, min(size, rec->len));
	ret = set->set(t->task, set, 0, size, area, NULL);
	kvfree(area);
	return ret ? kcr_bad_image(ctx, "thread %d: its extended registers make no sense", t->tid) : 0;
}

const struct kcr_ops kcr_x86_xstate_ops = {
	.kind		= KCR_KIND_X86_XSTATE,
	.scope		= KCR_SCOPE_THREAD,
	.version	= 1,
	.name		= "x86_xstate",
	.save_thread	= xstate_save,
	.check		= xstate_check,
	.restore_parked	= xstate_restore,
};
