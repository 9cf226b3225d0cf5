/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_FUTEX_H
#define _KCR_COMPAT_FUTEX_H

#include <linux/version.h>
#include <asm/unistd.h>

/* 6.7 (cb8c4312afca) added futex_wait(). Goes with 6.1. */
#ifndef __NR_futex_wait
#define __NR_futex_wait		(-1)
#endif

/*
 * The flags of a waiting futex, as kernel/futex/futex.h keeps them to itself
 * (FLAGS_*). 6.7 ("futex: Add sys_futex_wait()" and those before it) moved them
 * to make room for sizes. Goes with 6.1.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define KCR_FUTEX_ALWAYS	0x02	/* FLAGS_SIZE_32 */
#define KCR_FUTEX_SHARED	0x10
#define KCR_FUTEX_CLOCKRT	0x20
#define KCR_FUTEX_HAS_TIMEOUT	0x40
#else
#define KCR_FUTEX_ALWAYS	0x00
#define KCR_FUTEX_SHARED	0x01
#define KCR_FUTEX_CLOCKRT	0x02
#define KCR_FUTEX_HAS_TIMEOUT	0x04
#endif

#endif /* _KCR_COMPAT_FUTEX_H */
