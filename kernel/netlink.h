/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: who is told what. */
#ifndef _KCR_NETLINK_H
#define _KCR_NETLINK_H

#include "kcr.h"

int kcr_netlink_init(void);
void kcr_netlink_exit(void);

/* An event of an operation; never sleeps long, never fails the operation. */
void kcr_event(struct kcr_ctx *ctx, enum kcr_event event);

#endif /* _KCR_NETLINK_H */
