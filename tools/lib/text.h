/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text for people: strings that came from elsewhere, sizes and times.
 */
#ifndef _KCR_TEXT_H
#define _KCR_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for what text_bytes() and text_ns() write. */
#define TEXT_NUMBER	32

size_t text_utf8(const char *s, size_t len);
void text_print(FILE *file, const char *s, size_t len);
const char *text_bytes(char *buf, uint64_t bytes);
const char *text_ns(char *buf, uint64_t ns);

#endif /* _KCR_TEXT_H */
