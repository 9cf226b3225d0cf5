// SPDX-License-Identifier: GPL-2.0
/*
 * What x86 has of a thread that is traced: single steps, the status that the
 * tracer reads after one, and how a system call is begun once more.
 */
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/debugreg.h>
#include <asm/processor.h>
#include <asm/unistd.h>

#include "arch/arch.h"
#include "kcr.h"
#include "ksym.h"

#define SYSCALL_INSN_LEN	2

static const u8 syscall_insn[SYSCALL_INSN_LEN] = { 0x0f, 0x05 };

bool kcr_arch_steps(struct task_struct *task)
{
	return test_tsk_thread_flag(task, TIF_SINGLESTEP);
}

bool kcr_arch_steps_blocks(struct task_struct *task)
{
	return test_tsk_thread_flag(task, TIF_BLOCKSTEP);
}

/* Its registers are there; whether TF is the program's own is found out anew. */
void kcr_arch_step(struct task_struct *task)
{
	kcr_call(user_enable_single_step)(task);
}

u64 kcr_arch_debug_status(struct task_struct *task)
{
	return task->thread.virtual_dr6;
}

void kcr_arch_debug_status_set(struct task_struct *task, u64 status)
{
	task->thread.virtual_dr6 = status;
}

/* Does it stand behind the instruction that begins a system call? */
bool kcr_arch_behind_call(struct task_struct *task)
{
	unsigned long ip = task_pt_regs(task)->ip;
	u8 insn[SYSCALL_INSN_LEN];

	return ip >= SYSCALL_INSN_LEN &&
	       access_process_vm(task, ip - SYSCALL_INSN_LEN, insn, sizeof(insn), 0) ==
	       sizeof(insn) && !memcmp(insn, syscall_insn, sizeof(insn));
}

/* It executes that instruction next; its registers are set again afterwards. */
void kcr_arch_call_again(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);

	regs->ip -= SYSCALL_INSN_LEN;
	regs->ax = __NR_getpid;
	regs->orig_ax = -1;
	regs->flags &= ~X86_EFLAGS_TF;
}
