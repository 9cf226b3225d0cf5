// SPDX-License-Identifier: GPL-2.0
/*
 * A thread beside KCR_IOC_RUN.
 *
 * The signals stay blocked until the tool ends, so that it can clean up before
 * it dies of them.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "device.h"
#include "tool.h"
#include "watch.h"

#define WATCH_INTERVAL_MS	200

/**
 * watch_init() - to be called first
 * @w: the watch
 * @draw: whether there shall be a progress line
 */
void watch_init(struct watch *w, bool draw)
{
	memset(w, 0, sizeof(*w));
	sigemptyset(&w->signals);
	w->draw = draw;
	w->wake = -1;
	w->signal_fd = -1;
}

/**
 * watch_signals() - from now on, signals that would kill us cancel instead
 * @w: the watch
 *
 * A signal that whoever started us has ignored (nohup) stays ignored.
 */
void watch_signals(struct watch *w)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&w->signals, signals[i]);
	sigprocmask(SIG_BLOCK, &w->signals, NULL);
}

static void draw(struct watch *w)
{
	struct kcr_status status = { 0 };

	if (w->draw && !device_status(w->op, &status))
		progress_show(&w->progress, &status);
}

static void note_signal(struct watch *w)
{
	struct signalfd_siginfo info;

	if (read(w->signal_fd, &info, sizeof(info)) == sizeof(info))
		atomic_store(&w->caught, (int)info.ssi_signo);
}

static void *watch_thread(void *arg)
{
	struct watch *w = arg;
	struct pollfd fds[] = {
		{ .fd = w->wake, .events = POLLIN },
		{ .fd = w->signal_fd, .events = POLLIN },
	};

	while (!(fds[0].revents & POLLIN)) {
		if (fds[1].revents & POLLIN)
			note_signal(w);
		/* Again and again: KCR_IOC_RUN may not have begun yet. */
		if (atomic_load(&w->caught))
			device_cancel(w->op);
		draw(w);
		if (poll(fds, 2, WATCH_INTERVAL_MS) < 0 && errno != EINTR)
			break;
	}
	return NULL;
}

/**
 * watch_begin() - start the thread
 * @w: the watch
 * @op: descriptor of the operation
 *
 * Without a thread the tool does its work as well, but silently.
 */
int watch_begin(struct watch *w, int op)
{
	sigset_t all, old;
	int r;

	w->op = op;
	w->wake = eventfd(0, EFD_CLOEXEC);
	w->signal_fd = signalfd(-1, &w->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->wake < 0 || w->signal_fd < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, watch_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->running = !r;
	return -r;
}

/**
 * watch_end() - end the thread; the signals stay blocked
 * @w: the watch
 */
void watch_end(struct watch *w)
{
	uint64_t one = 1;

	if (w->running && write(w->wake, &one, sizeof(one)) == sizeof(one)) {
		pthread_join(w->thread, NULL);
		w->running = false;
		progress_wipe(&w->progress);
	}
	if (w->wake >= 0)
		close(w->wake);
	w->wake = -1;
}

/**
 * watch_caught() - the signal that wants us to end, or 0
 * @w: the watch
 */
int watch_caught(struct watch *w)
{
	if (w->signal_fd >= 0 && !atomic_load(&w->caught))
		note_signal(w);
	return atomic_load(&w->caught);
}
