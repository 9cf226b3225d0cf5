/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two halves of the harness share: run.c stands outside and runs the
 * tests, inside.c is the part of the process that is saved and restored.
 */
#ifndef KCR_HARNESS_INTERNAL_H
#define KCR_HARNESS_INTERNAL_H

#include "../kcr_harness.h"

/* Exit statuses of a test's process, those of kselftest. */
#define KCR_EXIT_FAIL	1
#define KCR_EXIT_SKIP	4

/* The last line of a test that came to its end, in its log. */
#define KCR_LAST_LINE	"harness: the test came to its end\n"

/* The files by which both sides speak, in the folder of the test. */
#define KCR_FILE_READY	"ready"	/* made at the cut */
#define KCR_FILE_GO	"go"	/* made when the checkpoint is over */
#define KCR_FILE_SKIP	"skip"	/* the reason */

/* Run the test's body in this process, whose folder is named; never returns. */
void kcr_inside(const struct kcr_test *test, const char *dir)
	__attribute__((noreturn));

#endif
