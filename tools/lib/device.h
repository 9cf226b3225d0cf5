/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/kcr as functions. The tests put another device.c in its place.
 *
 * All return 0 or a descriptor, or a negative errno.
 */
#ifndef _KCR_DEVICE_H
#define _KCR_DEVICE_H

#include <stdint.h>

#include "../../uapi/kcr.h"

int device_open(void);
int device_info(int device, struct kcr_info *info);
int device_checkpoint(int device, const struct kcr_checkpoint *request);
int device_track(int device, uint32_t how);
int device_restart(int device, const struct kcr_restart *request);

int device_run(int op, const struct kcr_run *run);
int device_finish(int op, enum kcr_action action);
int device_status(int op, struct kcr_status *status);
int device_cgroup(int op, struct kcr_cgroup *next);
int device_cancel(int op);

#endif /* _KCR_DEVICE_H */
