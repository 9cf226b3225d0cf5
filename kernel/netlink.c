// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

int kcr_netlink_init(void)
{
	return 0;
}

void kcr_netlink_exit(void)
{
}

void kcr_event(struct kcr_ctx *ctx, enum kcr_event event)
{
}
