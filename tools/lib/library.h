/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared libraries that most runs don't need: loaded by who does.
 */
#ifndef _KCR_LIBRARY_H
#define _KCR_LIBRARY_H

#include <stdbool.h>

#include "fault.h"

/**
 * struct library - a shared library
 * @name: soname
 * @functions: those that are called, ended by a NULL name, and where their addresses go
 * @loaded: all of them are there
 */
struct library {
	const char *name;
	const struct library_function {
		const char *name;
		void *at;
	} *functions;
	bool loaded;
};

int library_load(struct library *l, struct fault *fault);

#endif /* _KCR_LIBRARY_H */
