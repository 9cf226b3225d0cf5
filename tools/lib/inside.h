/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pid namespace of its own for a restarted program.
 *
 *   outside					inside, pid 1
 *   inside_start()
 *						makes the program, parked
 *   inside_hear()	<- INSIDE_PREPARED	inside_tell()
 *   inside_take()	<- (for copies)		inside_give()
 *   writes the pid file
 *   inside_answer()	-> commit or abort	inside_asked()
 *						commits
 *   inside_hear()	<- INSIDE_RUNNING	inside_tell()
 *   inside_hear()	<- INSIDE_CHANGED	inside_reap()
 *
 * After INSIDE_FAILED, inside ends.
 */
#ifndef _KCR_INSIDE_H
#define _KCR_INSIDE_H

#include <signal.h>
#include <sys/types.h>

#include "tool.h"

#define INSIDE_TEXT	4096

enum inside_event {
	INSIDE_PREPARED,
	INSIDE_RUNNING,
	INSIDE_FAILED,
	INSIDE_CHANGED,
};

/**
 * struct inside_news - what inside tells
 * @event: enum inside_event
 * @pid: of the program; inside_hear() gives it in its reader's pid namespace
 * @code: CLD_* of INSIDE_CHANGED
 * @value: exit status or signal of INSIDE_CHANGED
 * @class: of INSIDE_FAILED
 * @error: of INSIDE_FAILED
 * @status: of the operation
 * @text: sentence of INSIDE_FAILED
 */
struct inside_news {
	enum inside_event event;
	pid_t pid;
	int code;
	int value;
	enum kcr_class class;
	int error;
	struct kcr_status status;
	char text[INSIDE_TEXT];
};

/**
 * struct inside - both ends of it
 * @init: pid 1 of the namespace, as it is outside
 * @socket: to the other side
 */
struct inside {
	pid_t init;
	int socket;
};

int inside_start(struct inside *in, struct verdict *v);
int inside_hear(const struct inside *in, struct inside_news *news, int flags);
int inside_answer(const struct inside *in, bool commit);

int inside_tell(const struct inside *in, const struct inside_news *news);
bool inside_asked(const struct inside *in);
/* A descriptor, from inside to outside, where it is close-on-exec; -1 for a failure. */
int inside_give(const struct inside *in, int fd);
int inside_take(const struct inside *in);
_Noreturn void inside_reap(const struct inside *in, pid_t program);

#endif /* _KCR_INSIDE_H */
