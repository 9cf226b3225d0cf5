// SPDX-License-Identifier: GPL-2.0
/*
 * What spares looking at pages that have not changed: checkpoint --track.
 *
 * The module holds what it knows as long as somebody has a descriptor of it open: that
 * is the process that makes images again and again, and its children make them.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "op.h"
#include "track.h"

static const char *const names[] = {
	[KCR_TRACK_HASH]	= "hash",
	[KCR_TRACK_SNAPSHOT]	= "snapshot",
};

/* track_choose() - take an option of the user's */
int track_choose(struct track *t, const char *name)
{
	uint32_t how;

	for (how = KCR_TRACK_HASH; how < ARRAY_SIZE(names); how++) {
		if (strcmp(name, names[how]))
			continue;
		t->how = how;
		return 0;
	}
	return -1;
}

bool track_takes_memory(const struct track *t)
{
	return t->how == KCR_TRACK_SNAPSHOT;
}

/* track_open() - have the module track from the next checkpoint on, if it shall */
int track_open(struct track *t, struct verdict *v)
{
	int device;

	if (!t->how)
		return 0;
	device = op_device(v);
	if (device < 0)
		return -1;
	t->fd = device_track(device, t->how);
	close(device);
	if (t->fd >= 0)
		return 0;
	return fail(v, KCR_CLASS_ENVIRONMENT, -t->fd, "the module can't track changes: %s",
		    strerror(-t->fd));
}

void track_fill(const struct track *t, struct kcr_checkpoint *request)
{
	if (t->fd < 0)
		return;
	request->flags |= KCR_CKPT_TRACK;
	request->track_fd = t->fd;
}

/* track_emit() - what has told, of an increment, which pages had changed */
void track_emit(const struct kcr_status *status, struct emit *e)
{
	emit_u64(e, "pages_spared", status->pages_spared);
	if (status->track && status->track < ARRAY_SIZE(names))
		emit_string(e, "track", names[status->track]);
	else
		emit_null(e, "track");
}

/* track_say() - what it was good for, in an increment */
void track_say(const struct track *t, const struct kcr_status *status)
{
	if (t->fd < 0 || !status->track)
		return;
	if (status->track == t->how && t->how != KCR_TRACK_HASH)
		say("of those, %" PRIu64 " pages were not looked at: they are shared with the snapshot of that image",
		    (uint64_t)status->pages_spared);
	else if (t->how != KCR_TRACK_HASH)
		say("all pages were looked at: nothing is kept of that image");
}
