/* SPDX-License-Identifier: GPL-2.0 */
/* System calls that a thread may be interrupted in without seeing it. */
#ifndef _KCR_BLOCKED_H
#define _KCR_BLOCKED_H

#include "kcr.h"

/*
 * Is @nr, in which @t sleeps interruptibly with registers @regs, a call that
 * may be interrupted now? Called by park.c with the request to park already
 * queued (TWA_RESUME): the call is the last one that @t is in.
 */
bool kcr_blocked_known(struct kcr_thread *t, int nr, const struct pt_regs *regs);

/*
 * Is that call one that only programs sleep in that can't be saved? Then this is
 * said at once, rather than waited for.
 */
bool kcr_blocked_refused(struct kcr_thread *t, int nr, const struct pt_regs *regs);

/*
 * In @t itself, in our callback, before it sleeps: t->in_signal is set and the
 * registers hold what the interrupted call returned. Takes what is needed to
 * go on, and rewrites results that would show (-EINTR, a short count).
 */
void kcr_blocked_parked(struct kcr_thread *t, struct pt_regs *regs);

/* There too, wherever it is parked. */
void kcr_blocked_tell(struct kcr_thread *t);

/* In @t itself, when it is let go on. */
void kcr_blocked_resumed(struct kcr_thread *t, struct pt_regs *regs);

/* In @t itself, which a restart has made, when it is let go. */
void kcr_blocked_made(struct kcr_thread *t);

/* In the controller, when @t is dropped. */
void kcr_blocked_free(struct kcr_thread *t);

#endif /* _KCR_BLOCKED_H */
