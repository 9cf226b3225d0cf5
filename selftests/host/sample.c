// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a small image to standard output.
 */
#include "build.h"

int main(void)
{
	struct build b;
	int r;

	build_sample(&b);
	r = fwrite(b.data, 1, b.len, stdout) != b.len;
	build_free(&b);
	return r;
}
