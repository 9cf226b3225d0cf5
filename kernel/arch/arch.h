/* SPDX-License-Identifier: GPL-2.0 */
/* What every architecture answers. */
#ifndef _KCR_ARCH_H
#define _KCR_ARCH_H

#include <linux/types.h>

struct kcr_ctx;
struct kcr_rec;
struct mm_struct;
struct pt_regs;
struct task_struct;

size_t kcr_arch_xstate_size(void);
u64 kcr_arch_xfeatures(void);
bool kcr_arch_in_vdso(const struct pt_regs *regs);
bool kcr_arch_ip(const struct kcr_rec *rec, u64 *ip, bool *in_call);

bool kcr_arch_steps(struct task_struct *task);
bool kcr_arch_steps_blocks(struct task_struct *task);
void kcr_arch_step(struct task_struct *task);
u64 kcr_arch_debug_status(struct task_struct *task);
void kcr_arch_debug_status_set(struct task_struct *task, u64 status);
bool kcr_arch_behind_call(struct task_struct *task);
void kcr_arch_call_again(struct task_struct *task);

int kcr_arch_refuse(struct kcr_ctx *ctx, struct task_struct *task);
int kcr_arch_mm_refuse(struct kcr_ctx *ctx, struct mm_struct *mm);
void kcr_arch_mm_begin(struct mm_struct *mm);
void kcr_arch_mm_flush(struct mm_struct *mm);
u32 kcr_arch_pkeys(struct mm_struct *mm, u32 *exec);
void kcr_arch_pkeys_restore(struct mm_struct *mm, u32 keys, u32 exec);

#endif /* _KCR_ARCH_H */
