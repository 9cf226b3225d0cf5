/* SPDX-License-Identifier: GPL-2.0 */
/* What the user has chosen for what is shared with the outside. */
#ifndef _KCR_FILES_CHOICE_H
#define _KCR_FILES_CHOICE_H

#include <linux/fs.h>

#include "kcr.h"

int kcr_choices_set(struct kcr_ctx *ctx, u64 user, u32 nr);
void kcr_choices_drop(struct kcr_ctx *ctx);
int kcr_choices_used(struct kcr_ctx *ctx);
struct kcr_choice *kcr_choice_find(struct kcr_ctx *ctx, u32 type, u64 ino);
u32 kcr_choice_of(struct kcr_ctx *ctx, struct file *file);

#endif /* _KCR_FILES_CHOICE_H */
