/* SPDX-License-Identifier: GPL-2.0 */
/* Job control of a process, in KCR_KIND_PROCESS. */
#ifndef _KCR_STOP_H
#define _KCR_STOP_H

#include "kcr.h"
#include <uapi/image/process.h>

void kcr_stop_save(struct kcr_process *p, struct kcr_img_process *img);
int kcr_stop_check(struct kcr_ctx *ctx, const struct kcr_rec *rec);
int kcr_stop_restore(struct kcr_process *p);

#endif /* _KCR_STOP_H */
