// SPDX-License-Identifier: GPL-2.0
/*
 * kcr: checkpoint and restart of running programs, as a module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>

#include "dev.h"
#include "files/files.h"
#include "kcr.h"
#include "ksym.h"
#include "lazy/lazy.h"
#include "mm/mm.h"
#include "netlink.h"
#include "policy.h"
#include "stream.h"

module_param_cb(checkpoint, &kcr_right_param_ops, &kcr_checkpoint_right, 0644);
MODULE_PARM_DESC(checkpoint, "who may checkpoint: root, group (of /dev/kcr) or any (default group)");
module_param_cb(pid_choice, &kcr_right_param_ops, &kcr_pid_right, 0644);
MODULE_PARM_DESC(pid_choice, "who may choose pids at restart: root, group or any (default group)");
module_param_cb(time_choice, &kcr_right_param_ops, &kcr_time_right, 0644);
MODULE_PARM_DESC(time_choice, "who may give a program its own clocks: root, group or any (default group)");

module_param_named(max_ops, kcr_max_ops, uint, 0644);
MODULE_PARM_DESC(max_ops, "operations that may be under way at once (default 64)");
module_param_named(max_buffer_mb, kcr_max_buffer_mb, uint, 0644);
MODULE_PARM_DESC(max_buffer_mb, "megabytes that one checkpoint may copy: shared memory, huge pages, records (default 0: half of what is free)");
module_param_named(lazy_rate_mb, kcr_lazy_rate_mb, uint, 0644);
MODULE_PARM_DESC(lazy_rate_mb, "megabytes a second that a lazy restart reads beside what is needed at once (default 0: no limit)");

static int __init kcr_init(void)
{
	int ret = kcr_ksym_init();

	if (ret)
		return ret;
	ret = kcr_sums_init();
	if (ret)
		return ret;
	ret = kcr_netlink_init();
	if (ret)
		goto err_sums;
	ret = kcr_mm_init();
	if (ret)
		goto err_netlink;
	ret = kcr_dev_init();
	if (ret)
		goto err_mm;
	pr_info("version %s\n", KCR_VERSION);
	return 0;

err_mm:
	kcr_mm_exit();
err_netlink:
	kcr_netlink_exit();
err_sums:
	kcr_sums_exit();
	return ret;
}

/*
 * Every operation holds a reference to the module until the last thread has
 * left the callback that parked it; what may still be running is the end of
 * such a callback, after that reference was put.
 */
static void __exit kcr_exit(void)
{
	kcr_dev_exit();
	kcr_mm_exit();
	kcr_known_drop();
	kcr_netlink_exit();
	kcr_sums_exit();
	synchronize_rcu_tasks();
	rcu_barrier();
}

module_init(kcr_init);
module_exit(kcr_exit);

MODULE_DESCRIPTION("Checkpoint, restart and migration of running programs");
MODULE_AUTHOR("The kcr developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(KCR_VERSION);
