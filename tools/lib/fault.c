// SPDX-License-Identifier: GPL-2.0
/*
 * What has gone wrong in a thread, or below a caller who has the words for it.
 */
#include <errno.h>
#include <stdarg.h>

#include "fault.h"

/**
 * fault_set() - note a failure; the first one wins
 * @f: where to
 * @error: negative errno, returned
 * @format: the sentence
 */
int fault_set(struct fault *f, int error, const char *format, ...)
{
	va_list ap;

	if (f->error)
		return f->error;
	f->error = error;
	va_start(ap, format);
	vsnprintf(f->why, sizeof(f->why), format, ap);
	va_end(ap);
	return error;
}

static enum kcr_class class_of(int error)
{
	switch (error) {
	case -EBADMSG:
		return KCR_CLASS_IMAGE;
	case -ENOMEM:
	case -EAGAIN:
	case -EMFILE:
	case -ENFILE:
	case -ELIBACC:
		return KCR_CLASS_ENVIRONMENT;
	default:
		return KCR_CLASS_IO;
	}
}

/**
 * fault_fail() - make it the verdict of the tool
 * @f: a failure
 * @v: told of it
 *
 * Returns -1.
 */
int fault_fail(const struct fault *f, struct verdict *v)
{
	return fail(v, class_of(f->error), -f->error, "%s", f->why);
}
