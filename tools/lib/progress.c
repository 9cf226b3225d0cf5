// SPDX-License-Identifier: GPL-2.0
/*
 * The line on a terminal that tells how far an operation is.
 */
#include <stdio.h>

#include "progress.h"
#include "text.h"
#include "tool.h"

/* What is over sooner needs no line, and its rate tells nothing. */
#define QUIET_SECONDS	0.5
/* What was seen for so short a time tells no rate either. */
#define RATE_SECONDS	0.2

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

static void show_text(const char *text)
{
	fprintf(stderr, "\r%s: %s\033[K", tool_name, text);
}

static void show_bytes(const struct progress *p, const char *verb,
		       const struct kcr_status *status)
{
	char done[TEXT_NUMBER], total[TEXT_NUMBER], rate[TEXT_NUMBER];
	char left[TEXT_NUMBER], packed[TEXT_NUMBER];
	double elapsed = seconds_since(&p->began);
	double speed = elapsed >= RATE_SECONDS ? (status->bytes - p->first) / elapsed : 0;

	text_bytes(done, status->bytes);
	fprintf(stderr, "\r%s: %s %s", tool_name, verb, done);
	if (status->bytes_total > status->bytes)
		fprintf(stderr, " of %s", text_bytes(total, status->bytes_total));
	if (speed >= 1)
		fprintf(stderr, ", %s/s", text_bytes(rate, speed));
	if (p->packed)
		fprintf(stderr, ", compressed %s", text_bytes(packed, *p->packed));
	if (status->bytes_total > status->bytes && speed >= 1 && elapsed >= 1)
		fprintf(stderr, ", %s left",
			text_ns(left, (status->bytes_total - status->bytes) /
				speed * 1e9));
	fputs("\033[K", stderr);
}

static void note_time(bool *noted, struct timespec *when)
{
	if (!*noted)
		clock_gettime(CLOCK_MONOTONIC, when);
	*noted = true;
}

static void flow(struct progress *p, const char *verb,
		 const struct kcr_status *status)
{
	if (!p->flowing)
		p->first = status->bytes;
	note_time(&p->flowing, &p->began);
	show_bytes(p, verb, status);
}

/**
 * progress_show() - draw the line anew
 * @p: what it remembers
 * @status: how the operation stands
 */
void progress_show(struct progress *p, const struct kcr_status *status)
{
	note_time(&p->looking, &p->started);
	if (seconds_since(&p->started) < QUIET_SECONDS)
		return;
	switch (status->phase) {
	case KCR_PHASE_PARK:
		show_text("waiting until every thread has stopped");
		break;
	case KCR_PHASE_CUT:
		show_text("stopped, taking the cut");
		break;
	case KCR_PHASE_WRITE:
		flow(p, "writing", status);
		break;
	case KCR_PHASE_READ:
		flow(p, "reading", status);
		break;
	default:
		return;
	}
	p->shown = true;
	fflush(stderr);
}

/**
 * progress_wipe() - leave an empty line for what comes next
 * @p: what it remembers
 */
void progress_wipe(struct progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}
