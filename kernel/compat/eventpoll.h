/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_EVENTPOLL_H
#define _KCR_COMPAT_EVENTPOLL_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/uaccess.h>
#include <linux/eventpoll.h>

/*
 * The end of struct epitem, which is private to fs/eventpoll.c, from the link
 * to the watched file's list on; the same in 6.1 and in 6.12. Whoever uses it
 * compares @ep and @event with what was just added, so that another layout is
 * seen.
 */
struct kcr_epitem_tail {
	void *ep;
	struct hlist_node fllink;
	void __rcu *ws;
	struct epoll_event event;
};

#endif /* _KCR_COMPAT_EVENTPOLL_H */
