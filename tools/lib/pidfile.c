// SPDX-License-Identifier: GPL-2.0
/*
 * A file that tells the pid of a program.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "output.h"
#include "pidfile.h"

/**
 * pidfile_write() - write it for everybody to read, as the umask allows
 * @path: of the file, which appears when it is complete
 * @pids: a line for each
 * @count: how many
 * @v: told of a failure
 */
int pidfile_write(const char *path, const pid_t *pids, unsigned int count, struct verdict *v)
{
	struct output out;
	mode_t mask = umask(0);
	unsigned int i;
	int r;

	umask(mask);
	r = output_open(&out, path, v);
	for (i = 0; i < count && !r; i++)
		if (dprintf(out.fd, "%d\n", pids[i]) < 0)
			r = fail_file(v, errno, "write", path);
	if (!r && fchmod(out.fd, 0644 & ~mask))
		r = fail_file(v, errno, "write", path);
	if (!r)
		r = output_publish(&out, v);
	output_close(&out);
	return r;
}
