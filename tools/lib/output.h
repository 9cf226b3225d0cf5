/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a checkpoint goes: a file that appears only when it is complete, or
 * standard output.
 */
#ifndef _KCR_OUTPUT_H
#define _KCR_OUTPUT_H

#include "tool.h"

/**
 * struct output - where the image goes
 * @path: the file that it shall become, NULL for standard output
 * @fd: what to write to
 * @directory: of @path
 * @base: @path's last component
 * @temporary: name in @directory of what is written to; "" if it has none
 */
struct output {
	const char *path;
	int fd;
	int directory;
	const char *base;
	char temporary[64];
};

int output_open(struct output *out, const char *path, struct verdict *v);
int output_sync(struct output *out, struct verdict *v);
int output_drained(const struct output *out, struct verdict *v);
int output_publish(struct output *out, struct verdict *v);
void output_close(struct output *out);

#endif /* _KCR_OUTPUT_H */
