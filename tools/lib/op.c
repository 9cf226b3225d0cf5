// SPDX-License-Identifier: GPL-2.0
/*
 * An operation of the module, as a tool sees it: every failure becomes a
 * class and a sentence.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "op.h"

/* More than a list of blockers ever has. */
#define OP_TEXT_MAX	(1u << 20)

static int fail_open(struct verdict *v, int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return fail(v, KCR_CLASS_ENVIRONMENT, error,
			    KCR_DEVICE " is not there: is the module loaded? (sudo modprobe kcr)");
	case EACCES:
	case EPERM:
		return fail(v, KCR_CLASS_PERMISSION, error,
			    "may not open " KCR_DEVICE ": only root and the group kcr may (sudo usermod -aG kcr USER, then log in again)");
	default:
		return fail(v, KCR_CLASS_ENVIRONMENT, error,
			    "can't open " KCR_DEVICE ": %s", strerror(error));
	}
}

static int fail_version(struct verdict *v, int error, const char *module)
{
	return fail(v, KCR_CLASS_ENVIRONMENT, error,
		    "tool is version " KCR_VERSION ", the module loaded is version %s: they don't understand each other, take both from one release",
		    module);
}

static int check_info(int device, struct verdict *v)
{
	struct kcr_info info = { 0 };
	int r = device_info(device, &info);

	info.version[sizeof(info.version) - 1] = '\0';
	if (r < 0)
		return fail_version(v, -r, "another");
	if (info.abi != KCR_ABI)
		return fail_version(v, EPROTO, info.version);
	if (strcmp(info.version, KCR_VERSION))
		say("tool is version " KCR_VERSION ", the module loaded is version %s",
		    info.version);
	return 0;
}

/**
 * op_device() - open the module's door and look who is behind it
 * @v: told of a failure
 *
 * Returns a descriptor, or -1.
 */
int op_device(struct verdict *v)
{
	int device = device_open();

	if (device < 0)
		return fail_open(v, -device);
	if (check_info(device, v) < 0) {
		close(device);
		return -1;
	}
	return device;
}

/* There is no operation, and so no sentence from the module. */
static int fail_begin(struct verdict *v, int error, const char *what)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return fail(v, KCR_CLASS_PERMISSION, error,
			    "%s: not permitted: ptrace may not attach to it, or the module's parameter checkpoint= leaves you out",
			    what);
	case ESRCH:
		return fail(v, KCR_CLASS_TRANSIENT, error,
			    "%s: no such process", what);
	case EBUSY:
		return fail(v, KCR_CLASS_TRANSIENT, error,
			    "%s: too many operations are under way", what);
	case EOPNOTSUPP:
		return fail(v, KCR_CLASS_UNSUPPORTED, error,
			    "%s: a kernel thread, an init or this tool itself can't be saved",
			    what);
	case EINVAL:
		return fail(v, KCR_CLASS_USAGE, error,
			    "%s: the module does not take this request", what);
	case E2BIG:
	case ENOTTY:
		return fail_version(v, error, "another");
	default:
		return fail(v, KCR_CLASS_ENVIRONMENT, error, "%s: %s", what,
			    strerror(error));
	}
}

int op_checkpoint(struct op *op, const struct kcr_checkpoint *request,
		  struct verdict *v)
{
	int device = op_device(v);
	char what[32];

	memset(op, 0, sizeof(*op));
	op->fd = -1;
	if (device < 0)
		return -1;
	op->fd = device_checkpoint(device, request);
	close(device);
	if (op->fd >= 0)
		return 0;
	snprintf(what, sizeof(what), "process %d", request->pid);
	return fail_begin(v, -op->fd, what);
}

int op_restart(struct op *op, const struct kcr_restart *request,
	       struct verdict *v)
{
	int device = op_device(v);

	memset(op, 0, sizeof(*op));
	op->fd = -1;
	if (device < 0)
		return -1;
	op->fd = device_restart(device, request);
	close(device);
	return op->fd < 0 ? fail_begin(v, -op->fd, "restart") : 0;
}

/* The text may grow between two looks: look again until it fits. */
static int look(struct op *op, __u32 room)
{
	memset(&op->status, 0, sizeof(op->status));
	op->status.text = (__u64)(uintptr_t)op->text;
	op->status.text_len = room;
	return device_status(op->fd, &op->status);
}

/**
 * op_look() - how does it stand, and what is the sentence?
 * @op: fills @status and @text
 */
int op_look(struct op *op)
{
	__u32 room = 512;
	char *text;
	int r;

	do {
		text = realloc(op->text, room + 1);
		if (!text)
			return -ENOMEM;
		op->text = text;
		op->text[0] = '\0';
		r = look(op, room);
		if (r < 0 || op->status.text_len <= room)
			break;
		room = op->status.text_len;
	} while (room <= OP_TEXT_MAX);
	op->text[room] = '\0';
	return r;
}

static enum kcr_class guess_class(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return KCR_CLASS_PERMISSION;
	case EPIPE:
	case ENOSPC:
	case EIO:
	case EFBIG:
	case EDQUOT:
		return KCR_CLASS_IO;
	case EINTR:
	case ESRCH:
	case EBUSY:
	case EAGAIN:
	case ECANCELED:
	case ETIMEDOUT:
		return KCR_CLASS_TRANSIENT;
	default:
		return KCR_CLASS_ENVIRONMENT;
	}
}

/* The module knows best why; if it says nothing, the errno has to do. */
static int fail_op(struct op *op, int error, const char *doing,
		   struct verdict *v)
{
	if (op_look(op) < 0 || op->status.class == KCR_CLASS_OK ||
	    op->status.class > KCR_CLASS_IO)
		return fail(v, guess_class(error), error, "can't %s: %s",
			    doing, strerror(error));
	if (op->status.error)
		error = op->status.error;
	if (!op->text[0])
		return fail(v, op->status.class, error, "can't %s: %s", doing,
			    strerror(error));
	return fail(v, op->status.class, error, "%s", op->text);
}

/**
 * op_run() - the first phase: write or read the image
 * @op: the operation
 * @image: descriptor of the image
 * @v: told of a failure
 */
int op_run(struct op *op, int image, struct verdict *v)
{
	return op_run_chain(op, image, NULL, 0, v);
}

/**
 * op_run_chain() - the same, of a restart that reads increments itself
 * @op: the operation
 * @image: descriptor of the newest image
 * @parents: of those before it, the newest first
 * @nr: how many
 * @v: told of a failure
 */
int op_run_chain(struct op *op, int image, const int *parents, unsigned int nr,
		 struct verdict *v)
{
	struct kcr_run run = {
		.size = sizeof(run),
		.image_fd = image,
		.nr_parents = nr,
		.parents = (__u64)(uintptr_t)parents,
	};
	int r = device_run(op->fd, &run);

	if (r < 0)
		return fail_op(op, -r, "go on", v);
	op_look(op);
	return 0;
}

/**
 * op_finish() - the second phase
 * @op: the operation
 * @action: what is to become of the program
 * @v: told of a failure
 */
int op_finish(struct op *op, enum kcr_action action, struct verdict *v)
{
	int r = device_finish(op->fd, action);

	return r < 0 ? fail_op(op, -r, "finish", v) : 0;
}

/**
 * op_close() - let go of it; what is not finished is aborted
 * @op: the operation
 */
void op_close(struct op *op)
{
	if (op->fd >= 0)
		close(op->fd);
	op->fd = -1;
	free(op->text);
	op->text = NULL;
}
