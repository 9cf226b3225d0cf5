/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_AF_UNIX_H
#define _KCR_COMPAT_AF_UNIX_H

#include <linux/kconfig.h>
#include <net/af_unix.h>

/* 6.5 (5e2ff6704a27) can pass a pidfd. Goes with 6.1. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD	76
#endif

/* Not every kernel knows urgent data in UNIX sockets. */
static inline struct sk_buff *kcr_unix_oob(struct sock *sk)
{
#if IS_ENABLED(CONFIG_AF_UNIX_OOB)
	return READ_ONCE(unix_sk(sk)->oob_skb);
#else
	return NULL;
#endif
}

#endif /* _KCR_COMPAT_AF_UNIX_H */
