/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SECCOMP_H
#define _KCR_COMPAT_SECCOMP_H

#include <linux/filter.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/seccomp.h>
#include <asm/seccomp.h>

/*
 * kernel/seccomp.c keeps these to itself; so they have been since 5.19
 * (c2aa2dfef243 added wait_killable_recv). Goes when they move to a header.
 */
struct action_cache {
	DECLARE_BITMAP(allow_native, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	DECLARE_BITMAP(allow_compat, SECCOMP_ARCH_COMPAT_NR);
#endif
};

struct notification;

struct seccomp_filter {
	refcount_t refs;
	refcount_t users;
	bool log;
	bool wait_killable_recv;
	struct action_cache cache;
	struct seccomp_filter *prev;
	struct bpf_prog *prog;
	struct notification *notif;
	struct mutex notify_lock;
	wait_queue_head_t wqh;
};

#endif /* _KCR_COMPAT_SECCOMP_H */
