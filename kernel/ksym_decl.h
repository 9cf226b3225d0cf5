/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers with the prototypes of what ksym.h looks up, and the prototypes of
 * what the kernel keeps to itself (in no header, or static).
 */
#ifndef _KCR_KSYM_DECL_H
#define _KCR_KSYM_DECL_H

#include <asm/proto.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/task_work.h>

#endif /* _KCR_KSYM_DECL_H */
