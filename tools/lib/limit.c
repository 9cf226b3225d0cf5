// SPDX-License-Identifier: GPL-2.0
/*
 * The limit on what memory a checkpoint takes.
 *
 * The program is stopped by an operation of its own, that makes no image: with
 * everything that has been started since, and until the first one is over.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "limit.h"

#define LOOK_INTERVAL_NS	5000000

static bool too_much(struct limit *l)
{
	struct kcr_status status = { 0 };

	return !device_status(l->op, &status) && status.phase == KCR_PHASE_WRITE &&
	       status.extra > l->bytes;
}

/* A program that has ended writes to nothing. */
static void stop(struct limit *l)
{
	struct verdict v = { 0 };

	if (!op_checkpoint(&l->second, &l->request, &v) && !op_run(&l->second, -1, &v))
		return;
	if (v.error == ESRCH) {
		free(v.text);
		return;
	}
	fail(&l->verdict, v.class, v.error, "it has to be stopped for --max-extra: %s",
	     v.text ? v.text : strerror(v.error));
	free(v.text);
	device_cancel(l->op);
}

static void *limit_thread(void *arg)
{
	const struct timespec interval = { .tv_nsec = LOOK_INTERVAL_NS };
	struct limit *l = arg;

	while (!atomic_load(&l->ended)) {
		if (too_much(l)) {
			stop(l);
			break;
		}
		nanosleep(&interval, NULL);
	}
	return NULL;
}

/**
 * limit_begin() - see to it from now on
 * @l: the limit, perhaps none
 * @op: descriptor of the checkpoint
 * @request: what that was begun with
 * @v: told of a failure
 */
int limit_begin(struct limit *l, int op, const struct kcr_checkpoint *request,
		struct verdict *v)
{
	const uint32_t scopes = KCR_CKPT_SINGLE | KCR_CKPT_SESSION | KCR_CKPT_GROUP |
				KCR_CKPT_CGROUP;
	sigset_t all, old;
	int r;

	l->second.fd = -1;
	if (!l->set)
		return 0;
	l->op = op;
	l->pause_ns = 0;
	atomic_store(&l->ended, false);
	l->request = (struct kcr_checkpoint){
		.size = sizeof(l->request),
		.flags = (request->flags & scopes) | KCR_CKPT_HOLD | KCR_CKPT_PARK,
		.pid = request->pid,
		.timeout_ms = request->timeout_ms,
		.cgroup_fd = request->cgroup_fd,
	};
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&l->thread, NULL, limit_thread, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return fail(v, KCR_CLASS_ENVIRONMENT, r, "can't start a thread: %s", strerror(r));
	l->running = true;
	return 0;
}

/* Its pause is known when it goes on. */
static void resume(struct limit *l)
{
	struct verdict v = { 0 };

	if (l->second.fd < 0)
		return;
	op_finish(&l->second, KCR_ACTION_RESUME, &v);
	free(v.text);
	op_look(&l->second);
	l->pause_ns = l->second.status.pause_ns;
	op_close(&l->second);
}

int limit_end(struct limit *l, struct verdict *v)
{
	if (!l->running)
		return 0;
	atomic_store(&l->ended, true);
	pthread_join(l->thread, NULL);
	l->running = false;
	resume(l);
	if (!l->verdict.class)
		return 0;
	free(v->text);
	*v = l->verdict;
	memset(&l->verdict, 0, sizeof(l->verdict));
	return -1;
}
