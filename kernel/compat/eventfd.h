/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_EVENTFD_H
#define _KCR_COMPAT_EVENTFD_H

#include <linux/kref.h>
#include <linux/wait.h>

/*
 * struct eventfd_ctx is private to fs/eventfd.c. 6.5 ("eventfd: show the
 * EFD_SEMAPHORE flag in fdinfo") tells the flag; before, and to set a count of
 * more than 32 bits, the structure itself is needed. It looks like this in 6.1
 * and in 6.12. Whoever uses it first compares @count and @id with what fdinfo
 * says, so that another layout is seen.
 */
struct kcr_eventfd_ctx {
	struct kref kref;
	wait_queue_head_t wqh;
	__u64 count;
	unsigned int flags;
	int id;
};

#endif /* _KCR_COMPAT_EVENTFD_H */
