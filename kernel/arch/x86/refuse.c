// SPDX-License-Identifier: GPL-2.0
/*
 * What a thread may have on x86 that can't be rebuilt yet. Registers, their
 * shadow stack and tiles are regs.c's.
 */
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <asm/desc.h>
#include <asm/processor.h>

#include "arch/arch.h"
#include "kcr.h"

static bool has_tls(const struct thread_struct *thread)
{
	unsigned int i;

	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
		if (!desc_empty(&thread->tls_array[i]))
			return true;
	return false;
}

int kcr_arch_refuse(struct kcr_ctx *ctx, struct task_struct *task)
{
	const struct thread_struct *thread = &task->thread;
	int ret = 0;

	if (test_tsk_thread_flag(task, TIF_ADDR32))
		ret = kcr_refuse(ctx, "it is a 32-bit program");
	if (!ret && has_tls(thread))
		ret = kcr_refuse(ctx, "it has segments of its own (set_thread_area)");
	return ret;
}
