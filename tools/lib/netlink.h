/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's generic netlink family: operations under way.
 */
#ifndef _KCR_NETLINK_H
#define _KCR_NETLINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tool.h"

/**
 * struct netlink_op - an operation as the module tells of it
 * @op: its number
 * @bytes: written or read so far
 * @bytes_total: expected in all, 0 if that is not known
 * @pages: written or read so far
 * @rate: bytes in a second
 * @pause_ns: how long the process was stopped
 * @phase: how far it is
 * @class: why it failed
 * @pid: of its process, in our pid namespace; 0 if there is none there
 * @restart: a restart, not a checkpoint
 * @text: the sentence, or NULL; gone when the visitor returns
 */
struct netlink_op {
	uint64_t op;
	uint64_t bytes;
	uint64_t bytes_total;
	uint64_t pages;
	uint64_t rate;
	uint64_t pause_ns;
	enum kcr_phase phase;
	enum kcr_class class;
	pid_t pid;
	bool restart;
	const char *text;
};

typedef void (*netlink_visit)(const struct netlink_op *op, void *arg);

int netlink_ops(netlink_visit visit, void *arg, struct verdict *v);

#endif /* _KCR_NETLINK_H */
