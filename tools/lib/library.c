// SPDX-License-Identifier: GPL-2.0
/*
 * Shared libraries that most runs don't need: loaded by who does.
 *
 * To start with them takes longer than to save a small program does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "library.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int missing(struct fault *fault)
{
	return fault_set(fault, -ELIBACC, "a library is missing: %s", dlerror());
}

static int load(struct library *l, struct fault *fault)
{
	void *handle = dlopen(l->name, RTLD_NOW | RTLD_LOCAL), *at;
	const struct library_function *f;

	if (!handle)
		return missing(fault);
	for (f = l->functions; f->name; f++) {
		at = dlsym(handle, f->name);
		if (!at)
			return missing(fault);
		memcpy(f->at, &at, sizeof(at));
	}
	l->loaded = true;
	return 0;
}

/**
 * library_load() - have a library's functions; it stays until the end
 * @l: it; may be loaded already, or by another thread at the same time
 * @fault: told of a failure
 *
 * Returns 0 or -ELIBACC.
 */
int library_load(struct library *l, struct fault *fault)
{
	int r;

	pthread_mutex_lock(&lock);
	r = l->loaded ? 0 : load(l, fault);
	pthread_mutex_unlock(&lock);
	return r;
}
