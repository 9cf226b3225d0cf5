/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers as they are given on the command line. All return -1 if it is none.
 */
#ifndef _KCR_NUMBER_H
#define _KCR_NUMBER_H

#include <stdint.h>

int number_pid(const char *text, int32_t *pid);
/* Seconds, with a fraction; at least one millisecond. */
int number_seconds(const char *text, uint32_t *ms);
/* Bytes; K, M, G or T behind them stand for powers of 1024. */
int number_bytes(const char *text, uint64_t *bytes);

#endif /* _KCR_NUMBER_H */
