/* SPDX-License-Identifier: GPL-2.0 */
/* Who is told what: trace points and the generic netlink family. */
#ifndef _KCR_NETLINK_H
#define _KCR_NETLINK_H

#include "kcr.h"

int kcr_netlink_init(void);
void kcr_netlink_exit(void);

void kcr_event(struct kcr_ctx *ctx, enum kcr_event event);

#endif /* _KCR_NETLINK_H */
