/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An image that holds a record of every kind, in parts.
 */
#ifndef _KCR_TEST_KINDS_H
#define _KCR_TEST_KINDS_H

#include "../../tools/lib/tool.h"
#include "build.h"

/* Ids of what others refer to. */
enum {
	ID_TERMINAL = 1, ID_EXE, ID_OUTPUT, ID_NULL, ID_PROCFS, ID_PROCMEM, ID_PIPE, ID_PIPE_READ,
	ID_FIFO, ID_INOTIFY, ID_PIDFD, ID_EVENTFD, ID_EPOLL, ID_SIGNALFD, ID_TIMERFD,
	ID_UNIX, ID_UNIX_GONE, ID_UNIX_MSG, ID_PTY, ID_TTY_END,
	ID_SEGMENT, ID_ATTACHED, ID_SEMS, ID_MESSAGES, ID_MQUEUE, ID_SHMEM, ID_MEMFD, ID_CONTENT,
	ID_MM, ID_GIVEN,
	ID_PROCESS, ID_LEADER, ID_WORKER, ID_FILTER, ID_HUGETLB,
};

#define HEAP	0x555500000000ull
#define STACK	0x7ffff0000000ull

/* A fixed part and what follows it. */
#define PUT_TAIL(b, kind, id, owner, head, tail, tail_len)		\
	do {								\
		uint8_t payload[1024];					\
									\
		memcpy(payload, head, sizeof(*(head)));			\
		memcpy(payload + sizeof(*(head)), tail, tail_len);	\
		build_rec(b, kind, id, owner, payload,			\
			  sizeof(*(head)) + (tail_len));		\
	} while (0)

#define PUT(b, kind, id, owner, head) \
	build_rec(b, kind, id, owner, head, sizeof(*(head)))

/* kinds_files.c */
void kinds_put_content(struct build *b);
void kinds_put_files(struct build *b);
void kinds_put_sockets(struct build *b);
void kinds_put_terminal(struct build *b);
void kinds_put_tables(struct build *b);

/* kinds_task.c */
void kinds_put_process(struct build *b);
void kinds_put_threads(struct build *b);

#endif /* _KCR_TEST_KINDS_H */
