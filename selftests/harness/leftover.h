/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test may have left: processes of its session or working in its
 * folder, and the module in use.
 */
#ifndef KCR_LEFTOVER_H
#define KCR_LEFTOVER_H

#include <stdbool.h>
#include <sys/types.h>

/* True if a child, its own or one that has lost its parent, does not end. */
bool kcr_children_left(void);
/* True if a process is left after a moment of patience. */
bool kcr_leftover(const char *dir, pid_t session);
/* Where each of them is, as comments. */
void kcr_show_leftover(const char *dir, pid_t session);
void kcr_kill_leftover(const char *dir, pid_t session);
/* True if the module is loaded and stays in use after a moment of patience. */
bool kcr_module_in_use(void);

#endif
